/* test_mapping.c - what a router may say that the internet sees. */
#include "net/mapping.h"

#include "net/sockaddr.h"
#include "vec.h"

static void test_is_possible_knows_what_cannot_be(void **state)
{
    (void)state;
    static const struct {
        const char *addr;
        uint16_t port;
        bool is_possible;
    } cases[] = {
        { "198.41.0.4", 4001, true },
        { "10.0.0.1", 4001, true }, /* double NAT */
        { "100.64.0.1", 1, true },
        { "2001:503:ba3e::2:30", 4001, true },
        { "198.41.0.4", 0, false },
        { "0.0.0.0", 4001, false },
        { "0.1.2.3", 4001, false },
        { "127.0.0.1", 4001, false },
        { "169.254.1.1", 4001, false },
        { "224.0.0.1", 4001, false },
        { "255.255.255.255", 4001, false },
        { "::", 4001, false },
        { "::1", 4001, false },
        { "fe80::1", 4001, false },
        { "ff02::1", 4001, false },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct ipaddr ip;
        assert_int_equal(sockaddr_parse_ip(cases[i].addr, &ip), 0);
        if (mapping_is_possible(&ip, cases[i].port) != cases[i].is_possible)
            fail_msg("%s", cases[i].addr);
    }
    assert_false(mapping_is_possible(&(struct ipaddr){ .family = 0, .b = { 198, 41, 0, 4 } }, 1));
}

static void test_eq_looks_at_both_ends_and_not_at_the_lifetime(void **state)
{
    (void)state;
    const struct mapping a = { { IPPROTO_UDP, 1 }, { 4, { 198, 41, 0, 4 }, 0 }, 2, 1200, true };
    struct mapping b = a;
    b.lifetime_s = 60;
    assert_true(mapping_eq(&a, &b));
    b = a, b.internal.proto = IPPROTO_TCP;
    assert_false(mapping_eq(&a, &b));
    b = a, b.internal.port = 9;
    assert_false(mapping_eq(&a, &b));
    b = a, b.addr.b[3] = 5;
    assert_false(mapping_eq(&a, &b));
    b = a, b.port = 3;
    assert_false(mapping_eq(&a, &b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_is_possible_knows_what_cannot_be),
        cmocka_unit_test(test_eq_looks_at_both_ends_and_not_at_the_lifetime),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
