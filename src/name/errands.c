/* errands.c - see errands.h. */
#include "name/errands.h"

#include <stdlib.h>
#include <utlist.h>

#include "base/err.h"

struct tier_query *errand_end(struct errand *e)
{
    struct errands *s = e->of;
    struct tier_query *q = e->query;

    if (e->run) {
        s->nrunning--;
        timer_start(&s->turn, 0);
    }
    DL_DELETE(s->all, e);
    free(e);
    return q;
}

static void cancel(struct errand *e)
{
    if (e->run)
        e->of->ops->cancel(e->run);
    errand_end(e);
}

static void start(struct errand *e)
{
    int err = e->of->ops->start(e);

    if (err)
        tier_answer(errand_end(e), err, NULL, NULL);
    else
        e->of->nrunning++;
}

static struct errand *first_waiting(const struct errands *s)
{
    struct errand *e;

    DL_FOREACH (s->all, e)
        if (!e->run)
            break;
    return e;
}

static void on_turn(void *arg)
{
    struct errands *s = arg;
    struct errand *e;

    while (s->nrunning < ERRANDS_RUN_MAX && (e = first_waiting(s)) != NULL)
        start(e);
}

void errands_init(struct errands *s, struct ev_loop *loop, const struct errand_ops *ops, void *tier)
{
    *s = (struct errands){ .loop = loop, .ops = ops, .tier = tier };
    timer_init(&s->turn, loop, on_turn, s);
}

void errands_fini(struct errands *s)
{
    while (s->all)
        cancel(s->all);
    timer_stop(&s->turn);
}

void errands_lookup(struct errands *s, const struct name *n, struct tier_query *q)
{
    struct errand *e = calloc(1, sizeof *e);

    if (!e) {
        tier_answer(q, GW_ENOMEM, NULL, NULL);
        return;
    }
    *e = (struct errand){ .of = s, .query = q, .name = *n };
    DL_APPEND(s->all, e);
    if (s->nrunning < ERRANDS_RUN_MAX)
        start(e);
}

void errands_cancel(struct errands *s, struct tier_query *q)
{
    struct errand *e;

    DL_FOREACH (s->all, e) {
        if (e->query == q) {
            cancel(e);
            return;
        }
    }
}
