#include "svc/svc_query.h"

#include <stdlib.h>

#include "base/err.h"
#include "net/timer.h"
#include "svc/svc_out.h"
#include "wire/svcquery_msg.h"

struct svc_query {
    struct svc_out *open; /* until the stream is there */
    struct stream *s;
    struct timer deadline; /* of all */
    svc_query_done_fn *done;
    void *arg;
    size_t n;
    uint8_t in[SVCQUERY_HEADER_LEN + SVCQUERY_BODY_MAX];
};

static void release(struct svc_query *q, int err)
{
    svc_out_cancel(q->open);
    if (q->s)
        stream_drop(q->s, err);
    timer_stop(&q->deadline);
    free(q);
}

static void finish(struct svc_query *q, int err, struct bytes text)
{
    q->done(q->arg, err, text);
    release(q, err ? err : GW_ECLOSED); /* an answer that came leaves nothing to say */
}

static void fail(struct svc_query *q, int err)
{
    finish(q, err, (struct bytes){ 0 });
}

/* q may be gone afterwards. */
static void take(struct svc_query *q, struct bytes v)
{
    struct svcquery_answer a;
    if (v.n > sizeof q->in - q->n)
        v.n = sizeof q->in - q->n;
    if (v.n)
        memcpy(q->in + q->n, v.p, v.n);
    q->n += v.n;
    int used = svcquery_decode_answer((struct bytes){ q->in, q->n }, &a);
    if (used < 0)
        fail(q, used);
    else if (used > 0)
        finish(q, a.is_error ? GW_EDENIED : 0, a.body);
    else
        q->s->ops->credit(q->s, v.n);
}

static void on_data(struct stream *s, struct bytes v)
{
    take(s->owner, v);
}

static void on_eof(struct stream *s)
{
    fail(s->owner, GW_EPROTO);
}

static void on_close(struct stream *s, int err)
{
    struct svc_query *q = s->owner;
    q->s = NULL;
    fail(q, err ? err : GW_EPROTO);
}

static const struct stream_events query_events = {
    .on_data = on_data,
    .on_drained = stream_ignore_drained,
    .on_eof = on_eof,
    .on_close = on_close,
};

static void on_open(void *arg, int err, struct conn *c, struct stream *s, struct bytes early,
                    const char *text)
{
    struct svc_query *q = arg;
    uint8_t request[SVCQUERY_REQUEST_LEN];
    (void)c;
    q->open = NULL;
    if (err) {
        finish(q, err, bytes_of(text));
        return;
    }
    q->s = s;
    stream_own(s, &query_events, q);
    int n = svcquery_encode_request(request, sizeof request);
    if (n < 0 || s->ops->write(s, (struct bytes){ request, (size_t)n }) < 0) {
        fail(q, GW_ENOMEM);
        return;
    }
    s->ops->shutdown(s);
    take(q, early);
}

static void on_deadline(void *arg)
{
    fail(arg, GW_ETIMEOUT);
}

struct svc_query *svc_query_start(struct host *h, const struct peerid *peer,
                                  const struct multiaddr *addrs, size_t naddrs, uint64_t timeout_ms,
                                  svc_query_done_fn *done, void *arg)
{
    struct svc_query *q = calloc(1, sizeof *q);
    if (!q)
        return NULL;
    q->done = done;
    q->arg = arg;
    struct svc_target t = {
        .peer = *peer, .addrs = addrs, .naddrs = naddrs, .protocol = SVCQUERY_PROTOCOL
    };
    q->open = svc_out_open(h, &t, timeout_ms, on_open, q);
    if (!q->open) {
        free(q);
        return NULL;
    }
    timer_init(&q->deadline, host_loop(h), on_deadline, q);
    timer_start(&q->deadline, timeout_ms);
    return q;
}

void svc_query_cancel(struct svc_query *q)
{
    if (q)
        release(q, GW_ECANCELED);
}
