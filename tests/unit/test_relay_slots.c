/* test_relay_slots.c - reservations: how many, from where, how long, how much memory. */
#include "p2p/relay_slots.h"

#include <malloc.h>

#include "vec.h"

static struct relay_config cfg;
static struct relay_slots *s;

static int setup(void **state)
{
    (void)state;
    cfg = (struct relay_config){ .max_reservations = 4,
                                 .max_reservations_per_ip = 2,
                                 .reservation_ms = 3600000 };
    s = relay_slots_new(&cfg);
    return s ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    relay_slots_free(s);
    return 0;
}

static struct peerid peer(uint32_t i)
{
    struct peerid id = { .n = 38 };
    memcpy(id.mh, &i, sizeof i);
    return id;
}

static struct ipaddr ip4(uint8_t last)
{
    return (struct ipaddr){ .family = 4, .b = { 192, 0, 2, last } };
}

/* 2001:db8:0:NET::LAST */
static struct ipaddr ip6(uint8_t net, uint8_t last)
{
    return (struct ipaddr){ .family = 6, .b = { 0x20, 0x01, 0x0d, 0xb8, [7] = net, [15] = last } };
}

static enum circuit_status take(uint32_t who, struct ipaddr from)
{
    struct peerid id = peer(who);
    return relay_slots_take(s, &id, &from, 1000);
}

static struct relay_slot *slot_of(uint32_t who)
{
    struct peerid id = peer(who);
    return relay_slots_find(s, &id);
}

static void test_take_gives_a_slot_for_its_time(void **state)
{
    (void)state;
    assert_null(slot_of(1));
    assert_int_equal(take(1, ip4(1)), CIRCUIT_OK);
    assert_non_null(slot_of(1));
    assert_int_equal(slot_of(1)->expires_ms, 3601000);
    assert_null(slot_of(1)->conn);
    assert_null(slot_of(2));
}

static void test_take_again_renews(void **state)
{
    (void)state;
    struct peerid id = peer(1);
    struct ipaddr from = ip4(1);
    cfg.max_reservations = cfg.max_reservations_per_ip = 1;
    assert_int_equal(take(1, from), CIRCUIT_OK);
    slot_of(1)->conn = (struct conn *)&cfg;
    assert_int_equal(relay_slots_take(s, &id, &from, 5000), CIRCUIT_OK);
    assert_int_equal(slot_of(1)->expires_ms, 3605000);
    assert_ptr_equal(slot_of(1)->conn, &cfg);
    assert_int_equal(relay_slots_count(s), 1);
}

static void test_take_stops_at_the_sum(void **state)
{
    (void)state;
    for (uint8_t i = 0; i < 4; i++)
        assert_int_equal(take(i, ip4(i)), CIRCUIT_OK);
    assert_int_equal(take(9, ip4(9)), CIRCUIT_RESERVATION_REFUSED);
    assert_null(slot_of(9));
    relay_slots_drop(s, slot_of(2));
    assert_int_equal(take(9, ip4(9)), CIRCUIT_OK);
    assert_int_equal(relay_slots_count(s), 4);
}

static void test_take_stops_at_what_one_address_may_have(void **state)
{
    (void)state;
    assert_int_equal(take(1, ip4(1)), CIRCUIT_OK);
    assert_int_equal(take(2, ip4(1)), CIRCUIT_OK);
    assert_int_equal(take(3, ip4(1)), CIRCUIT_RESERVATION_REFUSED);
    assert_int_equal(take(3, ip4(2)), CIRCUIT_OK);
    relay_slots_drop(s, slot_of(1));
    assert_int_equal(take(4, ip4(1)), CIRCUIT_OK);
}

static void test_an_ip6_network_is_one_address(void **state)
{
    (void)state;
    assert_int_equal(take(1, ip6(1, 1)), CIRCUIT_OK);
    assert_int_equal(take(2, ip6(1, 2)), CIRCUIT_OK);
    assert_int_equal(take(3, ip6(1, 3)), CIRCUIT_RESERVATION_REFUSED);
    assert_int_equal(take(3, ip6(2, 3)), CIRCUIT_OK);
}

static void test_renewing_from_elsewhere_counts_there(void **state)
{
    (void)state;
    assert_int_equal(take(1, ip4(1)), CIRCUIT_OK);
    assert_int_equal(take(2, ip4(1)), CIRCUIT_OK);
    assert_int_equal(take(3, ip4(2)), CIRCUIT_OK);
    assert_int_equal(take(3, ip4(1)), CIRCUIT_RESERVATION_REFUSED);
    assert_non_null(slot_of(3)); /* as it was */
    assert_int_equal(take(1, ip4(2)), CIRCUIT_OK);
    assert_int_equal(take(4, ip4(1)), CIRCUIT_OK);
    assert_int_equal(relay_slots_count(s), 4);
}

static void drop_even(void *arg, struct relay_slot *slot)
{
    ++*(unsigned *)arg;
    if (slot->peer.mh[0] % 2 == 0)
        relay_slots_drop(s, slot);
}

static void test_each_may_drop(void **state)
{
    unsigned calls = 0;
    (void)state;
    for (uint8_t i = 0; i < 4; i++)
        assert_int_equal(take(i, ip4(i)), CIRCUIT_OK);
    relay_slots_each(s, drop_even, &calls);
    assert_int_equal(calls, 4);
    assert_int_equal(relay_slots_count(s), 2);
    assert_non_null(slot_of(3));
    assert_null(slot_of(2));
}

/* Each from an address of its own, which is the dearest. */
static void test_two_thousand_cost_less_than_a_kibibyte_each(void **state)
{
    (void)state;
    cfg.max_reservations = 2000;
    size_t before = mallinfo2().uordblks;
    for (uint32_t i = 0; i < 2000; i++) {
        struct ipaddr from = { .family = 4, .b = { 10, 0, (uint8_t)(i >> 8), (uint8_t)i } };
        assert_int_equal(take(i, from), CIRCUIT_OK);
    }
    assert_int_equal(relay_slots_count(s), 2000);
    assert_true((mallinfo2().uordblks - before) / 2000 < 1024); /* 0 under AddressSanitizer */
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_take_gives_a_slot_for_its_time),
        T(test_take_again_renews),
        T(test_take_stops_at_the_sum),
        T(test_take_stops_at_what_one_address_may_have),
        T(test_an_ip6_network_is_one_address),
        T(test_renewing_from_elsewhere_counts_there),
        T(test_each_may_drop),
        T(test_two_thousand_cost_less_than_a_kibibyte_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
