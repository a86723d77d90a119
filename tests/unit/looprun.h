/* looprun.h - runs a loop for a time, or until something is so.
 *
 * A step ends wherever there is something to look at: behind events, and behind a turn, before the
 * loop sleeps.  So the clock (handclock.h) does not go on when it is so.  Where it is waited for,
 * the loop sleeps for LOOPRUN_TICK_MS at most: with each sleep the world outside has its chance. */
#ifndef GW_TESTS_LOOPRUN_H
#define GW_TESTS_LOOPRUN_H

#include <ev.h>
#include <stdbool.h>

#define LOOPRUN_TICK_MS     5
#define LOOPRUN_DEADLINE_MS 10000

struct looprun {
    struct ev_loop *loop;
    ev_prepare awake;
    ev_timer tick;
    unsigned ticks; /* to come */
    bool is_awake;  /* in this step the loop takes its turn and does not sleep */
};

static inline void looprun_on_awake(struct ev_loop *l, ev_prepare *w, int revents)
{
    (void)w;
    (void)revents;
    ev_break(l, EVBREAK_ONE);
}

static inline void looprun_on_tick(struct ev_loop *l, ev_timer *w, int revents)
{
    struct looprun *r = (struct looprun *)w->data;
    (void)l;
    (void)revents;
    r->ticks--;
}

static inline void looprun_start(struct looprun *r, struct ev_loop *l, unsigned ticks,
                                 unsigned tick_ms)
{
    *r = (struct looprun){ .loop = l, .ticks = ticks };
    ev_prepare_init(&r->awake, looprun_on_awake);
    ev_timer_init(&r->tick, looprun_on_tick, tick_ms / 1e3, tick_ms / 1e3);
    r->tick.data = r;
    ev_now_update(l);
    ev_timer_start(l, &r->tick);
}

/* False: its time is over. */
static inline bool looprun_step(struct looprun *r)
{
    r->is_awake = !r->is_awake;
    if (r->is_awake)
        ev_prepare_start(r->loop, &r->awake);
    ev_run(r->loop, EVRUN_ONCE);
    ev_prepare_stop(r->loop, &r->awake);
    return r->ticks > 0;
}

static inline void looprun_stop(struct looprun *r)
{
    ev_timer_stop(r->loop, &r->tick);
}

static inline void looprun_ms(struct ev_loop *l, unsigned ms)
{
    struct looprun r;

    looprun_start(&r, l, 1, ms);
    while (looprun_step(&r))
        ;
    looprun_stop(&r);
}

/* Runs until cond holds, for `ms` at most. */
#define LOOPRUN_UNTIL_MS(loop, ms, cond)                                     \
    do {                                                                     \
        struct looprun run_;                                                 \
        looprun_start(&run_, loop, (ms) / LOOPRUN_TICK_MS, LOOPRUN_TICK_MS); \
        while (!(cond) && looprun_step(&run_))                               \
            ;                                                                \
        looprun_stop(&run_);                                                 \
    } while (0)

/* Fails the test when it does not come to hold. */
#define LOOPRUN_UNTIL(loop, cond)                          \
    do {                                                   \
        LOOPRUN_UNTIL_MS(loop, LOOPRUN_DEADLINE_MS, cond); \
        assert_true(cond);                                 \
    } while (0)

#endif
