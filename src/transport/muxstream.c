/* muxstream.c - see muxstream.h. */
#include "transport/muxstream.h"

#include <assert.h>
#include <utlist.h>

#include "base/container_of.h"

static struct muxstream *of(struct stream *base)
{
    return (struct muxstream *)base;
}

struct muxstream *muxstream_of(struct sched_entry *e)
{
    return container_of(e, struct muxstream, sched);
}

void muxstream_init(struct muxstream *s, struct muxstreams *set, const struct stream_ops *ops)
{
    s->base.ops = ops;
    s->set = set;
    DL_APPEND(set->all, s);
    set->nopen++;
    set->nwaiting++;
}

void muxstream_fini(struct muxstream *s)
{
    struct muxstreams *set = s->set;

    if (s->is_on_drained_list)
        LL_DELETE2(set->drained, s, drained_next);
    sched_del(&set->sched, &s->sched);
    DL_DELETE(set->all, s);
    set->nopen--;
    chunkq_clear(&s->out);
}

void muxstream_commit(struct stream *base, size_t n)
{
    struct muxstream *s = of(base);
    if (s->is_closing || n == 0)
        return;
    chunkq_commit(&s->out, n);
    s->set->on_queued(s);
}

ssize_t muxstream_write(struct stream *base, struct bytes v)
{
    struct muxstream *s = of(base);
    assert(!s->is_fin_wanted);
    if (s->is_closing || v.n == 0)
        return 0;
    int err = chunkq_append(&s->out, v);
    if (!err)
        s->set->on_queued(s);
    return err;
}

void muxstream_shutdown(struct stream *base)
{
    struct muxstream *s = of(base);
    if (s->is_closing || s->is_fin_wanted)
        return;
    chunkq_commit(&s->out, 0); /* room that was reserved and not used */
    s->is_fin_wanted = true;
    s->set->on_queued(s);
}

void muxstream_note_drained(struct muxstream *s, size_t n)
{
    s->drained += n;
    if (s->is_on_drained_list)
        return;
    s->is_on_drained_list = true;
    LL_PREPEND2(s->set->drained, s, drained_next);
}

void muxstream_end(struct muxstream *s, int err)
{
    if (s->is_closing)
        return;
    s->is_closing = true;
    s->close_err = err;
    sched_del(&s->set->sched, &s->sched);
    LL_PREPEND2(s->set->closing, s, closing_next);
    muxstreams_touch(s->set);
}

void muxstreams_touch(struct muxstreams *set)
{
    turn_add(set->turn, set->task);
}

void muxstreams_deliver_drained(struct muxstreams *set)
{
    while (set->drained) {
        struct muxstream *s = set->drained;
        size_t n = s->drained;
        set->drained = s->drained_next;
        s->is_on_drained_list = false;
        s->drained = 0;
        set->tx_bytes += n;
        if (!s->is_closing)
            s->base.ev->on_drained(&s->base, n);
    }
}

struct muxstream *muxstreams_next_closing(struct muxstreams *set)
{
    struct muxstream *s = set->closing;
    if (s)
        set->closing = s->closing_next;
    return s;
}
