/* test_kad_serve.c - strangers who ask a DHT server, on streams by hand: what they may, and how
 * much of it. */
#include "p2p/kad_serve.h"

#include "kadrig.h"

struct raw { /* a stream of the protocol, by hand */
    struct stream *s;
    size_t n;
    uint8_t octets[1 << 16];
    bool is_closed;
};

static void raw_data(struct stream *s, struct bytes v)
{
    struct raw *r = s->owner;
    s->ops->credit(s, v.n);
    assert_true(v.n <= sizeof r->octets - r->n);
    memcpy(r->octets + r->n, v.p, v.n);
    r->n += v.n;
}

static void raw_close(struct stream *s, int err)
{
    (void)err;
    ((struct raw *)s->owner)->is_closed = true;
}

static const struct stream_events raw_events = { .on_data = raw_data,
                                                 .on_drained = stream_ignore_drained,
                                                 .on_eof = stream_ignore_eof,
                                                 .on_close = raw_close };

static void raw_opened(void *arg, int err, struct conn *c, struct stream *s, const char *protocol,
                       struct bytes early)
{
    struct raw *r = arg;
    (void)c;
    (void)protocol;
    if (err) {
        r->is_closed = true;
        return;
    }
    r->s = s;
    stream_own(s, &raw_events, r);
    raw_data(s, early);
}

static bool is_raw_settled(void *arg)
{
    const struct raw *r = arg;
    return r->s || r->is_closed;
}

static void raw_open(struct raw *r)
{
    *r = (struct raw){ 0 };
    assert_int_equal(
        conn_open(host_conn(b.host, node_id(0)), KAD_PROTOCOL, (struct bytes){ 0 }, raw_opened, r),
        0);
    run_until(is_raw_settled, r);
}

static void raw_write(struct raw *r, const void *p, size_t n)
{
    assert_true(r->s->ops->write(r->s, (struct bytes){ p, n }) >= 0);
    run_ms(10);
}

static void raw_setup(void)
{
    node_start(0, true, NULL);
    open_from(&b, &nodes[0].side, "/no/such/protocol");
    run_ms(5);
}

/* libp2p specs, kad-dht: type = 5, PING. */
static const uint8_t ping[] = { 2, 0x08, 5 };

static void test_a_stream_carries_many_questions(void **state)
{
    static struct raw r; /* the stream may outlive the test */
    uint8_t many[64 * sizeof ping];
    (void)state;
    raw_setup();
    raw_open(&r);
    for (size_t i = 0; i < 64; i++)
        memcpy(many + i * sizeof ping, ping, sizeof ping);
    raw_write(&r, many, sizeof many);
    assert_int_equal(r.n, sizeof many);
    assert_memory_equal(r.octets, many, sizeof many);
    for (size_t i = 0; i < sizeof ping; i++)
        raw_write(&r, ping + i, 1); /* octet by octet */
    assert_int_equal(r.n, sizeof many + sizeof ping);
    r.s->ops->shutdown(r.s);
    run_ms(10);
    assert_true(r.is_closed);
}

static void test_what_is_no_question_ends_the_stream(void **state)
{
    static const struct {
        const char *p;
        size_t n;
    } cases[] = {
        { "\x02\x0a\x64", 3 }, /* ends inside a field */
        { "\x02\x08\x09", 3 }, /* no such type */
        { "\x81\x80\x02", 3 }, /* one octet too long */
        { "\x02\x08\x04", 3 }, /* FIND_NODE of nothing */
    };
    static struct raw r; /* the stream may outlive the test */
    (void)state;
    raw_setup();
    for (size_t i = 0; i < COUNT(cases); i++) {
        raw_open(&r);
        raw_write(&r, cases[i].p, cases[i].n);
        assert_true(r.is_closed);
    }
}

static void test_streams_of_a_peer_are_bounded(void **state)
{
    static struct raw r[KAD_SERVE_PER_PEER + 1];
    (void)state;
    raw_setup();
    for (size_t i = 0; i < COUNT(r); i++)
        raw_open(&r[i]);
    run_ms(10);
    assert_false(r[0].is_closed);
    assert_false(r[KAD_SERVE_PER_PEER - 1].is_closed);
    assert_true(r[KAD_SERVE_PER_PEER].is_closed);
    r[0].s->ops->reset(r[0].s, GW_ECANCELED);
    run_ms(10);
    raw_open(&r[0]);
    raw_write(&r[0], ping, sizeof ping);
    assert_int_equal(r[0].n, sizeof ping);
}

static void test_questions_of_a_peer_are_bounded(void **state)
{
    static struct raw r; /* the stream may outlive the test */
    unsigned sent = 0;
    (void)state;
    raw_setup();
    raw_open(&r);
    while (!r.is_closed && sent < 2 * KAD_SERVE_PER_MINUTE) {
        for (unsigned i = 0; i < 100; i++)
            assert_true(r.s->ops->write(r.s, (struct bytes){ ping, sizeof ping }) >= 0);
        sent += 100;
        run_ms(1);
    }
    assert_int_equal(r.n, KAD_SERVE_PER_MINUTE * sizeof ping);
}

static void test_a_client_serves_nobody(void **state)
{
    static struct raw r; /* the stream may outlive the test */
    (void)state;
    raw_setup();
    raw_open(&r);
    assert_int_equal(kad_set_server(nodes[0].kad, false), 0);
    run_ms(10);
    assert_true(r.is_closed);
    raw_open(&r);
    assert_null(r.s);
}

/* What b, which is in no private network, is told of node 1. */
static void test_who_takes_no_part_is_not_told_of(void **state)
{
    static struct raw r; /* the stream may outlive the test */
    const struct peerid *member = key_peerid(a.key);
    struct multiaddr at = maddr("/ip4/20.9.8.7/udp/4001/quic-v1");
    uint8_t wire[128];
    (void)state;
    raw_setup();
    open_from(&a, &nodes[0].side, "/no/such/protocol");
    run_ms(5);
    assert_non_null(host_conn(nodes[0].side.host, member));
    host_learn_addr(nodes[0].side.host, member, &at);
    raw_open(&r);
    const struct kad_msg m = { .type = KAD_FIND_NODE, .key = { member->mh, member->n } };
    int n = kad_msg_encode(wire, sizeof wire, &m);
    assert_true(n > 0);
    raw_write(&r, wire, (size_t)n);
    assert_true(r.n > 0);
    assert_null(memmem(r.octets, r.n, member->mh, member->n));
}

static void test_private_addresses_are_not_told_outside(void **state)
{
    struct multiaddr outside = maddr("/ip4/20.0.0.1/udp/4001/quic-v1");
    struct host_proposal p = { .protocol = "/no/such/protocol" };
    struct host_open_req req = { .addrs = &outside, .naddrs = 1, .proposals = &p, .nproposals = 1 };
    struct opened o = { 0 };
    static struct raw r; /* the stream may outlive the test */
    uint8_t wire[128];
    (void)state;
    node_start_at(0, true, NULL, "/ip4/10.0.0.1/udp/4001/quic-v1");
    assert_int_equal(host_listen(nodes[0].side.host, &outside, NULL), 0);
    node_start_at(1, true, NULL, "/ip4/10.0.0.2/udp/4001/quic-v1");
    node_bootstrap(1, 0);
    run_until(node_has_met, &(size_t){ 0 });
    req.peer = *node_id(0);
    assert_non_null(host_open(b.host, &req, note_opened, &o));
    run_until(is_opened, &o);
    raw_open(&r);
    const struct kad_msg m = { .type = KAD_FIND_NODE, .key = { node_id(1)->mh, node_id(1)->n } };
    int n = kad_msg_encode(wire, sizeof wire, &m);
    assert_true(n > 0);
    raw_write(&r, wire, (size_t)n);
    assert_true(r.n > 0);
    assert_null(memmem(r.octets, r.n, "\4\x0a\0\0\2", 5)); /* /ip4/10.0.0.2 */
    assert_null(memmem(r.octets, r.n, node_id(1)->mh, node_id(1)->n));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, kadrig_setup, kadrig_teardown)
    const struct CMUnitTest tests[] = {
        T(test_a_stream_carries_many_questions),
        T(test_what_is_no_question_ends_the_stream),
        T(test_streams_of_a_peer_are_bounded),
        T(test_questions_of_a_peer_are_bounded),
        T(test_a_client_serves_nobody),
        T(test_who_takes_no_part_is_not_told_of),
        T(test_private_addresses_are_not_told_outside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
