/* parting.c - see parting.h. */
#include "net/parting.h"

#include <stdlib.h>
#include <utlist.h>

#include "base/err.h"
#include "net/timer.h"

struct parting {
    struct stream *s;
    struct timer deadline;
    int err;
    struct parting **list; /* NULL: on none */
    struct parting *prev, *next;
};

static void release(struct parting *p)
{
    timer_stop(&p->deadline);
    if (p->list)
        DL_DELETE(*p->list, p);
    free(p);
}

static struct span on_alloc(struct stream *s)
{
    static uint8_t waste[4096]; /* of all partings: nobody reads it */
    (void)s;
    return (struct span){ waste, sizeof waste };
}

static void on_close(struct stream *s, int err)
{
    (void)err;
    release(s->owner);
}

static const struct stream_events parting_events = {
    .on_alloc = on_alloc,
    .on_data = stream_ignore_data,
    .on_drained = stream_ignore_drained,
    .on_eof = stream_ignore_eof,
    .on_close = on_close,
};

static void on_deadline(void *arg)
{
    struct parting *p = arg;
    p->s->ops->reset(p->s, p->err);
}

void parting_start(struct ev_loop *loop, struct stream *s, struct bytes words, uint64_t ms, int err,
                   struct parting **list)
{
    struct parting *p = malloc(sizeof *p);
    if (!p || (words.n && s->ops->write(s, words) < 0)) {
        free(p);
        stream_drop(s, err);
        return;
    }
    *p = (struct parting){ .s = s, .err = err, .list = list };
    if (list)
        DL_APPEND(*list, p);
    timer_init(&p->deadline, loop, on_deadline, p);
    timer_start(&p->deadline, ms);
    stream_own(s, &parting_events, p);
    s->ops->shutdown(s);
    s->ops->credit(s, 0);
}

void parting_drop_all(struct parting **list)
{
    while (*list) {
        stream_drop((*list)->s, GW_ECANCELED);
        release(*list);
    }
}
