/* secure.c - see secure.h.  The stream changes hands inside on_data, so whatever the carrier
 * reports next (more octets, FIN, reset) goes to the new owner; only the first step is taken in a
 * turn. */
#include "transport/secure.h"

#include <stdlib.h>

#include "base/container_of.h"
#include "base/err.h"
#include "net/timer.h"
#include "transport/seal.h"

#define IN_MAX (32u << 10) /* octets of a handshake that may wait; a TLS flight has fewer */

struct secure {
    const struct secure_config *cfg;
    const struct cipher_ops *ops;
    void *cipher;
    struct stream *raw; /* NULL once it has closed */
    struct turn_task task;
    struct timer deadline;
    uint8_t *in;
    size_t nin;
    secure_done_fn *done;
    void *arg;
};

static void release(struct secure *s)
{
    turn_del(s->cfg->turn, &s->task);
    timer_stop(&s->deadline);
    if (s->cipher)
        s->ops->free(s->cipher);
    free(s->in);
    free(s);
}

static void fail(struct secure *s, int err)
{
    secure_done_fn *done = s->done;
    void *arg = s->arg;

    if (s->raw)
        stream_drop(s->raw, err);
    release(s);
    done(arg, err, NULL);
}

static int put_raw(void *arg, struct bytes v)
{
    struct secure *s = arg;
    ssize_t n = s->raw->ops->write(s->raw, v);
    return n < 0 ? (int)n : 0;
}

static void succeed(struct secure *s, const struct cipher_proof *proof)
{
    struct secure_result r = { .peer = proof->peer, .muxer = proof->muxer };
    secure_done_fn *done = s->done;
    void *arg = s->arg;

    r.s = seal_new(s->cfg->turn, s->raw, s->ops, s->cipher, (struct bytes){ s->in, s->nin });
    if (!r.s) {
        fail(s, GW_ENOMEM);
        return;
    }
    s->cipher = NULL;
    release(s);
    done(arg, 0, &r);
}

static void use(struct secure *s, size_t n)
{
    s->nin -= n;
    memmove(s->in, s->in + n, s->nin);
    s->raw->ops->credit(s->raw, n);
}

/* Takes the cipher as far as the octets go.  False: it is over, and s gone. */
static bool advance(struct secure *s)
{
    const struct cipher_sink sink = { put_raw, s };
    struct cipher_proof proof = { 0 };
    bool is_done = false;
    ssize_t n;

    do {
        n = s->ops->step(s->cipher, (struct bytes){ s->in, s->nin }, &sink, &is_done, &proof);
        if (n > 0)
            use(s, (size_t)n);
    } while (n > 0 && !is_done);
    if (n < 0)
        fail(s, (int)n);
    else if (is_done)
        succeed(s, &proof);
    return n >= 0 && !is_done;
}

static void run(struct turn_task *t)
{
    advance(container_of(t, struct secure, task));
}

static struct span on_alloc(struct stream *raw)
{
    struct secure *s = raw->owner;
    return (struct span){ s->in + s->nin, IN_MAX - s->nin };
}

/* What came in the raw stream's own memory, as much at a time as there is room for. */
static void on_foreign_data(struct secure *s, struct bytes v)
{
    struct stream *raw = s->raw;

    while (v.n) {
        size_t room = IN_MAX - s->nin, n = v.n < room ? v.n : room;
        if (!n) {
            fail(s, GW_EPROTO);
            return;
        }
        memcpy(s->in + s->nin, v.p, n);
        s->nin += n;
        v.p += n;
        v.n -= n;
        if (!advance(s)) {
            if (v.n)
                raw->ev->on_data(raw, v); /* to its new owner */
            return;
        }
    }
}

static void on_data(struct stream *raw, struct bytes v)
{
    struct secure *s = raw->owner;

    if (v.p != s->in + s->nin) {
        on_foreign_data(s, v);
        return;
    }
    s->nin += v.n;
    advance(s);
}

static void on_eof(struct stream *raw)
{
    struct secure *s = raw->owner;

    if (advance(s))
        fail(s, GW_ECLOSED);
    else
        raw->ev->on_eof(raw); /* to its new owner */
}

static void on_close(struct stream *raw, int err)
{
    struct secure *s = raw->owner;
    s->raw = NULL;
    fail(s, err ? err : GW_ECLOSED);
}

static const struct stream_events raw_events = {
    .on_alloc = on_alloc,
    .on_data = on_data,
    .on_drained = stream_ignore_drained,
    .on_eof = on_eof,
    .on_close = on_close,
};

static void on_deadline(void *arg)
{
    fail(arg, GW_ETIMEOUT);
}

struct secure *secure_start(const struct secure_config *cfg, const struct cipher_ops *ops,
                            void *cipher, struct stream *raw, struct bytes early,
                            secure_done_fn *done, void *arg)
{
    struct secure *s = calloc(1, sizeof *s);
    if (!s || early.n > IN_MAX || !(s->in = malloc(IN_MAX))) {
        free(s);
        ops->free(cipher);
        stream_drop(raw, GW_ENOMEM);
        return NULL;
    }
    s->cfg = cfg;
    s->ops = ops;
    s->cipher = cipher;
    s->raw = raw;
    s->task.run = run;
    s->done = done;
    s->arg = arg;
    if (early.n)
        memcpy(s->in, early.p, early.n);
    s->nin = early.n;
    timer_init(&s->deadline, cfg->loop, on_deadline, s);
    timer_start(&s->deadline, cfg->timeout_ms);
    stream_own(raw, &raw_events, s);
    raw->ops->credit(raw, 0);
    turn_add(cfg->turn, &s->task);
    return s;
}

void secure_cancel(struct secure *s, int err)
{
    if (s->raw)
        stream_drop(s->raw, err);
    release(s);
}

int secure_judge(const struct secure_config *cfg, const struct peerid *peer)
{
    return cfg->expect && !peerid_eq(peer, cfg->expect) ? GW_EIDENTITY : 0;
}
