/* timer.c - see timer.h. */
#include "net/timer.h"

#include "base/clock.h"
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

void timer_start_at(struct timer *t, uint64_t at_ms)
{
    uint64_t now_ms = clock_mono_ms();

    if (at_ms == UINT64_MAX) {
        timer_stop(t);
        return;
    }
    ev_now_update(t->loop);
    timer_start(t, at_ms > now_ms ? at_ms - now_ms : 0);
}

void timer_stop(struct timer *t)
{
    ev_timer_stop(t->loop, &t->ev);
}
