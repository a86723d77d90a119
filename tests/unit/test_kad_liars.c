/* test_kad_liars.c - DHT servers that lie, among others that do not. */
#include <sys/random.h>

#include "kadrig.h"
#include "net/parting.h"
#include "wire/varint.h"

#define HONEST 8
#define LIARS  3 /* and a quarter of all */

enum lie { FORGES, INVENTS, SAYS_NOTHING, BABBLES };

struct liar {
    enum lie how;
    struct bytes forged; /* the record that it gives for any key */
    unsigned asked;
};

static struct liar liars[LIARS];

/* Peers that nobody is: of many the nearest to the key, where nobody listens. */
static void invent(struct kad_msg *m, struct bytes key, struct peerid made_up[KAD_K])
{
    static struct multiaddr nowhere;
    struct kad_id target, best, id;

    nowhere = maddr("/ip4/99.0.0.1/udp/1/quic-v1");
    kad_id_of_key(key, &target);
    for (size_t i = 0; i < KAD_K; i++) {
        for (int tries = 0; tries < 32; tries++) {
            struct peerid p = { 38, { 0x00, 0x24, 0x08, 0x01, 0x12, 0x20 } }; /* Ed25519 */
            assert_int_equal(getrandom(p.mh + 6, 32, 0), 32);
            kad_id_of_peer(&p, &id);
            if (!tries || kad_id_cmp(&target, &id, &best) < 0) {
                best = id;
                made_up[i] = p;
            }
        }
        struct peer_msg *v = &m->closer.v[m->closer.n++];
        *v = (struct peer_msg){ .id = { made_up[i].mh, made_up[i].n } };
        pb_list_add(&v->addrs, (struct bytes){ nowhere.b, nowhere.n });
    }
}

static int lie_to(const struct liar *l, const struct kad_msg *q, uint8_t *wire, size_t cap)
{
    struct kad_msg m = { .type = q->type, .key = q->key };
    struct peerid made_up[KAD_K];

    if (l->how == BABBLES)
        return (int)getrandom(wire, 1000, 0);
    if (l->how == FORGES && q->type == KAD_GET_VALUE)
        m.record = (struct kad_record){ .key = q->key, .value = l->forged };
    if (l->how == INVENTS)
        invent(&m, q->key, made_up);
    return kad_msg_encode(wire, cap, &m);
}

static void on_question(void *arg, struct conn *c, struct stream *s, const char *protocol,
                        struct bytes early)
{
    static uint8_t wire[KAD_MSG_MAX + VARINT_MAX];
    struct liar *l = arg;
    struct bytes body;
    struct kad_msg q;
    (void)protocol;

    l->asked++;
    s->ops->credit(s, early.n);
    if (l->how == SAYS_NOTHING) {
        stream_own(s, &quiet_events, NULL);
        return;
    }
    assert_true(varint_decode_prefixed(early, KAD_MSG_MAX, &body) > 0);
    assert_int_equal(kad_msg_decode(body, &q), 0);
    int n = lie_to(l, &q, wire, sizeof wire);
    assert_true(n > 0);
    parting_start(host_loop(conn_host(c)), s, (struct bytes){ wire, (size_t)n }, 100, GW_ETIMEOUT,
                  NULL);
}

static void liar_start(size_t i, struct liar *l, enum lie how)
{
    *l = (struct liar){ .how = how };
    node_start(i, false, NULL);
    assert_int_equal(host_handle(nodes[i].side.host, KAD_PROTOCOL, NULL, on_question, l), 0);
}

static void test_a_record_of_another_key_is_not_believed(void **state)
{
    (void)state;
    liar_start(0, &liars[0], FORGES);
    node_start(1, false, NULL);
    struct record other = record_of(0, "other", 9), sought = record_of(1, "sought", 1);
    liars[0].forged = record_value(&other);
    node_bootstrap(1, 0);
    run_until(node_has_met, &(size_t){ 1 });
    unsigned before = liars[0].asked;
    assert_int_equal(kad_got(1, record_key(&sought)).err, GW_ENONAME);
    assert_true(liars[0].asked > before);
}

/* What one puts all get, and each finds another that it is not connected to. */
static void live_with(enum lie how)
{
    servers_start(HONEST);
    for (size_t i = 0; i < LIARS; i++) {
        liar_start(HONEST + i, &liars[i], how);
        for (size_t k = 0; k < HONEST; k++)
            node_bootstrap(HONEST + i, k);
    }
    run_ms(300); /* who tells the protocol is in the tables, to begin with */
    struct record r = record_of(0, "x", 1);
    assert_int_equal(kad_did_put(0, record_key(&r), record_value(&r)).err, 0);
    for (size_t i = 0; i < HONEST; i++) {
        size_t other = (i + 3) % HONEST;
        assert_int_equal(kad_got(i, record_key(&r)).err, 0);
        host_close_peer(nodes[i].side.host, node_id(other), 0);
        run_ms(5);
        struct got g = kad_found(i, node_id(other));
        assert_int_equal(g.err, 0);
        assert_true(multiaddr_eq(&g.addrs[0], &nodes[other].side.addr));
    }
    unsigned asked = 0;
    for (size_t i = 0; i < LIARS; i++)
        asked += liars[i].asked;
    assert_true(asked > 0);
}

static void test_peers_that_are_made_up_lead_nobody_astray(void **state)
{
    (void)state;
    live_with(INVENTS);
}

static void test_who_says_nothing_is_not_waited_for(void **state)
{
    (void)state;
    live_with(SAYS_NOTHING);
}

static void test_who_babbles_is_passed_over(void **state)
{
    (void)state;
    live_with(BABBLES);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, kadrig_setup, kadrig_teardown)
    const struct CMUnitTest tests[] = {
        T(test_a_record_of_another_key_is_not_believed),
        T(test_peers_that_are_made_up_lead_nobody_astray),
        T(test_who_says_nothing_is_not_waited_for),
        T(test_who_babbles_is_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
