/* timer.c - see timer.h. */
#include "net/timer.h"

#include "base/container_of.h"

static void on_timer(struct ev_loop *loop, ev_timer *ev, int revents)
{
    struct timer *t = container_of(ev, struct timer, ev);
    (void)loop;
    (void)revents;
    t->fn(ev->data);
}

void timer_init(struct timer *t, struct ev_loop *loop, timer_fn *fn, void *arg)
{
    ev_init(&t->ev, on_timer);
    t->ev.data = arg;
    t->loop = loop;
    t->fn = fn;
}

void timer_start(struct timer *t, uint64_t ms)
{
    ev_timer_stop(t->loop, &t->ev);
    ev_timer_set(&t->ev, (double)ms / 1e3, 0.);
    ev_timer_start(t->loop, &t->ev);
}

void timer_stop(struct timer *t)
{
    ev_timer_stop(t->loop, &t->ev);
}
