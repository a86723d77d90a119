/* test_ifaces.c - addresses of interfaces: what every machine has. */
#include "net/ifaces.h"

#include "vec.h"

static void test_addrs_has_loopback_last(void **state)
{
    (void)state;
    struct ipaddr v[IFACES_MAX];
    size_t n = ifaces_addrs(4, v, IFACES_MAX);
    assert_true(n > 0);
    assert_true(ipaddr_is_loopback(&v[n - 1]));
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(v[i].family, 4);
        assert_false(ipaddr_is_wildcard(&v[i]));
        if (i)
            assert_true(ipaddr_is_loopback(&v[i]) >= ipaddr_is_loopback(&v[i - 1]));
    }
}

static void test_addrs_leaves_link_local_out(void **state)
{
    (void)state;
    struct ipaddr v[IFACES_MAX];
    size_t n = ifaces_addrs(6, v, IFACES_MAX);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(v[i].family, 6);
        assert_false(v[i].b[0] == 0xfe && (v[i].b[1] & 0xc0) == 0x80);
    }
}

static void test_addrs_stays_in_its_room(void **state)
{
    (void)state;
    assert_int_equal(ifaces_addrs(4, NULL, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addrs_has_loopback_last),
        cmocka_unit_test(test_addrs_leaves_link_local_out),
        cmocka_unit_test(test_addrs_stays_in_its_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
