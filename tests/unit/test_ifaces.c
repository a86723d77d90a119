/* test_ifaces.c - addresses of interfaces: what every machine has. */
#include "net/ifaces.h"

#include "vec.h"

static struct ipaddr ip(const char *text)
{
    struct multiaddr a;
    struct ipaddr out;
    uint16_t port;
    assert_int_equal(multiaddr_parse(bytes_of(text), &a), 0);
    assert_true(multiaddr_as_quic(&a, &out, &port));
    return out;
}

static void test_addrs_has_loopback_last(void **state)
{
    (void)state;
    struct ipaddr v[IFACES_MAX];
    size_t n = ifaces_addrs(4, v, IFACES_MAX);
    assert_true(n > 0);
    assert_true(ifaces_is_loopback(&v[n - 1]));
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(v[i].family, 4);
        assert_false(ifaces_is_wildcard(&v[i]));
        if (i)
            assert_true(ifaces_is_loopback(&v[i]) >= ifaces_is_loopback(&v[i - 1]));
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

static void test_kinds_of_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *addr;
        bool is_wildcard, is_loopback;
    } cases[] = {
        { "/ip4/0.0.0.0/udp/1/quic-v1", true, false },
        { "/ip6/::/udp/1/quic-v1", true, false },
        { "/ip4/127.0.0.1/udp/1/quic-v1", false, true },
        { "/ip4/127.9.9.9/udp/1/quic-v1", false, true },
        { "/ip6/::1/udp/1/quic-v1", false, true },
        { "/ip4/192.0.2.1/udp/1/quic-v1", false, false },
        { "/ip6/2001:db8::1/udp/1/quic-v1", false, false },
        { "/ip6/::ffff:0.0.0.0/udp/1/quic-v1", true, false },
        { "/ip6/::ffff:127.0.0.1/udp/1/quic-v1", false, true },
        { "/ip6/::ffff:192.0.2.1/udp/1/quic-v1", false, false },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ipaddr a = ip(cases[i].addr);
        assert_int_equal(ifaces_is_wildcard(&a), cases[i].is_wildcard);
        assert_int_equal(ifaces_is_loopback(&a), cases[i].is_loopback);
        struct multiaddr m;
        assert_int_equal(multiaddr_parse(bytes_of(cases[i].addr), &m), 0);
        assert_int_equal(ifaces_is_loopback_addr(&m), cases[i].is_loopback);
    }
    struct multiaddr unix_socket;
    assert_int_equal(multiaddr_parse(bytes_of("/unix/tmp/x"), &unix_socket), 0);
    assert_false(ifaces_is_loopback_addr(&unix_socket));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addrs_has_loopback_last),
        cmocka_unit_test(test_addrs_leaves_link_local_out),
        cmocka_unit_test(test_addrs_stays_in_its_room),
        cmocka_unit_test(test_kinds_of_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
