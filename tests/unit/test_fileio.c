/* test_fileio.c - base/fileio.h in a directory of its own. */
#include "base/fileio.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "vec.h"

static char dir[64];

static int setup(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/test_fileio.XXXXXX");
    return mkdtemp(dir) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static int teardown(void **state)
{
    (void)state;
    return nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static const char *in_dir(const char *name)
{
    static char path[4][128];
    static unsigned turn;
    char *p = path[turn++ % 4];
    snprintf(p, sizeof path[0], "%s/%s", dir, name);
    return p;
}

static mode_t mode_of(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 07777;
}

static void assert_content(const char *path, const char *want)
{
    char *text;
    size_t n;
    assert_int_equal(fileio_read(path, &text, &n), 0);
    assert_int_equal(n, strlen(want));
    assert_string_equal(text, want);
    free(text);
}

static void assert_entries(int want)
{
    char cmd[128];
    int n = -1;
    snprintf(cmd, sizeof cmd, "ls -A %s | wc -l", dir);
    FILE *f = popen(cmd, "r");
    assert_int_equal(fscanf(f, "%d", &n), 1);
    pclose(f);
    assert_int_equal(n, want);
}

static void test_replace_then_read(void **state)
{
    const char *p = in_dir("f");
    (void)state;
    assert_int_equal(fileio_replace(p, bytes_of("one"), 0600), 0);
    assert_content(p, "one");
    assert_int_equal(mode_of(p), 0600);
    assert_int_equal(fileio_replace(p, bytes_of("two two"), 0640), 0);
    assert_content(p, "two two");
    assert_int_equal(mode_of(p), 0640);
    assert_int_equal(fileio_replace(p, bytes_of(""), 0600), 0);
    assert_content(p, "");
    assert_entries(1);
}

static void test_rewrite_keeps_mode_owner_and_group(void **state)
{
    const char *p = in_dir("f");
    uid_t uid = geteuid() ? geteuid() : 1234;
    gid_t gid = geteuid() ? getegid() : 5678;
    struct stat st;
    (void)state;
    assert_int_equal(fileio_rewrite(p, bytes_of("one")), GW_ENOTFOUND);
    assert_int_equal(fileio_replace(p, bytes_of("one"), 0640), 0);
    assert_int_equal(chown(p, uid, gid), 0);
    assert_int_equal(fileio_rewrite(p, bytes_of("two")), 0);
    assert_content(p, "two");
    assert_int_equal(stat(p, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    assert_int_equal(st.st_uid, uid);
    assert_int_equal(st.st_gid, gid);
    assert_entries(1);
}

static void test_create_leaves_an_existing_file(void **state)
{
    const char *p = in_dir("f");
    (void)state;
    assert_int_equal(fileio_create(p, bytes_of("one"), 0600), 0);
    assert_int_equal(fileio_create(p, bytes_of("two"), 0600), GW_EEXISTS);
    assert_content(p, "one");
    assert_int_equal(mode_of(p), 0600);
    assert_entries(1);
}

static void test_replace_reports_a_missing_directory(void **state)
{
    (void)state;
    assert_int_equal(fileio_replace(in_dir("no/f"), bytes_of("x"), 0600), GW_ENOTFOUND);
    assert_int_equal(fileio_create(in_dir("no/f"), bytes_of("x"), 0600), GW_ENOTFOUND);
}

static void test_replace_cleans_up_when_rename_fails(void **state)
{
    (void)state;
    assert_int_equal(mkdir(in_dir("d"), 0700), 0);
    assert_true(fileio_replace(in_dir("d"), bytes_of("x"), 0600) < 0);
    assert_entries(1);
}

static void test_read_limits(void **state)
{
    const char *p = in_dir("big");
    char *text = NULL;
    size_t n;
    (void)state;
    assert_int_equal(fileio_read(in_dir("none"), &text, &n), GW_ENOTFOUND);
    assert_int_equal(fileio_read(dir, &text, &n), GW_EIO);
    assert_int_equal(fileio_replace(p, bytes_of(""), 0600), 0);
    assert_int_equal(truncate(p, FILEIO_MAX), 0);
    assert_int_equal(fileio_read(p, &text, &n), 0);
    assert_int_equal(n, FILEIO_MAX);
    assert_int_equal(text[n], 0);
    free(text);
    assert_int_equal(truncate(p, FILEIO_MAX + 1), 0);
    assert_int_equal(fileio_read(p, &text, &n), GW_ELIMIT);
}

static void test_mkdir_makes_the_last_one_private(void **state)
{
    (void)state;
    umask(022);
    assert_int_equal(fileio_mkdir_private(in_dir("a/b/c")), 0);
    assert_int_equal(mode_of(in_dir("a")), 0755);
    assert_int_equal(mode_of(in_dir("a/b")), 0755);
    assert_int_equal(mode_of(in_dir("a/b/c")), 0700);
    assert_int_equal(fileio_mkdir_private(in_dir("a/b/c")), 0);
    assert_int_equal(fileio_mkdir_private(in_dir("t//")), 0);
    assert_int_equal(mode_of(in_dir("t")), 0700);
    assert_int_equal(fileio_replace(in_dir("f"), bytes_of(""), 0600), 0);
    assert_int_equal(fileio_mkdir_private(in_dir("f")), GW_EEXISTS);
    assert_true(fileio_mkdir_private(in_dir("f/g")) < 0);
}

static void test_changed_notices_every_kind_of_change(void **state)
{
    const char *p = in_dir("f");
    struct fileio_stamp stamp = { 0 };
    (void)state;
    assert_false(fileio_changed(p, &stamp));
    assert_int_equal(fileio_replace(p, bytes_of("one"), 0600), 0);
    assert_true(fileio_changed(p, &stamp));
    assert_false(fileio_changed(p, &stamp));
    assert_int_equal(fileio_replace(p, bytes_of("two"), 0600), 0); /* same size: another inode */
    assert_true(fileio_changed(p, &stamp));
    assert_int_equal(unlink(p), 0);
    assert_true(fileio_changed(p, &stamp));
    assert_false(fileio_changed(p, &stamp));
}

static void test_next_line_cuts_blanks_and_comments(void **state)
{
    char text[] = "  a b\t \r\n\n# all of it\nx#y z # rest\n\t\nlast";
    static const char *const want[] = { "a b", "", "", "x#y z", "", "last" };
    char *p = text;
    (void)state;
    for (size_t i = 0; i < COUNT(want); i++)
        assert_string_equal(fileio_next_line(&p), want[i]);
    assert_null(fileio_next_line(&p));
    assert_null(fileio_next_line(&p));
}

static void test_next_word_splits_at_blanks(void **state)
{
    char line[] = " one\t two  three ";
    char *p = line;
    (void)state;
    assert_string_equal(fileio_next_word(&p), "one");
    assert_string_equal(fileio_next_word(&p), "two");
    assert_string_equal(fileio_next_word(&p), "three");
    assert_null(fileio_next_word(&p));
    assert_null(fileio_next_word(&p));
}

static void test_append_adds_to_what_is_there(void **state)
{
    const char *path = in_dir("log");
    (void)state;
    assert_int_equal(fileio_append(path, bytes_of("one\n"), 0600, true), 0);
    assert_int_equal(mode_of(path), 0600);
    assert_int_equal(fileio_append(path, bytes_of("two\n"), 0644, false), 0);
    assert_int_equal(mode_of(path), 0600);
    assert_content(path, "one\ntwo\n");
    assert_int_equal(fileio_append(in_dir("none/log"), bytes_of("x"), 0600, true), GW_ENOTFOUND);
    assert_int_equal(fileio_append("/dev/full", bytes_of("x"), 0600, false), GW_ENOSPACE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_replace_then_read, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rewrite_keeps_mode_owner_and_group, setup, teardown),
        cmocka_unit_test_setup_teardown(test_create_leaves_an_existing_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_replace_reports_a_missing_directory, setup, teardown),
        cmocka_unit_test_setup_teardown(test_replace_cleans_up_when_rename_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(test_append_adds_to_what_is_there, setup, teardown),
        cmocka_unit_test_setup_teardown(test_read_limits, setup, teardown),
        cmocka_unit_test_setup_teardown(test_mkdir_makes_the_last_one_private, setup, teardown),
        cmocka_unit_test_setup_teardown(test_changed_notices_every_kind_of_change, setup, teardown),
        cmocka_unit_test(test_next_line_cuts_blanks_and_comments),
        cmocka_unit_test(test_next_word_splits_at_blanks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
