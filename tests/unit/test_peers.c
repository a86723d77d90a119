/* test_peers.c - addresses of peers: order, no doubles, bounds. */
#include "host/peers.h"

#include "vec.h"

static struct peerid peer(unsigned i)
{
    struct peerid id = { .n = 38, .mh = { 0, 36, [2] = (uint8_t)(i >> 8), [3] = (uint8_t)i } };
    return id;
}

static struct multiaddr addr(uint16_t port)
{
    struct ipaddr ip = { .family = 4, .b = { 192, 0, 2, 1 } };
    struct multiaddr a;
    multiaddr_make_quic(&ip, port, &a);
    return a;
}

static void learn(struct peers *ps, unsigned who, uint16_t port)
{
    struct peerid id = peer(who);
    struct multiaddr a = addr(port);
    peers_learn(ps, &id, &a);
}

/* The ports of the addresses known, in their order. */
static void assert_ports(const struct peers *ps, unsigned who, const uint16_t *ports, size_t n)
{
    struct peerid id = peer(who);
    size_t got;
    const struct multiaddr *v = peers_addrs(ps, &id, &got);

    assert_int_equal(got, n);
    for (size_t i = 0; i < n; i++) {
        struct multiaddr want = addr(ports[i]);
        assert_true(multiaddr_eq(&v[i], &want));
    }
}

static void test_learn_puts_the_latest_first_without_doubles(void **state)
{
    (void)state;
    struct peers ps = { 0 };
    learn(&ps, 1, 10);
    learn(&ps, 1, 11);
    learn(&ps, 1, 12);
    learn(&ps, 1, 10);
    learn(&ps, 2, 99);
    assert_ports(&ps, 1, (const uint16_t[]){ 10, 12, 11 }, 3);
    assert_ports(&ps, 2, (const uint16_t[]){ 99 }, 1);
    assert_ports(&ps, 3, NULL, 0);
    peers_fini(&ps);
}

static void test_learn_drops_the_peer_part(void **state)
{
    (void)state;
    struct peers ps = { 0 };
    struct peerid id = peer(1);
    struct multiaddr a = addr(10);
    assert_int_equal(multiaddr_append_peer(&a, &id), 0);
    peers_learn(&ps, &id, &a);
    learn(&ps, 1, 10);
    assert_ports(&ps, 1, (const uint16_t[]){ 10 }, 1);
    peers_fini(&ps);
}

static void test_learn_keeps_sixteen_of_a_peer(void **state)
{
    (void)state;
    struct peers ps = { 0 };
    uint16_t want[PEERS_ADDRS_MAX];
    for (uint16_t i = 0; i < 20; i++)
        learn(&ps, 1, (uint16_t)(100 + i));
    for (uint16_t i = 0; i < PEERS_ADDRS_MAX; i++)
        want[i] = (uint16_t)(119 - i);
    assert_ports(&ps, 1, want, PEERS_ADDRS_MAX);
    peers_fini(&ps);
}

static void test_learn_forgets_the_peer_unheard_of_for_longest(void **state)
{
    (void)state;
    struct peers ps = { 0 };
    for (unsigned i = 0; i < PEERS_MAX; i++)
        learn(&ps, i, 10);
    learn(&ps, 0, 11); /* heard of again */
    learn(&ps, PEERS_MAX, 10);
    assert_ports(&ps, 0, (const uint16_t[]){ 11, 10 }, 2);
    assert_ports(&ps, 1, NULL, 0);
    assert_ports(&ps, 2, (const uint16_t[]){ 10 }, 1);
    assert_ports(&ps, PEERS_MAX, (const uint16_t[]){ 10 }, 1);
    peers_fini(&ps);
}

static void test_saw_keeps_the_time_beside_the_addresses(void **state)
{
    (void)state;
    struct peers ps = { 0 };
    struct peerid one = peer(1), two = peer(2);
    learn(&ps, 1, 10);
    assert_int_equal(peers_seen_ms(&ps, &one), 0);
    peers_saw(&ps, &one, 500);
    peers_saw(&ps, &two, 600);
    learn(&ps, 1, 11);
    peers_saw(&ps, &two, 700);
    assert_int_equal(peers_seen_ms(&ps, &one), 500);
    assert_int_equal(peers_seen_ms(&ps, &two), 700);
    assert_ports(&ps, 1, (const uint16_t[]){ 11, 10 }, 2);
    assert_ports(&ps, 2, NULL, 0);
    peers_fini(&ps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_learn_puts_the_latest_first_without_doubles),
        cmocka_unit_test(test_learn_drops_the_peer_part),
        cmocka_unit_test(test_learn_keeps_sixteen_of_a_peer),
        cmocka_unit_test(test_learn_forgets_the_peer_unheard_of_for_longest),
        cmocka_unit_test(test_saw_keeps_the_time_beside_the_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
