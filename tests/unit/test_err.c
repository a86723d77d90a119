/* test_err.c - base/err.h. */
#include "base/err.h"

#include <errno.h>
#include <string.h>

#include "vec.h"

static void test_every_code_is_negative_and_has_its_own_text(void **state)
{
    static const int codes[] = {
#define X(name, text) GW_E##name,
        GW_ERRORS(X)
#undef X
    };
    size_t n = COUNT(codes);
    (void)state;
    for (size_t i = 0; i < n; i++) {
        assert_true(codes[i] < 0);
        assert_string_not_equal(gw_strerror(codes[i]), gw_strerror(-1));
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(gw_strerror(codes[i]), gw_strerror(codes[j]));
    }
}

static void test_strerror_never_returns_null(void **state)
{
    (void)state;
    assert_non_null(gw_strerror(GW_OK));
    assert_non_null(gw_strerror(12345));
    assert_non_null(gw_strerror(-12345));
}

static void test_errno_maps_to_negative_codes(void **state)
{
    (void)state;
    assert_int_equal(err_from_errno(0), GW_OK);
    assert_int_equal(err_from_errno(ENOENT), GW_ENOTFOUND);
    assert_int_equal(err_from_errno(EACCES), GW_EPERM);
    assert_int_equal(err_from_errno(ECONNREFUSED), GW_EREFUSED);
    for (int e = 1; e < 134; e++)
        assert_true(err_from_errno(e) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_code_is_negative_and_has_its_own_text),
        cmocka_unit_test(test_strerror_never_returns_null),
        cmocka_unit_test(test_errno_maps_to_negative_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
