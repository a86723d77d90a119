/* quic_stream.c - see quic_stream.h. */
#include "transport/quic_stream.h"

#include <assert.h>
#include <stdlib.h>

#include "base/container_of.h"
#include "base/err.h"
#include "transport/quic_streams.h"

static struct quic_stream *of(const struct stream *s)
{
    return (struct quic_stream *)s;
}

static size_t unsent(const struct quic_stream *s)
{
    return s->out.len - s->sent;
}

static void wake(struct quic_stream *s)
{
    if (s->id >= 0)
        sched_add(&s->set->sched, &s->sched);
    quic_streams_touch(s->set);
}

static void note_drained(struct quic_stream *s, size_t n)
{
    s->drained += n;
    quic_streams_note_drained(s->set, s);
}

/* A muted stream takes what it is given and forgets it; ngtcp2 sends none of it again, for it has
 * answered with RESET_STREAM. */
static void forget_output(struct quic_stream *s)
{
    size_t n = unsent(s);
    chunkq_clear(&s->out);
    s->sent = 0;
    if (n == 0)
        return;
    note_drained(s, n);
    quic_streams_touch(s->set);
}

static void queued(struct quic_stream *s)
{
    if (s->is_muted)
        forget_output(s);
    else
        wake(s);
}

/* ---- the stream operations ---- */

static struct span op_reserve(struct stream *base, size_t want)
{
    struct quic_stream *s = of(base);
    if (s->is_closing || s->is_fin_wanted || unsent(s) >= QUIC_STREAM_UNSENT_MAX)
        return (struct span){ 0 };
    struct span to = chunkq_reserve(&s->out, want);
    if (to.n || unsent(s) > 0)
        return to;
    if (s->out.len) /* nothing is left to drain, but ACKs will give memory back */
        s->is_waiting_for_acks = true;
    else
        quic_stream_end(s, GW_ENOMEM);
    return to;
}

static void op_commit(struct stream *base, size_t n)
{
    struct quic_stream *s = of(base);
    if (s->is_closing || n == 0)
        return;
    chunkq_commit(&s->out, n);
    queued(s);
}

static ssize_t op_write(struct stream *base, struct bytes v)
{
    struct quic_stream *s = of(base);
    assert(!s->is_fin_wanted);
    if (s->is_closing || v.n == 0)
        return 0;
    int err = chunkq_append(&s->out, v);
    if (!err)
        queued(s);
    return err;
}

static void op_credit(struct stream *base, size_t n)
{
    struct quic_stream *s = of(base);
    if (n == 0 || s->is_closing)
        return;
    assert(n <= s->uncredited);
    s->uncredited -= n;
    quic_streams_credit(s->set, s->id, n);
}

static void op_shutdown(struct stream *base)
{
    struct quic_stream *s = of(base);
    if (s->is_closing || s->is_fin_wanted)
        return;
    chunkq_commit(&s->out, 0); /* room that was reserved and not used */
    s->is_fin_wanted = true;
    if (!s->is_muted)
        wake(s);
}

static void op_reset(struct stream *base, int err)
{
    quic_stream_end(of(base), err);
}

static uint64_t op_acked(const struct stream *base)
{
    return of(base)->acked;
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

/* ---- what the connection calls ---- */

struct quic_stream *quic_stream_new(struct quic_streams *set, int64_t id)
{
    struct quic_stream *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->base.ops = &ops;
    s->set = set;
    s->id = id;
    s->is_detached = id < 0;
    return s;
}

void quic_stream_free(struct quic_stream *s)
{
    sched_del(&s->set->sched, &s->sched);
    chunkq_clear(&s->out);
    free(s);
}

struct quic_stream *quic_stream_of(struct sched_entry *e)
{
    return container_of(e, struct quic_stream, sched);
}

bool quic_stream_has_output(const struct quic_stream *s)
{
    return !s->is_closing && !s->is_muted &&
           (unsent(s) > 0 || (s->is_fin_wanted && !s->is_fin_sent));
}

size_t quic_stream_peek(struct quic_stream *s, ngtcp2_vec *v, size_t max, bool *fin)
{
    struct iovec iov[4];
    size_t n = chunkq_peek(&s->out, s->sent, iov, max < 4 ? max : 4), octets = 0;

    for (size_t i = 0; i < n; i++) {
        v[i] = (ngtcp2_vec){ iov[i].iov_base, iov[i].iov_len };
        octets += iov[i].iov_len;
    }
    *fin = s->is_fin_wanted && octets == unsent(s);
    return n;
}

void quic_stream_sent(struct quic_stream *s, size_t n, bool fin)
{
    s->sent += n;
    assert(s->sent <= s->out.len);
    if (fin && s->sent == s->out.len)
        s->is_fin_sent = true;
    if (n)
        note_drained(s, n);
    sched_sent(&s->sched, n);
}

void quic_stream_on_acked(struct quic_stream *s, uint64_t n)
{
    size_t k = n < s->sent ? (size_t)n : s->sent;
    chunkq_drop(&s->out, k);
    s->sent -= k;
    s->acked += k;
    if (k && s->is_waiting_for_acks) {
        s->is_waiting_for_acks = false;
        note_drained(s, 0);
    }
}

void quic_stream_on_stop_sending(struct quic_stream *s)
{
    s->is_muted = true;
    sched_del(&s->set->sched, &s->sched);
    forget_output(s);
}

void quic_stream_end(struct quic_stream *s, int err)
{
    if (s->is_closing)
        return;
    s->is_closing = true;
    s->close_err = err;
    sched_del(&s->set->sched, &s->sched);
    quic_streams_note_closing(s->set, s);
}
