/* msgread.h - the first message on a stream, with its length (a varint) in front of it: gathered
 * within a size and a deadline, and the stream given back behind it. */
#ifndef GW_P2P_MSGREAD_H
#define GW_P2P_MSGREAD_H

#include <ev.h>

#include "net/stream.h"

struct msgread;

/* err 0: `msg` is the whole message, its length included; the stream is the callee's again, who
 * sets its events at once and takes `rest`, the octets behind the message (both borrowed for the
 * call; `rest` is not credited yet).  What the carrier reports next reaches the new owner.  Else s
 * is NULL and the stream gone: GW_EPROTO (a bad length, or one above the maximum), GW_ETIMEOUT,
 * GW_ECLOSED, ... */
typedef void msgread_done_fn(void *arg, int err, struct stream *s, struct bytes msg,
                             struct bytes rest);

struct msgread_limits {
    size_t max; /* octets of a message without its length */
    uint64_t timeout_ms;
};

/* Takes the stream, and `early`, what came before (not credited yet).  *slot is the reader while it
 * reads and NULL before `done` is called, once: from the loop, or from within this call when
 * `early` holds the message or memory is out. */
void msgread_start(struct ev_loop *loop, struct stream *s, struct bytes early,
                   const struct msgread_limits *limits, struct msgread **slot,
                   msgread_done_fn *done, void *arg);
/* Resets the stream; done is not called.  NULL is fine. */
void msgread_cancel(struct msgread *r, int err);

#endif
