/* test_utctime.c - reading moments.  Values by `date -u -d TIME +%s`. */
#include "base/utctime.h"

#include "vec.h"

static void test_parse_is_utc_to_the_second(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t s;
    } good[] = {
        { "1970-01-01T00:00:01Z", 1 },          { "2027-01-01", 1798761600 },
        { "2028-02-29", 1835395200 },           { "2027-01-01T12:34Z", 1798806840 },
        { "2027-01-01T12:34:56Z", 1798806896 }, { "9999-12-31T23:59:59Z", 253402300799 },
    };
    for (size_t i = 0; i < COUNT(good); i++) {
        int64_t s;
        assert_int_equal(utctime_parse(bytes_of(good[i].text), &s), 0);
        assert_true(s == good[i].s);
    }
}

static void test_parse_refuses_what_is_no_moment_or_has_no_zone(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "2027",
        "2027-13-01",
        "2027-00-01",
        "2027-02-29",
        "2027-1-1",
        "2027-01-01T24:00Z",
        "2027-01-01T00:60Z",
        "2027-01-01T00:00:60Z",
        "2027-01-01T00:00",
        "2027-01-01T00:00+01:00",
        "2027-01-01T00:00:00.5Z",
        "2027-01-01T00:00Zz",
        "2027-01-01Z",
        " 2027-01-01",
        "1970-01-01",
        "1969-12-31",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        int64_t s;
        assert_int_equal(utctime_parse(bytes_of(bad[i]), &s), GW_ESYNTAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_is_utc_to_the_second),
        cmocka_unit_test(test_parse_refuses_what_is_no_moment_or_has_no_zone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
