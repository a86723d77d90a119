/* relay_circuit.c - see relay_circuit.h.  In the bridge side 0 is the target, side 1 the source. */
#include "p2p/relay_circuit.h"

#include <assert.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "net/bridge.h"
#include "net/parting.h"
#include "net/timer.h"
#include "p2p/msgread.h"

struct relay_circuit {
    struct ev_loop *loop;
    struct stream *source; /* NULL: answered, or closed; the target's stream is still awaited */
    struct strbuf early;   /* of the source, not credited */
    bool is_source_at_eof;
    struct msgread *answer; /* ASKING: reads the target's, else NULL */
    struct bridge *bridge;  /* JOINED, else NULL */
    struct limit *limit;    /* NULL: none */
    struct timer life;      /* JOINED, when it is limited */
    uint64_t life_ms, max_bytes;
    int err; /* why it was given up, while a stream to the target is awaited */
    const struct relay_circuit_events *ev;
    void *arg;
};

struct circuit_limit relay_circuit_limit(uint64_t life_ms, uint64_t bytes)
{
    uint64_t s = life_ms / 1000 + (life_ms % 1000 != 0);
    return (struct circuit_limit){ .duration_s = s < UINT32_MAX ? (uint32_t)s : UINT32_MAX,
                                   .data = bytes };
}

void relay_circuit_refuse(struct ev_loop *loop, struct stream *s, enum circuit_status status)
{
    uint8_t buf[64];
    int n = circuit_msg_encode_hop(
        buf, sizeof buf, &(struct circuit_msg){ .type = CIRCUIT_STATUS, .status = status });

    assert(n > 0);
    parting_start(loop, s, (struct bytes){ buf, (size_t)n }, PARTING_MS, GW_ETIMEOUT, NULL);
}

static void release(struct relay_circuit *c)
{
    timer_stop(&c->life);
    strbuf_free(&c->early);
    limit_free(c->limit);
    free(c);
}

static void finish(struct relay_circuit *c, int err, uint64_t bytes)
{
    const struct relay_circuit_events *ev = c->ev;
    void *arg = c->arg;

    release(c);
    ev->on_end(arg, err, bytes);
}

static void refuse_source(struct relay_circuit *c, int err)
{
    if (c->source)
        relay_circuit_refuse(c->loop, c->source,
                             err == GW_EDENIED ? CIRCUIT_PERMISSION_DENIED
                                               : CIRCUIT_CONNECTION_FAILED);
    c->source = NULL;
    c->err = err;
}

/* Of what is not joined yet.  The opening of a stream cannot be called off: then on_opened ends the
 * circuit.  c may be gone afterwards. */
static void give_up(struct relay_circuit *c, int err)
{
    refuse_source(c, err);
    if (c->answer) {
        msgread_cancel(c->answer, err);
        finish(c, err, 0);
    }
}

/* ---- joined ---- */

static void on_bridge_done(void *arg, int err, const struct bridge_stats *st)
{
    finish(arg, err, st->moved[0] + st->moved[1]);
}

static bool answer_source(struct relay_circuit *c)
{
    uint8_t buf[64];
    struct circuit_msg m = { .type = CIRCUIT_STATUS,
                             .status = CIRCUIT_OK,
                             .limit = relay_circuit_limit(c->life_ms, c->max_bytes) };
    int n = circuit_msg_encode_hop(buf, sizeof buf, &m);

    return n > 0 && c->source->ops->write(c->source, (struct bytes){ buf, (size_t)n }) >= 0;
}

/* Hands over both streams with the octets that each has sent already.  c may be gone afterwards. */
static void join(struct relay_circuit *c, struct stream *target, struct bytes early)
{
    struct stream *source = c->source;

    if (answer_source(c))
        c->bridge = bridge_start(target, source, strbuf_bytes(&c->early), c->limit, on_bridge_done,
                                 c);
    if (!c->bridge) {
        stream_drop(target, GW_ENOMEM);
        stream_drop(source, GW_ENOMEM);
        finish(c, GW_ENOMEM, 0);
        return;
    }
    strbuf_free(&c->early);
    bridge_set_max(c->bridge, c->max_bytes);
    if (early.n)
        target->ev->on_data(target, early);
    if (c->is_source_at_eof)
        source->ev->on_eof(source); /* it came before those did who are to hear it */
    if (c->life_ms)
        timer_start(&c->life, c->life_ms);
    c->ev->on_join(c->arg);
}

/* ---- the target's answer ---- */

static void on_answer(void *arg, int err, struct stream *s, struct bytes msg, struct bytes rest)
{
    struct relay_circuit *c = arg;
    struct circuit_msg m;

    if (!err && circuit_msg_decode_stop(msg, &m) <= 0)
        err = GW_EPROTO;
    if (!err && (m.type != CIRCUIT_STATUS || m.status != CIRCUIT_OK)) {
        log_debug("relay circuit refused by the target: %s", circuit_status_name(m.status));
        err = GW_EREFUSED;
    }
    if (!err) {
        join(c, s, rest);
        return;
    }
    if (s)
        stream_drop(s, err);
    refuse_source(c, err);
    finish(c, err, 0);
}

static void on_opened(void *arg, int err, struct conn *conn, struct stream *s, const char *protocol,
                      struct bytes early)
{
    struct relay_circuit *c = arg;
    (void)protocol;

    if (!c->source) /* given up meanwhile */
        err = c->err;
    if (err) {
        if (s)
            stream_drop(s, err);
        refuse_source(c, err);
        finish(c, err, 0);
        return;
    }
    const struct msgread_limits limits = { CIRCUIT_MSG_BODY_MAX,
                                           host_upgrade(conn_host(conn))->timeout_ms };
    msgread_start(c->loop, s, early, &limits, &c->answer, on_answer, c);
}

static int ask_target(struct relay_circuit *c, const struct relay_circuit_req *req)
{
    uint8_t buf[256];
    struct circuit_msg m = { .type = CIRCUIT_CONNECT,
                             .peer.id = { req->from.mh, req->from.n },
                             .limit = relay_circuit_limit(req->life_ms, req->bytes) };
    int n = circuit_msg_encode_stop(buf, sizeof buf, &m);

    assert(n > 0);
    return conn_open(req->target, CIRCUIT_STOP_PROTOCOL, (struct bytes){ buf, (size_t)n },
                     on_opened, c);
}

/* ---- the source while it waits ---- */

static void on_source_data(struct stream *s, struct bytes v)
{
    struct relay_circuit *c = s->owner;

    strbuf_put(&c->early, v);
    if (c->early.err) {
        c->source = NULL;
        stream_drop(s, c->early.err);
        give_up(c, c->early.err);
    }
}

static void on_source_eof(struct stream *s)
{
    struct relay_circuit *c = s->owner;
    c->is_source_at_eof = true;
}

static void on_source_close(struct stream *s, int err)
{
    struct relay_circuit *c = s->owner;
    c->source = NULL;
    give_up(c, err ? err : GW_ECLOSED);
}

static const struct stream_events source_events = {
    .on_data = on_source_data,
    .on_drained = stream_ignore_drained,
    .on_eof = on_source_eof,
    .on_close = on_source_close,
};

static void on_life_over(void *arg)
{
    struct relay_circuit *c = arg;

    bridge_cancel(c->bridge, GW_ETIMEOUT);
}

/* Returns what is not on its way yet, or NULL. */
static struct relay_circuit *make(const struct relay_circuit_req *req,
                                  const struct relay_circuit_events *ev, void *arg)
{
    struct relay_circuit *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    *c = (struct relay_circuit){ .loop = host_loop(conn_host(req->target)),
                                 .early.max = RELAY_EARLY_MAX,
                                 .life_ms = req->life_ms,
                                 .max_bytes = req->bytes,
                                 .ev = ev,
                                 .arg = arg };
    timer_init(&c->life, c->loop, on_life_over, c);
    strbuf_put(&c->early, req->early);
    if (req->rate)
        c->limit = limit_new(c->loop, req->rate);
    if (!c->early.err && (!req->rate || c->limit))
        return c;
    release(c);
    return NULL;
}

struct relay_circuit *relay_circuit_start(const struct relay_circuit_req *req,
                                          const struct relay_circuit_events *ev, void *arg)
{
    struct relay_circuit *c = make(req, ev, arg);
    if (!c || ask_target(c, req) != 0) {
        relay_circuit_refuse(host_loop(conn_host(req->target)), req->source,
                             CIRCUIT_CONNECTION_FAILED);
        if (c)
            release(c);
        return NULL;
    }
    c->source = req->source;
    stream_own(c->source, &source_events, c);
    return c;
}

void relay_circuit_cancel(struct relay_circuit *c, int err)
{
    if (c->bridge)
        bridge_cancel(c->bridge, err);
    else
        give_up(c, err);
}

uint64_t relay_circuit_bytes(const struct relay_circuit *c)
{
    if (!c->bridge)
        return 0;
    const struct bridge_stats *st = bridge_stats(c->bridge);
    return st->moved[0] + st->moved[1];
}
