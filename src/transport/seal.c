/* seal.c - see seal.h.
 *
 * One life with the raw stream: its on_close is ours.  Octets are not as many on both sides: of
 * what the raw stream holds the cipher's own part is counted as leaving first, so plaintext is
 * reported as drained to the last octet when the raw stream is empty; the raw stream is given
 * credit for all but what waits here or at our owner. */
#include "transport/seal.h"

#include <assert.h>
#include <stdlib.h>

#include "base/container_of.h"
#include "base/err.h"

#define AHEAD_MAX (256u << 10) /* octets delivered and not credited, above which a socket waits */

struct seal {
    struct stream s; /* must be first */
    struct stream *raw;
    struct turn *turn;
    struct turn_task task;
    const struct cipher_ops *ops;
    void *cipher;
    uint8_t *in; /* part of a unit; NULL: none */
    size_t nin;
    uint8_t *out;      /* the cipher's head, and the plaintext of this turn; NULL: none */
    size_t nout;       /* of the plaintext */
    size_t owed_plain; /* written to us, not reported as drained */
    size_t in_raw;     /* written to raw, not drained */
    size_t delivered;  /* plaintext, not credited by our owner */
    size_t taken;      /* from raw, not credited to it */
    uint64_t sent;     /* plaintext sealed and drained */
    bool is_at_eof, is_fin_wanted, is_ended, has_early;
};

static struct seal *of(const struct stream *s)
{
    return (struct seal *)s;
}

static void end(struct seal *s, int err)
{
    if (s->is_ended)
        return;
    s->is_ended = true;
    s->raw->ops->reset(s->raw, err);
}

/* ---- output ---- */

static int put_raw(void *arg, struct bytes v)
{
    struct seal *s = arg;

    if (s->is_fin_wanted)
        return 0; /* an answer of the cipher, behind our FIN: nobody can hear it */
    ssize_t left = s->raw->ops->write(s->raw, v);
    if (left < 0)
        return (int)left;
    s->in_raw += v.n - (size_t)left;
    return 0;
}

static void flush(struct seal *s)
{
    const struct cipher_sink sink = { put_raw, s };
    int err = 0;

    if (s->nout)
        err = s->ops->seal(s->cipher, (struct span){ s->out + s->ops->head, s->nout }, &sink);
    if (err)
        end(s, err);
    free(s->out);
    s->out = NULL;
    s->nout = 0;
}

/* Room behind the plaintext that is there, never none; n == 0: out of memory. */
static struct span out_room(struct seal *s)
{
    if (!s->out)
        s->out = malloc(s->ops->head + s->ops->plain_max + s->ops->tail);
    turn_add(s->turn, &s->task);
    if (!s->out)
        return (struct span){ 0 };
    return (struct span){ s->out + s->ops->head + s->nout, s->ops->plain_max - s->nout };
}

static void gather(struct seal *s, size_t n)
{
    s->nout += n;
    s->owed_plain += n;
    if (s->nout == s->ops->plain_max)
        flush(s);
}

static struct span op_reserve(struct stream *base, size_t want)
{
    struct seal *s = of(base);

    assert(!s->is_fin_wanted);
    if (s->is_ended || (s->in_raw >= AHEAD_MAX && s->owed_plain > s->nout))
        return (struct span){ 0 }; /* there is something to report as drained */
    struct span room = out_room(s);
    if (!room.n)
        end(s, GW_ENOMEM);
    return (struct span){ room.p, want < room.n ? want : room.n };
}

static void op_commit(struct stream *base, size_t n)
{
    struct seal *s = of(base);
    if (!s->is_ended && n)
        gather(s, n);
}

static ssize_t op_write(struct stream *base, struct bytes v)
{
    struct seal *s = of(base);

    assert(!s->is_fin_wanted);
    while (v.n && !s->is_ended) {
        struct span room = out_room(s);
        if (!room.n)
            return GW_ENOMEM;
        size_t n = v.n < room.n ? v.n : room.n;
        memcpy(room.p, v.p, n);
        v.p += n;
        v.n -= n;
        gather(s, n);
    }
    return 0;
}

static void report_drained(struct seal *s)
{
    size_t sealed = s->owed_plain - s->nout;
    size_t n = sealed > s->in_raw ? sealed - s->in_raw : 0;

    s->owed_plain -= n;
    s->sent += n;
    if (n)
        s->s.ev->on_drained(&s->s, n);
}

/* ---- input ---- */

static void credit_raw(struct seal *s)
{
    size_t waiting = s->nin + s->delivered;
    size_t n = s->taken > waiting ? s->taken - waiting : 0; /* a cipher may keep part of a unit */

    s->taken -= n;
    s->raw->ops->credit(s->raw, n);
}

/* Opens whole units at the front of v.  Returns the octets used; on a failure the stream ends. */
static size_t open_units(struct seal *s, struct span v)
{
    const struct cipher_sink sink = { put_raw, s };
    size_t used = 0;

    while (used < v.n && !s->is_ended && !s->is_at_eof) {
        struct bytes plain = { 0 };
        ssize_t n = s->ops->open(s->cipher, (struct span){ v.p + used, v.n - used }, &sink, &plain);
        if (n == GW_ECLOSED) {
            s->is_at_eof = true;
            s->s.ev->on_eof(&s->s);
            return v.n;
        }
        if (n < 0)
            end(s, (int)n);
        if (n <= 0)
            break;
        used += (size_t)n;
        s->delivered += plain.n;
        if (plain.n)
            s->s.ev->on_data(&s->s, plain);
    }
    return used;
}

static void settle_in(struct seal *s)
{
    if (s->nin)
        return;
    free(s->in);
    s->in = NULL;
}

static void open_in(struct seal *s)
{
    size_t used = open_units(s, (struct span){ s->in, s->nin });

    s->nin -= used;
    if (s->nin && used)
        memmove(s->in, s->in + used, s->nin);
    settle_in(s);
}

/* Room for a socket to read into: behind the part of a unit that is there. */
static struct span on_alloc(struct stream *raw)
{
    struct seal *s = raw->owner;

    if (s->delivered >= AHEAD_MAX)
        return (struct span){ 0 };
    if (!s->in)
        s->in = malloc(s->ops->unit_max);
    if (!s->in) {
        end(s, GW_ENOMEM);
        return (struct span){ 0 };
    }
    return (struct span){ s->in + s->nin, s->ops->unit_max - s->nin };
}

/* What came in the raw stream's own memory joins the part of a unit that is there. */
static void append_in(struct seal *s, struct bytes v)
{
    while (v.n && !s->is_ended && !s->is_at_eof) {
        if (!s->in && !(s->in = malloc(s->ops->unit_max))) {
            end(s, GW_ENOMEM);
            return;
        }
        size_t room = s->ops->unit_max - s->nin, n = v.n < room ? v.n : room;
        memcpy(s->in + s->nin, v.p, n);
        s->nin += n;
        v.p += n;
        v.n -= n;
        open_in(s);
    }
}

static void on_data(struct stream *raw, struct bytes v)
{
    struct seal *s = raw->owner;

    s->taken += v.n;
    if (s->is_ended || s->is_at_eof)
        return;
    if (s->in && v.p == s->in + s->nin) {
        s->nin += v.n;
        open_in(s);
    } else {
        append_in(s, v);
    }
    if (!s->is_ended)
        credit_raw(s);
}

static void on_drained(struct stream *raw, size_t n)
{
    struct seal *s = raw->owner;
    s->in_raw -= n < s->in_raw ? n : s->in_raw;
    report_drained(s);
}

static void on_eof(struct stream *raw)
{
    struct seal *s = raw->owner;

    open_in(s); /* what came with the handshake */
    if (s->is_ended || s->is_at_eof)
        return;
    if (s->nin || s->ops->say_end) { /* cut off: in a unit, or before the end was said */
        end(s, GW_ERESET);
        return;
    }
    s->is_at_eof = true;
    s->s.ev->on_eof(&s->s);
}

static void on_close(struct stream *raw, int err)
{
    struct seal *s = raw->owner;

    turn_del(s->turn, &s->task);
    s->s.ev->on_close(&s->s, err);
    s->ops->free(s->cipher);
    free(s->in);
    free(s->out);
    free(s);
}

static const struct stream_events raw_events = {
    .on_alloc = on_alloc,
    .on_data = on_data,
    .on_drained = on_drained,
    .on_eof = on_eof,
    .on_close = on_close,
};

static void op_credit(struct stream *base, size_t n)
{
    struct seal *s = of(base);

    assert(n <= s->delivered);
    s->delivered -= n;
    if (!s->is_ended)
        credit_raw(s);
}

static void say_end(struct seal *s)
{
    const struct cipher_sink sink = { put_raw, s };
    if (s->ops->say_end)
        s->ops->say_end(s->cipher, &sink);
    s->raw->ops->shutdown(s->raw);
}

static void op_shutdown(struct stream *base)
{
    struct seal *s = of(base);
    if (s->is_ended || s->is_fin_wanted)
        return;
    flush(s);
    if (!s->is_ended)
        say_end(s);
    s->is_fin_wanted = true;
}

static void op_reset(struct stream *base, int err)
{
    end(of(base), err);
}

static uint64_t op_acked(const struct stream *base)
{
    return of(base)->sent;
}

static const struct stream_ops ops = {
    .reserve = op_reserve,
    .commit = op_commit,
    .write = op_write,
    .credit = op_credit,
    .shutdown = op_shutdown,
    .reset = op_reset,
    .acked = op_acked,
};

static void run(struct turn_task *t)
{
    struct seal *s = container_of(t, struct seal, task);

    if (s->is_ended)
        return;
    if (s->has_early) {
        s->has_early = false;
        open_in(s);
        if (!s->is_ended)
            credit_raw(s);
    }
    if (!s->is_fin_wanted)
        flush(s);
    if (!s->is_ended)
        report_drained(s); /* it may have left already */
}

struct stream *seal_new(struct turn *turn, struct stream *raw, const struct cipher_ops *cipher_ops,
                        void *cipher, struct bytes in)
{
    struct seal *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    if (in.n && !(s->in = malloc(cipher_ops->unit_max))) {
        free(s);
        return NULL;
    }
    assert(in.n <= cipher_ops->unit_max);
    if (in.n)
        memcpy(s->in, in.p, in.n);
    s->s.ops = &ops;
    s->raw = raw;
    s->turn = turn;
    s->task.run = run;
    s->ops = cipher_ops;
    s->cipher = cipher;
    s->nin = s->taken = in.n;
    s->has_early = in.n > 0;
    if (in.n)
        turn_add(turn, &s->task);
    stream_own(raw, &raw_events, s);
    return &s->s;
}
