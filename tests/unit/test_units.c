/* test_units.c - sizes and durations of base/units.h. */
#include "base/units.h"

#include "vec.h"

static void test_parse_size_knows_its_suffixes(void **state)
{
    uint64_t v;
    (void)state;
    assert_int_equal(units_parse_size("512", &v), 0);
    assert_int_equal(v, 512);
    assert_int_equal(units_parse_size("64k", &v), 0);
    assert_int_equal(v, 64 * 1024);
    assert_int_equal(units_parse_size("16m", &v), 0);
    assert_int_equal(v, 16 * 1024 * 1024);
    assert_int_equal(units_parse_size("2G", &v), 0);
    assert_int_equal(v, 2147483648);
    assert_int_equal(units_parse_size("0", &v), 0);
    assert_int_equal(v, 0);
}

static void test_parse_duration_takes_bare_numbers_as_seconds(void **state)
{
    static const struct {
        const char *text;
        uint64_t ms;
    } cases[] = { { "250ms", 250 }, { "30s", 30000 },  { "30", 30000 },
                  { "5m", 300000 }, { "2h", 7200000 }, { "7d", 604800000 } };
    uint64_t v;
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(units_parse_duration(cases[i].text, &v), 0);
        assert_int_equal(v, cases[i].ms);
    }
}

static void test_parse_refuses_what_is_no_value(void **state)
{
    static const char *const bad[] = { "",    "k",    "-1",   "+1",  " 1", "1 ",
                                       "1kk", "1.5M", "0x10", "ten", "1T" };
    uint64_t v;
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_int_equal(units_parse_size(bad[i], &v), GW_ESYNTAX);
        assert_int_equal(units_parse_duration(bad[i], &v), GW_ESYNTAX);
    }
}

static void test_parse_refuses_what_overflows(void **state)
{
    uint64_t v;
    (void)state;
    assert_int_equal(units_parse_size("9223372036854775807", &v), 0);
    assert_int_equal(units_parse_size("9223372036854775808", &v), GW_EINVAL);
    assert_int_equal(units_parse_size("99999999999999999999999", &v), GW_EINVAL);
    assert_int_equal(units_parse_size("8589934592G", &v), GW_EINVAL);
    assert_int_equal(units_parse_duration("106751991168d", &v), GW_EINVAL);
}

static void test_print_is_short_and_reads_back(void **state)
{
    static const struct {
        uint64_t v;
        const char *size, *duration;
    } cases[] = {
        { 0, "0", "0" },
        { 1, "1", "1ms" },
        { 1024, "1k", "1024ms" },
        { 1536, "1536", "1536ms" },
        { 1u << 30, "1G", "1073741824ms" },
        { 90000, "90000", "90s" },
        { 86400000, "84375k", "1d" },
    };
    char text[UNITS_STR_MAX];
    uint64_t v;
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_string_equal(units_print_size(cases[i].v, text), cases[i].size);
        assert_int_equal(units_parse_size(text, &v), 0);
        assert_int_equal(v, cases[i].v);
        assert_string_equal(units_print_duration(cases[i].v, text), cases[i].duration);
        assert_int_equal(units_parse_duration(text, &v), 0);
        assert_int_equal(v, cases[i].v);
    }
}

static void test_show_keeps_what_a_glance_needs(void **state)
{
    static const struct {
        uint64_t v;
        const char *octets, *age;
    } cases[] = {
        { 0, "0", "0s" },
        { 59, "59", "59s" },
        { 60, "60", "1m" },
        { 999, "999", "16m" },
        { 1000, "1.0K", "16m" },
        { 1536, "1.5K", "25m" },
        { 3600, "3.5K", "1h 0m" },
        { 10240, "10K", "2h 50m" },
        { 86399, "84K", "23h 59m" },
        { 86400, "84K", "1d 0h" },
        { 1023 * 1024, "1.0M", "12d 2h" },
        { UINT64_MAX, "16E", "213503982334601d 7h" },
    };
    char text[UNITS_STR_MAX];
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_string_equal(units_show_octets(cases[i].v, text), cases[i].octets);
        assert_string_equal(units_show_age(cases[i].v, text), cases[i].age);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_size_knows_its_suffixes),
        cmocka_unit_test(test_parse_duration_takes_bare_numbers_as_seconds),
        cmocka_unit_test(test_parse_refuses_what_is_no_value),
        cmocka_unit_test(test_parse_refuses_what_overflows),
        cmocka_unit_test(test_print_is_short_and_reads_back),
        cmocka_unit_test(test_show_keeps_what_a_glance_needs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
