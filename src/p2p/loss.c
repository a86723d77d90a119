/* loss.c - see loss.h.
 *
 * The asking side:  OPENING -> (the other end listens) -> SENDING -> WAITING for the last ones to
 * come back -> FIN -> (the count) -> done. */
#include "p2p/loss.h"

#include <stdlib.h>
#include <utlist.h>

#include "base/clock.h"
#include "base/err.h"
#include "net/parting.h"
#include "net/timer.h"
#include "p2p/msgread.h"
#include "wire/varint.h"

#define MSG_MAX    VARINT_MAX
#define ANSWER_MS  2000                   /* for each answer on the stream */
#define WAIT_MS    300                    /* for the last ones to come back: */
#define WAIT_RTTS  3                      /* so long, or so many round trips if that is longer */
#define SERVED_MAX (2 * LOSS_PACKETS_MAX) /* datagrams of one burst that are sent back */

static const struct msgread_limits limits = { .max = MSG_MAX, .timeout_ms = ANSWER_MS };

static struct bytes encode(uint8_t dst[MSG_MAX + 1], uint64_t v)
{
    int n = varint_encode(dst + 1, MSG_MAX, v);

    dst[0] = (uint8_t)n;
    return (struct bytes){ dst, (size_t)n + 1 };
}

static int decode(struct bytes msg, uint64_t *v)
{
    struct bytes body;

    return varint_decode_prefixed(msg, MSG_MAX, &body) > 0 && varint_decode(body, v) > 0
               ? 0
               : GW_EPROTO;
}

/* ---- the served side ---- */

struct served { /* a burst of a peer */
    struct served *prev, *next;
    struct loss_server *server;
    struct conn *c;
    struct stream *s;       /* ours, once we listen */
    struct msgread *reader; /* until then */
    struct timer deadline;
    uint64_t flow;
    uint64_t got;
};

struct loss_server {
    struct host *host;
    loss_may_fn *may;
    void *arg;
    struct served *bursts; /* utlist DL */
    size_t n;
};

static void end_served(struct served *b)
{
    timer_stop(&b->deadline);
    if (b->s)
        conn_unbind_flow(b->c, b->flow, false);
    DL_DELETE(b->server->bursts, b);
    b->server->n--;
    free(b);
}

static void drop_served(struct served *b, int err)
{
    msgread_cancel(b->reader, err);
    if (b->s)
        stream_drop(b->s, err);
    end_served(b);
}

static void on_packet(void *arg, struct bytes v)
{
    struct served *b = arg;

    if (v.n == LOSS_LEN && b->got < SERVED_MAX) {
        b->got++;
        conn_send_datagram(b->c, b->flow, false, v);
    }
}

static void served_on_data(struct stream *s, struct bytes v)
{
    (void)v;
    s->ops->reset(s, GW_EPROTO);
}

static void served_on_eof(struct stream *s)
{
    struct served *b = s->owner;
    uint8_t wire[MSG_MAX + 1];

    parting_start(host_loop(conn_host(b->c)), s, encode(wire, b->got), PARTING_MS, GW_ETIMEOUT,
                  NULL);
    end_served(b);
}

static void served_on_close(struct stream *s, int err)
{
    (void)err;
    end_served(s->owner);
}

static const struct stream_events served_events = {
    .on_data = served_on_data,
    .on_drained = stream_ignore_drained,
    .on_eof = served_on_eof,
    .on_close = served_on_close,
};

static void on_served_deadline(void *arg)
{
    drop_served(arg, GW_ETIMEOUT);
}

static int listen_for(struct served *b, struct stream *s, struct bytes msg)
{
    uint8_t wire[MSG_MAX + 1];
    int err = decode(msg, &b->flow);

    if (!err)
        err = conn_bind_flow(b->c, b->flow, false, on_packet, b);
    if (!err && s->ops->write(s, encode(wire, 1)) < 0) {
        conn_unbind_flow(b->c, b->flow, false);
        err = GW_ENOMEM;
    }
    return err;
}

static void on_burst(void *arg, int err, struct stream *s, struct bytes msg, struct bytes rest)
{
    struct served *b = arg;

    if (!err && (err = rest.n ? GW_EPROTO : listen_for(b, s, msg)) != 0)
        stream_drop(s, err);
    if (err) {
        end_served(b);
        return;
    }
    b->s = s;
    stream_own(s, &served_events, b);
    timer_start(&b->deadline, LOSS_SERVE_MS);
}

static bool has_room(const struct loss_server *server, const struct conn *c)
{
    const struct served *b;

    DL_FOREACH (server->bursts, b)
        if (peerid_eq(conn_peer(b->c), conn_peer(c)))
            return false;
    return server->n < LOSS_SERVED_MAX;
}

static void on_stream(void *arg, struct conn *c, struct stream *s, const char *protocol,
                      struct bytes early)
{
    struct loss_server *server = arg;
    bool is_welcome = has_room(server, c);
    struct served *b = is_welcome ? calloc(1, sizeof *b) : NULL;
    (void)protocol;

    if (!b) {
        stream_drop(s, is_welcome ? GW_ENOMEM : GW_ELIMIT);
        return;
    }
    b->server = server;
    b->c = c;
    timer_init(&b->deadline, host_loop(conn_host(b->c)), on_served_deadline, b);
    DL_APPEND(server->bursts, b);
    server->n++;
    msgread_start(host_loop(conn_host(c)), s, early, &limits, &b->reader, on_burst, b);
}

static bool wants(void *arg, const struct peerid *peer, struct bytes protocol)
{
    const struct loss_server *s = arg;
    (void)protocol;
    return host_dialled(s->host, peer) || s->may(s->arg, peer);
}

struct loss_server *loss_serve(struct host *h, loss_may_fn *may, void *arg)
{
    struct loss_server *s = malloc(sizeof *s);

    if (!s)
        return NULL;
    *s = (struct loss_server){ .host = h, .may = may, .arg = arg };
    if (host_handle(h, LOSS_PROTOCOL, wants, on_stream, s) == 0)
        return s;
    free(s);
    return NULL;
}

void loss_server_free(struct loss_server *s)
{
    if (!s)
        return;
    while (s->bursts)
        drop_served(s->bursts, GW_ECANCELED);
    free(s);
}

/* ---- the asking side ---- */

struct loss {
    struct ev_loop *loop;
    struct conn *c;
    struct stream *s;       /* ours while packets are on their way */
    struct msgread *reader; /* else */
    bool is_opening, is_canceled, is_waiting, is_counting;
    ev_timer timer;
    uint64_t flow, rtt_us;
    struct loss_tally tally;
    loss_done_fn *done;
    void *arg;
};

static void release(struct loss *l)
{
    ev_timer_stop(l->loop, &l->timer);
    conn_unbind_flow(l->c, l->flow, true);
    free(l);
}

static void finish(struct loss *l, int err, const struct loss_result *r)
{
    loss_done_fn *done = l->done;
    void *arg = l->arg;

    release(l);
    done(arg, err, r);
}

static void on_back(void *arg, struct bytes v)
{
    struct loss *l = arg;

    if (v.n == LOSS_LEN)
        loss_tally_back(&l->tally,
                        (uint32_t)v.p[0] << 24 | (uint32_t)v.p[1] << 16 | (uint32_t)v.p[2] << 8 |
                            v.p[3],
                        clock_mono_ns() / 1000);
}

static void send_one(struct loss *l)
{
    uint32_t k = loss_tally_sent(&l->tally, clock_mono_ns() / 1000);
    uint8_t v[LOSS_LEN] = { (uint8_t)(k >> 24), (uint8_t)(k >> 16), (uint8_t)(k >> 8), (uint8_t)k };

    conn_send_datagram(l->c, l->flow, true, (struct bytes){ v, sizeof v });
}

static void on_message(void *arg, int err, struct stream *s, struct bytes msg, struct bytes rest);

static void ask_for_count(struct loss *l)
{
    struct stream *s = l->s;

    ev_timer_stop(l->loop, &l->timer);
    l->s = NULL;
    l->is_counting = true;
    s->ops->shutdown(s);
    msgread_start(l->loop, s, (struct bytes){ 0 }, &limits, &l->reader, on_message, l);
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct loss *l = w->data;
    uint64_t wait_ms = WAIT_RTTS * l->rtt_us / 1000;
    (void)revents;

    if (l->tally.sent < loss_tally_packets(l->rtt_us)) {
        send_one(l);
    } else if (l->is_waiting) {
        ask_for_count(l);
    } else {
        l->is_waiting = true;
        w->repeat = (double)(wait_ms > WAIT_MS ? wait_ms : WAIT_MS) / 1e3;
        ev_timer_again(loop, w);
    }
}

static void on_close(struct stream *s, int err)
{
    finish(s->owner, err ? err : GW_ECLOSED, NULL);
}

static const struct stream_events sending_events = {
    .on_data = stream_ignore_data,
    .on_drained = stream_ignore_drained,
    .on_eof = stream_ignore_eof,
    .on_close = on_close,
};

static void start_sending(struct loss *l, struct stream *s)
{
    l->s = s;
    stream_own(s, &sending_events, l);
    l->timer.repeat = (double)loss_tally_pause_ms(l->rtt_us) / 1e3;
    ev_timer_again(l->loop, &l->timer);
}

static void on_message(void *arg, int err, struct stream *s, struct bytes msg, struct bytes rest)
{
    struct loss *l = arg;
    uint64_t v;
    (void)rest;

    if (!err && (err = decode(msg, &v)) != 0)
        stream_drop(s, err);
    if (err) {
        finish(l, err, NULL);
    } else if (!l->is_counting) {
        start_sending(l, s);
    } else {
        struct loss_result r = loss_tally_result(&l->tally, v);
        parting_start(l->loop, s, (struct bytes){ 0 }, PARTING_MS, GW_ETIMEOUT, NULL);
        finish(l, 0, &r);
    }
}

static void on_opened(void *arg, int err, struct conn *c, struct stream *s, const char *protocol,
                      struct bytes early)
{
    struct loss *l = arg;
    (void)c;
    (void)protocol;

    l->is_opening = false;
    if (l->is_canceled) {
        if (s)
            stream_drop(s, GW_ECANCELED);
        release(l);
    } else if (err) {
        finish(l, err, NULL);
    } else {
        msgread_start(l->loop, s, early, &limits, &l->reader, on_message, l);
    }
}

int loss_start(struct conn *c, loss_done_fn *done, void *arg, struct loss **out)
{
    uint8_t wire[MSG_MAX + 1];
    struct muxed_info info;

    conn_info(c, &info);
    if (info.datagram_max < LOSS_LEN + VARINT_MAX)
        return GW_EUNSUP;
    struct loss *l = calloc(1, sizeof *l);
    if (!l)
        return GW_ENOMEM;
    l->loop = host_loop(conn_host(c));
    l->c = c;
    l->flow = host_new_flow(conn_host(c));
    l->rtt_us = info.rtt_us;
    l->done = done;
    l->arg = arg;
    l->is_opening = true;
    ev_init(&l->timer, on_timer);
    l->timer.data = l;
    int err = conn_bind_flow(c, l->flow, true, on_back, l);
    if (!err)
        err = conn_open(c, LOSS_PROTOCOL, encode(wire, l->flow), on_opened, l);
    if (err) {
        release(l);
        return err;
    }
    *out = l;
    return 0;
}

void loss_cancel(struct loss *l)
{
    if (!l)
        return;
    if (l->is_opening) {
        l->is_canceled = true; /* on_opened ends it */
        return;
    }
    msgread_cancel(l->reader, GW_ECANCELED);
    if (l->s)
        stream_drop(l->s, GW_ECANCELED);
    release(l);
}
