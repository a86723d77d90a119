/* test_circuit.c - two hosts and relays between them, in memory; inside the circuits everything is
 * real: Noise, TLS, Yamux. */
#include "p2p/circuit.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "id/circuit_addr.h"
#include "p2p/msgread.h"
#include "p2p/relay.h"
#include "p2p/reservations.h"
#include "relayrig.h"
#include "transport/noise.h"
#include "transport/tls.h"

#define SECRET "nobody between the ends reads this"

static struct relayrig relay, far_relay;
static struct side real; /* for src/p2p/relay.c; no host: not started */
static struct relay_scores scores[3];
static struct circuit *at_a, *at_b, *at_far;
static bool b_accepts;
static unsigned served;

static bool accepts(void *arg, const struct peerid *by)
{
    (void)arg;
    (void)by;
    return b_accepts;
}

/* Answers in capitals what it is sent. */
static void echo_data(struct stream *s, struct bytes v)
{
    uint8_t out[64];
    assert_true(v.n <= sizeof out);
    for (size_t i = 0; i < v.n; i++)
        out[i] = (uint8_t)(v.p[i] ^ 0x20);
    s->ops->credit(s, v.n);
    assert_true(s->ops->write(s, (struct bytes){ out, v.n }) >= 0);
}

static void serve_echo(void *arg, struct conn *c, struct stream *s, const char *protocol,
                       struct bytes early)
{
    static struct stream_events echo_events;
    (void)arg;
    (void)c;
    (void)protocol;
    echo_events = quiet_events;
    echo_events.on_data = echo_data;
    served++;
    stream_own(s, &echo_events, NULL);
    s->ops->credit(s, 0);
    if (early.n)
        echo_data(s, early);
}

/* What is proposed first, and what then: each test's state leads to the first entry. */
static const struct order {
    enum upgrade_security first;
    const char *protocols[2];
} orders[] = {
    { UPGRADE_TLS, { TLS_PROTOCOL, NOISE_PROTOCOL } },
    { UPGRADE_NOISE, { NOISE_PROTOCOL, TLS_PROTOCOL } },
};

static int setup(void **state)
{
    const struct order *order = *state;

    hosts_setup(state);
    host_upgrade(a.host)->first = order->first;
    fake_net.no_circuits = true;
    memset(scores, 0, sizeof scores);
    relayrig_start(&relay, "/ip4/192.0.2.9/udp/4001/quic-v1");
    relayrig_start(&far_relay, "/ip4/192.0.2.10/udp/4001/quic-v1");
    at_a = circuit_new(a.host, &scores[0], NULL, NULL);
    at_b = circuit_new(b.host, &scores[1], accepts, NULL);
    at_far = circuit_new(far_relay.side.host, &scores[2], accepts, NULL);
    assert_true(at_a && at_b && at_far);
    b_accepts = true;
    served = 0;
    assert_int_equal(host_handle(b.host, "/echo", NULL, serve_echo, NULL), 0);
    open_from(&b, &relay.side, "/none"); /* b is connected to its relay */
    return 0;
}

static void start_real(void)
{
    real = (struct side){ 0 };
    assert_int_equal(key_generate(&real.key), 0);
    side_start(&real, "/ip4/192.0.2.11/udp/4001/quic-v1");
}

/* Twice: what is told to peers at the end goes, too. */
static void stop_all(void)
{
    struct host *const hosts[] = { a.host, b.host, relay.side.host, far_relay.side.host,
                                   real.host };

    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < COUNT(hosts); i++)
            if (hosts[i])
                host_stop(hosts[i], 0);
        run_ms(5);
    }
}

static int teardown(void **state)
{
    stop_all();
    assert_int_equal(relay.pipes, 0);
    assert_int_equal(far_relay.pipes, 0);
    circuit_free(at_a);
    circuit_free(at_b);
    circuit_free(at_far);
    side_free(&relay.side);
    side_free(&far_relay.side);
    return hosts_teardown(state);
}

/* ---- opening a stream to b ---- */

struct heard { /* of a stream to /echo */
    unsigned calls;
    int err;
    struct stream *s;
    size_t n;
    char text[64];
    unsigned turns; /* of the circuit, when the answer came */
};

static void heard_data(struct stream *s, struct bytes v)
{
    struct heard *h = s->owner;
    assert_true(v.n < sizeof h->text - h->n);
    memcpy(h->text + h->n, v.p, v.n);
    h->n += v.n;
    h->turns = relay.turns;
    s->ops->credit(s, v.n);
}

static void heard_close(struct stream *s, int err)
{
    struct heard *h = s->owner;
    (void)err;
    h->s = NULL;
}

static void on_heard(void *arg, int err, struct conn *c, struct stream *s, const char *protocol,
                     struct bytes early)
{
    static struct stream_events events;
    struct heard *h = arg;
    (void)c;
    (void)protocol;

    events = quiet_events;
    events.on_data = heard_data;
    events.on_close = heard_close;
    h->calls++;
    h->err = err;
    h->s = s;
    if (err)
        return;
    stream_own(s, &events, h);
    if (early.n)
        heard_data(s, early);
    else
        s->ops->credit(s, 0);
}

static struct host_open *start_open(struct side *from, const struct side *to,
                                    const struct multiaddr *via, struct heard *h)
{
    struct host_proposal p = { .protocol = "/echo", .first = bytes_of(SECRET) };
    struct host_open_req req = {
        .peer = *key_peerid(to->key), .addrs = via, .naddrs = 1, .proposals = &p, .nproposals = 1
    };

    *h = (struct heard){ 0 };
    struct host_open *o = host_open(from->host, &req, on_heard, h);
    assert_non_null(o);
    return o;
}

static bool has_answer(void *arg)
{
    const struct heard *h = arg;
    return h->err || h->n == strlen(SECRET);
}

static struct heard *open_via(const struct multiaddr *via)
{
    static struct heard h;
    start_open(&a, &b, via, &h);
    run_until(has_answer, &h);
    return &h;
}

static void assert_echoed(const struct heard *h)
{
    assert_int_equal(h->err, 0);
    assert_int_equal(h->n, strlen(SECRET));
    for (size_t i = 0; i < h->n; i++)
        assert_int_equal(h->text[i] ^ 0x20, SECRET[i]);
}

static bool carried(struct bytes what)
{
    return memmem(relay.carried, relay.ncarried, what.p, what.n) != NULL;
}

static void assert_b_is_not_reached(int err)
{
    struct multiaddr via = relayrig_circuit(&relay);
    assert_int_equal(open_via(&via)->err, err);
    assert_int_equal(served, 0);
}

/* ---- dialling ---- */

static void test_dial_connects_both_ends_through_the_relay(void **state)
{
    (void)state;
    struct multiaddr via = relayrig_circuit(&relay);
    struct muxed_info info;

    assert_echoed(open_via(&via));
    struct conn *c = host_conn(a.host, key_peerid(b.key));
    assert_true(conn_is_relayed(c));
    conn_info(c, &info);
    assert_string_equal(info.transport, "circuit");
    assert_true(multiaddr_eq(&info.remote, &via));

    c = host_conn(b.host, key_peerid(a.key));
    assert_true(conn_is_relayed(c) && conn_is_inbound(c));
    conn_info(c, &info);
    assert_string_equal(info.transport, "circuit");
    struct multiaddr through;
    struct peerid by;
    assert_true(circuit_addr_split(&info.remote, &through, &by));
    assert_true(peerid_eq(&by, key_peerid(relay.side.key)));
}

static void test_relay_sees_ciphertext_only(void **state)
{
    const struct order *order = *state;
    struct multiaddr via = relayrig_circuit(&relay);
    assert_echoed(open_via(&via));
    assert_true(carried(bytes_of(order->protocols[0]))); /* it does see what is not encrypted */
    assert_false(carried(bytes_of(SECRET)));
    assert_false(carried(bytes_of("/echo")));
}

/* CONNECT and its answer are the first round trip; the circuit then carries four flights: the
 * handshake's first and second message, its third with the request behind it, and the answer. */
static void test_first_answer_comes_after_three_round_trips(void **state)
{
    (void)state;
    struct multiaddr via = relayrig_circuit(&relay);
    open_from(&a, &relay.side, "/none");
    const struct heard *h = open_via(&via);
    assert_echoed(h);
    assert_int_equal(relay.early, 1); /* CONNECT came with the protocol id */
    assert_int_equal(h->turns, 4);
}

static void test_octets_behind_a_status_are_not_lost(void **state)
{
    (void)state;
    struct multiaddr via = relayrig_circuit(&relay);
    relay.is_eager = true;
    assert_echoed(open_via(&via));
}

static void assert_only_second_carried(const struct order *order)
{
    assert_int_equal(relay.connects, 2);
    assert_true(carried(bytes_of(order->protocols[1])));
    assert_false(carried(bytes_of(order->protocols[0])));
}

static void test_dial_comes_again_with_what_is_spoken(void **state)
{
    struct multiaddr via = relayrig_circuit(&relay);
    relay.refusals = 1;
    assert_echoed(open_via(&via));
    assert_only_second_carried(*state);
}

static void test_dial_comes_again_where_the_answer_is_lost(void **state)
{
    struct multiaddr via = relayrig_circuit(&relay);
    relay.refusals = 1;
    relay.loses_na = true;
    assert_echoed(open_via(&via));
    assert_only_second_carried(*state);
}

static void test_dial_gives_up_where_neither_is_spoken(void **state)
{
    (void)state;
    relay.refusals = 9;
    assert_b_is_not_reached(GW_ENOPROTO);
    assert_int_equal(relay.connects, 2);
}

static void test_dial_reports_what_the_status_says(void **state)
{
    static const struct {
        enum circuit_status status;
        int err;
    } v[] = {
        { CIRCUIT_NO_RESERVATION, GW_EOFFLINE },        { CIRCUIT_PERMISSION_DENIED, GW_EDENIED },
        { CIRCUIT_RESOURCE_LIMIT_EXCEEDED, GW_ELIMIT }, { CIRCUIT_CONNECTION_FAILED, GW_EUNREACH },
        { CIRCUIT_RESERVATION_REFUSED, GW_EREFUSED },   { CIRCUIT_MALFORMED_MESSAGE, GW_EPROTO },
        { CIRCUIT_UNEXPECTED_MESSAGE, GW_EPROTO },      { CIRCUIT_UNUSED, GW_EPROTO },
    };
    (void)state;

    for (size_t i = 0; i < COUNT(v); i++) {
        relay.status = v[i].status;
        assert_b_is_not_reached(v[i].err);
    }
    assert_int_equal(relay.connects, COUNT(v));
}

/* ---- one of two relays ---- */

static bool is_alone(void *arg)
{
    (void)arg;
    return !host_conn(a.host, key_peerid(b.key)) && !host_conn(b.host, key_peerid(a.key));
}

/* Reaches b, known at both relays in this order, by a new connection. */
static void assert_reached_by_either(void)
{
    struct multiaddr via[2] = { relayrig_circuit(&relay), relayrig_circuit(&far_relay) };
    const struct host_proposal p = { .protocol = "/echo", .first = bytes_of(SECRET) };
    const struct host_open_req req = {
        .peer = *key_peerid(b.key), .addrs = via, .naddrs = 2, .proposals = &p, .nproposals = 1
    };
    static struct heard h; /* its stream may outlive the call */

    host_close_peer(a.host, key_peerid(b.key), 0);
    run_until(is_alone, NULL);
    h = (struct heard){ 0 };
    assert_non_null(host_open(a.host, &req, on_heard, &h));
    run_until(has_answer, &h);
    assert_echoed(&h);
}

static void test_relay_that_is_full_is_dialled_behind_the_other(void **state)
{
    (void)state;
    open_from(&b, &far_relay.side, "/none");
    relay.status = CIRCUIT_RESOURCE_LIMIT_EXCEEDED;
    assert_reached_by_either();
    assert_int_equal(relay.connects, 1);
    assert_int_equal(far_relay.connects, 1);
    assert_reached_by_either();
    assert_int_equal(relay.connects, 1);
    assert_int_equal(far_relay.connects, 2);
}

static void test_relay_that_is_away_is_dialled_behind_the_other(void **state)
{
    (void)state;
    open_from(&b, &far_relay.side, "/none");
    fake_net_rule("/ip4/192.0.2.9/udp/4001/quic-v1", 0, GW_EREFUSED);
    assert_reached_by_either();
    fake_net.nrules = 0;
    assert_reached_by_either();
    assert_int_equal(relay.connects, 0);
    assert_int_equal(far_relay.connects, 2);
}

static void test_the_nearer_relay_is_dialled_first(void **state)
{
    (void)state;
    open_from(&b, &far_relay.side, "/none");
    fake_net_rule("/ip4/192.0.2.9/udp/4001/quic-v1", 60, 0);
    fake_net_rule("/ip4/192.0.2.10/udp/4001/quic-v1", 5, 0);
    open_from(&a, &relay.side, "/none");
    open_from(&a, &far_relay.side, "/none");
    assert_reached_by_either();
    assert_int_equal(relay.connects, 0);
    assert_int_equal(far_relay.connects, 1);
}

/* The connection to it may be dead: how far it was on it tells nothing now. */
static void test_relay_that_said_nothing_is_dialled_behind_though_it_was_near(void **state)
{
    struct peerid id = *key_peerid(relay.side.key);
    (void)state;
    open_from(&b, &far_relay.side, "/none");
    fake_net_rule("/ip4/192.0.2.9/udp/4001/quic-v1", 5, 0);
    fake_net_rule("/ip4/192.0.2.10/udp/4001/quic-v1", 60, 0);
    open_from(&a, &relay.side, "/none");
    open_from(&a, &far_relay.side, "/none");
    assert_reached_by_either();
    assert_int_equal(relay.connects, 1);
    relay_scores_note(&scores[0], &id, RELAY_UNREACHED, 0, clock_mono_ms());
    assert_reached_by_either();
    assert_int_equal(relay.connects, 1);
    assert_int_equal(far_relay.connects, 1);
}

static void test_how_far_a_relay_is_a_silent_connection_does_not_tell(void **state)
{
    (void)state;
    open_from(&b, &far_relay.side, "/none");
    fake_net_rule("/ip4/192.0.2.10/udp/4001/quic-v1", 5, 0);
    open_from(&a, &far_relay.side, "/none");
    fake_net.unanswered_ms = 500;
    assert_reached_by_either();
    assert_int_equal(relay.connects, 1); /* of neither anything is known: as the peer lists them */
}

static void test_dial_ends_when_the_relay_is_silent(void **state)
{
    (void)state;
    relay.is_silent = true;
    config.dial_timeout_ms = 50;
    host_set_config(a.host, &config);
    assert_b_is_not_reached(GW_EOFFLINE);
    assert_int_equal(relay.connects, 1);
}

static void test_dial_ends_when_the_relay_cannot_be_reached(void **state)
{
    (void)state;
    fake_net_rule("/ip4/192.0.2.9/udp/4001/quic-v1", 0, GW_EREFUSED);
    assert_b_is_not_reached(GW_EREFUSED);
}

static void reset_at_once(void *arg, struct conn *c, struct stream *s, const char *protocol,
                          struct bytes early)
{
    (void)arg;
    (void)c;
    (void)protocol;
    (void)early;
    stream_drop(s, GW_EPROTO);
}

/* Nobody is to think that it is the peer that lacks a protocol. */
static void test_peer_is_not_reachable_where_the_relay_is_none(void **state)
{
    (void)state;
    host_unhandle(relay.side.host, CIRCUIT_HOP_PROTOCOL);
    assert_b_is_not_reached(GW_EOFFLINE);
    assert_int_equal(host_handle(relay.side.host, CIRCUIT_HOP_PROTOCOL, NULL, reset_at_once, NULL),
                     0);
    assert_b_is_not_reached(GW_EOFFLINE);
}

static void test_relay_known_by_its_id_is_dialled_where_it_was_last(void **state)
{
    (void)state;
    static const struct multiaddr nowhere;
    struct multiaddr via;

    host_learn_addr(a.host, key_peerid(relay.side.key), &relay.side.addr);
    assert_int_equal(circuit_addr_make(&nowhere, key_peerid(relay.side.key), &via), 0);
    assert_echoed(open_via(&via));
}

static void test_peer_is_not_dialled_through_itself(void **state)
{
    (void)state;
    struct multiaddr through_b, through_a;

    assert_int_equal(circuit_addr_make(&b.addr, key_peerid(b.key), &through_b), 0);
    assert_int_equal(circuit_addr_make(&a.addr, key_peerid(a.key), &through_a), 0);
    assert_int_equal(open_via(&through_b)->err, GW_EUNREACH);
    assert_int_equal(open_via(&through_a)->err, GW_EUNREACH);
    assert_int_equal(fake_net.dials, 1); /* b's to its relay */
}

/* b is at far_relay, which is reached through relay. */
static struct multiaddr nested(void)
{
    struct multiaddr outer = relayrig_circuit(&relay), inner;

    open_from(&far_relay.side, &relay.side, "/none");
    open_from(&b, &far_relay.side, "/none");
    assert_int_equal(circuit_addr_make(&outer, key_peerid(far_relay.side.key), &inner), 0);
    return inner;
}

static void test_circuit_may_lie_in_a_circuit(void **state)
{
    (void)state;
    struct multiaddr via = nested();
    assert_echoed(open_via(&via));
    assert_int_equal(relay.connects, 1);
    assert_int_equal(far_relay.connects, 1);
}

static void test_circuits_do_not_nest_deeper(void **state)
{
    (void)state;
    struct multiaddr via = nested(), deeper;
    struct key *one_more;

    for (int depth = 3; depth <= CIRCUIT_DEPTH_MAX + 1; depth++) {
        assert_int_equal(key_generate(&one_more), 0);
        assert_int_equal(circuit_addr_make(&via, key_peerid(one_more), &deeper), 0);
        key_free(one_more);
        via = deeper;
    }
    assert_int_equal(open_via(&deeper)->err, GW_ELIMIT);
    assert_int_equal(relay.connects, 0);
}

/* Wherever the caller gives up, nothing is left behind (and AddressSanitizer agrees). */
static void test_dial_may_be_given_up_at_any_moment(void **state)
{
    (void)state;
    struct multiaddr via = relayrig_circuit(&relay);
    struct heard h;
    unsigned steps = 0;

    for (bool is_done = false; !is_done; steps++) {
        struct host_open *o = start_open(&a, &b, &via, &h);
        for (unsigned i = 0; i < steps && !h.calls; i++)
            ev_run(loop, EVRUN_NOWAIT);
        is_done = h.calls > 0;
        if (!is_done)
            host_open_cancel(o);
        host_close_peer(a.host, key_peerid(b.key), 0);
        host_close_peer(a.host, key_peerid(relay.side.key), 0);
        run_ms(3);
        assert_null(h.s);
        assert_int_equal(relay.pipes, 0);
        assert_null(host_conn(b.host, key_peerid(a.key)));
    }
    assert_true(steps > 5);
}

static void test_circuit_ends_with_the_connection_to_the_relay(void **state)
{
    (void)state;
    struct multiaddr via = relayrig_circuit(&relay);
    assert_echoed(open_via(&via));
    host_close_peer(relay.side.host, key_peerid(a.key), 0);
    run_ms(5);
    assert_null(host_conn(a.host, key_peerid(b.key)));
    assert_null(host_conn(b.host, key_peerid(a.key)));
}

static void test_free_ends_what_is_under_way(void **state)
{
    (void)state;
    struct multiaddr via = relayrig_circuit(&relay);
    struct heard h;

    relay.is_silent = true;
    start_open(&a, &b, &via, &h);
    run_ms(3);
    assert_int_equal(relay.connects, 1);
    circuit_free(at_a);
    at_a = NULL;
    run_ms(2);
    assert_int_equal(h.calls, 1);
    assert_int_equal(h.err, GW_ECANCELED);
}

/* ---- through the relay of src/p2p/relay.c ---- */

static bool may(void *arg, const struct relay_wish *w)
{
    (void)arg;
    (void)w;
    return true;
}

static bool is_held(void *arg)
{
    return reservations_holds(arg, key_peerid(real.key));
}

static void test_a_reservation_leads_a_call_through_a_real_relay(void **state)
{
    static const struct relay_config cfg = { .max_reservations = 4,
                                             .max_reservations_per_ip = 4,
                                             .max_circuits = 4,
                                             .max_circuits_per_peer = 4,
                                             .max_pending = 4,
                                             .per_minute = 60,
                                             .reservation_ms = 3600000 };
    struct multiaddr at, via[ANNOUNCE_MAX];
    (void)state;

    start_real();
    struct announce *here = announce_new(b.host), *there = announce_new(real.host);
    struct reservations *slots = reservations_new(b.host, here, &scores[1]);
    struct relay *r = relay_new(real.host, there, &cfg, may, NULL, NULL);
    assert_true(here && there && slots && r);

    at = real.addr;
    assert_int_equal(multiaddr_append_peer(&at, key_peerid(real.key)), 0);
    assert_int_equal(reservations_set(slots, &at, 1), 0);
    run_until(is_held, slots);
    size_t n = announce_addrs(here, via, ANNOUNCE_MAX), i = 0;
    while (i < n && !circuit_addr_is(&via[i]))
        i++;
    assert_true(i < n);
    assert_echoed(open_via(&via[i]));
    assert_true(conn_is_relayed(host_conn(a.host, key_peerid(b.key))));

    stop_all();
    reservations_free(slots);
    relay_free(r);
    side_free(&real);
    real.host = NULL;
    announce_free(here);
    announce_free(there);
}

/* ---- being called ---- */

struct stop { /* a STOP stream that the relay opens by hand */
    unsigned calls;
    int err;
    enum circuit_status status;
    struct msgread *reader;
};

static void on_stop_status(void *arg, int err, struct stream *s, struct bytes msg,
                           struct bytes rest)
{
    struct stop *st = arg;
    struct circuit_msg m;
    (void)rest;

    st->calls++;
    st->err = err;
    if (err)
        return;
    assert_true(circuit_msg_decode_stop(msg, &m) > 0);
    assert_int_equal(m.type, CIRCUIT_STATUS);
    st->status = m.status;
    stream_drop(s, GW_ECANCELED);
}

static void on_stop_opened(void *arg, int err, struct conn *c, struct stream *s,
                           const char *protocol, struct bytes early)
{
    static const struct msgread_limits limits = { 1000, 2000 };
    struct stop *st = arg;
    (void)c;
    (void)protocol;

    if (err)
        on_stop_status(st, err, NULL, (struct bytes){ 0 }, (struct bytes){ 0 });
    else
        msgread_start(loop, s, early, &limits, &st->reader, on_stop_status, st);
}

static bool is_stopped(void *arg)
{
    return ((struct stop *)arg)->calls > 0;
}

static struct stop call_b(struct bytes words)
{
    struct stop st = { 0 };
    struct conn *c = host_conn(relay.side.host, key_peerid(b.key));

    assert_int_equal(conn_open(c, CIRCUIT_STOP_PROTOCOL, words, on_stop_opened, &st), 0);
    run_until(is_stopped, &st);
    return st;
}

static struct bytes stop_words(uint8_t *dst, size_t cap, const struct circuit_msg *m)
{
    int n = circuit_msg_encode_stop(dst, cap, m);
    assert_true(n > 0);
    return (struct bytes){ dst, (size_t)n };
}

static void test_call_is_judged(void **state)
{
    (void)state;
    const struct peerid *caller = key_peerid(a.key);
    const struct circuit_msg good = { .type = CIRCUIT_CONNECT,
                                      .peer.id = { caller->mh, caller->n } },
                             status = { .type = CIRCUIT_STATUS, .status = CIRCUIT_OK },
                             nobody = { .type = CIRCUIT_CONNECT },
                             no_id = { .type = CIRCUIT_CONNECT, .peer.id = bytes_of("?") };
    const struct {
        const struct circuit_msg *m;
        enum circuit_status want;
    } v[] = {
        { &good, CIRCUIT_OK },
        { &status, CIRCUIT_UNEXPECTED_MESSAGE },
        { &nobody, CIRCUIT_MALFORMED_MESSAGE },
        { &no_id, CIRCUIT_MALFORMED_MESSAGE },
    };
    uint8_t wire[256];

    for (size_t i = 0; i < COUNT(v); i++) {
        struct stop st = call_b(stop_words(wire, sizeof wire, v[i].m));
        assert_int_equal(st.err, 0);
        assert_int_equal(st.status, v[i].want);
    }
    struct stop st = call_b((struct bytes){ (const uint8_t *)"\x02\xff\xff", 3 });
    assert_int_equal(st.status, CIRCUIT_MALFORMED_MESSAGE);
}

static void test_call_through_a_relay_without_reservation_is_denied(void **state)
{
    (void)state;
    b_accepts = false;
    assert_b_is_not_reached(GW_EUNREACH);
    assert_int_equal(relay.stop_status, CIRCUIT_PERMISSION_DENIED);
}

static void test_call_that_is_too_long_or_too_slow_ends(void **state)
{
    (void)state;
    struct stop st = call_b((struct bytes){ (const uint8_t *)"\xff\xff\x7f", 3 });
    assert_int_equal(st.err, GW_ERESET);
    config.dial_timeout_ms = 30;
    host_set_config(b.host, &config);
    st = call_b((struct bytes){ (const uint8_t *)"\x20\x08", 2 });
    assert_int_equal(st.err, GW_ERESET);
}

/* The relay names another peer; who proves itself inside is who is admitted, or not. */
static void test_caller_is_who_proves_it(void **state)
{
    (void)state;
    struct multiaddr via = relayrig_circuit(&relay);

    relay.names = *key_peerid(far_relay.side.key);
    assert_echoed(open_via(&via));
    assert_non_null(host_conn(b.host, key_peerid(a.key)));
    assert_null(host_conn(b.host, &relay.names));
    host_close_peer(a.host, key_peerid(b.key), 0);
    run_ms(5);
    b.admits = false;
    assert_int_not_equal(open_via(&via)->err, 0);
    assert_int_equal(relay.stop_status, CIRCUIT_OK);
    assert_null(host_conn(b.host, key_peerid(a.key)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define WITH(order, name) \
    cmocka_unit_test_prestate_setup_teardown(name, setup, teardown, (void *)&orders[order])
#define T(name)    WITH(0, name)
#define BOTH(name) WITH(0, name), WITH(1, name)
        BOTH(test_dial_connects_both_ends_through_the_relay),
        BOTH(test_relay_sees_ciphertext_only),
        BOTH(test_first_answer_comes_after_three_round_trips),
        BOTH(test_octets_behind_a_status_are_not_lost),
        BOTH(test_dial_comes_again_with_what_is_spoken),
        BOTH(test_dial_comes_again_where_the_answer_is_lost),
        BOTH(test_dial_gives_up_where_neither_is_spoken),
        T(test_dial_reports_what_the_status_says),
        T(test_relay_that_is_full_is_dialled_behind_the_other),
        T(test_relay_that_is_away_is_dialled_behind_the_other),
        T(test_the_nearer_relay_is_dialled_first),
        T(test_relay_that_said_nothing_is_dialled_behind_though_it_was_near),
        T(test_how_far_a_relay_is_a_silent_connection_does_not_tell),
        T(test_dial_ends_when_the_relay_is_silent),
        T(test_dial_ends_when_the_relay_cannot_be_reached),
        T(test_peer_is_not_reachable_where_the_relay_is_none),
        T(test_relay_known_by_its_id_is_dialled_where_it_was_last),
        T(test_peer_is_not_dialled_through_itself),
        T(test_circuit_may_lie_in_a_circuit),
        T(test_circuits_do_not_nest_deeper),
        T(test_dial_may_be_given_up_at_any_moment),
        T(test_circuit_ends_with_the_connection_to_the_relay),
        T(test_free_ends_what_is_under_way),
        T(test_a_reservation_leads_a_call_through_a_real_relay),
        T(test_call_is_judged),
        T(test_call_through_a_relay_without_reservation_is_denied),
        T(test_call_that_is_too_long_or_too_slow_ends),
        T(test_caller_is_who_proves_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
