/* test_dns_public.c - which addresses are of the public internet. */
#include "net/dns.h"
#include "vec.h"

static void test_is_public_knows_the_registries(void **state)
{
    /* IANA IPv4 and IPv6 Special-Purpose Address Registries: first and last address of each block,
     * and the neighbours */
    static const struct {
        const char *ip;
        bool is;
    } v[] = {
        { "0.0.0.0", false },
        { "0.255.255.255", false },
        { "1.0.0.0", true },
        { "9.255.255.255", true },
        { "10.0.0.0", false },
        { "10.255.255.255", false },
        { "11.0.0.0", true },
        { "100.63.255.255", true },
        { "100.64.0.0", false },
        { "100.127.255.255", false },
        { "100.128.0.0", true },
        { "126.255.255.255", true },
        { "127.0.0.1", false },
        { "127.255.255.255", false },
        { "128.0.0.0", true },
        { "169.253.255.255", true },
        { "169.254.169.254", false },
        { "169.255.0.0", true },
        { "172.15.255.255", true },
        { "172.16.0.0", false },
        { "172.31.255.255", false },
        { "172.32.0.0", true },
        { "192.0.0.1", false },
        { "192.0.1.0", true },
        { "192.0.2.1", false },
        { "192.0.3.0", true },
        { "192.88.99.1", false },
        { "192.167.255.255", true },
        { "192.168.0.0", false },
        { "192.168.255.255", false },
        { "192.169.0.0", true },
        { "198.17.255.255", true },
        { "198.18.0.0", false },
        { "198.19.255.255", false },
        { "198.20.0.0", true },
        { "198.51.100.1", false },
        { "203.0.113.1", false },
        { "223.255.255.255", true },
        { "224.0.0.1", false },
        { "239.255.255.255", false },
        { "240.0.0.1", false },
        { "255.255.255.255", false },
        { "8.8.8.8", true },
        { "::", false },
        { "::1", false },
        { "::8.8.8.8", false },
        { "fe80::1", false },
        { "fe80::1%1", false },
        { "fec0::1", false },
        { "fc00::1", false },
        { "fdff::1", false },
        { "ff02::1", false },
        { "100::1", false },
        { "2001::1", false },
        { "2001:1ff::1", false },
        { "2001:200::1", true },
        { "2001:db8::1", false },
        { "2001:db9::1", true },
        { "2606:4700::1111", true },
        { "3ffe::1", true },
        { "3fff::1", false },
        { "3fff:fff::1", false },
        { "3fff:1000::1", true },
        { "4000::1", false },
        { "5f00::1", false },
        /* with an address of IPv4 in it: 6to4 (RFC 3056), NAT64 (RFC 6052, RFC 8215) */
        { "2002:0808:0808::1", true },
        { "2002:7f00:1::1", false },
        { "2002:c0a8:101::1", false },
        { "64:ff9b::8.8.8.8", true },
        { "64:ff9b::127.0.0.1", false },
        { "64:ff9b::10.0.0.1", false },
        { "64:ff9b:1::8.8.8.8", false },
        { "64:ff9b:0:1::8.8.8.8", false },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(v); i++) {
        struct ipaddr ip;
        assert_int_equal(sockaddr_parse_ip(v[i].ip, &ip), 0);
        if (dns_is_public(&ip) != v[i].is)
            fail_msg("%s", v[i].ip);
    }
}

/* sockaddr.h would have made them IPv4; whoever fills an ipaddr otherwise is not let past. */
static void test_is_public_looks_into_mapped_addresses(void **state)
{
    struct ipaddr ip = { .family = 6, .b = { [10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1 } };
    (void)state;
    assert_false(dns_is_public(&ip));
    ip.b[12] = 8;
    assert_true(dns_is_public(&ip));
    ip.family = 0;
    assert_false(dns_is_public(&ip));
}

static void test_is_outside_is_public_and_not_of_this_machine(void **state)
{
    struct ipaddr ip;
    (void)state;
    assert_int_equal(sockaddr_parse_ip("8.8.8.8", &ip), 0);
    assert_true(dns_is_outside(&ip));
    assert_int_equal(sockaddr_parse_ip("127.0.0.1", &ip), 0);
    assert_false(dns_is_outside(&ip));
    assert_int_equal(sockaddr_parse_ip("192.168.1.1", &ip), 0);
    assert_false(dns_is_outside(&ip));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_is_public_knows_the_registries),
        cmocka_unit_test(test_is_public_looks_into_mapped_addresses),
        cmocka_unit_test(test_is_outside_is_public_and_not_of_this_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
