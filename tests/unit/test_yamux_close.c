/* test_yamux_close.c - codes of GO_AWAY: specs/yamux, "Go Away"; gw's own of doc/PROTOCOLS.md. */
#include "transport/yamux_close.h"

#include "vec.h"

static const struct {
    int err;
    uint32_t code;
} both_ways[] = { { 0, 0 }, { GW_EPROTO, 1 }, { GW_EDENIED, 49 }, { GW_ELIMIT, 50 } };

static void test_what_has_a_code_comes_back(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(both_ways); i++) {
        assert_int_equal(yamux_close_code(both_ways[i].err), both_ways[i].code);
        assert_int_equal(yamux_close_error(both_ways[i].code), both_ways[i].err);
    }
}

static void test_other_errors_are_nobodys_business(void **state)
{
    (void)state;
    assert_int_equal(yamux_close_code(GW_ETIMEOUT), 0);
    assert_int_equal(yamux_close_code(GW_ECANCELED), 0);
}

static void test_codes_of_others_are_errors(void **state)
{
    (void)state;
    assert_int_equal(yamux_close_error(2), GW_EPROTO); /* internal error */
    assert_int_equal(yamux_close_error(UINT32_MAX), GW_EPROTO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_has_a_code_comes_back),
        cmocka_unit_test(test_other_errors_are_nobodys_business),
        cmocka_unit_test(test_codes_of_others_are_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
