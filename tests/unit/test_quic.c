/* test_quic.c - two endpoints on loopback, real packets: who gets in, what streams carry, how
 * things end. */
#include "quicrig.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "net/chunkq.h"
#include "net/udp.h"
#include "transport/quic_conn.h"

static bool resets_only_reading;

static int setup(void **state)
{
    resets_only_reading = false;
    return quicrig_setup(state);
}

static void test_handshake_proves_both_peers(void **state)
{
    (void)state;
    struct muxed_info info;
    connect_both();
    assert_true(peerid_eq(&a.conn->peer, key_peerid(b.key)));
    assert_true(peerid_eq(&b.conn->peer, key_peerid(a.key)));
    assert_false(a.conn->is_inbound);
    assert_true(b.conn->is_inbound);
    a.conn->ops->info(a.conn, &info);
    assert_true(multiaddr_eq(&info.remote, &b_addr));
}

static void test_dial_another_identity_is_refused(void **state)
{
    (void)state;
    dial(key_peerid(a.key));
    RUN_UNTIL(a.nclosed == 1);
    assert_int_equal(a.close_err, GW_EIDENTITY);
    assert_false(a.is_ready);
    assert_null(b.conn);
}

/* The client is "ready" before the server has judged its certificate (QUIC.md 7): the refusal
 * follows. */
static void test_stranger_is_refused_in_the_handshake(void **state)
{
    (void)state;
    b.admits = false;
    dial(key_peerid(b.key));
    RUN_UNTIL(a.nclosed == 1);
    assert_int_equal(a.close_err, GW_EDENIED);
    assert_null(b.conn);
}

static void assert_echoes(uint64_t n)
{
    struct end e = { .to_send = n, .fin_when_sent = true };
    connect_both();
    b_end.echo = true;
    open_from_a(&e);
    pump(&e);
    RUN_UNTIL(e.nclosed == 1 && b_end.nclosed == 1);
    assert_int_equal(e.got, e.to_send);
    assert_int_equal(e.sum, 0);
    assert_true(e.eof && b_end.eof);
    assert_int_equal(e.err, 0);
    assert_int_equal(b_end.err, 0);
}

static void test_stream_echoes_20_megabytes(void **state)
{
    (void)state;
    assert_echoes(20u << 20);
}

static void test_stream_without_gso_carries_the_same(void **state)
{
    (void)state;
    struct quic_config cfg = base_config;
    cfg.no_gso = true;
    quic_free(b.quic);
    listen_b(&cfg, "/ip4/127.0.0.1/udp/0/quic-v1");
    assert_echoes(3u << 20);
}

static void test_ipv6_carries_the_same(void **state)
{
    (void)state;
    quic_free(b.quic);
    listen_b(&base_config, "/ip6/::1/udp/0/quic-v1");
    assert_echoes(1u << 20);
}

/* No event from inside an operation: on_close comes from the loop. */
static void test_reset_reaches_the_other_end(void **state)
{
    (void)state;
    struct end e = { .to_send = 1000 };
    connect_both();
    struct stream *s = open_from_a(&e);
    pump(&e);
    RUN_UNTIL(b_end.got == 1000);
    s->ops->reset(s, GW_ECANCELED);
    assert_int_equal(e.nclosed, 0);
    RUN_UNTIL(e.nclosed == 1 && b_end.nclosed == 1);
    assert_int_equal(e.err, GW_ECANCELED);
    assert_int_equal(b_end.err, GW_ERESET);
    assert_false(b_end.eof);
}

static void test_half_close_leaves_the_other_direction_open(void **state)
{
    (void)state;
    struct end e = { .to_send = 10, .fin_when_sent = true };
    connect_both();
    open_from_a(&e);
    pump(&e);
    RUN_UNTIL(b_end.eof);
    assert_int_equal(e.nclosed + b_end.nclosed, 0);
    b_end.to_send = 100000;
    b_end.fin_when_sent = true;
    pump(&b_end);
    RUN_UNTIL(e.nclosed == 1 && b_end.nclosed == 1);
    assert_int_equal(e.got, 100000);
    assert_int_equal(e.err, 0);
}

/* A reader that gives no credit stops its writer at the window. */
static void no_credit_data(struct stream *s, struct bytes v)
{
    ((struct end *)s->owner)->got += v.n;
}

static const struct stream_events no_credit_events = {
    .on_data = no_credit_data, .on_drained = end_drained, .on_eof = end_eof, .on_close = end_close
};

static void test_reader_without_credit_stops_its_writer(void **state)
{
    (void)state;
    struct end e = { .to_send = 8u << 20 }, quick = { .to_send = 2u << 20, .fin_when_sent = true };
    connect_both();
    open_from_a(&e);
    pump(&e);
    RUN_UNTIL(b.nin == 1 && b_end.got > 0);
    struct end slow = b_end;
    stream_own(slow.s, &no_credit_events, &slow);
    b_end = (struct end){ .echo = true };
    open_from_a(&quick); /* nobody else is slowed */
    pump(&quick);
    RUN_UNTIL(quick.nclosed == 1);
    assert_int_equal(quick.got, quick.to_send);
    assert_true(slow.got <= 1u << 20);
    assert_true(e.sent < e.to_send);
    quic_stop(a.quic, 0);
    quic_stop(b.quic, 0);
    RUN_UNTIL(slow.nclosed == 1 && e.nclosed == 1);
}

/* What a stream left unread when it ended does not count against the connection any more. */
static void test_streams_dropped_unread_give_their_window_back(void **state)
{
    (void)state;
    enum { ROUNDS = 40, EACH = 200000 }; /* together more than the connection's window */
    struct end quick = { .to_send = 1u << 20, .fin_when_sent = true };
    connect_both();
    for (int i = 0; i < ROUNDS; i++) {
        struct end e = { .to_send = EACH }, slow = { 0 };
        open_from_a(&e);
        pump(&e);
        RUN_UNTIL(b.nin == i + 1);
        slow = b_end;
        stream_own(slow.s, &no_credit_events, &slow);
        RUN_UNTIL(slow.got >= EACH);
        slow.s->ops->reset(slow.s, GW_ECANCELED);
        RUN_UNTIL(slow.nclosed == 1 && e.nclosed == 1);
        b_end = (struct end){ 0 };
    }
    b_end.echo = true;
    open_from_a(&quick);
    pump(&quick);
    RUN_UNTIL(quick.nclosed == 1);
    assert_int_equal(quick.got, quick.to_send);
}

/* As other programs do it: STOP_SENDING alone.  Takes the place of the library's function. */
int ngtcp2_conn_shutdown_stream(ngtcp2_conn *nc, uint32_t flags, int64_t id, uint64_t code)
{
    int rv = ngtcp2_conn_shutdown_stream_read(nc, flags, id, code);
    return rv || resets_only_reading ? rv : ngtcp2_conn_shutdown_stream_write(nc, flags, id, code);
}

/* a's stream e to b, which has ended its direction and then asks a to stop. */
static void stop_sending_to(struct end *e)
{
    connect_both();
    open_from_a(e);
    pump(e);
    RUN_UNTIL(b_end.got > 0);
    b_end.s->ops->shutdown(b_end.s);
    RUN_UNTIL(e->eof);
    resets_only_reading = true;
    b_end.s->ops->reset(b_end.s, GW_ECANCELED);
    RUN_UNTIL(b_end.nclosed == 1);
}

/* It has got all that the peer sent, and the peer wants no more: that is no failure. */
static void test_stop_behind_the_fin_is_an_end_in_order(void **state)
{
    (void)state;
    struct end e = { .to_send = 100 };
    stop_sending_to(&e);
    RUN_UNTIL(e.nclosed == 1);
    assert_int_equal(e.err, 0);
}

static void test_writer_told_to_stop_keeps_nothing(void **state)
{
    (void)state;
    struct end e = { .to_send = 100 };
    size_t most = 0;
    connect_both();
    open_from_a(&e);
    pump(&e);
    RUN_UNTIL(b_end.got == 100);
    resets_only_reading = true;
    e.to_send = 64u << 20;
    pump(&e);
    ev_run(loop, EVRUN_NOWAIT); /* some of it is under way when the word to stop comes */
    b_end.s->ops->reset(b_end.s, GW_ECANCELED);
    while (e.sent < e.to_send && e.nclosed == 0) {
        ev_run(loop, EVRUN_ONCE);
        most = chunkq_total() > most ? chunkq_total() : most;
    }
    assert_int_equal(e.sent, e.to_send); /* it may write on */
    assert_true(most < 8u << 20);
}

/* The budget of all queues is used up by what waits for its ACK: the ACK is what gives room. */
static void test_writer_without_budget_goes_on_after_acks(void **state)
{
    (void)state;
    struct end e = { .to_send = 4u << 20, .fin_when_sent = true };
    connect_both();
    chunkq_set_budget(100000);
    open_from_a(&e);
    pump(&e);
    RUN_UNTIL(b_end.eof);
    chunkq_set_budget(256u << 20);
    assert_int_equal(b_end.got, e.to_send);
    assert_int_equal(b_end.sum, 0);
}

static void test_shutdown_gives_back_room_that_was_not_used(void **state)
{
    (void)state;
    struct end e = { .to_send = 100 };
    connect_both();
    open_from_a(&e);
    pump(&e);
    RUN_UNTIL(b_end.got == 100 && chunkq_total() == 0);
    assert_true(e.s->ops->reserve(e.s, 1000).n > 0);
    e.s->ops->shutdown(e.s);
    assert_int_equal(chunkq_total(), 0);
}

static void test_open_beyond_the_limit_waits_for_room(void **state)
{
    (void)state;
    struct quic_config cfg = base_config;
    struct end e[5] = { 0 };
    cfg.max_streams = 2;
    quic_free(b.quic);
    listen_b(&cfg, "/ip4/127.0.0.1/udp/0/quic-v1");
    connect_both();
    b_uses_many = true;
    for (int i = 0; i < 5; i++) {
        b_ends[i] = (struct end){ .echo = true };
        e[i].to_send = 10;
        e[i].fin_when_sent = true;
        open_from_a(&e[i]);
        pump(&e[i]);
    }
    RUN_UNTIL(e[4].nclosed == 1);
    for (int i = 0; i < 5; i++)
        assert_int_equal(e[i].got, 10);
}

static void test_stop_closes_streams_then_connection(void **state)
{
    (void)state;
    struct end e = { .to_send = 5 };
    connect_both();
    open_from_a(&e);
    pump(&e);
    RUN_UNTIL(b_end.got == 5);
    quic_stop(b.quic, GW_EDENIED);
    RUN_UNTIL(a.nclosed == 1 && b.nclosed == 1);
    assert_int_equal(a.close_err, GW_EDENIED);
    assert_int_equal(e.err, GW_EDENIED);
    assert_int_equal(e.nclosed, 1);
    assert_int_equal(b_end.nclosed, 1);
}

/* When many handshakes are half open an address has to be proved first (Retry). */
static void test_retry_is_demanded_and_answered(void **state)
{
    (void)state;
    struct quic_config cfg = base_config;
    cfg.max_half_open = 1; /* above half of it: always */
    quic_free(b.quic);
    listen_b(&cfg, "/ip4/127.0.0.1/udp/0/quic-v1");
    connect_both();
}

/* The secret survives a restart, so the peer learns of it at once (stateless reset). */
static void test_restarted_listener_ends_old_connections_at_once(void **state)
{
    (void)state;
    struct end e = { .to_send = 5 };
    struct sockaddr_any at;
    struct ipaddr ip;
    uint16_t port;
    char text[MULTIADDR_STR_MAX];

    connect_both();
    open_from_a(&e);
    pump(&e);
    RUN_UNTIL(b_end.got == 5);
    multiaddr_print(&b_addr, text);
    assert_true(multiaddr_as_quic(&b_addr, &ip, &port));
    sockaddr_from_ip(&ip, port, &at);
    quic_free(b.quic);
    listen_b(&base_config, text);
    e.to_send = 2000;
    ev_tstamp t0 = ev_time();
    pump(&e);
    RUN_UNTIL(a.nclosed == 1);
    assert_true(ev_time() - t0 < 2.0);
    assert_int_equal(e.nclosed, 1);
}

struct raw { /* a plain UDP socket that says odd things to b */
    struct udp *udp;
    struct udp_path path;
    uint8_t got[2048];
    size_t n;
};

static void raw_packet(void *arg, struct udp *u, const struct udp_packet *p)
{
    struct raw *r = arg;
    (void)u;
    r->n = p->data.n < sizeof r->got ? p->data.n : sizeof r->got;
    memcpy(r->got, p->data.p, r->n);
}

static void raw_nothing(void *arg, struct udp *u)
{
    (void)arg;
    (void)u;
}

static void raw_open(struct raw *r)
{
    static const struct udp_events ev = { raw_packet, raw_nothing, raw_nothing };
    struct sockaddr_any any;
    struct ipaddr ip;
    uint16_t port;

    *r = (struct raw){ 0 };
    assert_int_equal(sockaddr_parse("127.0.0.1:0", &any), 0);
    assert_int_equal(udp_open(loop, &any, false, &ev, r, &r->udp), 0);
    assert_true(multiaddr_as_quic(&b_addr, &ip, &port));
    sockaddr_from_ip(&ip, port, &r->path.remote);
}

static void raw_send(struct raw *r, const uint8_t *p, size_t n)
{
    udp_send(r->udp, &r->path, 0, (struct bytes){ p, n }, n);
}

/* RFC 9000 s.15: 0x?a?a?a?a is nobody's; RFC 9369: 0x6b3343cf is QUIC v2, whose Initial is 0xd? */
static void test_other_versions_are_answered_with_ours(void **state)
{
    static const uint8_t begins[][5] = { { 0xc0, 0x5a, 0x5a, 0x5a, 0x5a },
                                         { 0xd0, 0x6b, 0x33, 0x43, 0xcf } };
    /* RFC 9000 s.17.2.1: version 0, ids swapped, then the versions */
    static const uint8_t want[] = {
        0, 0, 0, 0, 4, 9, 9, 9, 9, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 1
    };
    (void)state;
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++) {
        uint8_t pkt[1200] = { 0, 0, 0, 0, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8, 4, 9, 9, 9, 9 };
        struct raw r;
        memcpy(pkt, begins[i], sizeof *begins);
        raw_open(&r);
        raw_send(&r, pkt, 100); /* too short for an answer */
        raw_send(&r, pkt, sizeof pkt);
        RUN_UNTIL(r.n > 0);
        assert_int_equal(r.n, 1 + sizeof want);
        assert_memory_equal(r.got + 1, want, sizeof want);
        udp_close(r.udp);
    }
}

/* Its ids may be longer than those of QUIC v1 (RFC 8999 s.5.1, s.6). */
static void test_version_negotiation_of_nobody_is_not_answered(void **state)
{
    (void)state;
    struct raw r;
    struct end e = { .to_send = 10, .fin_when_sent = true };
    uint8_t pkt[600] = { 0xc0, 0, 0, 0, 0, 255 }; /* 255 octets of id, 0 of the other, versions */

    raw_open(&r);
    raw_send(&r, pkt, sizeof pkt);
    pkt[5] = 8;
    raw_send(&r, pkt, sizeof pkt);
    connect_both();
    b_end.echo = true;
    open_from_a(&e);
    pump(&e);
    RUN_UNTIL(e.nclosed == 1);
    assert_int_equal(r.n, 0);
    udp_close(r.udp);
}

/* Datagrams of noise neither end a connection nor make one. */
static void test_garbage_changes_nothing(void **state)
{
    (void)state;
    struct raw r;
    uint8_t pkt[1400];
    struct end e = { .to_send = 1u << 20, .fin_when_sent = true };

    connect_both();
    raw_open(&r);
    for (int i = 0; i < 500; i++) {
        randombytes_buf(pkt, sizeof pkt);
        if (i % 2) { /* looks like a v1 Initial */
            pkt[0] = 0xc3;
            memcpy(pkt + 1, "\0\0\0\1", 4);
            pkt[5] = 8;
        }
        if (!udp_is_blocked(r.udp))
            raw_send(&r, pkt, sizeof pkt);
    }
    b_end.echo = true;
    open_from_a(&e);
    pump(&e);
    RUN_UNTIL(e.nclosed == 1);
    assert_int_equal(e.got, e.to_send);
    assert_int_equal(a.nclosed + b.nclosed, 0);
    udp_close(r.udp);
}

/* ---- somebody in the middle, in front of a's socket ---- */

struct middle {
    struct udp *udp;
    struct udp_path to_a, to_b;
    bool (*passes)(struct middle *m, struct bytes v, bool is_for_a);
    bool has_handshaken; /* a: its Initial keys are gone (RFC 9001 s.4.9.1) */
    unsigned nkept;      /* did not pass */
};

static void middle_packet(void *arg, struct udp *u, const struct udp_packet *p)
{
    struct middle *m = arg;
    bool is_for_a = sockaddr_eq(&p->path.remote, &m->to_b.remote);

    if (!is_for_a)
        m->to_a = p->path;
    if (m->passes(m, p->data, is_for_a))
        udp_send(u, is_for_a ? &m->to_a : &m->to_b, 0, p->data, p->data.n);
    else
        m->nkept++;
}

static void dial_through(struct middle *m, bool (*passes)(struct middle *, struct bytes, bool))
{
    static const struct udp_events ev = { middle_packet, raw_nothing, raw_nothing };
    struct multiaddr at_b = b_addr;
    struct sockaddr_any any;
    struct ipaddr ip;
    uint16_t port;

    *m = (struct middle){ .passes = passes };
    assert_int_equal(sockaddr_parse("127.0.0.1:0", &any), 0);
    assert_int_equal(udp_open(loop, &any, false, &ev, m, &m->udp), 0);
    assert_true(multiaddr_as_quic(&b_addr, &ip, &port));
    sockaddr_from_ip(&ip, port, &m->to_b.remote);
    multiaddr_make_quic(&ip, sockaddr_port(udp_addr(m->udp)), &b_addr);
    dial(key_peerid(b.key));
    b_addr = at_b;
}

static bool is_long(struct bytes v)
{
    return v.n && v.p[0] & 0x80;
}

static bool holds_handshake(struct bytes v)
{
    ngtcp2_pkt_hd hd;
    ngtcp2_ssize n;

    while (is_long(v) && (n = ngtcp2_pkt_decode_hd_long(&hd, v.p, v.n)) > 0) {
        size_t used = (size_t)n + hd.len;
        if (hd.type == NGTCP2_PKT_HANDSHAKE)
            return true;
        if (used > v.n)
            break;
        v = (struct bytes){ v.p + used, v.n - used };
    }
    return false;
}

/* As quiche: what it cannot read the first packet of it drops whole. */
static bool is_readable(struct middle *m, struct bytes v, bool is_for_a)
{
    ngtcp2_pkt_hd hd;

    if (!is_for_a) {
        m->has_handshaken |= holds_handshake(v);
        return true;
    }
    return !m->has_handshaken || !is_long(v) || ngtcp2_pkt_decode_hd_long(&hd, v.p, v.n) < 0 ||
           hd.type != NGTCP2_PKT_INITIAL;
}

static void test_a_refusal_needs_no_initial_keys(void **state)
{
    struct middle m;
    (void)state;
    b.admits = false;
    dial_through(&m, is_readable);
    RUN_UNTIL(a.nclosed == 1);
    assert_true(m.has_handshaken);
    assert_int_equal(a.close_err, GW_EDENIED);
    udp_close(m.udp);
}

/* RFC 9000 s.17.2.5: 0xf? is a Retry. */
static bool is_retry_or_for_b(struct middle *m, struct bytes v, bool is_for_a)
{
    (void)m;
    return !is_for_a || (v.n && (v.p[0] & 0xf0) == 0xf0);
}

/* Its address is proved, and it never goes on. */
static void test_a_stalled_handshake_keeps_nobody_out(void **state)
{
    struct quic_config cfg = base_config;
    struct side stalled = { 0 };
    struct middle m;
    (void)state;
    cfg.max_half_open = 1;
    quic_free(b.quic);
    listen_b(&cfg, "/ip4/127.0.0.1/udp/0/quic-v1");
    dial_through(&m, is_retry_or_for_b);
    RUN_UNTIL(m.nkept > 0);
    a.conn->owner = &stalled;
    uint64_t began_ms = clock_mono_ms();
    connect_both();
    assert_in_range(clock_mono_ms() - began_ms, 0, 100);
    udp_close(m.udp);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, quicrig_teardown)
    const struct CMUnitTest tests[] = {
        T(test_handshake_proves_both_peers),
        T(test_dial_another_identity_is_refused),
        T(test_stranger_is_refused_in_the_handshake),
        T(test_a_refusal_needs_no_initial_keys),
        T(test_stream_echoes_20_megabytes),
        T(test_stream_without_gso_carries_the_same),
        T(test_ipv6_carries_the_same),
        T(test_reset_reaches_the_other_end),
        T(test_half_close_leaves_the_other_direction_open),
        T(test_reader_without_credit_stops_its_writer),
        T(test_streams_dropped_unread_give_their_window_back),
        T(test_stop_behind_the_fin_is_an_end_in_order),
        T(test_writer_told_to_stop_keeps_nothing),
        T(test_writer_without_budget_goes_on_after_acks),
        T(test_shutdown_gives_back_room_that_was_not_used),
        T(test_open_beyond_the_limit_waits_for_room),
        T(test_stop_closes_streams_then_connection),
        T(test_retry_is_demanded_and_answered),
        T(test_a_stalled_handshake_keeps_nobody_out),
        T(test_restarted_listener_ends_old_connections_at_once),
        T(test_other_versions_are_answered_with_ours),
        T(test_version_negotiation_of_nobody_is_not_answered),
        T(test_garbage_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
