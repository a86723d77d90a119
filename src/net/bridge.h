/* bridge.h - join two streams until both directions have ended.
 *
 * The only place where payload octets cross from one stream to another.  FIN crosses as FIN, reset
 * as reset, in both directions.  Holds no buffer: what is in flight sits in the receiving stream's
 * send queue, bounded by the credit given to the sending one.
 *
 * A limit counts octets of a source that asks for room (a socket) when they come, and of one that
 * is steered by credit (QUIC) when the credit is given back; so such a source starts with one
 * window free.
 */
#ifndef GW_NET_BRIDGE_H
#define GW_NET_BRIDGE_H

#include "net/limit.h"
#include "net/stream.h"

struct bridge;

struct bridge_stats {
    uint64_t moved[2]; /* octets: a to b, b to a */
    bool a_failed;     /* of a failure: it began at a, not at b */
};

typedef void bridge_done_fn(void *arg, int err, const struct bridge_stats *st);

/* Takes both streams.  `early` are octets that `b` delivered before (not credited yet): they go to
 * `a` first.  `limit` (borrowed until done, or NULL) bounds the sum of both directions.
 * Calls `done` exactly once, after both have closed.
 * Returns NULL when out of memory (the streams then stay the caller's). */
struct bridge *bridge_start(struct stream *a, struct stream *b, struct bytes early,
                            struct limit *limit, bridge_done_fn *done, void *arg);

/* At most `each_way` octets cross in each direction, what has crossed already included; the first
 * one more resets both streams with GW_ELIMIT.  0: no such limit, as at the start. */
void bridge_set_max(struct bridge *br, uint64_t each_way);

/* Resets both streams with `err` (not 0); `done` follows from the loop. */
void bridge_cancel(struct bridge *br, int err);

const struct bridge_stats *bridge_stats(const struct bridge *br);

#endif
