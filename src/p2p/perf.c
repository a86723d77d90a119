/* perf.c - see perf.h.  Octets are made in the send queue itself (reserve, commit): nothing is
 * copied, and the queue's own limit bounds what waits. */
#include "p2p/perf.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "net/timer.h"

#define HEADER 8          /* octets: how many are wanted back, big-endian */
#define CHUNK  (64 << 10) /* asked for at a time */

/* Both sides: a stream, what is still to be sent, and a watch on its progress. */
struct flow {
    struct stream *s;
    struct timer idle;
    uint64_t left; /* to send */
    bool is_sending;
};

static void on_idle(void *arg)
{
    struct flow *f = arg;

    f->s->ops->reset(f->s, GW_ETIMEOUT);
}

static void flow_init(struct flow *f, struct ev_loop *loop)
{
    timer_init(&f->idle, loop, on_idle, f);
}

static void flow_start(struct flow *f, struct stream *s, const struct stream_events *ev,
                       void *owner)
{
    f->s = s;
    timer_start(&f->idle, PERF_IDLE_MS);
    stream_own(s, ev, owner);
}

/* Fills the queue; FIN behind the last octet. */
static void flow_send(struct flow *f)
{
    struct stream *s = f->s;

    timer_start(&f->idle, PERF_IDLE_MS);
    while (f->left) {
        struct span to = s->ops->reserve(s, f->left < CHUNK ? (size_t)f->left : CHUNK);
        if (!to.n)
            return;
        memset(to.p, 0, to.n);
        s->ops->commit(s, to.n);
        f->left -= to.n;
    }
    f->is_sending = false;
    s->ops->shutdown(s);
}

static void flow_drained(struct flow *f)
{
    if (f->is_sending)
        flow_send(f);
}

static void flow_received(struct flow *f, size_t n)
{
    timer_start(&f->idle, PERF_IDLE_MS);
    f->s->ops->credit(f->s, n);
}

/* The served side. */

struct served {
    struct flow f;
    size_t nheader;
    uint8_t header[HEADER];
};

static void served_on_data(struct stream *s, struct bytes v)
{
    struct served *p = s->owner;
    size_t n = HEADER - p->nheader < v.n ? HEADER - p->nheader : v.n;

    memcpy(p->header + p->nheader, v.p, n);
    p->nheader += n;
    flow_received(&p->f, v.n);
}

static void served_on_drained(struct stream *s, size_t n)
{
    struct served *p = s->owner;
    (void)n;
    flow_drained(&p->f);
}

static void served_on_eof(struct stream *s)
{
    struct served *p = s->owner;
    struct rd r = rd_init((struct bytes){ p->header, p->nheader });

    p->f.left = rd_u64(&r);
    if (r.short_) {
        s->ops->reset(s, GW_EPROTO);
        return;
    }
    p->f.is_sending = true;
    flow_send(&p->f);
}

static void served_on_close(struct stream *s, int err)
{
    struct served *p = s->owner;
    (void)err;
    timer_stop(&p->f.idle);
    free(p);
}

static const struct stream_events served_events = {
    .on_data = served_on_data,
    .on_drained = served_on_drained,
    .on_eof = served_on_eof,
    .on_close = served_on_close,
};

static void serve(void *arg, struct conn *c, struct stream *s, const char *protocol,
                  struct bytes early)
{
    struct served *p = calloc(1, sizeof *p);
    (void)arg;
    (void)protocol;

    if (!p) {
        stream_drop(s, GW_ENOMEM);
        return;
    }
    flow_init(&p->f, host_loop(conn_host(c)));
    flow_start(&p->f, s, &served_events, p);
    if (early.n)
        served_on_data(s, early);
}

int perf_serve(struct host *h)
{
    return host_handle(h, PERF_PROTOCOL, NULL, serve, NULL);
}

/* The asking side. */

struct perf {
    struct flow f; /* f.s is NULL while the stream is opened */
    uint64_t up, down, received;
    uint64_t start_ns, answer_ns; /* answer_ns: 0 until the answer begins */
    bool is_canceled;
    perf_done_fn *done;
    void *arg;
};

static void release(struct perf *p)
{
    timer_stop(&p->f.idle);
    free(p);
}

static void finish(struct perf *p, int err)
{
    uint64_t now_ns = clock_mono_ns();
    uint64_t middle_ns = p->answer_ns ? p->answer_ns : now_ns;
    struct perf_result r = { .up = p->up - p->f.left,
                             .down = p->received,
                             .us_up = (middle_ns - p->start_ns) / 1000,
                             .us_down = (now_ns - middle_ns) / 1000 };

    if (!err && (r.up != p->up || r.down != p->down))
        err = GW_EPROTO;
    p->done(p->arg, err, &r);
    release(p);
}

static void on_answer(struct perf *p)
{
    if (!p->answer_ns)
        p->answer_ns = clock_mono_ns();
}

static void on_data(struct stream *s, struct bytes v)
{
    struct perf *p = s->owner;

    on_answer(p);
    p->received += v.n;
    flow_received(&p->f, v.n);
    if (p->received > p->down)
        s->ops->reset(s, GW_EPROTO);
}

static void on_drained(struct stream *s, size_t n)
{
    struct perf *p = s->owner;
    (void)n;
    flow_drained(&p->f);
}

static void on_eof(struct stream *s)
{
    struct perf *p = s->owner;

    on_answer(p);
    if (p->f.is_sending) /* an answer before the end of the question */
        s->ops->reset(s, GW_EPROTO);
}

static void on_close(struct stream *s, int err)
{
    finish(s->owner, err);
}

static const struct stream_events perf_events = {
    .on_data = on_data,
    .on_drained = on_drained,
    .on_eof = on_eof,
    .on_close = on_close,
};

static void on_opened(void *arg, int err, struct conn *c, struct stream *s, const char *protocol,
                      struct bytes early)
{
    struct perf *p = arg;
    (void)c;
    (void)protocol;

    if (p->is_canceled) {
        if (s)
            stream_drop(s, GW_ECANCELED);
        release(p);
        return;
    }
    if (err) { /* who does not speak it may choke on the octets behind it, as go-libp2p does */
        finish(p, err == GW_ERESET ? GW_ENOPROTO : err);
        return;
    }
    flow_start(&p->f, s, &perf_events, p);
    p->f.is_sending = true;
    if (early.n)
        on_data(s, early);
    flow_send(&p->f);
}

struct perf *perf_start(struct conn *c, uint64_t up, uint64_t down, perf_done_fn *done, void *arg)
{
    uint8_t header[HEADER];
    struct wr w = wr_init((struct span){ header, sizeof header });
    struct perf *p = calloc(1, sizeof *p);

    if (!p)
        return NULL;
    flow_init(&p->f, host_loop(conn_host(c)));
    p->f.left = p->up = up;
    p->down = down;
    p->start_ns = clock_mono_ns();
    p->done = done;
    p->arg = arg;
    wr_u64(&w, down);
    if (conn_open(c, PERF_PROTOCOL, (struct bytes){ header, sizeof header }, on_opened, p) == 0)
        return p;
    free(p);
    return NULL;
}

void perf_cancel(struct perf *p)
{
    if (!p)
        return;
    if (!p->f.s) {
        p->is_canceled = true; /* on_opened ends it */
        return;
    }
    stream_drop(p->f.s, GW_ECANCELED);
    release(p);
}
