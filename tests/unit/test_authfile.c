/* test_authfile.c - authorized_keys files on a real disk: what an edit keeps, and two at a time. */
#include "svc/authfile.h"

#include <sys/wait.h>

#include "base/err.h"
#include "testpeers.h"
#include "tmpfiles.h"

#define EDITORS 4
#define EDITS   20

static void test_edits_make_a_missing_file_for_the_owner_alone(void **state)
{
    static const char *const ssh[] = { "ssh", NULL };
    const struct peerid a = peer_of(PEER_A);
    struct tmpfiles t;
    struct stat st;
    (void)state;

    tmpfiles_init(&t);
    assert_int_equal(authfile_deny(t.path, &a, NULL, 0), GW_ENOTFOUND);
    assert_int_equal(access(t.path, F_OK), -1);
    assert_int_equal(authfile_allow(t.path, &a, ssh, "alice", NULL, 0), 0);
    tmpfiles_assert(t.path, PEER_A " services=ssh # alice\n");
    assert_int_equal(stat(t.path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    tmpfiles_fini(&t);
}

static void test_edits_keep_the_mode_and_a_symbolic_link(void **state)
{
    const struct peerid a = peer_of(PEER_A);
    struct tmpfiles t;
    struct stat st;
    char link[128];
    (void)state;

    tmpfiles_init(&t);
    tmpfiles_write(t.path, "# mine\n");
    assert_int_equal(chmod(t.path, 0640), 0);
    snprintf(link, sizeof link, "%s/link", t.dir);
    assert_int_equal(symlink("file", link), 0);
    assert_int_equal(authfile_allow(link, &a, NULL, NULL, NULL, 0), 0);
    assert_int_equal(lstat(link, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    tmpfiles_assert(t.path, "# mine\n" PEER_A "\n");
    assert_int_equal(stat(t.path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0640);
    unlink(link);
    tmpfiles_fini(&t);
}

/* In a process of its own. */
static _Noreturn void edit_many(const char *path, int who)
{
    const struct peerid a = peer_of(PEER_A);
    char name[32];
    const char *const services[] = { name, NULL };

    for (int i = 0; i < EDITS; i++) {
        snprintf(name, sizeof name, "s%d-%d", who, i);
        if (authfile_allow(path, &a, services, NULL, NULL, 0) != 0)
            _exit(1);
    }
    _exit(0);
}

static void test_of_edits_at_the_same_time_none_is_lost(void **state)
{
    struct tmpfiles t;
    struct authfile f;
    char err[256];
    int status;
    (void)state;

    tmpfiles_init(&t);
    for (int i = 0; i < EDITORS; i++)
        if (fork() == 0)
            edit_many(t.path, i);
    for (int i = 0; i < EDITORS; i++) {
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    assert_int_equal(authfile_read(&f, t.path, err, sizeof err), 0);
    assert_int_equal(f.n, 1);
    size_t n = 1;
    for (size_t i = 0; i < f.lines[0].services.n; i++)
        n += f.lines[0].services.p[i] == ',';
    assert_int_equal(n, EDITORS * EDITS);
    authfile_fini(&f);
    tmpfiles_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_edits_make_a_missing_file_for_the_owner_alone),
        cmocka_unit_test(test_edits_keep_the_mode_and_a_symbolic_link),
        cmocka_unit_test(test_of_edits_at_the_same_time_none_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
