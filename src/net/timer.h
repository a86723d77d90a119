/* timer.h - calls a function once, some time from now: deadlines, and what is put off. */
#ifndef GW_NET_TIMER_H
#define GW_NET_TIMER_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

typedef void timer_fn(void *arg);

struct timer { /* embedded; zeroed: it does not run */
    ev_timer ev;
    struct ev_loop *loop;
    timer_fn *fn;
};

void timer_init(struct timer *t, struct ev_loop *loop, timer_fn *fn, void *arg);

/* fn(arg) is called `ms` after the time of this turn of the loop; one that runs begins anew.  0: in
 * the next turn. */
void timer_start(struct timer *t, uint64_t ms);
/* The same when clock_mono_ms() is `at_ms`; UINT64_MAX: never, it stops. */
void timer_start_at(struct timer *t, uint64_t at_ms);
void timer_stop(struct timer *t); /* fine when it does not run */

static inline bool timer_is_running(const struct timer *t)
{
    return ev_is_active(&t->ev);
}

#endif
