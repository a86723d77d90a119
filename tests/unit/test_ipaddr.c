/* test_ipaddr.c - kinds of IP addresses, and IPv4 mapped into IPv6. */
#include "id/ipaddr.h"

#include <arpa/inet.h>

#include "vec.h"

static struct ipaddr ip(const char *text)
{
    struct ipaddr out = { .family = strchr(text, ':') ? 6 : 4 };
    assert_int_equal(inet_pton(out.family == 6 ? AF_INET6 : AF_INET, text, out.b), 1);
    return out;
}

/* RFC 1122 s.3.2.1.3, RFC 1918, RFC 3927, RFC 4193, RFC 4291 s.2.5. */
static void test_kinds_of_addresses(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_wildcard, is_loopback, is_link_local6, is_private;
    } cases[] = {
        { "0.0.0.0", .is_wildcard = true },
        { "::", .is_wildcard = true },
        { "127.0.0.1", .is_loopback = true, .is_private = true },
        { "127.255.255.255", .is_loopback = true, .is_private = true },
        { .text = "128.0.0.0" },
        { "::1", .is_loopback = true, .is_private = true },
        { .text = "::2" },
        { .text = "192.0.2.1" },
        { .text = "2001:db8::1" },
        { "10.255.255.255", .is_private = true },
        { .text = "11.0.0.0" },
        { .text = "172.15.255.255" },
        { "172.16.0.0", .is_private = true },
        { "172.31.255.255", .is_private = true },
        { .text = "172.32.0.0" },
        { "192.168.0.0", .is_private = true },
        { .text = "192.169.0.0" },
        { "169.254.1.1", .is_private = true },
        { .text = "fbff::1" },
        { "fc00::1", .is_private = true },
        { "fdff::1", .is_private = true },
        { .text = "fe00::1" },
        { "fe80::1", .is_link_local6 = true, .is_private = true },
        { "febf::1", .is_link_local6 = true, .is_private = true },
        { .text = "fec0::1" },
        { "::ffff:0.0.0.0", .is_wildcard = true },
        { "::ffff:127.0.0.1", .is_loopback = true, .is_private = true },
        { "::ffff:10.0.0.1", .is_private = true },
        { .text = "::ffff:192.0.2.1" },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ipaddr a = ip(cases[i].text);
        if (ipaddr_is_wildcard(&a) != cases[i].is_wildcard ||
            ipaddr_is_loopback(&a) != cases[i].is_loopback ||
            ipaddr_is_link_local6(&a) != cases[i].is_link_local6 ||
            ipaddr_is_private(&a) != cases[i].is_private)
            fail_msg("%s", cases[i].text);
    }
}

static void test_mapped_becomes_ipv4_again(void **state)
{
    (void)state;
    static const char *const texts[] = { "192.0.2.1", "0.0.0.0", "2001:db8::1", "::" };

    for (size_t i = 0; i < COUNT(texts); i++) {
        struct ipaddr a = ip(texts[i]), back;
        uint8_t b[16];
        ipaddr_to_mapped(&a, b);
        back = ipaddr_from_mapped(b);
        assert_true(ipaddr_eq(&a, &back));
    }
}

static void test_to_mapped_is_as_rfc_4291_writes_it(void **state)
{
    (void)state;
    struct ipaddr four = ip("192.0.2.1"), six = ip("::ffff:192.0.2.1");
    uint8_t b[16];

    ipaddr_to_mapped(&four, b);
    assert_memory_equal(b, six.b, sizeof b);
}

static void test_eq_looks_at_no_zone(void **state)
{
    (void)state;
    struct ipaddr a = ip("fe80::1"), b = ip("fe80::1"), c = ip("fe80::2"), zero = ip("::"),
                  four = ip("0.0.0.0");

    b.zone = 3;
    assert_true(ipaddr_eq(&a, &b));
    assert_false(ipaddr_eq(&a, &c));
    assert_false(ipaddr_eq(&zero, &four));
}

static void test_net_is_the_address_or_the_first_half(void **state)
{
    (void)state;
    struct ipaddr a = ip("2001:db8:0:1:2:3:4:5"), net = ip("2001:db8:0:1::"),
                  four = ip("192.0.2.1");

    a = ipaddr_net(&a);
    assert_true(ipaddr_eq(&a, &net));
    a = ipaddr_net(&four);
    assert_true(ipaddr_eq(&a, &four));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds_of_addresses),
        cmocka_unit_test(test_mapped_becomes_ipv4_again),
        cmocka_unit_test(test_to_mapped_is_as_rfc_4291_writes_it),
        cmocka_unit_test(test_net_is_the_address_or_the_first_half),
        cmocka_unit_test(test_eq_looks_at_no_zone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
