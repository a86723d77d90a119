/* yamux_stream.c - see yamux_stream.h. */
#include "transport/yamux_stream.h"

#include <assert.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/err.h"

#define GROW_RTTS 4 /* a window used up faster than this was too small */

static struct yamux_stream *of(const struct stream *s)
{
    return (struct yamux_stream *)s;
}

static struct yamux_streams *set_of(const struct yamux_stream *s)
{
    return (struct yamux_streams *)s->m.set;
}

static void note_frame(struct yamux_stream *s)
{
    struct yamux_streams *set = set_of(s);

    if (!s->is_on_notices_list) {
        s->is_on_notices_list = true;
        DL_APPEND2(set->notices, s, notice_prev, notice_next);
    }
    muxstreams_touch(&set->mux);
}

void yamux_stream_on_queued(struct muxstream *m)
{
    struct yamux_stream *s = yamux_stream_of(m);

    if (s->id && yamux_stream_has_output(s))
        sched_add(&m->set->sched, &m->sched);
    muxstreams_touch(m->set);
}

/* ---- the stream operations ---- */

static void op_reset(struct stream *base, int err)
{
    struct yamux_stream *s = of(base);
    if (s->m.is_closing)
        return;
    s->is_reset_due = true;
    muxstream_end(&s->m, err);
}

static struct span op_reserve(struct stream *base, size_t want)
{
    struct muxstream *m = &of(base)->m;
    if (m->is_closing || m->is_fin_wanted || m->out.len >= MUXSTREAM_UNSENT_MAX)
        return (struct span){ 0 };
    struct span to = chunkq_reserve(&m->out, want);
    if (!to.n && !m->out.len)
        op_reset(base, GW_ENOMEM); /* nothing will drain, so nobody would ask again */
    return to;
}

static void op_credit(struct stream *base, size_t n)
{
    struct yamux_stream *s = of(base);
    if (n == 0 || s->m.is_closing)
        return;
    assert(n <= s->m.uncredited);
    s->m.uncredited -= n;
    s->to_grant += n;
    if (s->to_grant >= s->window / 2 && !s->is_at_eof)
        note_frame(s);
}

/* What the peer has consumed, as its window updates tell it; exact while its window stays as it was
 * at the start. */
static uint64_t op_acked(const struct stream *base)
{
    const struct yamux_stream *s = of(base);
    uint64_t granted = s->allowed - YAMUX_WINDOW_INITIAL;
    return granted < s->sent ? granted : s->sent;
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

/* ---- life ---- */

static struct yamux_stream *make(struct yamux_streams *set, bool is_inbound)
{
    struct yamux_stream *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    muxstream_init(&s->m, &set->mux, &ops);
    s->allowed = s->window = s->left = YAMUX_WINDOW_INITIAL;
    s->is_inbound = is_inbound;
    s->syn_due = !is_inbound;
    s->ack_due = is_inbound;
    set->ninbound += is_inbound;
    return s;
}

struct yamux_stream *yamux_stream_new(struct yamux_streams *set)
{
    return make(set, false);
}

int yamux_stream_open(struct yamux_stream *s, uint32_t id)
{
    struct yamux_streams *set = set_of(s);

    s->id = id;
    HASH_ADD(hh, set->by_id, id, sizeof s->id, s);
    if (!s->hh.tbl) {
        s->id = 0;
        return GW_ENOMEM;
    }
    set->mux.nwaiting--;
    set->nbacklog += !s->is_inbound;
    note_frame(s);
    yamux_stream_on_queued(&s->m);
    return 0;
}

struct yamux_stream *yamux_stream_find(const struct yamux_streams *set, uint32_t id)
{
    struct yamux_stream *s;
    HASH_FIND(hh, set->by_id, &id, sizeof id, s);
    return s;
}

static void release(struct yamux_stream *s)
{
    struct yamux_streams *set = set_of(s);

    if (s->id)
        HASH_DELETE(hh, set->by_id, s);
    else
        set->mux.nwaiting--;
    set->nbacklog -= s->id && !s->is_inbound && !s->is_answered;
    set->ninbound -= s->is_inbound;
    if (s->is_on_notices_list)
        DL_DELETE2(set->notices, s, notice_prev, notice_next);
    set->window_budget += s->window - YAMUX_WINDOW_INITIAL;
    muxstream_fini(&s->m);
    free(s);
}

struct yamux_stream *yamux_stream_accept(struct yamux_streams *set, uint32_t id)
{
    struct yamux_stream *s = make(set, true);

    if (s && yamux_stream_open(s, id) != 0) {
        release(s);
        return NULL;
    }
    return s;
}

static void end_if_done(struct yamux_stream *s)
{
    if (s->is_at_eof && s->m.is_fin_sent)
        muxstream_end(&s->m, 0);
}

/* ---- output ---- */

size_t yamux_stream_sendable(const struct yamux_stream *s)
{
    uint64_t may = s->allowed - s->sent;
    return s->m.out.len < may ? s->m.out.len : (size_t)may;
}

static bool is_fin_due(const struct yamux_stream *s)
{
    return s->m.is_fin_wanted && !s->m.is_fin_sent && !s->m.out.len;
}

bool yamux_stream_has_output(const struct yamux_stream *s)
{
    return !s->m.is_closing && (yamux_stream_sendable(s) > 0 || is_fin_due(s));
}

void yamux_stream_sent(struct yamux_stream *s, size_t n, bool fin)
{
    chunkq_drop(&s->m.out, n);
    s->sent += n;
    s->syn_due = s->ack_due = false;
    sched_sent(&s->m.sched, n);
    if (n)
        muxstream_note_drained(&s->m, n);
    if (fin) {
        s->m.is_fin_sent = true;
        end_if_done(s);
    }
}

/* ---- input ---- */

void yamux_stream_on_answer(struct yamux_stream *s)
{
    if (s->is_inbound || s->is_answered)
        return;
    s->is_answered = true;
    set_of(s)->nbacklog--;
    if (s->m.set->nwaiting)
        muxstreams_touch(s->m.set);
}

int yamux_stream_on_window(struct yamux_stream *s, uint32_t delta)
{
    if (s->allowed + delta - s->sent > UINT32_MAX)
        return GW_EPROTO;
    s->allowed += delta;
    if (delta)
        yamux_stream_on_queued(&s->m);
    return 0;
}

int yamux_stream_on_length(struct yamux_stream *s, uint32_t n)
{
    if (n > s->left || (n && s->is_at_eof))
        return GW_EPROTO;
    s->left -= n;
    return 0;
}

void yamux_stream_on_data(struct yamux_stream *s, struct bytes v)
{
    if (s->m.is_closing || !v.n)
        return;
    s->m.set->rx_bytes += v.n;
    s->m.uncredited += v.n;
    s->m.base.ev->on_data(&s->m.base, v);
}

void yamux_stream_on_fin(struct yamux_stream *s)
{
    if (s->m.is_closing || s->is_at_eof)
        return;
    s->is_at_eof = true;
    s->m.base.ev->on_eof(&s->m.base);
    end_if_done(s);
}

static void grow(struct yamux_stream *s, uint64_t rtt_us, uint64_t now_ms)
{
    struct yamux_streams *set = set_of(s);
    uint64_t more = s->window;

    if (!rtt_us || (now_ms - s->granted_ms) * 1000 >= GROW_RTTS * rtt_us)
        return;
    if (more > set->window_max - s->window)
        more = set->window_max - s->window;
    if (more > set->window_budget)
        return;
    set->window_budget -= more;
    s->window += (uint32_t)more;
    s->to_grant += more;
}

uint32_t yamux_stream_take_grant(struct yamux_stream *s, uint64_t rtt_us, uint64_t now_ms)
{
    if (s->to_grant < s->window / 2 || s->is_at_eof)
        return 0;
    if (s->granted_ms)
        grow(s, rtt_us, now_ms);
    uint32_t delta = (uint32_t)s->to_grant;
    s->granted_ms = now_ms;
    s->to_grant = 0;
    s->left += delta;
    return delta;
}

/* ---- events that are due ---- */

void yamux_streams_deliver_closing(struct yamux_streams *set,
                                   void (*on_reset)(void *arg, uint32_t id), void *arg)
{
    struct muxstream *m;

    while ((m = muxstreams_next_closing(&set->mux)) != NULL) {
        struct yamux_stream *s = yamux_stream_of(m);
        if (s->is_reset_due && s->id && !(s->syn_due && !s->is_inbound))
            on_reset(arg, s->id);
        m->base.ev->on_close(&m->base, m->close_err);
        release(s);
    }
}
