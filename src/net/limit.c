/* limit.c - see limit.h.  Tokens are octets; they grow with the clock whenever somebody looks. */
#include "net/limit.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/clock.h"

#define BURST_MIN (16 * 1024)
#define BURST_S   0.1   /* a full bucket, in seconds of rate */
#define STEP_S    0.025 /* the least that passes at once, in seconds of rate */

struct limit {
    struct ev_loop *loop;
    ev_timer timer;               /* runs while somebody waits */
    struct limit_waiter *waiting; /* utlist DL, first come first */
    double rate;                  /* octets per second */
    double tokens;                /* below zero: overdrawn */
    uint64_t counted_ns;          /* up to when tokens were added */
};

static double burst(const struct limit *l)
{
    double b = l->rate * BURST_S;
    return b < BURST_MIN ? BURST_MIN : b;
}

static double step(const struct limit *l)
{
    double s = l->rate * STEP_S;
    return s < 1 ? 1 : s;
}

static void refill(struct limit *l)
{
    uint64_t now = clock_mono_ns();
    double most = burst(l);

    l->tokens += (double)(now - l->counted_ns) * 1e-9 * l->rate;
    if (l->tokens > most)
        l->tokens = most;
    l->counted_ns = now;
}

/* Sets the timer to when a step will have gathered. */
static void arm(struct limit *l)
{
    ev_timer_stop(l->loop, &l->timer);
    if (!l->waiting)
        return;
    refill(l);
    double lack = step(l) - l->tokens;
    ev_timer_set(&l->timer, lack > 0 ? lack / l->rate : 0., 0.);
    ev_timer_start(l->loop, &l->timer);
}

/* Wakes one waiter per step of room.  Waking all would hand the room to whoever the kernel reports
 * first, every time; this way who got none stays in front of who did. */
static void on_timer(struct ev_loop *loop, ev_timer *timer, int revents)
{
    struct limit *l = timer->data;
    (void)loop;
    (void)revents;

    double room = (double)limit_room(l);
    while (l->waiting && room > 0) {
        struct limit_waiter *w = l->waiting;
        limit_unwait(w);
        room -= step(l);
        w->wake(w);
    }
    arm(l);
}

struct limit *limit_new(struct ev_loop *loop, uint64_t rate)
{
    assert(rate > 0);
    struct limit *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    l->loop = loop;
    l->rate = (double)rate;
    l->tokens = burst(l);
    l->counted_ns = clock_mono_ns();
    ev_timer_init(&l->timer, on_timer, 0., 0.);
    l->timer.data = l;
    return l;
}

void limit_free(struct limit *l)
{
    if (!l)
        return;
    assert(!l->waiting);
    ev_timer_stop(l->loop, &l->timer);
    free(l);
}

void limit_set_rate(struct limit *l, uint64_t rate)
{
    assert(rate > 0);
    refill(l);
    l->rate = (double)rate;
    refill(l);
    arm(l);
}

size_t limit_room(struct limit *l)
{
    refill(l);
    return l->tokens < step(l) ? 0 : (size_t)l->tokens;
}

void limit_take(struct limit *l, size_t n)
{
    l->tokens -= (double)n;
}

void limit_wait(struct limit *l, struct limit_waiter *w)
{
    if (w->on)
        return;
    bool first = !l->waiting;
    DL_APPEND(l->waiting, w);
    w->on = l;
    if (first)
        arm(l);
}

void limit_unwait(struct limit_waiter *w)
{
    struct limit *l = w->on;
    if (!l)
        return;
    DL_DELETE(l->waiting, w);
    w->prev = w->next = NULL;
    w->on = NULL;
    if (!l->waiting)
        ev_timer_stop(l->loop, &l->timer);
}
