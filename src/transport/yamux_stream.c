/* yamux_stream.c - see yamux_stream.h. */
#include "transport/yamux_stream.h"

#include <assert.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/container_of.h"
#include "base/err.h"

#define GROW_RTTS 4 /* a window used up faster than this was too small */

static struct yamux_stream *of(const struct stream *s)
{
    return (struct yamux_stream *)s;
}

static void touch(struct yamux_stream *s)
{
    turn_add(s->set->turn, s->set->task);
}

static void note_drained(struct yamux_stream *s, size_t n)
{
    s->drained += n;
    if (s->is_on_drained_list)
        return;
    s->is_on_drained_list = true;
    LL_PREPEND2(s->set->drained, s, drained_next);
}

static void note_frame(struct yamux_stream *s)
{
    if (!s->is_on_notices_list) {
        s->is_on_notices_list = true;
        DL_APPEND2(s->set->notices, s, notice_prev, notice_next);
    }
    touch(s);
}

static void wake(struct yamux_stream *s)
{
    if (s->id && yamux_stream_has_output(s))
        sched_add(&s->set->sched, &s->sched);
    touch(s);
}

/* ---- the stream operations ---- */

static void op_reset(struct stream *base, int err)
{
    struct yamux_stream *s = of(base);
    if (s->is_closing)
        return;
    s->is_reset_due = true;
    yamux_stream_end(s, err);
}

static struct span op_reserve(struct stream *base, size_t want)
{
    struct yamux_stream *s = of(base);
    if (s->is_closing || s->is_fin_wanted || s->out.len >= YAMUX_UNSENT_MAX)
        return (struct span){ 0 };
    struct span to = chunkq_reserve(&s->out, want);
    if (!to.n && !s->out.len)
        op_reset(base, GW_ENOMEM); /* nothing will drain, so nobody would ask again */
    return to;
}

static void op_commit(struct stream *base, size_t n)
{
    struct yamux_stream *s = of(base);
    if (s->is_closing || n == 0)
        return;
    chunkq_commit(&s->out, n);
    wake(s);
}

static ssize_t op_write(struct stream *base, struct bytes v)
{
    struct yamux_stream *s = of(base);
    assert(!s->is_fin_wanted);
    if (s->is_closing || v.n == 0)
        return 0;
    int err = chunkq_append(&s->out, v);
    if (!err)
        wake(s);
    return err;
}

static void op_credit(struct stream *base, size_t n)
{
    struct yamux_stream *s = of(base);
    if (n == 0 || s->is_closing)
        return;
    assert(n <= s->uncredited);
    s->uncredited -= n;
    s->to_grant += n;
    if (s->to_grant >= s->window / 2 && !s->is_at_eof)
        note_frame(s);
}

static void op_shutdown(struct stream *base)
{
    struct yamux_stream *s = of(base);
    if (s->is_closing || s->is_fin_wanted)
        return;
    chunkq_commit(&s->out, 0); /* room that was reserved and not used */
    s->is_fin_wanted = true;
    wake(s);
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
    .commit = op_commit,
    .write = op_write,
    .credit = op_credit,
    .shutdown = op_shutdown,
    .reset = op_reset,
    .acked = op_acked,
};

/* ---- life ---- */

static struct yamux_stream *make(struct yamux_streams *set, bool is_inbound)
{
    struct yamux_stream *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->base.ops = &ops;
    s->set = set;
    s->allowed = s->window = s->left = YAMUX_WINDOW_INITIAL;
    s->is_inbound = is_inbound;
    s->syn_due = !is_inbound;
    s->ack_due = is_inbound;
    DL_APPEND(set->all, s);
    set->nopen++;
    set->ninbound += is_inbound;
    set->nwaiting++;
    return s;
}

struct yamux_stream *yamux_stream_new(struct yamux_streams *set)
{
    return make(set, false);
}

int yamux_stream_open(struct yamux_stream *s, uint32_t id)
{
    s->id = id;
    HASH_ADD(hh, s->set->by_id, id, sizeof s->id, s);
    if (!s->hh.tbl) {
        s->id = 0;
        return GW_ENOMEM;
    }
    s->set->nwaiting--;
    s->set->nbacklog += !s->is_inbound;
    note_frame(s);
    wake(s);
    return 0;
}

struct yamux_stream *yamux_stream_find(const struct yamux_streams *set, uint32_t id)
{
    struct yamux_stream *s;
    HASH_FIND(hh, set->by_id, &id, sizeof id, s);
    return s;
}

struct yamux_stream *yamux_stream_of(struct sched_entry *e)
{
    return container_of(e, struct yamux_stream, sched);
}

static void release(struct yamux_stream *s)
{
    struct yamux_streams *set = s->set;

    if (s->id)
        HASH_DELETE(hh, set->by_id, s);
    else
        set->nwaiting--;
    set->nbacklog -= s->id && !s->is_inbound && !s->is_answered;
    set->ninbound -= s->is_inbound;
    if (s->is_on_drained_list)
        LL_DELETE2(set->drained, s, drained_next);
    if (s->is_on_notices_list)
        DL_DELETE2(set->notices, s, notice_prev, notice_next);
    sched_del(&set->sched, &s->sched);
    DL_DELETE(set->all, s);
    set->nopen--;
    set->window_budget += s->window - YAMUX_WINDOW_INITIAL;
    chunkq_clear(&s->out);
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

void yamux_stream_end(struct yamux_stream *s, int err)
{
    if (s->is_closing)
        return;
    s->is_closing = true;
    s->close_err = err;
    sched_del(&s->set->sched, &s->sched);
    LL_PREPEND2(s->set->closing, s, closing_next);
    touch(s);
}

static void end_if_done(struct yamux_stream *s)
{
    if (s->is_at_eof && s->is_fin_sent)
        yamux_stream_end(s, 0);
}

/* ---- output ---- */

size_t yamux_stream_sendable(const struct yamux_stream *s)
{
    uint64_t may = s->allowed - s->sent;
    return s->out.len < may ? s->out.len : (size_t)may;
}

static bool is_fin_due(const struct yamux_stream *s)
{
    return s->is_fin_wanted && !s->is_fin_sent && !s->out.len;
}

bool yamux_stream_has_output(const struct yamux_stream *s)
{
    return !s->is_closing && (yamux_stream_sendable(s) > 0 || is_fin_due(s));
}

void yamux_stream_sent(struct yamux_stream *s, size_t n, bool fin)
{
    chunkq_drop(&s->out, n);
    s->sent += n;
    s->syn_due = s->ack_due = false;
    sched_sent(&s->sched, n);
    if (n)
        note_drained(s, n);
    if (fin) {
        s->is_fin_sent = true;
        end_if_done(s);
    }
}

/* ---- input ---- */

void yamux_stream_on_answer(struct yamux_stream *s)
{
    if (s->is_inbound || s->is_answered)
        return;
    s->is_answered = true;
    s->set->nbacklog--;
    if (s->set->nwaiting)
        touch(s);
}

int yamux_stream_on_window(struct yamux_stream *s, uint32_t delta)
{
    if (s->allowed + delta - s->sent > UINT32_MAX)
        return GW_EPROTO;
    s->allowed += delta;
    if (delta)
        wake(s);
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
    if (s->is_closing || !v.n)
        return;
    s->set->rx_bytes += v.n;
    s->uncredited += v.n;
    s->base.ev->on_data(&s->base, v);
}

void yamux_stream_on_fin(struct yamux_stream *s)
{
    if (s->is_closing || s->is_at_eof)
        return;
    s->is_at_eof = true;
    s->base.ev->on_eof(&s->base);
    end_if_done(s);
}

static void grow(struct yamux_stream *s, uint64_t rtt_us, uint64_t now_ms)
{
    uint64_t more = s->window;

    if (!rtt_us || (now_ms - s->granted_ms) * 1000 >= GROW_RTTS * rtt_us)
        return;
    if (more > s->set->window_max - s->window)
        more = s->set->window_max - s->window;
    if (more > s->set->window_budget)
        return;
    s->set->window_budget -= more;
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

void yamux_streams_deliver_drained(struct yamux_streams *set)
{
    while (set->drained) {
        struct yamux_stream *s = set->drained;
        size_t n = s->drained;
        set->drained = s->drained_next;
        s->is_on_drained_list = false;
        s->drained = 0;
        set->tx_bytes += n;
        if (!s->is_closing)
            s->base.ev->on_drained(&s->base, n);
    }
}

/* An owner may end other streams when it hears of one; they join the list. */
void yamux_streams_deliver_closing(struct yamux_streams *set,
                                   void (*on_reset)(void *arg, uint32_t id), void *arg)
{
    while (set->closing) {
        struct yamux_stream *s = set->closing;
        set->closing = s->closing_next;
        if (s->is_reset_due && s->id && !(s->syn_due && !s->is_inbound))
            on_reset(arg, s->id);
        s->base.ev->on_close(&s->base, s->close_err);
        release(s);
    }
}
