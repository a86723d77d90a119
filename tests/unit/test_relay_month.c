/* test_relay_month.c - the month's count: calendar months in UTC, its file, damaged files. */
#include "p2p/relay_month.h"

#include "base/log.h"
#include "tmpfiles.h"

/* From Python's calendar.timegm. */
#define NOV_30 1796083199 /* 2026-11-30T23:59:59Z */
#define DEC_1  1796083200 /* 2026-12-01T00:00:00Z */
#define JAN_1  1798761600 /* 2027-01-01T00:00:00Z */

static struct tmpfiles files;

static int setup(void **state)
{
    (void)state;
    log_set_level(LOG_LEVEL_ERROR);
    tmpfiles_init(&files);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tmpfiles_fini(&files);
    return 0;
}

static void test_add_begins_anew_with_the_month(void **state)
{
    struct relay_month m = { 0 };
    (void)state;
    assert_int_equal(relay_month_bytes(&m, NOV_30), 0);
    relay_month_add(&m, 5, NOV_30 - 86400);
    relay_month_add(&m, 7, NOV_30);
    assert_int_equal(relay_month_bytes(&m, NOV_30), 12);
    assert_int_equal(relay_month_bytes(&m, DEC_1), 0);
    relay_month_add(&m, 1, DEC_1);
    assert_int_equal(relay_month_bytes(&m, JAN_1 - 1), 1);
    assert_int_equal(relay_month_bytes(&m, JAN_1), 0);
}

static void test_save_and_load_keep_it(void **state)
{
    struct relay_month m = { 0 }, again;
    (void)state;
    relay_month_add(&m, 123456, DEC_1);
    assert_int_equal(relay_month_save(&m, files.path), 0);
    tmpfiles_assert(files.path, "2026-12 123456\n");
    relay_month_load(&again, files.path);
    assert_int_equal(relay_month_bytes(&again, DEC_1), 123456);
    assert_int_equal(relay_month_bytes(&again, JAN_1), 0);
}

static void test_load_takes_a_missing_file_as_empty(void **state)
{
    struct relay_month m = { .month = 1, .bytes = 2 };
    (void)state;
    relay_month_load(&m, files.path);
    assert_int_equal(m.month, 0);
    assert_int_equal(m.bytes, 0);
}

static void test_load_takes_a_damaged_file_as_empty(void **state)
{
    static const char *const damaged[] = {
        "",
        "\n",
        "2026-12",
        "2026-12 \n",
        "2026-13 5\n",
        "2026-00 5\n",
        "2026-12 5",
        "2026-12 5\n\n",
        "2026-12 -5\n",
        "2026-12 05\n",
        "2026-12  5\n",
        " 2026-12 5\n",
        "26-12 5\n",
        "2026-12 18446744073709551616\n",
        "2026-12 99999999999999999999999\n",
        "\xff\xfe\x00garbage",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(damaged); i++) {
        struct relay_month m = { .month = 1, .bytes = 2 };
        tmpfiles_write(files.path, damaged[i]);
        relay_month_load(&m, files.path);
        assert_int_equal(m.month, 0);
        assert_int_equal(m.bytes, 0);
    }
}

static void test_load_takes_the_largest_count(void **state)
{
    struct relay_month m;
    (void)state;
    tmpfiles_write(files.path, "2026-11 18446744073709551615\n");
    relay_month_load(&m, files.path);
    assert_true(relay_month_bytes(&m, NOV_30) == UINT64_MAX);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_add_begins_anew_with_the_month),     T(test_save_and_load_keep_it),
        T(test_load_takes_a_missing_file_as_empty), T(test_load_takes_a_damaged_file_as_empty),
        T(test_load_takes_the_largest_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
