/* limit.h - a token bucket shared by any number of waiters (rate limits of a peer or a service). */
#ifndef GW_NET_LIMIT_H
#define GW_NET_LIMIT_H

#include <ev.h>
#include <stddef.h>
#include <stdint.h>

struct limit;

struct limit_waiter { /* embedded in who waits */
    struct limit_waiter *prev, *next;
    void (*wake)(struct limit_waiter *w); /* called from the loop, once per limit_wait */
    struct limit *on;                     /* NULL when not waiting; zeroed means idle */
};

/* `rate`: octets per second, > 0; the burst is a tenth of a second's worth, at least 16 KiB.
 * Returns owned, or NULL when out of memory.  limit_free needs that nobody waits. */
struct limit *limit_new(struct ev_loop *loop, uint64_t rate);
void limit_free(struct limit *l);
void limit_set_rate(struct limit *l, uint64_t rate);

/* Octets that may pass now; 0 until 25 ms worth has gathered, so nothing passes in crumbs. */
size_t limit_room(struct limit *l);
void limit_take(struct limit *l, size_t n); /* they passed; an overdraft is paid back first */
/* Wake me when there is room again: first come, first served, and only as many at once as there is
 * room for.  Fine when waiting already. */
void limit_wait(struct limit *l, struct limit_waiter *w);
void limit_unwait(struct limit_waiter *w); /* fine when not waiting */

#endif
