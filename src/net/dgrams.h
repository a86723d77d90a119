/* dgrams.h - a duplex pipe of datagrams, whatever carries it (a UDP socket, a flow to a peer): the
 * sibling of stream.h for what may get lost.
 *
 * Borders are kept, order and arrival are not promised.  A pipe that has no room drops.
 *   - No event is called from inside send.
 *   - close may be called at any time, from inside the pipe's own events too; no event follows it,
 *     and the pipe is gone.
 *   - on_close is called at most once, from the loop, and is the last event; the pipe is gone after
 *     the call, so its owner does not call close.
 */
#ifndef GW_NET_DGRAMS_H
#define GW_NET_DGRAMS_H

#include "base/cursor.h"
#include "net/limit.h"

#define DGRAMS_MAX 65507 /* octets of one datagram: what UDP over IPv4 carries */

struct dgrams;

struct dgrams_events {                                     /* set by the owner */
    void (*on_datagram)(struct dgrams *d, struct bytes v); /* v borrowed for the call */
    void (*on_close)(struct dgrams *d, int err);           /* err 0: the other end is done */
};

struct dgrams_ops {                                 /* set by the carrier */
    void (*send)(struct dgrams *d, struct bytes v); /* v.n <= DGRAMS_MAX; copied or dropped */
    void (*close)(struct dgrams *d, int err);       /* err 0: in order */
};

struct dgrams {
    const struct dgrams_ops *ops;
    const struct dgrams_events *ev;
    void *owner;
};

static inline void dgrams_own(struct dgrams *d, const struct dgrams_events *ev, void *owner)
{
    d->ev = ev;
    d->owner = owner;
}

/* ---- joining two pipes: what bridge.h is for streams ---- */

struct dgrams_join;

struct dgrams_stats {
    uint64_t datagrams[2], octets[2]; /* a to b, b to a */
};

/* err 0: one end was done, or nothing passed for idle_ms. */
typedef void dgrams_done_fn(void *arg, int err, const struct dgrams_stats *st);

/* Takes both pipes.  Calls `done` exactly once, from the loop, when one has ended (the other is
 * closed then) or after idle_ms without a datagram.  NULL: out of memory (the pipes then stay the
 * caller's). */
struct dgrams_join *dgrams_join(struct ev_loop *loop, struct dgrams *a, struct dgrams *b,
                                uint64_t idle_ms, dgrams_done_fn *done, void *arg);
/* From now on what goes beyond the rate is lost, both directions together; borrowed for as long as
 * the join lives.  NULL: no limit. */
void dgrams_join_limit(struct dgrams_join *j, struct limit *limit);
/* What has passed; borrowed. */
const struct dgrams_stats *dgrams_join_stats(const struct dgrams_join *j);
/* Closes both with err; done is not called, and the join is gone. */
void dgrams_join_cancel(struct dgrams_join *j, int err);

#endif
