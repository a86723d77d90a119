/* test_confchange.c - a command changes gw.conf, or leaves it as it was. */
#include "main/confchange.h"

#include "base/err.h"
#include "ctl/ctl_deps.h"
#include "tmpfiles.h"

#define RELAY \
    "/ip4/192.0.2.1/udp/4001/quic-v1/p2p/12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA"

static struct tmpfiles tmp;
static const struct options options;
static const char *const relays[] = { RELAY, "home" };

static int begin(void **state)
{
    (void)state;
    tmpfiles_init(&tmp);
    return 0;
}

static int end(void **state)
{
    (void)state;
    tmpfiles_fini(&tmp); /* which finds nothing else in the directory */
    return 0;
}

static int change(const struct ctl_network_edit *e, char err[CONF_ERR_MAX])
{
    err[0] = '\0';
    return confchange_network(tmp.path, &options, e, err);
}

static unsigned mode_of(const char *path)
{
    struct stat st;
    assert_int_equal(lstat(path, &st), 0);
    return st.st_mode & 07777;
}

static void test_join_makes_the_file_and_leave_empties_it(void **state)
{
    const struct ctl_network_edit join = {
        .network = "alice", .relays = relays, .nrelays = 2, .host = "lap"
    };
    const struct ctl_network_edit leave = { .network = "alice", .is_leave = true };
    char err[CONF_ERR_MAX];
    (void)state;
    assert_int_equal(change(&join, err), 0);
    tmpfiles_assert(tmp.path, "[network alice]\nrelay = " RELAY "\nrelay = home\nhost = lap\n");
    assert_int_equal(mode_of(tmp.path), 0600);
    assert_int_equal(change(&join, err), 0); /* once more changes nothing */
    tmpfiles_assert(tmp.path, "[network alice]\nrelay = " RELAY "\nrelay = home\nhost = lap\n");
    assert_int_equal(change(&leave, err), 0);
    tmpfiles_assert(tmp.path, "");
    assert_int_equal(change(&leave, err), GW_ENOTFOUND);
    assert_non_null(strstr(err, "there is no [network alice]"));
}

static void test_names_are_kept_in_lower_case(void **state)
{
    const struct ctl_network_edit join = {
        .network = "Alice", .relays = relays, .nrelays = 1, .host = "LAP"
    };
    const struct ctl_network_edit leave = { .network = "ALICE", .is_leave = true };
    char err[CONF_ERR_MAX];
    (void)state;
    assert_int_equal(change(&join, err), 0);
    tmpfiles_assert(tmp.path, "[network alice]\nrelay = " RELAY "\nhost = lap\n");
    assert_int_equal(change(&leave, err), 0);
    tmpfiles_assert(tmp.path, "");
}

static void test_the_rest_of_the_file_and_its_mode_stay(void **state)
{
    const struct ctl_network_edit e = { .network = "alice", .host = "" };
    char err[CONF_ERR_MAX];
    (void)state;
    tmpfiles_write(tmp.path, "# mine\n[network alice]\nrelay = a\nhost = pc\n[node]\nperf = yes\n");
    assert_int_equal(chmod(tmp.path, 0640), 0);
    assert_int_equal(change(&e, err), 0);
    tmpfiles_assert(tmp.path, "# mine\n[network alice]\nrelay = a\n[node]\nperf = yes\n");
    assert_int_equal(mode_of(tmp.path), 0640);
}

static void test_a_link_stays_one(void **state)
{
    const struct ctl_network_edit e = { .network = "alice", .relays = relays, .nrelays = 1 };
    char real[128], err[CONF_ERR_MAX];
    struct stat st;
    (void)state;
    snprintf(real, sizeof real, "%s/dotfile", tmp.dir);
    tmpfiles_write(real, "");
    assert_int_equal(symlink("dotfile", tmp.path), 0);
    assert_int_equal(change(&e, err), 0);
    assert_int_equal(lstat(tmp.path, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    tmpfiles_assert(real, "[network alice]\nrelay = " RELAY "\n");
    unlink(real);
}

static void test_a_wrong_configuration_is_never_left_behind(void **state)
{
    static const char *const bad_relays[] = { "/ip4/192.0.2.1/udp/4001/quic-v1" };
    static const char *const no_names[] = { "a b" };
    static const struct {
        const char *before;
        struct ctl_network_edit e;
        const char *why;
    } cases[] = {
        { "[node]\n",
          { .network = "alice", .relays = bad_relays, .nrelays = 1 },
          "/file:4: relay" },
        { "[node]\n", { .network = "alice", .relays = no_names, .nrelays = 1 }, "neither" },
        { "[node]\n", { .network = "al_ice", .relays = relays, .nrelays = 1 }, "[network al_ice]" },
        { "[node]\n", { .network = "a b", .relays = relays, .nrelays = 1 }, "plain words" },
        { "[node]\n", { .network = "a", .relays = relays, .nrelays = 1, .host = "x_y" }, "host" },
        { "[nodes]\n", { .network = "a", .relays = relays, .nrelays = 1 }, "/file:1: " },
    };
    char err[CONF_ERR_MAX];
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        tmpfiles_write(tmp.path, cases[i].before);
        assert_int_not_equal(change(&cases[i].e, err), 0);
        if (!strstr(err, cases[i].why))
            fail_msg("%s is not in: %s", cases[i].why, err);
        tmpfiles_assert(tmp.path, cases[i].before);
    }
}

/* A daemon that is not the file's owner reads it by its group. */
static void test_owner_and_group_stay(void **state)
{
    const struct ctl_network_edit e = { .network = "alice", .relays = relays, .nrelays = 1 };
    char err[CONF_ERR_MAX];
    struct stat st;
    (void)state;
    if (geteuid() != 0)
        skip();
    tmpfiles_write(tmp.path, "");
    assert_int_equal(chown(tmp.path, 0, 1234), 0);
    assert_int_equal(change(&e, err), 0);
    assert_int_equal(stat(tmp.path, &st), 0);
    assert_int_equal(st.st_uid, 0);
    assert_int_equal(st.st_gid, 1234);
}

static void test_files_beside_it_stay(void **state)
{
    const struct ctl_network_edit e = { .network = "alice", .relays = relays, .nrelays = 1 };
    char beside[128], err[CONF_ERR_MAX];
    (void)state;
    snprintf(beside, sizeof beside, "%s.new", tmp.path);
    tmpfiles_write(beside, "mine");
    assert_int_equal(change(&e, err), 0);
    tmpfiles_assert(beside, "mine");
    unlink(beside);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        T(test_join_makes_the_file_and_leave_empties_it),
        T(test_names_are_kept_in_lower_case),
        T(test_the_rest_of_the_file_and_its_mode_stay),
        T(test_a_link_stays_one),
        T(test_a_wrong_configuration_is_never_left_behind),
        T(test_owner_and_group_stay),
        T(test_files_beside_it_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
