/* sched.c - see sched.h. */
#include "transport/sched.h"

#include <assert.h>
#include <utlist.h>

static struct sched_entry **list_of(struct sched *s, const struct sched_entry *e)
{
    return e->is_fresh ? &s->fresh : &s->bulk;
}

static void take_out(struct sched *s, struct sched_entry *e)
{
    struct sched_entry **list = list_of(s, e);
    DL_DELETE(*list, e);
}

static void to_bulk(struct sched *s, struct sched_entry *e)
{
    take_out(s, e);
    e->is_fresh = false;
    DL_APPEND(s->bulk, e);
}

void sched_add(struct sched *s, struct sched_entry *e)
{
    if (e->is_queued)
        return;
    e->is_queued = true;
    e->is_fresh = true;
    e->deficit = SCHED_QUANTUM;
    DL_APPEND(s->fresh, e);
}

void sched_del(struct sched *s, struct sched_entry *e)
{
    if (!e->is_queued)
        return;
    take_out(s, e);
    e->is_queued = false;
}

struct sched_entry *sched_next(struct sched *s)
{
    for (;;) {
        struct sched_entry *e = s->fresh ? s->fresh : s->bulk;
        if (!e || e->deficit > 0)
            return e;
        e->deficit += SCHED_QUANTUM;
        to_bulk(s, e);
    }
}

void sched_sent(struct sched_entry *e, size_t n)
{
    assert(e->is_queued);
    e->deficit -= (long)n;
}

/* A fresh entry that ran dry waits one round among the others before it may be fresh again, or many
 * short turns would starve them (RFC 8290 s.4.2). */
void sched_idle(struct sched *s, struct sched_entry *e)
{
    if (!e->is_queued)
        return;
    if (e->is_fresh && s->bulk)
        to_bulk(s, e);
    else
        sched_del(s, e);
}
