/* test_dial_order.c - host/dial_order.h. */
#include "host/dial_order.h"

#include "vec.h"

#define RELAY "/ip4/1.2.3.4/udp/1/quic-v1/p2p/12D3KooWCryG7Mon9orvQxcS1rYZjotPgpwoJNHHKcLLfE4Hf5mV"

static struct multiaddr parsed(const char *text)
{
    struct multiaddr a;
    assert_int_equal(multiaddr_parse(bytes_of(text), &a), 0);
    return a;
}

static void test_rank_by_transport_and_distance(void **state)
{
    static const struct {
        const char *text;
        enum dial_rank rank;
    } cases[] = {
        { "/ip4/192.168.1.2/udp/1/quic-v1", DIAL_QUIC_NEAR },
        { "/ip4/127.0.0.1/udp/1/quic-v1", DIAL_QUIC_NEAR },
        { "/ip6/fd00::1/udp/1/quic-v1", DIAL_QUIC_NEAR },
        { "/ip4/1.2.3.4/udp/1/quic-v1", DIAL_QUIC },
        { "/ip4/100.64.0.1/udp/1/quic-v1", DIAL_QUIC }, /* behind a carrier's NAT: not our LAN */
        { "/ip6/2001:db8::1/udp/1/quic-v1", DIAL_QUIC },
        { "/ip4/10.0.0.1/tcp/1", DIAL_TCP_NEAR },
        { "/ip4/1.2.3.4/tcp/1", DIAL_TCP },
        { RELAY "/p2p-circuit", DIAL_CIRCUIT },
        { RELAY, DIAL_QUIC },
        { "/ip4/0.0.0.0/udp/1/quic-v1", DIAL_NEVER },
        { "/ip4/1.2.3.4/udp/0/quic-v1", DIAL_NEVER },
        { "/ip4/1.2.3.4/tcp/1/ws", DIAL_NEVER },
        { "/dns4/example.com/tcp/1", DIAL_NEVER },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct multiaddr a = parsed(cases[i].text);
        assert_int_equal(dial_rank(&a), cases[i].rank);
    }
}

static void test_families_take_turns_ipv6_first_and_relays_come_last(void **state)
{
    static const char *const met[] = {
        RELAY "/p2p-circuit",
        "/ip4/1.0.0.1/tcp/1",
        "/ip4/1.0.0.1/udp/1/quic-v1",
        "/ip4/1.0.0.2/udp/1/quic-v1",
        "/ip6/2001:db8::1/udp/1/quic-v1",
        "/ip4/192.168.0.1/udp/1/quic-v1",
    };
    static const size_t want[] = { 5, 4, 2, 3, 1, 0 };
    struct dial_place places[COUNT(met)];
    (void)state;

    for (size_t i = 0; i < COUNT(met); i++) {
        struct multiaddr a = parsed(met[i]);
        places[i] = dial_place(&a, places, i);
    }
    for (size_t i = 0; i + 1 < COUNT(want); i++) {
        assert_true(dial_place_precedes(&places[want[i]], &places[want[i + 1]]));
        assert_false(dial_place_precedes(&places[want[i + 1]], &places[want[i]]));
    }
}

static void test_of_relays_the_one_that_costs_least_comes_first(void **state)
{
    struct multiaddr circuit = parsed(RELAY "/p2p-circuit"), tcp = parsed("/ip4/1.0.0.1/tcp/1");
    struct dial_place places[3] = { [0] = dial_place(&circuit, NULL, 0) };
    (void)state;

    places[1] = dial_place(&circuit, places, 1);
    places[2] = dial_place(&tcp, places, 2);
    assert_true(dial_place_precedes(&places[0], &places[1]));
    places[0].cost = 20;
    places[1].cost = 15;
    places[2].cost = 1000;
    assert_true(dial_place_precedes(&places[1], &places[0]));
    assert_false(dial_place_precedes(&places[0], &places[1]));
    assert_true(dial_place_precedes(&places[2], &places[1])); /* rank decides */
}

static void test_near_addresses_hold_the_others_up_less(void **state)
{
    struct multiaddr near = parsed("/ip4/10.0.0.1/udp/1/quic-v1"),
                     far = parsed("/ip4/1.0.0.1/udp/1/quic-v1");
    struct dial_place a = dial_place(&near, NULL, 0), b = dial_place(&far, NULL, 0);
    (void)state;
    assert_int_equal(dial_gap_ms(&a), DIAL_NEAR_MS);
    assert_int_equal(dial_gap_ms(&b), DIAL_STAGGER_MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rank_by_transport_and_distance),
        cmocka_unit_test(test_families_take_turns_ipv6_first_and_relays_come_last),
        cmocka_unit_test(test_of_relays_the_one_that_costs_least_comes_first),
        cmocka_unit_test(test_near_addresses_hold_the_others_up_less),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
