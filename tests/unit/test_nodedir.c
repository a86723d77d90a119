/* test_nodedir.c - the directory of a node: its key, its lock, its ports. */
#include "main/nodedir.h"

#include "base/log.h"
#include "tmpfiles.h"
#include "vec.h"

static struct tmpfiles tmp; /* tmp.path is the node's directory */

static void open_dir(struct nodedir *d)
{
    char err[CONF_ERR_MAX];
    assert_int_equal(nodedir_open(d, tmp.path, NULL, err), 0);
}

static int make_dir(void **state)
{
    (void)state;
    tmpfiles_init(&tmp);
    return 0;
}

static int remove_dir(void **state)
{
    static const char *const files[] = { "key", "ctl.lock", "state/ports", "state", "." };
    char path[PATH_MAX];
    (void)state;
    for (size_t i = 0; i < COUNT(files); i++) {
        snprintf(path, sizeof path, "%s/%s", tmp.path, files[i]);
        remove(i + 1 < COUNT(files) ? path : tmp.path);
    }
    tmpfiles_fini(&tmp);
    return 0;
}

static mode_t mode_of(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 0777;
}

static void test_a_file_is_no_directory(void **state)
{
    char err[CONF_ERR_MAX], path[PATH_MAX];
    struct nodedir d;
    (void)state;
    open_dir(&d);
    FILE *f = fopen(d.key, "w");
    assert_non_null(f);
    fclose(f);
    snprintf(path, sizeof path, "%s", d.key);
    nodedir_close(&d);
    assert_int_equal(nodedir_open(&d, path, NULL, err), GW_EEXISTS);
    assert_non_null(strstr(err, "/key: is not a directory"));
    nodedir_close(&d);
}

static void test_key_is_made_once_and_private(void **state)
{
    struct nodedir d;
    struct key *first, *again;
    char err[CONF_ERR_MAX];
    (void)state;
    open_dir(&d);
    assert_int_equal(mode_of(tmp.path), 0700);
    assert_int_equal(nodedir_key(&d, &first, err), 0);
    assert_int_equal(mode_of(d.key), 0600);
    assert_int_equal(nodedir_key(&d, &again, err), 0);
    assert_true(peerid_eq(key_peerid(first), key_peerid(again)));
    key_free(first);
    key_free(again);
    nodedir_close(&d);
}

static void test_key_that_others_can_read_is_refused_with_the_remedy(void **state)
{
    struct nodedir d;
    struct key *k;
    char err[CONF_ERR_MAX];
    (void)state;
    open_dir(&d);
    assert_int_equal(nodedir_key(&d, &k, err), 0);
    key_free(k);
    assert_int_equal(chmod(d.key, 0640), 0);
    assert_int_equal(nodedir_key(&d, &k, err), GW_EPERM);
    assert_non_null(strstr(err, "chmod 600 "));
    assert_non_null(strstr(err, d.key));
    nodedir_close(&d);
}

static void test_check_of_the_key_makes_none(void **state)
{
    struct nodedir d;
    struct key *k;
    char err[CONF_ERR_MAX];

    (void)state;
    open_dir(&d);
    assert_int_equal(nodedir_check_key(&d, err), 0);
    assert_int_equal(access(d.key, F_OK), -1);
    assert_int_equal(nodedir_key(&d, &k, err), 0);
    key_free(k);
    assert_int_equal(nodedir_check_key(&d, err), 0);
    assert_int_equal(chmod(d.key, 0644), 0);
    assert_int_equal(nodedir_check_key(&d, err), GW_EPERM);
    assert_non_null(strstr(err, "chmod 600 "));
    assert_int_equal(remove(d.key), 0);
    tmpfiles_write(d.key, "rubbish");
    assert_int_equal(nodedir_check_key(&d, err), GW_ESYNTAX);
    nodedir_close(&d);
}

static void test_key_that_is_none_is_refused_and_stays(void **state)
{
    struct nodedir d;
    struct key *k;
    char err[CONF_ERR_MAX];
    (void)state;
    open_dir(&d);
    tmpfiles_write(d.key, "rubbish");
    assert_int_equal(nodedir_key(&d, &k, err), GW_ESYNTAX);
    assert_non_null(strstr(err, d.key));
    tmpfiles_assert(d.key, "rubbish");
    nodedir_close(&d);
}

static void test_lock_has_one_holder_and_names_it(void **state)
{
    struct nodedir a, b;
    char err[CONF_ERR_MAX], pid[32];
    (void)state;
    open_dir(&a);
    open_dir(&b);
    assert_int_equal(nodedir_lock(&a, err), 0);
    assert_int_equal(nodedir_lock(&b, err), GW_EINUSE);
    snprintf(pid, sizeof pid, "(pid %ld)", (long)getpid());
    assert_non_null(strstr(err, pid));
    nodedir_close(&b);
    nodedir_close(&a);
    open_dir(&b);
    assert_int_equal(nodedir_lock(&b, err), 0); /* it ends with its holder */
    nodedir_close(&b);
}

static void test_ports_are_kept(void **state)
{
    struct nodedir_ports p = { 4001, 65535, 1, 4002 }, got = { 1, 1, 1, 1 };
    struct nodedir d;
    (void)state;
    open_dir(&d);
    nodedir_read_ports(&d, &got);
    assert_int_equal(got.udp4 + got.udp6 + got.tcp4 + got.tcp6, 0);
    assert_int_equal(nodedir_write_ports(&d, &p), 0);
    nodedir_read_ports(&d, &got);
    assert_int_equal(got.udp4, 4001);
    assert_int_equal(got.udp6, 65535);
    assert_int_equal(got.tcp4, 1);
    assert_int_equal(got.tcp6, 4002);
    tmpfiles_write(d.ports, "udp4 x\n"); /* damaged: as if there were none */
    nodedir_read_ports(&d, &got);
    assert_int_equal(got.udp4, 0);
    nodedir_close(&d);
}

#define T(name) cmocka_unit_test_setup_teardown(name, make_dir, remove_dir)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_a_file_is_no_directory),
        T(test_key_is_made_once_and_private),
        T(test_key_that_others_can_read_is_refused_with_the_remedy),
        T(test_check_of_the_key_makes_none),
        T(test_key_that_is_none_is_refused_and_stays),
        T(test_lock_has_one_holder_and_names_it),
        T(test_ports_are_kept),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
