/* test_grant.c - what of a relay's answer counts: vouchers, addresses, the life of a slot. */
#include "p2p/grant.h"

#include <stdio.h>

#include "id/circuit_addr.h"
#include "id/envelope.h"
#include "testpeers.h"
#include "wire/voucher_msg.h"

#define NOW_S 1800000000u /* 2027 */

static struct key *relay_key, *self_key, *other_key;
static struct multiaddr at;
static struct grant_context ctx;
static struct circuit_msg msg;
static struct multiaddr told[PB_LIST_MAX];
static uint8_t voucher[512];

static struct multiaddr maddr(const char *text)
{
    struct multiaddr a;
    assert_int_equal(multiaddr_parse(bytes_of(text), &a), 0);
    return a;
}

static int setup(void **state)
{
    (void)state;
    assert_int_equal(key_generate(&relay_key), 0);
    assert_int_equal(key_generate(&self_key), 0);
    assert_int_equal(key_generate(&other_key), 0);
    at = maddr("/ip4/203.0.113.1/udp/4001/quic-v1");
    ctx = (struct grant_context){ key_peerid(relay_key), key_peerid(self_key), &at, NOW_S };
    msg = (struct circuit_msg){ .type = CIRCUIT_STATUS,
                                .reservation.expires_s = NOW_S + 3000,
                                .status = CIRCUIT_OK };
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    key_free(relay_key);
    key_free(self_key);
    key_free(other_key);
    return 0;
}

static void tell(const char *addr, const struct peerid *id)
{
    struct multiaddr *a = &told[msg.reservation.addrs.n];
    *a = maddr(addr);
    if (id)
        assert_int_equal(multiaddr_append_peer(a, id), 0);
    pb_list_add(&msg.reservation.addrs, (struct bytes){ a->b, a->n });
}

static struct bytes mh(const struct key *k)
{
    const struct peerid *id = key_peerid(k);
    return (struct bytes){ id->mh, id->n };
}

static void vouch(const struct key *signer, const struct envelope_kind *kind,
                  const struct key *relay, const struct key *peer)
{
    const struct voucher_msg v = { mh(relay), mh(peer), NOW_S + 3000 };
    uint8_t payload[VOUCHER_MSG_MAX];
    int n = voucher_msg_encode(payload, sizeof payload, &v);

    assert_true(n > 0);
    n = envelope_seal(signer, kind, (struct bytes){ payload, (size_t)n }, voucher, sizeof voucher);
    assert_true(n > 0);
    msg.reservation.voucher = (struct bytes){ voucher, (size_t)n };
}

/* Exactly these, each through the relay. */
static void assert_circuits(const char *const *addrs, size_t n)
{
    struct grant g;

    assert_int_equal(grant_read(&msg, &ctx, &g), 0);
    assert_int_equal(g.ncircuits, n);
    for (size_t i = 0; i < n; i++) {
        struct multiaddr via = maddr(addrs[i]), want;
        assert_int_equal(circuit_addr_make(&via, ctx.relay, &want), 0);
        assert_true(multiaddr_eq(&g.circuits[i], &want));
    }
}

static void test_voucher_counts_only_for_us_and_from_the_relay(void **state)
{
    struct grant g;
    (void)state;

    assert_int_equal(grant_read(&msg, &ctx, &g), 0); /* none: tolerated */
    vouch(relay_key, &envelope_voucher, relay_key, self_key);
    assert_int_equal(grant_read(&msg, &ctx, &g), 0);
    vouch(relay_key, &envelope_voucher, relay_key, other_key);
    assert_int_equal(grant_read(&msg, &ctx, &g), GW_EIDENTITY);
    vouch(relay_key, &envelope_voucher, other_key, self_key);
    assert_int_equal(grant_read(&msg, &ctx, &g), GW_EIDENTITY);
    vouch(other_key, &envelope_voucher, relay_key, self_key);
    assert_int_equal(grant_read(&msg, &ctx, &g), GW_EIDENTITY);
    vouch(relay_key, &envelope_peer_record, relay_key, self_key);
    assert_int_equal(grant_read(&msg, &ctx, &g), GW_EPROTO);
    vouch(relay_key, &envelope_voucher, relay_key, self_key);
    voucher[msg.reservation.voucher.n - 1] ^= 1;
    assert_int_equal(grant_read(&msg, &ctx, &g), GW_EDENIED);
}

static void test_answer_without_a_reservation_grants_nothing(void **state)
{
    struct grant g;
    (void)state;
    msg.reservation.expires_s = 0;
    assert_int_equal(grant_read(&msg, &ctx, &g), GW_EPROTO);
}

static void test_life_is_clamped(void **state)
{
    static const struct {
        uint64_t expires_s, life_s;
    } v[] = {
        { NOW_S + 3000, 3000 },           { NOW_S + 86400, GRANT_LIFE_MAX_S },
        { UINT64_MAX, GRANT_LIFE_MAX_S }, { NOW_S + 5, GRANT_LIFE_MIN_S },
        { NOW_S, GRANT_LIFE_MIN_S },      { NOW_S - 7200, GRANT_LIFE_MIN_S },
        { 1, GRANT_LIFE_MIN_S },
    };
    struct grant g;
    (void)state;

    for (size_t i = 0; i < COUNT(v); i++) {
        msg.reservation.expires_s = v[i].expires_s;
        assert_int_equal(grant_read(&msg, &ctx, &g), 0);
        assert_int_equal(g.life_s, v[i].life_s);
    }
}

static void test_limit_is_kept(void **state)
{
    struct grant g;
    (void)state;
    msg.limit = (struct circuit_limit){ .duration_s = 120, .data = 131072 };
    assert_int_equal(grant_read(&msg, &ctx, &g), 0);
    assert_int_equal(g.limit.duration_s, 120);
    assert_int_equal(g.limit.data, 131072);
}

static void test_addresses_count_behind_the_one_we_dialled(void **state)
{
    (void)state;
    tell("/ip4/203.0.113.1/tcp/4001", ctx.relay);
    tell("/ip4/203.0.113.1/udp/4001/quic-v1", ctx.relay); /* the one we dialled: once is enough */
    tell("/ip6/2001:db8::1/udp/4001/quic-v1", NULL);
    assert_circuits((const char *const[]){ "/ip4/203.0.113.1/udp/4001/quic-v1",
                                           "/ip4/203.0.113.1/tcp/4001",
                                           "/ip6/2001:db8::1/udp/4001/quic-v1" },
                    3);
}

static void test_addresses_that_help_nobody_are_left_out(void **state)
{
    (void)state;
    tell("/ip4/127.0.0.1/udp/4001/quic-v1", ctx.relay);
    tell("/ip4/10.1.2.3/udp/4001/quic-v1", ctx.relay);
    tell("/ip4/0.0.0.0/udp/4001/quic-v1", ctx.relay);
    tell("/ip4/203.0.113.1/tcp/443/wss", ctx.relay);
    tell("/ip4/203.0.113.9/udp/4001/quic-v1", key_peerid(other_key));
    tell("/ip4/203.0.113.9/udp/4001/quic-v1/p2p/" PEER_A "/p2p-circuit", ctx.relay);
    pb_list_add(&msg.reservation.addrs, (struct bytes)B("\xff\xff"));
    assert_circuits((const char *const[]){ "/ip4/203.0.113.1/udp/4001/quic-v1" }, 1);
}

static void test_private_addresses_count_for_a_relay_that_is_private(void **state)
{
    (void)state;
    at = maddr("/ip4/10.0.0.1/udp/4001/quic-v1");
    tell("/ip4/127.0.0.1/udp/4001/quic-v1", ctx.relay);
    tell("/ip4/10.0.0.1/tcp/4001", ctx.relay);
    tell("/ip4/203.0.113.1/udp/4001/quic-v1", ctx.relay);
    assert_circuits((const char *const[]){ "/ip4/10.0.0.1/udp/4001/quic-v1",
                                           "/ip4/10.0.0.1/tcp/4001",
                                           "/ip4/203.0.113.1/udp/4001/quic-v1" },
                    3);
}

static void test_relay_without_any_address_is_known_by_its_id(void **state)
{
    static const struct multiaddr nowhere;
    struct multiaddr want;
    struct grant g;
    (void)state;

    at = nowhere;
    assert_int_equal(grant_read(&msg, &ctx, &g), 0);
    assert_int_equal(g.ncircuits, 1);
    assert_int_equal(circuit_addr_make(&nowhere, ctx.relay, &want), 0);
    assert_true(multiaddr_eq(&g.circuits[0], &want));
}

static void test_no_more_than_a_few_addresses_count(void **state)
{
    char text[64];
    struct grant g;
    (void)state;

    for (unsigned i = 0; i < PB_LIST_MAX; i++) {
        snprintf(text, sizeof text, "/ip4/203.0.113.1/udp/%u/quic-v1", 5000 + i);
        tell(text, ctx.relay);
    }
    assert_int_equal(grant_read(&msg, &ctx, &g), 0);
    assert_int_equal(g.ncircuits, GRANT_CIRCUITS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_voucher_counts_only_for_us_and_from_the_relay),
        T(test_answer_without_a_reservation_grants_nothing),
        T(test_life_is_clamped),
        T(test_limit_is_kept),
        T(test_addresses_count_behind_the_one_we_dialled),
        T(test_addresses_that_help_nobody_are_left_out),
        T(test_private_addresses_count_for_a_relay_that_is_private),
        T(test_relay_without_any_address_is_known_by_its_id),
        T(test_no_more_than_a_few_addresses_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
