/* yamux.c - see yamux.h.
 *
 *   WAITING (for its carrier) -> READY -> CLOSED
 *
 * Frames come in through on_data of the carrier and are handled as they come, data frames piece by
 * piece.  Everything that goes out is written in the connection's turn: first the notices (a stream
 * was opened, accepted, may send more), then the streams by turns, as long as the carrier holds
 * less than CARRIER_MAX. */
#include "transport/yamux.h"

#include <stdlib.h>
#include <utlist.h>

#include "base/clock.h"
#include "base/container_of.h"
#include "base/err.h"
#include "base/log.h"
#include "id/circuit_addr.h"
#include "net/parting.h"
#include "transport/yamux_close.h"
#include "transport/yamux_stream.h"
#include "wire/yamux_frame.h"

#define FRAME_MAX     16384u       /* octets of a data frame: others want their turn, too */
#define CARRIER_MAX   (128u << 10) /* octets written that have not left; more only adds delay */
#define REPLIES_MAX   (64u << 10)  /* above CARRIER_MAX by so much the peer is not read */
#define BACKLOG_MAX   256          /* streams opened that the peer has not acknowledged */
#define WAITING_MAX   4096         /* streams that wait for the backlog or the carrier */
#define BUDGET_FACTOR 4            /* all windows together may grow to so many of the largest */
#define VECTORS       4
#define PING_MS       4000
#define QUIET_MAX     3 /* ticks in a row without an octet: the peer is dead */
#define PART_MS       2000

enum state { ST_WAITING, ST_READY, ST_CLOSED };

struct yamux {
    struct muxed muxed; /* must be first */
    enum state state;
    struct ev_loop *loop;
    struct turn *turn;
    struct turn_task task;
    struct yamux_config cfg;
    struct multiaddr local, remote;
    const char *transport;
    struct stream *carrier; /* READY */
    size_t in_carrier;      /* octets written that have not left */
    size_t unread;          /* octets taken whose credit waits for the carrier to drain */
    struct yamux_streams set;
    uint32_t next_id; /* of the streams opened here; 0: there are no more */
    uint8_t header[YAMUX_HEADER_LEN];
    size_t nheader;
    struct yamux_frame frame; /* data: its octets are coming */
    uint32_t body_left;
    ev_timer tick;
    uint32_t ping_value;
    unsigned quiet;             /* ticks since the last octets came */
    uint64_t ping_us, rtt_us;   /* when the ping left (0: none is out); smoothed */
    void (*settled)(void *arg); /* NULL once called */
    void *arg;
    int close_err;
    bool is_close_wanted, peer_is_going;
};

static struct yamux *of(const struct muxed *m)
{
    return (struct yamux *)m;
}

static void touch(struct yamux *y)
{
    turn_add(y->turn, &y->task);
}

/* The connection is over; the rest follows in its turn. */
static void end(struct yamux *y, int err)
{
    if (y->is_close_wanted)
        return;
    y->is_close_wanted = true;
    y->close_err = err;
    touch(y);
}

/* ---- output ---- */

static void put(struct yamux *y, struct bytes v)
{
    ssize_t left = y->carrier ? y->carrier->ops->write(y->carrier, v) : (ssize_t)v.n;

    if (left < 0) { /* a frame may have left in part: nothing may follow, no GO_AWAY either */
        stream_drop(y->carrier, (int)left);
        y->carrier = NULL;
        end(y, (int)left);
        return;
    }
    y->in_carrier += v.n - (size_t)left;
}

static void put_frame(struct yamux *y, uint8_t type, uint16_t flags, uint32_t stream,
                      uint32_t length)
{
    uint8_t header[YAMUX_HEADER_LEN];
    const struct yamux_frame f = { type, flags, stream, length };

    yamux_frame_encode(header, &f);
    put(y, (struct bytes){ header, sizeof header });
}

static void put_reset(void *arg, uint32_t id)
{
    put_frame(arg, YAMUX_WINDOW_UPDATE, YAMUX_RST, id, 0);
}

static uint16_t opening_flags(const struct yamux_stream *s)
{
    return (uint16_t)((s->syn_due ? YAMUX_SYN : 0) | (s->ack_due ? YAMUX_ACK : 0));
}

/* FIN has a frame of its own, as other implementations send it: js-libp2p forgets the octets of the
 * frame that ends a stream whose other direction has ended before. */
static void put_data(struct yamux *y, struct yamux_stream *s)
{
    size_t n = yamux_stream_sendable(s);
    struct iovec v[VECTORS];

    if (n > FRAME_MAX)
        n = FRAME_MAX;
    size_t nv = chunkq_peek(&s->m.out, 0, v, VECTORS), octets = 0;
    for (size_t i = 0; i < nv; i++) {
        if (v[i].iov_len > n - octets)
            v[i].iov_len = n - octets;
        octets += v[i].iov_len;
    }
    bool fin = octets == 0;
    put_frame(y, YAMUX_DATA, (uint16_t)(opening_flags(s) | (fin ? YAMUX_FIN : 0)), s->id,
              (uint32_t)octets);
    for (size_t i = 0; i < nv; i++)
        if (v[i].iov_len)
            put(y, (struct bytes){ v[i].iov_base, v[i].iov_len });
    yamux_stream_sent(s, octets, fin);
}

/* A stream that has to say something but octets. */
static void put_notice(struct yamux *y, struct yamux_stream *s, uint64_t now_ms)
{
    uint32_t delta = yamux_stream_take_grant(s, y->rtt_us, now_ms);

    if (!delta && (!opening_flags(s) || yamux_stream_has_output(s)))
        return; /* its flags go with its octets */
    put_frame(y, YAMUX_WINDOW_UPDATE, opening_flags(s), s->id, delta);
    s->syn_due = s->ack_due = false;
}

static void put_notices(struct yamux *y)
{
    struct yamux_streams *set = &y->set;
    uint64_t now_ms = clock_mono_ms();

    while (set->notices) {
        struct yamux_stream *s = set->notices;
        DL_DELETE2(set->notices, s, notice_prev, notice_next);
        s->is_on_notices_list = false;
        if (!s->m.is_closing)
            put_notice(y, s, now_ms);
    }
}

static void put_streams(struct yamux *y)
{
    struct sched_entry *e;

    while (y->in_carrier < CARRIER_MAX && !y->is_close_wanted &&
           (e = sched_next(&y->set.mux.sched)) != NULL) {
        struct yamux_stream *s = yamux_stream_of(muxstream_of(e));
        if (yamux_stream_has_output(s))
            put_data(y, s);
        else
            sched_idle(&y->set.mux.sched, e); /* a window update wakes it */
    }
}

/* Gives ids to those that wait, as far as the backlog goes. */
static void open_waiting(struct yamux *y)
{
    struct muxstream *m;

    if (!y->set.mux.nwaiting)
        return;
    DL_FOREACH (y->set.mux.all, m) {
        struct yamux_stream *s = yamux_stream_of(m);
        if (y->set.nbacklog >= BACKLOG_MAX || !y->next_id)
            return;
        if (s->id || m->is_closing)
            continue;
        if (yamux_stream_open(s, y->next_id) != 0)
            muxstream_end(m, GW_ENOMEM);
        else
            y->next_id = y->next_id > UINT32_MAX - 2 ? 0 : y->next_id + 2;
        if (!y->set.mux.nwaiting)
            return;
    }
}

/* ---- input ---- */

static int accept_stream(struct yamux *y, uint32_t id)
{
    bool is_theirs = (id & 1) == (y->muxed.is_inbound ? 1 : 0);
    struct yamux_stream *s = NULL;

    if (!is_theirs || yamux_stream_find(&y->set, id))
        return GW_EPROTO; /* the order of ids is free: others open streams in several threads */
    if (y->set.ninbound < y->cfg.max_streams && !y->is_close_wanted)
        s = yamux_stream_accept(&y->set, id);
    if (s)
        y->muxed.ev->on_stream(&y->muxed, &s->m.base);
    else
        put_reset(y, id);
    return 0;
}

static void on_ping(struct yamux *y, const struct yamux_frame *f)
{
    if (f->flags & YAMUX_SYN) {
        put_frame(y, YAMUX_PING, YAMUX_ACK, 0, f->length);
    } else if (y->ping_us && f->length == y->ping_value) {
        uint64_t us = clock_mono_ns() / 1000 - y->ping_us;
        y->rtt_us = y->rtt_us ? (7 * y->rtt_us + us) / 8 : us;
        y->ping_us = 0;
    }
}

static void on_go_away(struct yamux *y, uint32_t code)
{
    y->peer_is_going = true;
    touch(y);
    if (code != YAMUX_NORMAL)
        end(y, yamux_close_error(code));
}

/* Flags that end a stream, once the octets of the frame are through. */
static void finish_frame(struct yamux *y)
{
    struct yamux_stream *s = yamux_stream_find(&y->set, y->frame.stream);

    if (!s)
        return;
    if (y->frame.flags & YAMUX_RST)
        muxstream_end(&s->m, GW_ERESET);
    else if (y->frame.flags & YAMUX_FIN)
        yamux_stream_on_fin(s);
}

static int on_stream_frame(struct yamux *y)
{
    const struct yamux_frame *f = &y->frame;
    bool is_data = f->type == YAMUX_DATA;
    int err = f->flags & YAMUX_SYN ? accept_stream(y, f->stream) : 0;
    struct yamux_stream *s = yamux_stream_find(&y->set, f->stream);

    if (err)
        return err;
    if (s) {
        yamux_stream_on_answer(s);
        err = is_data ? yamux_stream_on_length(s, f->length) : yamux_stream_on_window(s, f->length);
    } else if (is_data && f->length > y->set.window_max) {
        err = GW_EPROTO; /* of a stream that is over: no window was ever larger */
    }
    y->body_left = is_data && !err ? f->length : 0;
    if (!err && !y->body_left)
        finish_frame(y);
    return err;
}

static int on_frame(struct yamux *y)
{
    int err = yamux_frame_decode(y->header, &y->frame);

    if (err)
        return err;
    if (y->frame.type == YAMUX_PING)
        on_ping(y, &y->frame);
    else if (y->frame.type == YAMUX_GO_AWAY)
        on_go_away(y, y->frame.length);
    else
        err = on_stream_frame(y);
    return err;
}

static size_t take_header(struct yamux *y, struct bytes v)
{
    size_t n = sizeof y->header - y->nheader;

    if (n > v.n)
        n = v.n;
    memcpy(y->header + y->nheader, v.p, n);
    y->nheader += n;
    if (y->nheader < sizeof y->header)
        return n;
    y->nheader = 0;
    int err = on_frame(y);
    if (err) {
        log_debug("yamux peer=%s broke the protocol: type=%u flags=%u stream=%u length=%u",
                  peerid_short(&y->muxed.peer), y->frame.type, y->frame.flags, y->frame.stream,
                  y->frame.length);
        end(y, err);
    }
    return n;
}

static size_t take_body(struct yamux *y, struct bytes v)
{
    struct yamux_stream *s = yamux_stream_find(&y->set, y->frame.stream);
    size_t n = v.n < y->body_left ? v.n : y->body_left;

    y->body_left -= (uint32_t)n;
    if (s)
        yamux_stream_on_data(s, (struct bytes){ v.p, n });
    if (!y->body_left)
        finish_frame(y);
    return n;
}

static void take(struct yamux *y, struct bytes v)
{
    y->quiet = 0;
    while (v.n && !y->is_close_wanted) {
        size_t n = y->body_left ? take_body(y, v) : take_header(y, v);
        v.p += n;
        v.n -= n;
    }
}

/* ---- the carrier ---- */

static void pay_carrier(struct yamux *y)
{
    size_t n = y->unread;

    if (!n || !y->carrier || y->in_carrier > CARRIER_MAX + REPLIES_MAX)
        return;
    y->unread = 0;
    y->carrier->ops->credit(y->carrier, n);
}

static void on_data(struct stream *s, struct bytes v)
{
    struct yamux *y = s->owner;
    y->unread += v.n;
    take(y, v);
    pay_carrier(y);
}

static void on_drained(struct stream *s, size_t n)
{
    struct yamux *y = s->owner;
    y->in_carrier -= n < y->in_carrier ? n : y->in_carrier; /* the negotiation's, too */
    pay_carrier(y);
    touch(y);
}

static void on_eof(struct stream *s)
{
    struct yamux *y = s->owner;
    end(y, y->peer_is_going ? 0 : GW_ECLOSED);
}

static void on_close(struct stream *s, int err)
{
    struct yamux *y = s->owner;
    y->carrier = NULL;
    end(y, err ? err : GW_ECLOSED);
}

static const struct stream_events carrier_events = {
    /* a secured stream delivers from its own memory: it never asks for room */
    .on_data = on_data,
    .on_drained = on_drained,
    .on_eof = on_eof,
    .on_close = on_close,
};

/* ---- one turn ---- */

static void settle(struct yamux *y)
{
    void (*settled)(void *arg) = y->settled;

    y->settled = NULL;
    if (settled)
        settled(y->arg);
}

/* Says GO_AWAY, where there is somebody to hear it, and tells every owner. */
static void bury(struct yamux *y)
{
    struct stream *carrier = y->carrier;
    struct muxstream *m;
    int err = y->close_err;

    settle(y);
    y->state = ST_CLOSED;
    y->carrier = NULL;
    ev_timer_stop(y->loop, &y->tick);
    if (carrier) {
        uint8_t bye[YAMUX_HEADER_LEN];
        const struct yamux_frame f = { YAMUX_GO_AWAY, 0, 0, yamux_close_code(err) };
        yamux_frame_encode(bye, &f);
        parting_start(y->loop, carrier, (struct bytes){ bye, sizeof bye }, PART_MS, err,
                      y->cfg.partings);
    }
    DL_FOREACH (y->set.mux.all, m)
        muxstream_end(m, err ? err : GW_ECLOSED);
    yamux_streams_deliver_closing(&y->set, put_reset, y);
    y->muxed.ev->on_close(&y->muxed, err);
    turn_del(y->turn, &y->task);
    free(y);
}

static void run(struct turn_task *t)
{
    struct yamux *y = container_of(t, struct yamux, task);

    yamux_streams_deliver_closing(&y->set, put_reset, y);
    if (!y->is_close_wanted && y->state == ST_READY) {
        open_waiting(y);
        put_notices(y);
        put_streams(y);
        muxstreams_deliver_drained(&y->set.mux);
        if (y->peer_is_going && !y->set.mux.nopen)
            end(y, 0);
    }
    if (y->is_close_wanted)
        bury(y);
}

static void on_tick(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct yamux *y = w->data;
    (void)loop;
    (void)revents;

    if (++y->quiet == QUIET_MAX) {
        end(y, GW_ETIMEOUT);
        return;
    }
    if (y->ping_us)
        return; /* the last one is still out */
    y->ping_us = clock_mono_ns() / 1000;
    put_frame(y, YAMUX_PING, YAMUX_SYN, 0, ++y->ping_value);
}

/* ---- muxed ---- */

static int op_open(struct muxed *m, struct stream **out)
{
    struct yamux *y = of(m);

    if (y->is_close_wanted || y->peer_is_going)
        return GW_ECLOSED;
    if (y->set.mux.nwaiting >= WAITING_MAX || !y->next_id)
        return GW_ELIMIT;
    struct yamux_stream *s = yamux_stream_new(&y->set);
    if (!s)
        return GW_ENOMEM;
    touch(y);
    *out = &s->m.base;
    return 0;
}

static void op_close(struct muxed *m, int err)
{
    end(of(m), err);
}

static void op_info(const struct muxed *m, struct muxed_info *out)
{
    const struct yamux *y = of(m);
    *out = (struct muxed_info){
        .transport = y->transport,
        .remote = y->remote,
        .local = y->local,
        .rtt_us = y->rtt_us,
        .rx_bytes = y->set.mux.rx_bytes,
        .tx_bytes = y->set.mux.tx_bytes,
        .streams = y->set.mux.nopen,
    };
}

static const struct muxed_ops ops = { .open = op_open, .close = op_close, .info = op_info };

struct muxed *yamux_new(struct ev_loop *loop, struct turn *turn, const struct yamux_config *cfg,
                        bool is_inbound, const char *transport, const struct multiaddr *local,
                        const struct multiaddr *remote)
{
    struct yamux *y = calloc(1, sizeof *y);
    if (!y)
        return NULL;
    y->muxed = (struct muxed){ .ops = &ops,
                               .is_inbound = is_inbound,
                               .is_relayed = circuit_addr_is(remote) };
    y->loop = loop;
    y->turn = turn;
    y->cfg = *cfg;
    y->transport = transport;
    y->local = *local;
    y->remote = *remote;
    y->next_id = is_inbound ? 2 : 1;
    y->task.run = run;
    y->set = (struct yamux_streams){
        .mux = { .turn = turn, .task = &y->task, .on_queued = yamux_stream_on_queued },
        .window_max = cfg->window > YAMUX_WINDOW_INITIAL ? (uint32_t)cfg->window
                                                         : YAMUX_WINDOW_INITIAL,
        .window_budget = BUDGET_FACTOR * cfg->window,
    };
    ev_timer_init(&y->tick, on_tick, 0., (double)(cfg->ping_ms ? cfg->ping_ms : PING_MS) / 1e3);
    y->tick.data = y;
    return &y->muxed;
}

void yamux_attach(struct muxed *m, const struct peerid *peer, struct stream *s, struct bytes early)
{
    struct yamux *y = of(m);

    settle(y);
    y->muxed.peer = *peer;
    y->state = ST_READY;
    y->carrier = s;
    ev_timer_start(y->loop, &y->tick); /* the first ping at once: it measures the round trip */
    stream_own(s, &carrier_events, y);
    if (!y->is_close_wanted)
        m->ev->on_ready(m);
    s->ops->credit(s, 0);
    y->unread += early.n;
    take(y, early);
    pay_carrier(y);
    touch(y);
}

void yamux_set_local(struct muxed *m, const struct multiaddr *local)
{
    of(m)->local = *local;
}

void yamux_on_settled(struct muxed *m, void (*settled)(void *arg), void *arg)
{
    struct yamux *y = of(m);
    y->settled = settled;
    y->arg = arg;
}

void yamux_free(struct muxed *m)
{
    free(of(m));
}

void yamux_fail(struct muxed *m, int err)
{
    struct yamux *y = of(m);
    y->settled = NULL;
    end(y, err ? err : GW_ECLOSED);
}
