/* quicrig.c - see quicrig.h. */
#include "quicrig.h"

#include <sodium.h>

#include "base/log.h"
#include "net/chunkq.h"

struct ev_loop *loop;
struct turn *turn;
struct side a, b;
struct multiaddr b_addr;
struct end b_end;
struct end b_ends[5];
bool b_uses_many;

/* ---- one end of a stream ---- */

void pump(struct end *e)
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

void end_drained(struct stream *s, size_t n)
{
    struct end *e = s->owner;
    (void)n;
    if (e->sent < e->to_send)
        pump(e);
}

void end_eof(struct stream *s)
{
    struct end *e = s->owner;
    assert_false(e->eof);
    e->eof = true;
    if (e->echo)
        s->ops->shutdown(s);
}

void end_close(struct stream *s, int err)
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

static void side_datagram(struct muxed *m, struct bytes v)
{
    struct dgrams_got *g = &((struct side *)m->owner)->dgrams;

    if (g->n < sizeof g->first) {
        g->first[g->n] = v.n ? v.p[0] : 0;
        g->len[g->n] = v.n;
    }
    g->n++;
    g->octets += v.n;
    if (g->echo)
        assert_int_equal(m->ops->send_datagram(m, bytes_of(""), v), 0);
}

static void side_close(struct muxed *m, int err)
{
    struct side *x = m->owner;
    x->conn = NULL;
    x->nclosed++;
    x->close_err = err;
}

static const struct muxed_events side_events = {
    .on_ready = side_ready,
    .on_stream = side_stream,
    .on_moved = side_moved,
    .on_datagram = side_datagram,
    .on_close = side_close,
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

const struct quic_config base_config = { .max_half_open = 64,
                                         .max_streams = 100,
                                         .max_peers = 8,
                                         .window = 4u << 20,
                                         .handshake_timeout_ms = 3000 };

void listen_b(const struct quic_config *cfg, const char *at)
{
    struct multiaddr m;
    b.quic = quic_new(loop, turn, b.key, cfg, admit, accept_conn, &b);
    assert_non_null(b.quic);
    assert_int_equal(multiaddr_parse(bytes_of(at), &m), 0);
    assert_int_equal(quic_listen(b.quic, &m, &b_addr), 0);
}

int quicrig_setup(void **state)
{
    (void)state;
    assert_true(sodium_init() >= 0);
    log_set_level(LOG_LEVEL_ERROR);
    loop = ev_loop_new(EVFLAG_AUTO);
    turn = turn_new(loop);
    a = b = (struct side){ .admits = true };
    b_end = (struct end){ 0 };
    b_uses_many = false;
    assert_int_equal(key_generate(&a.key), 0);
    assert_int_equal(key_generate(&b.key), 0);
    a.quic = quic_new(loop, turn, a.key, &base_config, admit, accept_conn, &a);
    assert_non_null(a.quic);
    listen_b(&base_config, "/ip4/127.0.0.1/udp/0/quic-v1");
    return 0;
}

int quicrig_teardown(void **state)
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

void dial(const struct peerid *expect)
{
    assert_int_equal(quic_dial(a.quic, &b_addr, expect, &a.conn), 0);
    a.conn->ev = &side_events;
    a.conn->owner = &a;
}

void connect_both(void)
{
    dial(key_peerid(b.key));
    RUN_UNTIL(a.is_ready && b.is_ready);
}

struct stream *open_from_a(struct end *e)
{
    struct stream *s;
    assert_int_equal(a.conn->ops->open(a.conn, &s), 0);
    end_take(e, s);
    return s;
}
