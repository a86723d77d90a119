/* ping.c - see ping.h. */
#include "p2p/ping.h"

#include <stdlib.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/err.h"
#include "net/parting.h"
#include "net/timer.h"

#define PAYLOAD 32

/* The served side: what comes goes back as it comes.  Only what has left is credited, so a caller
 * that does not read its answers is not read either. */

struct echo {
    struct stream *s;
    struct timer idle;
    size_t queued; /* octets on their way back */
};

/* n octets have left.  What was queued before the stream became ours (the end of the negotiation)
 * leaves here, too, but was not delivered to us. */
static void echo_on_drained(struct stream *s, size_t n)
{
    struct echo *e = s->owner;

    n = n < e->queued ? n : e->queued;
    e->queued -= n;
    s->ops->credit(s, n);
}

static void echo_on_data(struct stream *s, struct bytes v)
{
    struct echo *e = s->owner;
    ssize_t left = s->ops->write(s, v);

    if (left < 0) {
        s->ops->reset(s, GW_ENOMEM);
        return;
    }
    timer_start(&e->idle, PING_IDLE_MS);
    e->queued += v.n;
    if (left > 0)
        echo_on_drained(s, (size_t)left);
}

static void echo_on_eof(struct stream *s)
{
    s->ops->shutdown(s);
}

static void echo_on_close(struct stream *s, int err)
{
    struct echo *e = s->owner;
    (void)err;
    timer_stop(&e->idle);
    free(e);
}

static const struct stream_events echo_events = {
    .on_data = echo_on_data,
    .on_drained = echo_on_drained,
    .on_eof = echo_on_eof,
    .on_close = echo_on_close,
};

static void echo_on_idle(void *arg)
{
    struct echo *e = arg;

    e->s->ops->reset(e->s, GW_ETIMEOUT);
}

static void echo_start(void *arg, struct conn *c, struct stream *s, const char *protocol,
                       struct bytes early)
{
    struct echo *e = calloc(1, sizeof *e);
    (void)arg;
    (void)protocol;

    if (!e) {
        stream_drop(s, GW_ENOMEM);
        return;
    }
    e->s = s;
    timer_init(&e->idle, host_loop(conn_host(c)), echo_on_idle, e);
    timer_start(&e->idle, PING_IDLE_MS);
    stream_own(s, &echo_events, e);
    if (early.n)
        echo_on_data(s, early);
}

int ping_serve(struct host *h)
{
    return host_handle(h, PING_PROTOCOL, NULL, echo_start, NULL);
}

/* The asking side. */

struct ping {
    struct ev_loop *loop;
    struct stream *s;   /* NULL while it is opened */
    struct timer timer; /* the opening's or the answer's deadline, or the time of the next ping */
    struct ping_round round;
    uint32_t answers;
    bool is_waiting; /* for an answer */
    bool is_canceled;
    uint64_t sent_ns;
    size_t ngot; /* octets of the answer */
    uint8_t sent[PAYLOAD];
    ping_answer_fn *answer;
    void *arg;
};

static void release(struct ping *p)
{
    timer_stop(&p->timer);
    free(p);
}

/* Ends the round.  The stream, if there is one, is the caller's. */
static void fail(struct ping *p, int err)
{
    ping_answer_fn *answer = p->answer;
    void *arg = p->arg;

    release(p);
    answer(arg, err, 0);
}

static void reset(struct ping *p, int err)
{
    stream_drop(p->s, err);
    fail(p, err);
}

static void send_ping(struct ping *p)
{
    if (getrandom(p->sent, sizeof p->sent, GRND_NONBLOCK) != (ssize_t)sizeof p->sent) {
        reset(p, GW_EIO);
        return;
    }
    p->ngot = 0;
    p->is_waiting = true;
    p->sent_ns = clock_mono_ns();
    timer_start(&p->timer, p->round.timeout_ms);
    if (p->s->ops->write(p->s, (struct bytes){ p->sent, sizeof p->sent }) < 0)
        reset(p, GW_ENOMEM);
}

static void on_answer(struct ping *p)
{
    uint64_t rtt_us = (clock_mono_ns() - p->sent_ns) / 1000;
    ping_answer_fn *answer = p->answer;
    void *arg = p->arg;

    p->is_waiting = false;
    if (++p->answers < p->round.count) {
        timer_start(&p->timer, p->round.interval_ms);
    } else {
        parting_start(p->loop, p->s, (struct bytes){ 0 }, PARTING_MS, GW_ETIMEOUT, NULL);
        release(p);
    }
    answer(arg, 0, rtt_us); /* may cancel: `p` may be gone */
}

static void on_data(struct stream *s, struct bytes v)
{
    struct ping *p = s->owner;

    s->ops->credit(s, v.n);
    if (!p->is_waiting || v.n > PAYLOAD - p->ngot || memcmp(p->sent + p->ngot, v.p, v.n) != 0) {
        reset(p, GW_EPROTO);
        return;
    }
    p->ngot += v.n;
    if (p->ngot == PAYLOAD)
        on_answer(p);
}

static void on_close(struct stream *s, int err)
{
    fail(s->owner, err ? err : GW_ECLOSED);
}

static const struct stream_events ping_events = {
    .on_data = on_data,
    .on_drained = stream_ignore_drained,
    .on_eof = stream_ignore_eof, /* the deadline of the answer decides */
    .on_close = on_close,
};

static void on_timer(void *arg)
{
    struct ping *p = arg;

    if (!p->s) {
        p->is_canceled = true; /* on_opened ends it */
        p->answer(p->arg, GW_ETIMEOUT, 0);
    } else if (p->is_waiting) {
        reset(p, GW_ETIMEOUT);
    } else {
        send_ping(p);
    }
}

static void on_opened(void *arg, int err, struct conn *c, struct stream *s, const char *protocol,
                      struct bytes early)
{
    struct ping *p = arg;
    (void)c;
    (void)protocol;

    if (p->is_canceled) {
        if (s)
            stream_drop(s, GW_ECANCELED);
        release(p);
        return;
    }
    if (!err && early.n) /* an answer before the question */
        err = GW_EPROTO;
    if (err) {
        if (s)
            stream_drop(s, err);
        fail(p, err);
        return;
    }
    p->s = s;
    stream_own(s, &ping_events, p);
    send_ping(p);
}

struct ping *ping_start(struct conn *c, const struct ping_round *round, ping_answer_fn *answer,
                        void *arg)
{
    struct ping *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->loop = host_loop(conn_host(c));
    p->round = *round;
    p->answer = answer;
    p->arg = arg;
    timer_init(&p->timer, p->loop, on_timer, p);
    if (conn_open(c, PING_PROTOCOL, (struct bytes){ 0 }, on_opened, p) != 0) {
        free(p);
        return NULL;
    }
    timer_start(&p->timer, p->round.timeout_ms);
    return p;
}

void ping_cancel(struct ping *p)
{
    if (!p)
        return;
    if (!p->s) {
        timer_stop(&p->timer);
        p->is_canceled = true; /* on_opened ends it */
        return;
    }
    stream_drop(p->s, GW_ECANCELED);
    release(p);
}
