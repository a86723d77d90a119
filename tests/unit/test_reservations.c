/* test_reservations.c - slots at relays in memory that do as the test says. */
#include "p2p/reservations.h"

#include "base/clock.h"
#include "id/circuit_addr.h"
#include "relayrig.h"

#define FIRST_AT  "/ip4/192.0.2.9/udp/4001/quic-v1"
#define SECOND_AT "/ip4/192.0.2.10/udp/4001/quic-v1"

static struct relayrig first, second;
static struct announce *announce;
static struct relay_scores scores;
static struct reservations *slots;

static int setup(void **state)
{
    hosts_setup(state);
    config.dial_timeout_ms = 60;
    config.negotiate_timeout_ms = 60;
    config.idle_ms = 1000;
    host_set_config(a.host, &config);
    relayrig_start(&first, FIRST_AT);
    relayrig_start(&second, SECOND_AT);
    announce = announce_new(a.host);
    assert_non_null(announce);
    scores = (struct relay_scores){ 0 };
    slots = reservations_new(a.host, announce, &scores);
    assert_non_null(slots);
    return 0;
}

static int teardown(void **state)
{
    struct host *const hosts[] = { a.host, b.host, first.side.host, second.side.host };

    assert_int_equal(reservations_set(slots, NULL, 0), 0);
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < COUNT(hosts); i++)
            host_stop(hosts[i], 0);
        run_ms(5);
    }
    reservations_free(slots);
    side_free(&first.side);
    side_free(&second.side);
    hosts_teardown(state);
    announce_free(announce);
    return 0;
}

static void want(const struct relayrig *x, const struct relayrig *y)
{
    struct multiaddr relays[2];
    size_t n = 0;

    if (x)
        relays[n++] = x->addr;
    if (y)
        relays[n++] = y->addr;
    assert_int_equal(reservations_set(slots, relays, n), 0);
}

static void keep_info(void *arg, const struct reservation_info *i)
{
    struct reservation_info *out = arg;
    if (peerid_eq(&i->relay, &out->relay))
        *out = *i;
}

static struct reservation_info info_of(const struct relayrig *r)
{
    struct reservation_info info = { .relay = *key_peerid(r->side.key) };
    reservations_each(slots, keep_info, &info);
    return info;
}

static size_t circuits(struct multiaddr *out)
{
    struct multiaddr all[ANNOUNCE_MAX];
    size_t n = 0, nall = announce_addrs(announce, all, ANNOUNCE_MAX);

    for (size_t i = 0; i < nall; i++)
        if (circuit_addr_is(&all[i]))
            out[n++] = all[i];
    return n;
}

/* Exactly these circuits are announced, in this order. */
static void assert_announced(const struct relayrig *x, const struct relayrig *y)
{
    const struct relayrig *const relays[] = { x, y };
    struct multiaddr got[ANNOUNCE_MAX];
    size_t n = circuits(got), k = 0;

    for (size_t i = 0; i < 2; i++) {
        if (!relays[i])
            continue;
        struct multiaddr via = relayrig_circuit(relays[i]);
        assert_true(k < n);
        assert_true(multiaddr_eq(&got[k++], &via));
    }
    assert_int_equal(n, k);
}

static bool holds(const struct relayrig *r)
{
    return reservations_holds(slots, key_peerid(r->side.key));
}

static bool is_held(void *arg)
{
    return holds(arg);
}

static bool is_not_held(void *arg)
{
    return !holds(arg);
}

static bool has_failed(void *arg)
{
    enum reservation_state s = info_of(arg).state;
    return s == RESERVATION_REFUSED || s == RESERVATION_DOWN;
}

static void hold(struct relayrig *r)
{
    want(r, NULL);
    run_until(is_held, r);
}

static void test_slot_is_held_and_announced(void **state)
{
    (void)state;
    first.limit = (struct circuit_limit){ 120, 131072 };
    first.life_s = 1200;
    want(&first, NULL);
    assert_int_equal(info_of(&first).state, RESERVATION_CONNECTING);
    assert_false(holds(&first));
    assert_announced(NULL, NULL);
    run_until(is_held, &first);
    assert_announced(&first, NULL);
    assert_int_equal(first.early, 1); /* asked in one flight with the protocol id */

    struct reservation_info i = info_of(&first);
    struct multiaddr via = relayrig_circuit(&first);
    uint64_t now_s = (uint64_t)clock_wall_s();
    assert_int_equal(i.state, RESERVATION_HELD);
    assert_int_equal(i.err, 0);
    assert_true(i.expires_s > now_s + 1190 && i.expires_s <= now_s + 1200);
    assert_int_equal(i.limit_s, 120);
    assert_int_equal(i.limit_bytes, 131072);
    assert_true(multiaddr_eq(&i.address, &via));
}

static void test_connection_to_the_relay_is_held(void **state)
{
    (void)state;
    hold(&first);
    run_ms(2500); /* longer than idle connections live */
    assert_true(holds(&first));
    assert_int_equal(fake_net.dials, 1);
    want(NULL, NULL);
    run_ms(2500);
    assert_null(host_conn(a.host, key_peerid(first.side.key)));
}

static void test_circuits_of_the_fastest_relay_come_first(void **state)
{
    (void)state;
    fake_net_rule(FIRST_AT, 20, 0); /* ms */
    fake_net_rule(SECOND_AT, 5, 0);
    want(&first, &second);
    run_until(is_held, &first);
    run_until(is_held, &second);
    assert_announced(&second, &first);
    assert_int_equal(info_of(&first).rtt_us, 20000);
    assert_int_equal(info_of(&first).load, RELAY_LOAD_LOW);
}

static void test_circuits_of_a_relay_that_is_full_come_last(void **state)
{
    (void)state;
    fake_net_rule(FIRST_AT, 5, 0);
    fake_net_rule(SECOND_AT, 20, 0);
    want(&first, &second);
    run_until(is_held, &first);
    run_until(is_held, &second);
    assert_announced(&first, &second);
    first.status = CIRCUIT_RESOURCE_LIMIT_EXCEEDED;
    reservations_network_changed(slots); /* renews */
    run_ms(30);
    assert_int_equal(info_of(&first).state, RESERVATION_HELD);
    assert_int_equal(info_of(&first).load, RELAY_LOAD_FULL);
    assert_announced(&second, &first);
}

static void test_relays_are_asked_all_at_once(void **state)
{
    (void)state;
    fake_net_rule(FIRST_AT, 1000, 0); /* never in time */
    want(&first, &second);
    run_until(is_held, &second);
    assert_int_equal(info_of(&first).state, RESERVATION_CONNECTING);
}

static void test_lost_relay_is_withdrawn_and_soon_held_again(void **state)
{
    (void)state;
    hold(&first);
    host_close_peer(first.side.host, key_peerid(a.key), 0);
    run_until(is_not_held, &first);
    assert_announced(NULL, NULL);
    assert_int_equal(info_of(&first).state, RESERVATION_DOWN);
    assert_int_equal(info_of(&first).expires_s, 0);
    uint64_t since_ms = clock_mono_ms();
    run_until(is_held, &first);
    assert_true(clock_mono_ms() - since_ms <= 250);
    assert_announced(&first, NULL);
}

static void test_relay_that_is_away_is_tried_until_it_is_there(void **state)
{
    (void)state;
    fake_net_rule(FIRST_AT, 0, GW_EREFUSED);
    want(&first, NULL);
    run_until(has_failed, &first);
    assert_int_equal(info_of(&first).state, RESERVATION_DOWN);
    assert_int_equal(info_of(&first).err, GW_EREFUSED);
    run_ms(300);
    assert_true(fake_net.dials >= 2);
    fake_net.nrules = 0;
    run_until(is_held, &first);
    assert_int_equal(info_of(&first).err, 0);
}

static bool has_dialled_three_times(void *arg)
{
    (void)arg;
    return fake_net.dials >= 3;
}

static void test_relay_that_has_moved_is_tried_at_once(void **state)
{
    struct multiaddr elsewhere = maddr("/ip4/192.0.2.77/udp/4001/quic-v1");
    unsigned dials;
    (void)state;
    fake_net_rule("/ip4/192.0.2.77/udp/4001/quic-v1", 0, GW_EREFUSED);
    assert_int_equal(multiaddr_append_peer(&elsewhere, key_peerid(first.side.key)), 0);
    assert_int_equal(reservations_set(slots, &elsewhere, 1), 0);
    run_until(has_dialled_three_times, &first); /* the pauses have grown */
    run_until(has_failed, &first);
    dials = fake_net.dials;
    assert_int_equal(reservations_set(slots, &elsewhere, 1), 0);
    run_ms(10);
    assert_int_equal(fake_net.dials, dials); /* the same address is no news */
    want(&first, NULL);
    run_ms(30);
    assert_true(holds(&first));
}

static void test_refusal_is_told_and_not_answered_with_haste(void **state)
{
    (void)state;
    first.status = CIRCUIT_PERMISSION_DENIED;
    want(&first, NULL);
    run_until(has_failed, &first);
    assert_int_equal(info_of(&first).state, RESERVATION_REFUSED);
    assert_int_equal(info_of(&first).err, GW_EDENIED);
    assert_announced(NULL, NULL);
    run_ms(600);
    assert_int_equal(first.reserves, 1);
}

static void test_peer_that_is_no_relay_counts_as_refusing(void **state)
{
    (void)state;
    struct multiaddr at = b.addr;
    struct reservation_info i = { .relay = *key_peerid(b.key) };

    assert_int_equal(multiaddr_append_peer(&at, &i.relay), 0);
    assert_int_equal(reservations_set(slots, &at, 1), 0);
    run_ms(20);
    reservations_each(slots, keep_info, &i);
    assert_int_equal(i.state, RESERVATION_REFUSED);
    assert_int_equal(i.err, GW_ENOPROTO);
}

static void test_voucher_for_another_is_no_reservation(void **state)
{
    (void)state;
    first.voucher = VOUCHER_OF_ANOTHER;
    second.voucher = VOUCHER_NONE;
    want(&first, &second);
    run_until(has_failed, &first);
    assert_int_equal(info_of(&first).err, GW_EIDENTITY);
    run_until(is_held, &second);
    assert_announced(&second, NULL);
}

static void test_relay_that_is_wanted_no_more_is_withdrawn(void **state)
{
    (void)state;
    want(&first, &second);
    run_until(is_held, &first);
    run_until(is_held, &second);
    want(&second, NULL);
    assert_false(holds(&first));
    assert_announced(&second, NULL);
    run_ms(5);
    assert_int_equal(second.reserves, 1); /* who stays is left in peace */
    first.is_silent = true;
    want(&first, NULL);
    run_ms(5);
    want(NULL, NULL); /* while it is being asked */
    run_ms(5);
    assert_announced(NULL, NULL);
}

static void test_set_takes_several_addresses_of_one_relay(void **state)
{
    (void)state;
    struct multiaddr relays[2] = { maddr("/ip4/192.0.2.77/udp/4001/quic-v1"), first.addr };

    fake_net_rule("/ip4/192.0.2.77/udp/4001/quic-v1", 0, GW_EREFUSED);
    assert_int_equal(multiaddr_append_peer(&relays[0], key_peerid(first.side.key)), 0);
    assert_int_equal(reservations_set(slots, relays, 2), 0);
    run_until(is_held, &first);
    assert_int_equal(first.reserves, 1);
}

static void test_set_refuses_what_it_cannot_do_and_changes_nothing(void **state)
{
    struct multiaddr relays[RESERVATIONS_MAX + 1];
    (void)state;

    hold(&first);
    assert_int_equal(reservations_set(slots, &first.side.addr, 1), GW_EINVAL); /* no id */
    relays[0] = a.addr;
    assert_int_equal(multiaddr_append_peer(&relays[0], key_peerid(a.key)), 0);
    assert_int_equal(reservations_set(slots, relays, 1), GW_EINVAL); /* ours */
    for (size_t i = 0; i < COUNT(relays); i++) {
        struct key *k;
        assert_int_equal(key_generate(&k), 0);
        relays[i] = first.side.addr;
        assert_int_equal(multiaddr_append_peer(&relays[i], key_peerid(k)), 0);
        key_free(k);
    }
    assert_int_equal(reservations_set(slots, relays, COUNT(relays)), GW_ELIMIT);
    assert_true(holds(&first));
    assert_announced(&first, NULL);
    assert_int_equal(reservations_set(slots, relays, RESERVATIONS_MAX), 0);
    assert_false(holds(&first));
}

static void test_network_change_tries_and_looks_at_once(void **state)
{
    (void)state;
    first.status = CIRCUIT_RESERVATION_REFUSED;
    want(&first, &second);
    run_until(has_failed, &first);
    run_until(is_held, &second);
    first.status = CIRCUIT_OK;
    reservations_network_changed(slots);
    run_ms(20);
    assert_true(holds(&first));
    assert_true(holds(&second));
    assert_int_equal(second.reserves, 2);
}

/* After a network change the old connection may lead nowhere, and nothing else would notice. */
static void test_relay_that_does_not_hear_us_any_more_is_dialled_anew(void **state)
{
    (void)state;
    hold(&first);
    fake_net.is_silent = true;
    reservations_network_changed(slots);
    run_until(is_not_held, &first);
    fake_net.is_silent = false;
    run_until(is_held, &first);
    assert_int_equal(fake_net.dials, 2);
}

static void test_failed_renewal_keeps_the_slot(void **state)
{
    (void)state;
    hold(&first);
    first.status = CIRCUIT_RESERVATION_REFUSED;
    reservations_network_changed(slots);
    run_ms(20);
    assert_int_equal(first.reserves, 2);
    assert_true(holds(&first));
    assert_int_equal(info_of(&first).err, GW_EREFUSED);
    assert_announced(&first, NULL);
    first.status = CIRCUIT_PERMISSION_DENIED;
    reservations_network_changed(slots);
    run_until(is_not_held, &first);
    assert_announced(NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_slot_is_held_and_announced),
        T(test_connection_to_the_relay_is_held),
        T(test_circuits_of_the_fastest_relay_come_first),
        T(test_circuits_of_a_relay_that_is_full_come_last),
        T(test_relays_are_asked_all_at_once),
        T(test_lost_relay_is_withdrawn_and_soon_held_again),
        T(test_relay_that_is_away_is_tried_until_it_is_there),
        T(test_relay_that_has_moved_is_tried_at_once),
        T(test_refusal_is_told_and_not_answered_with_haste),
        T(test_peer_that_is_no_relay_counts_as_refusing),
        T(test_voucher_for_another_is_no_reservation),
        T(test_relay_that_is_wanted_no_more_is_withdrawn),
        T(test_set_takes_several_addresses_of_one_relay),
        T(test_set_refuses_what_it_cannot_do_and_changes_nothing),
        T(test_network_change_tries_and_looks_at_once),
        T(test_relay_that_does_not_hear_us_any_more_is_dialled_anew),
        T(test_failed_renewal_keeps_the_slot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
