/* test_quic.c - two endpoints on loopback, real packets: who gets in, what streams carry, how
 * things end. */
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/log.h"
#include "net/chunkq.h"
#include "net/udp.h"
#include "transport/quic.h"
#include "transport/quic_conn.h"

#define DEADLINE_S 10.0

struct side {
    struct key *key;
    struct quic *quic;
    struct muxed *conn;
    bool admits, is_ready;
    int nclosed, close_err;
    int nin; /* streams that the other side opened */
};

struct end { /* one end of a stream: counts and checks what comes */
    struct stream *s;
    uint64_t got, sum, to_send, sent;
    bool eof, fin_when_sent, echo;
    int nclosed, err;
};

static struct ev_loop *loop;
static struct turn *turn;
static struct side a, b;
static struct multiaddr b_addr;
static bool is_late;

static void on_late(struct ev_loop *l, ev_timer *w, int revents)
{
    (void)w;
    (void)revents;
    is_late = true;
    ev_break(l, EVBREAK_ONE);
}

/* Runs the loop until cond holds; fails the test after DEADLINE_S. */
#define RUN_UNTIL(cond)                                 \
    do {                                                \
        ev_timer late_;                                 \
        is_late = false;                                \
        ev_timer_init(&late_, on_late, DEADLINE_S, 0.); \
        ev_timer_start(loop, &late_);                   \
        while (!(cond) && !is_late)                     \
            ev_run(loop, EVRUN_ONCE);                   \
        ev_timer_stop(loop, &late_);                    \
        assert_true(cond);                              \
    } while (0)

/* ---- one end of a stream ---- */

static void pump(struct end *e)
{
    while (e->sent < e->to_send) {
        struct span room = e->s->ops->reserve(e->s, 65536);
        if (room.n == 0)
            return;
        if (room.n > e->to_send - e->sent)
            room.n = (size_t)(e->to_send - e->sent);
        for (size_t i = 0; i < room.n; i++)
            room.p[i] = (uint8_t)((e->sent + i) * 131 >> 3);
        e->s->ops->commit(e->s, room.n);
        e->sent += room.n;
    }
    if (e->fin_when_sent)
        e->s->ops->shutdown(e->s);
}

static void end_data(struct stream *s, struct bytes v)
{
    struct end *e = s->owner;
    for (size_t i = 0; i < v.n; i++)
        e->sum += v.p[i] != (uint8_t)((e->got + i) * 131 >> 3);
    e->got += v.n;
    if (e->echo)
        assert_true(s->ops->write(s, v) >= 0);
    s->ops->credit(s, v.n);
}

static void end_drained(struct stream *s, size_t n)
{
    struct end *e = s->owner;
    (void)n;
    if (e->sent < e->to_send)
        pump(e);
}

static void end_eof(struct stream *s)
{
    struct end *e = s->owner;
    assert_false(e->eof);
    e->eof = true;
    if (e->echo)
        s->ops->shutdown(s);
}

static void end_close(struct stream *s, int err)
{
    struct end *e = s->owner;
    e->nclosed++;
    e->err = err;
    e->s = NULL;
}

static const struct stream_events end_events = {
    .on_data = end_data, .on_drained = end_drained, .on_eof = end_eof, .on_close = end_close
};

static void end_take(struct end *e, struct stream *s)
{
    e->s = s;
    stream_own(s, &end_events, e);
    s->ops->credit(s, 0);
}

/* ---- two sides ---- */

static struct end b_end;     /* takes every stream that `a` opens, as set up by the test */
static struct end b_ends[5]; /* or, when b_uses_many, one each */
static bool b_uses_many;
static bool resets_only_reading;

static void side_ready(struct muxed *m)
{
    ((struct side *)m->owner)->is_ready = true;
}

static void side_stream(struct muxed *m, struct stream *s)
{
    struct side *x = m->owner;
    end_take(b_uses_many ? &b_ends[x->nin] : &b_end, s);
    x->nin++;
}

static void side_moved(struct muxed *m)
{
    (void)m;
}

static void side_close(struct muxed *m, int err)
{
    struct side *x = m->owner;
    x->conn = NULL;
    x->nclosed++;
    x->close_err = err;
}

static const struct muxed_events side_events = {
    .on_ready = side_ready, .on_stream = side_stream, .on_moved = side_moved, .on_close = side_close
};

static bool admit(void *arg, const struct peerid *peer)
{
    assert_true(peerid_eq(peer, key_peerid(a.key)));
    return ((struct side *)arg)->admits;
}

static void accept_conn(void *arg, struct muxed *m)
{
    struct side *x = arg;
    x->conn = m;
    x->is_ready = true;
    m->ev = &side_events;
    m->owner = x;
}

static const struct quic_config base_config = { .max_half_open = 64,
                                                .max_streams = 100,
                                                .max_peers = 8,
                                                .window = 4u << 20,
                                                .handshake_timeout_ms = 3000 };

static void listen_b(const struct quic_config *cfg, const char *at)
{
    struct multiaddr m;
    b.quic = quic_new(loop, turn, b.key, cfg, admit, accept_conn, &b);
    assert_non_null(b.quic);
    assert_int_equal(multiaddr_parse(bytes_of(at), &m), 0);
    assert_int_equal(quic_listen(b.quic, &m, &b_addr), 0);
}

static int setup_with(const struct quic_config *cfg)
{
    assert_true(sodium_init() >= 0);
    log_set_level(LOG_LEVEL_ERROR);
    loop = ev_loop_new(EVFLAG_AUTO);
    turn = turn_new(loop);
    a = b = (struct side){ .admits = true };
    b_end = (struct end){ 0 };
    b_uses_many = false;
    resets_only_reading = false;
    assert_int_equal(key_generate(&a.key), 0);
    assert_int_equal(key_generate(&b.key), 0);
    a.quic = quic_new(loop, turn, a.key, &base_config, admit, accept_conn, &a);
    assert_non_null(a.quic);
    listen_b(cfg, "/ip4/127.0.0.1/udp/0/quic-v1");
    return 0;
}

static int setup(void **state)
{
    (void)state;
    return setup_with(&base_config);
}

static int teardown(void **state)
{
    (void)state;
    quic_free(a.quic);
    quic_free(b.quic);
    turn_free(turn);
    ev_loop_destroy(loop);
    key_free(a.key);
    key_free(b.key);
    assert_int_equal(chunkq_total(), 0);
    return 0;
}

static void dial(const struct peerid *expect)
{
    assert_int_equal(quic_dial(a.quic, &b_addr, expect, &a.conn), 0);
    a.conn->ev = &side_events;
    a.conn->owner = &a;
}

static void connect_both(void)
{
    dial(key_peerid(b.key));
    RUN_UNTIL(a.is_ready && b.is_ready);
}

static struct stream *open_from_a(struct end *e)
{
    struct stream *s;
    assert_int_equal(a.conn->ops->open(a.conn, &s), 0);
    end_take(e, s);
    return s;
}

/* ---- tests ---- */

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

struct raw { /* a plain UDP socket that says odd things */
    struct udp *udp;
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

static void test_unknown_version_is_answered_with_ours(void **state)
{
    (void)state;
    static const struct udp_events ev = { raw_packet, raw_nothing, raw_nothing };
    struct raw r = { 0 };
    struct udp_path path = { 0 };
    struct sockaddr_any any;
    struct ipaddr ip;
    uint16_t port;
    uint8_t pkt[1200] = { 0xc0, 0x5a, 0x5a, 0x5a, 0x5a, 8, 1, 2, 3, 4, 5, 6, 7, 8, 4, 9, 9, 9, 9 };

    assert_int_equal(sockaddr_parse("127.0.0.1:0", &any), 0);
    assert_int_equal(udp_open(loop, &any, false, &ev, &r, &r.udp), 0);
    assert_true(multiaddr_as_quic(&b_addr, &ip, &port));
    sockaddr_from_ip(&ip, port, &path.remote);
    udp_send(r.udp, &path, 0, (struct bytes){ pkt, 100 }, 100); /* too short for an answer */
    udp_send(r.udp, &path, 0, (struct bytes){ pkt, sizeof pkt }, sizeof pkt);
    RUN_UNTIL(r.n > 0);
    /* RFC 9000 s.17.2.1: version 0, ids swapped, then the versions */
    static const uint8_t want[] = {
        0, 0, 0, 0, 4, 9, 9, 9, 9, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 1
    };
    assert_int_equal(r.n, 1 + sizeof want);
    assert_memory_equal(r.got + 1, want, sizeof want);
    udp_close(r.udp);
}

/* Datagrams of noise neither end a connection nor make one. */
static void test_garbage_changes_nothing(void **state)
{
    (void)state;
    static const struct udp_events ev = { raw_packet, raw_nothing, raw_nothing };
    struct raw r = { 0 };
    struct udp_path path = { 0 };
    struct sockaddr_any any;
    struct ipaddr ip;
    uint16_t port;
    uint8_t pkt[1400];
    struct end e = { .to_send = 1u << 20, .fin_when_sent = true };

    connect_both();
    assert_int_equal(sockaddr_parse("127.0.0.1:0", &any), 0);
    assert_int_equal(udp_open(loop, &any, false, &ev, &r, &r.udp), 0);
    assert_true(multiaddr_as_quic(&b_addr, &ip, &port));
    sockaddr_from_ip(&ip, port, &path.remote);
    for (int i = 0; i < 500; i++) {
        randombytes_buf(pkt, sizeof pkt);
        if (i % 2) { /* looks like a v1 Initial */
            pkt[0] = 0xc3;
            memcpy(pkt + 1, "\0\0\0\1", 4);
            pkt[5] = 8;
        }
        if (!udp_is_blocked(r.udp))
            udp_send(r.udp, &path, 0, (struct bytes){ pkt, sizeof pkt }, sizeof pkt);
    }
    b_end.echo = true;
    open_from_a(&e);
    pump(&e);
    RUN_UNTIL(e.nclosed == 1);
    assert_int_equal(e.got, e.to_send);
    assert_int_equal(a.nclosed + b.nclosed, 0);
    udp_close(r.udp);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_handshake_proves_both_peers),
        T(test_dial_another_identity_is_refused),
        T(test_stranger_is_refused_in_the_handshake),
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
        T(test_open_beyond_the_limit_waits_for_room),
        T(test_stop_closes_streams_then_connection),
        T(test_retry_is_demanded_and_answered),
        T(test_restarted_listener_ends_old_connections_at_once),
        T(test_unknown_version_is_answered_with_ours),
        T(test_garbage_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
