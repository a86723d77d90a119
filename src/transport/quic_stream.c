/* quic_stream.c - see quic_stream.h. */
#include "transport/quic_stream.h"

#include <assert.h>
#include <stdlib.h>

#include "base/err.h"
#include "transport/quic_streams.h"

static struct quic_stream *of(const struct stream *s)
{
    return (struct quic_stream *)s;
}

static size_t unsent(const struct quic_stream *s)
{
    return s->m.out.len - s->sent;
}

/* A muted stream takes what it is given and forgets it; ngtcp2 sends none of it again, for it has
 * answered with RESET_STREAM. */
static void forget_output(struct quic_stream *s)
{
    size_t n = unsent(s);
    chunkq_clear(&s->m.out);
    s->sent = 0;
    if (n == 0)
        return;
    muxstream_note_drained(&s->m, n);
    muxstreams_touch(s->m.set);
}

void quic_stream_on_queued(struct muxstream *m)
{
    struct quic_stream *s = of(&m->base);

    if (s->is_muted) {
        forget_output(s);
        return;
    }
    if (s->id >= 0)
        sched_add(&m->set->sched, &m->sched);
    muxstreams_touch(m->set);
}

/* ---- the stream operations ---- */

static struct span op_reserve(struct stream *base, size_t want)
{
    struct quic_stream *s = of(base);
    struct muxstream *m = &s->m;
    if (m->is_closing || m->is_fin_wanted || unsent(s) >= MUXSTREAM_UNSENT_MAX)
        return (struct span){ 0 };
    struct span to = chunkq_reserve(&m->out, want);
    if (to.n || unsent(s) > 0)
        return to;
    if (m->out.len) /* nothing is left to drain, but ACKs will give memory back */
        s->is_waiting_for_acks = true;
    else
        muxstream_end(m, GW_ENOMEM);
    return to;
}

static void op_credit(struct stream *base, size_t n)
{
    struct quic_stream *s = of(base);
    if (n == 0 || s->m.is_closing)
        return;
    assert(n <= s->m.uncredited);
    s->m.uncredited -= n;
    quic_streams_credit(quic_streams_of(s->m.set), s->id, n);
}

static void op_reset(struct stream *base, int err)
{
    muxstream_end(&of(base)->m, err);
}

static uint64_t op_acked(const struct stream *base)
{
    return of(base)->acked;
}

static const struct stream_ops ops = {
    .reserve = op_reserve,
    .commit = muxstream_commit,
    .write = muxstream_write,
    .credit = op_credit,
    .shutdown = muxstream_shutdown,
    .reset = op_reset,
    .acked = op_acked,
};

/* ---- what the connection calls ---- */

struct quic_stream *quic_stream_new(struct quic_streams *set, int64_t id)
{
    struct quic_stream *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    muxstream_init(&s->m, &set->mux, &ops);
    s->id = id;
    s->is_detached = id < 0;
    set->mux.nwaiting -= id >= 0;
    return s;
}

void quic_stream_free(struct quic_stream *s)
{
    s->m.set->nwaiting -= s->id < 0;
    muxstream_fini(&s->m);
    free(s);
}

bool quic_stream_has_output(const struct quic_stream *s)
{
    return !s->m.is_closing && !s->is_muted &&
           (unsent(s) > 0 || (s->m.is_fin_wanted && !s->m.is_fin_sent));
}

size_t quic_stream_peek(struct quic_stream *s, ngtcp2_vec *v, size_t max, bool *fin)
{
    struct iovec iov[4];
    size_t n = chunkq_peek(&s->m.out, s->sent, iov, max < 4 ? max : 4), octets = 0;

    for (size_t i = 0; i < n; i++) {
        v[i] = (ngtcp2_vec){ iov[i].iov_base, iov[i].iov_len };
        octets += iov[i].iov_len;
    }
    *fin = s->m.is_fin_wanted && octets == unsent(s);
    return n;
}

void quic_stream_sent(struct quic_stream *s, size_t n, bool fin)
{
    s->sent += n;
    assert(s->sent <= s->m.out.len);
    if (fin && s->sent == s->m.out.len)
        s->m.is_fin_sent = true;
    if (n)
        muxstream_note_drained(&s->m, n);
    sched_sent(&s->m.sched, n);
}

void quic_stream_on_acked(struct quic_stream *s, uint64_t n)
{
    size_t k = n < s->sent ? (size_t)n : s->sent;
    chunkq_drop(&s->m.out, k);
    s->sent -= k;
    s->acked += k;
    if (k && s->is_waiting_for_acks) {
        s->is_waiting_for_acks = false;
        muxstream_note_drained(&s->m, 0);
    }
}

void quic_stream_on_stop_sending(struct quic_stream *s)
{
    s->is_muted = true;
    sched_del(&s->m.set->sched, &s->m.sched);
    forget_output(s);
}
