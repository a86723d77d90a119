/* test_authz.c - rights from real files, noticed when they change. */
#include "svc/authz.h"

#include <time.h>

#include "base/clock.h"
#include "fake_host.h"
#include "testpeers.h"
#include "tmpfiles.h"

struct fixture {
    struct tmpfiles tmp;
    struct ev_loop *loop;
    struct registry *services;
    struct authz *authz;
    struct peerid a, b;
    unsigned changes;
    bool has_changed;
};

static void on_changed(void *arg)
{
    struct fixture *f = arg;
    f->changes++;
    f->has_changed = true;
}

static void add(struct registry *r, const char *name, uint16_t port, uint64_t limit, char *keys)
{
    struct service s = {
        .port = port, .limit = limit, .authorized_keys = keys, .is_enabled = true
    };
    snprintf(s.name, sizeof s.name, "%s", name);
    assert_int_equal(registry_add(r, &s), 0);
}

static void begin(struct fixture *f, const char *text)
{
    *f = (struct fixture){ .a = peer_of(PEER_A), .b = peer_of(PEER_B) };
    tmpfiles_init(&f->tmp);
    if (text)
        tmpfiles_write(f->tmp.path, text);
    f->loop = ev_loop_new(EVFLAG_AUTO);
    f->services = registry_new();
    add(f->services, "ssh", 22, 0, NULL);
    add(f->services, "db", 5432, 0, NULL);
    f->authz = authz_new(f->loop, f->tmp.path, f->services, on_changed, f);
    assert_non_null(f->authz);
}

static void end(struct fixture *f)
{
    authz_free(f->authz);
    registry_free(f->services);
    ev_loop_destroy(f->loop);
    tmpfiles_fini(&f->tmp);
}

static const struct service *service(const struct fixture *f, const char *name)
{
    return registry_by_name(f->services, bytes_of(name));
}

static int allows(struct fixture *f, const struct peerid *p, const char *name)
{
    return authz_allows(f->authz, p, service(f, name), NULL);
}

static void test_allows_only_what_a_line_says(void **state)
{
    struct fixture f;
    (void)state;
    begin(&f, PEER_A " services=ssh\n");
    assert_true(authz_admits(f.authz, &f.a));
    assert_int_equal(allows(&f, &f.a, "ssh"), 0);
    assert_int_equal(allows(&f, &f.a, "db"), GW_EDENIED);
    assert_false(authz_admits(f.authz, &f.b));
    assert_int_equal(allows(&f, &f.b, "ssh"), GW_EDENIED);
    end(&f);
}

static void test_without_a_file_nobody_is_admitted(void **state)
{
    struct fixture f;
    (void)state;
    begin(&f, NULL);
    assert_false(authz_admits(f.authz, &f.a));
    assert_int_equal(allows(&f, &f.a, "ssh"), GW_EDENIED);
    end(&f);
}

static void test_lines_of_one_peer_add_up(void **state)
{
    struct fixture f;
    (void)state;
    begin(&f, PEER_A " services=ssh\n" PEER_A " services=db\n");
    assert_int_equal(allows(&f, &f.a, "ssh"), 0);
    assert_int_equal(allows(&f, &f.a, "db"), 0);
    end(&f);
}

static void test_an_edit_is_noticed_by_itself(void **state)
{
    struct fixture f;
    (void)state;
    begin(&f, PEER_A "\n");
    tmpfiles_write(f.tmp.path, PEER_B " services=db\n");
    assert_true(fake_run_until(f.loop, &f.has_changed));
    assert_false(authz_admits(f.authz, &f.a));
    assert_int_equal(allows(&f, &f.b, "db"), 0);
    end(&f);
}

static void test_a_removed_file_takes_every_right(void **state)
{
    struct fixture f;
    (void)state;
    begin(&f, PEER_A "\n");
    unlink(f.tmp.path);
    assert_true(fake_run_until(f.loop, &f.has_changed));
    assert_false(authz_admits(f.authz, &f.a));
    end(&f);
}

static void test_a_bad_line_keeps_the_last_good_content(void **state)
{
    struct fixture f;
    char err[256], want[256];
    (void)state;
    begin(&f, PEER_A "\n");
    tmpfiles_write(f.tmp.path, "# top\n" PEER_B " servces=ssh\n");
    snprintf(want, sizeof want,
             "%s:2: unknown option; known are services= expires= limit=", f.tmp.path);
    assert_int_equal(authz_reload(f.authz, err, sizeof err), GW_ESYNTAX);
    assert_string_equal(err, want);
    assert_int_equal(authz_check_file(f.tmp.path, err, sizeof err), GW_ESYNTAX);
    assert_string_equal(err, want);
    assert_true(authz_admits(f.authz, &f.a));
    assert_false(authz_admits(f.authz, &f.b));
    assert_int_equal(f.changes, 0);
    end(&f);
}

static void test_a_file_that_others_may_write_is_refused_until_chmod(void **state)
{
    struct fixture f;
    char err[256];
    (void)state;
    begin(&f, NULL);
    tmpfiles_write(f.tmp.path, PEER_A "\n");
    assert_int_equal(chmod(f.tmp.path, 0620), 0);
    assert_int_equal(authz_reload(f.authz, err, sizeof err), GW_EPERM);
    assert_non_null(strstr(err, "chmod go-w "));
    assert_false(authz_admits(f.authz, &f.a));
    assert_int_equal(chmod(f.tmp.path, 0602), 0);
    assert_int_equal(authz_reload(f.authz, err, sizeof err), GW_EPERM);
    assert_int_equal(chmod(f.tmp.path, 0644), 0);
    assert_true(fake_run_until(f.loop, &f.has_changed));
    assert_true(authz_admits(f.authz, &f.a));
    end(&f);
}

static void note_fault(void *arg, const char *text)
{
    snprintf(arg, 256, "%s", text);
}

static void test_files_that_are_not_in_force_are_told_of(void **state)
{
    struct fixture f;
    char got[256] = "", want[256];
    (void)state;
    begin(&f, NULL);
    authz_each_fault(f.authz, note_fault, got);
    assert_string_equal(got, ""); /* a missing file is none */
    tmpfiles_write(f.tmp.path, PEER_A "\nnonsense\n");
    assert_int_equal(authz_reload(f.authz, NULL, 0), GW_ESYNTAX);
    authz_each_fault(f.authz, note_fault, got);
    snprintf(want, sizeof want, "%s:2: the line must start with a peer id", f.tmp.path);
    assert_string_equal(got, want);
    tmpfiles_write(f.tmp.path, PEER_A " expires=2001-01-01\n");
    assert_int_equal(authz_reload(f.authz, NULL, 0), 0);
    *got = '\0';
    authz_each_fault(f.authz, note_fault, got);
    assert_string_equal(got, "");
    assert_false(authz_admits(f.authz, &f.a));
    assert_true(authz_knows(f.authz, &f.a));
    assert_false(authz_knows(f.authz, &f.b));
    end(&f);
}

static void test_a_line_ends_when_it_expires(void **state)
{
    struct fixture f;
    char line[256];
    time_t soon = (time_t)clock_wall_s() + 2;
    struct tm t;
    (void)state;
    size_t n = (size_t)snprintf(line, sizeof line, PEER_A " expires=");
    strftime(line + n, sizeof line - n, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&soon, &t));
    begin(&f, line);
    assert_true(authz_admits(f.authz, &f.a));
    assert_false(f.has_changed);
    assert_true(fake_run_until(f.loop, &f.has_changed) || fake_run_until(f.loop, &f.has_changed));
    assert_false(authz_admits(f.authz, &f.a));
    assert_int_equal(f.changes, 1);
    end(&f);
}

static void test_allow_is_in_force_on_return(void **state)
{
    static const char *const ssh[] = { "ssh", NULL }, *const db[] = { "db", NULL };
    struct fixture f;
    struct stat st;
    (void)state;
    begin(&f, NULL);
    assert_int_equal(authz_allow(f.authz, &f.a, ssh, "alice", NULL, 0), 0);
    assert_int_equal(allows(&f, &f.a, "ssh"), 0);
    assert_int_equal(allows(&f, &f.a, "db"), GW_EDENIED);
    assert_int_equal(authz_allow(f.authz, &f.a, db, NULL, NULL, 0), 0);
    assert_int_equal(allows(&f, &f.a, "db"), 0);
    assert_int_equal(f.changes, 2);
    tmpfiles_assert(f.tmp.path, PEER_A " services=ssh,db # alice\n");
    assert_int_equal(stat(f.tmp.path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    end(&f);
}

static void test_deny_is_in_force_on_return(void **state)
{
    struct fixture f;
    (void)state;
    begin(&f, "# top\n" PEER_A "\n" PEER_B " # stays\n");
    assert_int_equal(authz_deny(f.authz, &f.a, NULL, 0), 0);
    assert_false(authz_admits(f.authz, &f.a));
    assert_true(authz_admits(f.authz, &f.b));
    tmpfiles_assert(f.tmp.path, "# top\n" PEER_B " # stays\n");
    assert_int_equal(authz_deny(f.authz, &f.a, NULL, 0), GW_ENOTFOUND);
    end(&f);
}

static void test_edits_leave_a_file_with_a_bad_line_alone(void **state)
{
    struct fixture f;
    (void)state;
    char err[256], want[256];
    begin(&f, PEER_B "\nnonsense\n");
    snprintf(want, sizeof want, "%s:2: ", f.tmp.path);
    assert_int_equal(authz_allow(f.authz, &f.a, NULL, NULL, err, sizeof err), GW_ESYNTAX);
    assert_int_equal(strncmp(err, want, strlen(want)), 0);
    assert_int_equal(authz_deny(f.authz, &f.b, err, sizeof err), GW_ESYNTAX);
    assert_int_equal(strncmp(err, want, strlen(want)), 0);
    tmpfiles_assert(f.tmp.path, PEER_B "\nnonsense\n");
    end(&f);
}

static void test_a_service_with_its_own_file_looks_there_only(void **state)
{
    struct fixture f;
    char own[128];
    (void)state;
    begin(&f, PEER_A "\n");
    snprintf(own, sizeof own, "%s/own", f.tmp.dir);
    tmpfiles_write(own, PEER_B "\n");
    add(f.services, "private", 99, 0, own);
    assert_int_equal(allows(&f, &f.b, "private"), GW_EDENIED); /* not read yet */
    assert_int_equal(authz_reload(f.authz, NULL, 0), 0);
    assert_int_equal(allows(&f, &f.b, "private"), 0);
    assert_int_equal(allows(&f, &f.b, "ssh"), GW_EDENIED);
    assert_int_equal(allows(&f, &f.a, "private"), GW_EDENIED);
    assert_true(authz_admits(f.authz, &f.b));

    registry_clear(f.services);
    assert_int_equal(authz_reload(f.authz, NULL, 0), 0);
    assert_false(authz_admits(f.authz, &f.b));
    unlink(own);
    end(&f);
}

static void test_streams_of_a_peer_share_the_stricter_limit(void **state)
{
    struct fixture f;
    struct limit *ssh, *db, *slow, *ssh_b;
    (void)state;
    begin(&f, PEER_A " limit=1M\n" PEER_B "\n");
    add(f.services, "slow", 7, 1024, NULL);
    add(f.services, "fast", 8, 1u << 30, NULL);
    assert_int_equal(authz_allows(f.authz, &f.a, service(&f, "ssh"), &ssh), 0);
    assert_int_equal(authz_allows(f.authz, &f.a, service(&f, "db"), &db), 0);
    assert_non_null(ssh);
    assert_ptr_equal(ssh, db);
    assert_int_equal(authz_allows(f.authz, &f.a, service(&f, "fast"), &db), 0);
    assert_ptr_equal(ssh, db);
    assert_int_equal(authz_allows(f.authz, &f.a, service(&f, "slow"), &slow), 0);
    assert_ptr_not_equal(ssh, slow);
    assert_int_equal(authz_allows(f.authz, &f.b, service(&f, "ssh"), &ssh_b), 0);
    assert_null(ssh_b);
    assert_int_equal(authz_allows(f.authz, &f.b, service(&f, "slow"), &ssh_b), 0);
    assert_non_null(ssh_b);
    assert_ptr_not_equal(slow, ssh_b);
    end(&f);
}

static void add_exit(struct fixture *f, char *keys)
{
    struct service s = {
        .name = "exit", .is_exit = true, .authorized_keys = keys, .is_enabled = true
    };
    assert_int_equal(registry_add(f->services, &s), 0);
    authz_reload(f->authz, NULL, 0);
}

static void test_exit_opens_to_who_is_named_for_it_only(void **state)
{
    struct fixture f;
    (void)state;
    begin(&f, PEER_A "\n" PEER_B " services=ssh,exit\n");
    add_exit(&f, NULL);
    assert_int_equal(allows(&f, &f.a, "ssh"), 0);
    assert_int_equal(allows(&f, &f.a, "exit"), GW_EDENIED);
    assert_int_equal(allows(&f, &f.b, "exit"), 0);
    end(&f);
}

static void test_exit_opens_to_whom_its_own_file_names(void **state)
{
    struct fixture f;
    char own[128];
    (void)state;
    begin(&f, PEER_B " services=exit\n");
    snprintf(own, sizeof own, "%s/own", f.tmp.dir);
    tmpfiles_write(own, PEER_A "\n");
    add_exit(&f, own);
    assert_int_equal(allows(&f, &f.a, "exit"), 0);
    assert_int_equal(allows(&f, &f.b, "exit"), GW_EDENIED);
    unlink(own);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_allows_only_what_a_line_says),
        cmocka_unit_test(test_without_a_file_nobody_is_admitted),
        cmocka_unit_test(test_lines_of_one_peer_add_up),
        cmocka_unit_test(test_an_edit_is_noticed_by_itself),
        cmocka_unit_test(test_a_removed_file_takes_every_right),
        cmocka_unit_test(test_a_bad_line_keeps_the_last_good_content),
        cmocka_unit_test(test_a_file_that_others_may_write_is_refused_until_chmod),
        cmocka_unit_test(test_files_that_are_not_in_force_are_told_of),
        cmocka_unit_test(test_a_line_ends_when_it_expires),
        cmocka_unit_test(test_allow_is_in_force_on_return),
        cmocka_unit_test(test_deny_is_in_force_on_return),
        cmocka_unit_test(test_edits_leave_a_file_with_a_bad_line_alone),
        cmocka_unit_test(test_a_service_with_its_own_file_looks_there_only),
        cmocka_unit_test(test_streams_of_a_peer_share_the_stricter_limit),
        cmocka_unit_test(test_exit_opens_to_who_is_named_for_it_only),
        cmocka_unit_test(test_exit_opens_to_whom_its_own_file_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
