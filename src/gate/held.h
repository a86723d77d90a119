/* held.h - what was opened for a client that is not joined to it yet.
 *
 * Octets of a stream are kept uncredited, so its receive window bounds what is held; of datagrams
 * the first few are kept. */
#ifndef GW_GATE_HELD_H
#define GW_GATE_HELD_H

#include "net/bridge.h"
#include "net/dgrams.h"

#define HELD_DATAGRAMS_MAX 8

struct held {              /* embedded; zeroed: nothing */
    struct stream *stream; /* one of both; NULL once it has ended */
    struct dgrams *dgrams;
    int err;      /* why it has ended */
    bool has_eof; /* of the stream: its other end will send no more */
    uint8_t *p;   /* of the stream: what it has sent */
    size_t n;
    struct span kept[HELD_DATAGRAMS_MAX]; /* owned */
    size_t nkept;
};

/* Take the stream with what it delivered before (not credited), or the pipe. */
void held_take_stream(struct held *h, struct stream *s, struct bytes early);
void held_take_dgrams(struct held *h, struct dgrams *d);
void held_drop(struct held *h, int err); /* ends it, if it has not ended; fine when zeroed */

/* Join it to the client; what is kept goes there first.  NULL: both have been ended, with h->err.
 */
struct bridge *held_bridge(struct held *h, struct stream *client, bridge_done_fn *done, void *arg);
/* early: what is kept, counted. */
struct dgrams_join *held_join(struct held *h, struct ev_loop *loop, struct dgrams *client,
                              uint64_t idle_ms, struct dgrams_stats *early, dgrams_done_fn *done,
                              void *arg);

#endif
