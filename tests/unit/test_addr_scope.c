/* test_addr_scope.c - from how far away addresses can be reached. */
#include "net/addr_scope.h"

#include "testpeers.h"
#include "vec.h"

static struct multiaddr maddr(const char *text)
{
    struct multiaddr m;
    assert_int_equal(multiaddr_parse(bytes_of(text), &m), 0);
    return m;
}

/* RFC 1918, 4193, 3927, 4291, 1122. */
static void test_scope_is_that_of_the_first_address(void **state)
{
    static const struct {
        const char *addr;
        enum addr_scope is;
    } cases[] = {
        { "/ip4/192.0.2.1/udp/1/quic-v1", ADDR_SCOPE_WORLD },
        { "/ip6/2001:db8::1/tcp/1", ADDR_SCOPE_WORLD },
        { "/dns4/example.org/tcp/1", ADDR_SCOPE_WORLD },
        { "/ip4/10.1.2.3/udp/1/quic-v1", ADDR_SCOPE_NETWORK },
        { "/ip4/172.31.0.1/udp/1/quic-v1", ADDR_SCOPE_NETWORK },
        { "/ip4/192.168.1.1/tcp/1", ADDR_SCOPE_NETWORK },
        { "/ip4/169.254.1.1/tcp/1", ADDR_SCOPE_NETWORK },
        { "/ip6/fd00::1/udp/1/quic-v1", ADDR_SCOPE_NETWORK },
        { "/ip6/fe80::1/udp/1/quic-v1", ADDR_SCOPE_NETWORK },
        { "/ip4/127.0.0.1/udp/1/quic-v1", ADDR_SCOPE_MACHINE },
        { "/ip6/::1/tcp/1", ADDR_SCOPE_MACHINE },
        { "/ip6zone/2/ip6/fe80::1/udp/1/quic-v1", ADDR_SCOPE_NETWORK },
        { "/ip6/::ffff:10.1.2.3/tcp/1", ADDR_SCOPE_NETWORK },
        { "/ip6/::ffff:127.0.0.1/tcp/1", ADDR_SCOPE_MACHINE },
        { "/ip6/::ffff:192.0.2.1/tcp/1", ADDR_SCOPE_WORLD },
        { "/ip4/10.0.0.1/udp/1/quic-v1/p2p/" PEER_B "/p2p-circuit", ADDR_SCOPE_NETWORK },
        { "/p2p/" PEER_B "/p2p-circuit", ADDR_SCOPE_WORLD },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct multiaddr a = maddr(cases[i].addr);
        assert_int_equal(addr_scope_of(&a), cases[i].is);
    }
}

static void test_a_circuit_leads_everywhere_wherever_its_relay_is(void **state)
{
    struct multiaddr circuit = maddr("/ip4/10.0.0.1/udp/1/quic-v1/p2p/" PEER_B "/p2p-circuit");
    struct multiaddr direct = maddr("/ip4/10.0.0.1/udp/1/quic-v1/p2p/" PEER_B);
    (void)state;
    assert_int_equal(addr_scope_of_way(&circuit), ADDR_SCOPE_WORLD);
    assert_int_equal(addr_scope_of_way(&direct), ADDR_SCOPE_NETWORK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scope_is_that_of_the_first_address),
        cmocka_unit_test(test_a_circuit_leads_everywhere_wherever_its_relay_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
