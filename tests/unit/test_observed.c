/* test_observed.c - p2p/observed.h, with a hand-turned clock. */
#include "p2p/observed.h"

#include "vec.h"

static struct multiaddr parsed(const char *text)
{
    struct multiaddr a;
    assert_int_equal(multiaddr_parse(bytes_of(text), &a), 0);
    return a;
}

/* Peer `who` at 198.51.100.`host` says that we come from `seen`. */
static void note(struct observed *o, uint8_t who, uint8_t host, const char *seen, uint64_t now_ms)
{
    struct peerid by = { .n = 38, .mh = { 0, 36, who } };
    struct ipaddr from = { .family = 4, .b = { 198, 51, 100, host } };
    struct multiaddr a = parsed(seen);
    observed_note(o, &a, &by, &from, now_ms);
}

static void assert_addrs(const struct observed *o, size_t observers, uint64_t now_ms,
                         const char *const *want, size_t n)
{
    struct multiaddr got[OBSERVED_MAX];
    assert_int_equal(observed_addrs(o, observers, now_ms, got, COUNT(got)), n);
    for (size_t i = 0; i < n; i++) {
        struct multiaddr a = parsed(want[i]);
        assert_true(multiaddr_eq(&got[i], &a));
    }
}
#define ADDRS(o, observers, now_ms, ...)                                     \
    assert_addrs(o, observers, now_ms, (const char *const[]){ __VA_ARGS__ }, \
                 COUNT(((const char *const[]){ __VA_ARGS__ })))

#define A  "/ip4/203.0.113.1/udp/4001/quic-v1"
#define B2 "/ip4/203.0.113.1/udp/4002/quic-v1"

static void test_two_observers_confirm_and_one_does_not(void **state)
{
    struct observed o = { 0 };
    (void)state;
    note(&o, 1, 1, A, 0);
    assert_addrs(&o, OBSERVED_CONFIRMED, 0, NULL, 0);
    ADDRS(&o, 1, 0, A);
    note(&o, 2, 2, A, 0);
    ADDRS(&o, OBSERVED_CONFIRMED, 0, A);
}

static void test_two_peers_on_one_ip_address_are_one_observer(void **state)
{
    struct observed o = { 0 };
    (void)state;
    note(&o, 1, 1, A, 0);
    note(&o, 2, 1, A, 0);
    assert_addrs(&o, OBSERVED_CONFIRMED, 0, NULL, 0);
    assert_int_equal(observed_mapping(&o, 4, NULL, 0, 0), OBSERVED_UNKNOWN);
}

/* A user of the internet has all of a /64. */
static void test_a_network_of_ipv6_is_one_observer(void **state)
{
    struct observed o = { 0 };
    struct ipaddr from = { .family = 6, .b = { 0x20, 1, 0xd, 0xb8, [15] = 1 } };
    struct peerid by = { .n = 38, .mh = { 0, 36, 1 } };
    struct multiaddr a = parsed(A);
    (void)state;
    observed_note(&o, &a, &by, &from, 0);
    by.mh[2] = 2;
    from.b[8] = 1;
    observed_note(&o, &a, &by, &from, 0);
    assert_addrs(&o, OBSERVED_CONFIRMED, 0, NULL, 0);
    assert_true(observed_is_claim(&o, &a, 0, &from));
    by.mh[2] = 3;
    from.b[7] = 1;
    observed_note(&o, &a, &by, &from, 0);
    ADDRS(&o, OBSERVED_CONFIRMED, 0, A);
}

static void test_what_but_one_observer_says_is_a_claim(void **state)
{
    struct multiaddr seen = parsed(A);
    struct observed o = { 0 };
    struct ipaddr from;
    (void)state;
    assert_false(observed_is_claim(&o, &seen, 0, &from));
    note(&o, 1, 1, A, 0);
    note(&o, 2, 1, A, 0); /* two peers, one observer */
    assert_true(observed_is_claim(&o, &seen, 0, &from));
    assert_int_equal(from.b[3], 1);
    note(&o, 3, 3, A, 1000);
    assert_false(observed_is_claim(&o, &seen, 1000, &from));
    assert_true(observed_is_claim(&o, &seen, OBSERVED_LIFE_MS, &from)); /* the others are too old */
    assert_int_equal(from.b[3], 3);
}

static void test_the_address_that_most_agree_on_comes_first(void **state)
{
    struct observed o = { 0 };
    (void)state;
    note(&o, 1, 1, B2, 0);
    note(&o, 2, 2, A, 0);
    note(&o, 3, 3, A, 0);
    ADDRS(&o, 1, 0, A, B2);
}

static void test_a_peer_counts_with_its_last_sighting(void **state)
{
    struct observed o = { 0 };
    (void)state;
    note(&o, 1, 1, B2, 0);
    note(&o, 1, 1, A, 1);
    ADDRS(&o, 1, 1, A);
}

static void test_transports_and_families_of_one_peer_stand_side_by_side(void **state)
{
    struct observed o = { 0 };
    (void)state;
    note(&o, 1, 1, A, 0);
    note(&o, 1, 1, "/ip4/203.0.113.1/tcp/4001", 0);
    note(&o, 1, 1, "/ip6/2001:db8::1/udp/4001/quic-v1", 0);
    assert_int_equal(o.n, 3);
}

static void test_sightings_grow_old(void **state)
{
    struct observed o = { 0 };
    (void)state;
    note(&o, 1, 1, A, 0);
    note(&o, 2, 2, A, 1000);
    ADDRS(&o, 2, OBSERVED_LIFE_MS - 1, A);
    assert_addrs(&o, 2, OBSERVED_LIFE_MS, NULL, 0);
    ADDRS(&o, 1, OBSERVED_LIFE_MS, A);
    assert_addrs(&o, 1, OBSERVED_LIFE_MS + 1000, NULL, 0);
}

static void test_the_oldest_makes_room(void **state)
{
    struct observed o = { 0 };
    (void)state;
    note(&o, 0, 0, B2, 0);
    for (uint8_t i = 1; i <= OBSERVED_MAX; i++)
        note(&o, i, i, A, i);
    assert_int_equal(o.n, OBSERVED_MAX);
    ADDRS(&o, 1, OBSERVED_MAX, A);
}

static void test_what_is_no_socket_address_is_not_taken(void **state)
{
    struct observed o = { 0 };
    (void)state;
    note(&o, 1, 1, "/ip4/203.0.113.1/udp/0/quic-v1", 0);
    note(&o, 1, 1, "/dns4/example.com/udp/1/quic-v1", 0);
    note(&o, 1, 1, "/ip4/203.0.113.1/udp/1", 0);
    assert_int_equal(o.n, 0);
}

static void test_mapping_as_rfc_4787_names_it(void **state)
{
    struct multiaddr own = parsed("/ip4/192.168.0.2/udp/4001/quic-v1"), public_own = parsed(A);
    struct observed o = { 0 };
    (void)state;
    assert_int_equal(observed_mapping(&o, 4, &own, 1, 0), OBSERVED_UNKNOWN);
    note(&o, 1, 1, A, 0);
    assert_int_equal(observed_mapping(&o, 4, &own, 1, 0), OBSERVED_UNKNOWN);
    assert_int_equal(observed_mapping(&o, 4, &public_own, 1, 0), OBSERVED_NOT_MAPPED);
    note(&o, 2, 2, A, 0);
    assert_int_equal(observed_mapping(&o, 4, &own, 1, 0), OBSERVED_INDEPENDENT);
    assert_int_equal(observed_mapping(&o, 6, &own, 1, 0), OBSERVED_UNKNOWN);
    note(&o, 3, 3, B2, 0);
    assert_int_equal(observed_mapping(&o, 4, &own, 1, 0), OBSERVED_DEPENDENT);
}

/* A neighbour sees the private address that the NAT changes for everybody else. */
static void test_the_own_network_says_nothing_of_the_nat(void **state)
{
    struct multiaddr own = parsed("/ip4/192.168.0.2/udp/4001/quic-v1");
    struct observed o = { 0 };
    (void)state;
    note(&o, 1, 1, "/ip4/192.168.0.2/udp/4001/quic-v1", 0);
    assert_int_equal(observed_mapping(&o, 4, &own, 1, 0), OBSERVED_NOT_MAPPED);
    note(&o, 2, 2, A, 0);
    assert_int_equal(observed_mapping(&o, 4, &own, 1, 0), OBSERVED_UNKNOWN);
    note(&o, 3, 3, B2, 0);
    assert_int_equal(observed_mapping(&o, 4, &own, 1, 0), OBSERVED_DEPENDENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_observers_confirm_and_one_does_not),
        cmocka_unit_test(test_two_peers_on_one_ip_address_are_one_observer),
        cmocka_unit_test(test_a_network_of_ipv6_is_one_observer),
        cmocka_unit_test(test_what_but_one_observer_says_is_a_claim),
        cmocka_unit_test(test_the_address_that_most_agree_on_comes_first),
        cmocka_unit_test(test_a_peer_counts_with_its_last_sighting),
        cmocka_unit_test(test_transports_and_families_of_one_peer_stand_side_by_side),
        cmocka_unit_test(test_sightings_grow_old),
        cmocka_unit_test(test_the_oldest_makes_room),
        cmocka_unit_test(test_what_is_no_socket_address_is_not_taken),
        cmocka_unit_test(test_mapping_as_rfc_4787_names_it),
        cmocka_unit_test(test_the_own_network_says_nothing_of_the_nat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
