/* stream.h - a duplex byte stream, whatever carries it: a socket, QUIC, Yamux, a relayed circuit.
 *
 * Two rules keep every owner simple:
 *   - No event is called from inside an operation.  on_close comes from the loop, even after reset.
 *   - on_close is called exactly once and is the last call; the carrier then frees the stream.
 *     After on_close has been asked for by reset(), no other event comes.
 *
 * Reading.  A carrier that reads from the kernel asks on_alloc for room and reads straight into it;
 * one that receives into its own memory (QUIC) calls on_data at once.  Either way on_data delivers
 * and the owner takes all of it.  A stream starts paused.  credit(n) says that n octets delivered
 * earlier are done with: it is what opens the sender's window, so a slow reader slows its writer
 * and nobody else.  credit(0) only lifts the pause: at the start, and after an on_alloc that gave
 * no room.
 *
 * Writing.  Either reserve/commit, where the octets are put straight into the send queue, or write,
 * which copies what does not leave at once.
 */
#ifndef GW_NET_STREAM_H
#define GW_NET_STREAM_H

#include <sys/types.h>

#include "base/cursor.h"

struct stream;

struct stream_events { /* set by the owner; on_alloc may be NULL only on streams that never ask */
    /* Room for what comes next, borrowed until the on_data that follows at once.  n == 0: none now;
     * the stream pauses until credit(). */
    struct span (*on_alloc)(struct stream *s);
    void (*on_data)(struct stream *s, struct bytes v); /* v borrowed: this call only */
    /* n queued octets have left; reserve has room again. */
    void (*on_drained)(struct stream *s, size_t n);
    void (*on_eof)(struct stream *s); /* the other end will send no more */
    /* err 0: both directions ended in order; else GW_E*. */
    void (*on_close)(struct stream *s, int err);
};

struct stream_ops { /* set by the carrier */
    /* Contiguous room in the send queue, up to `want`; n == 0 when the queue is full (on_drained
     * follows).  Never both n == 0 and an empty queue. */
    struct span (*reserve)(struct stream *s, size_t want);
    void (*commit)(struct stream *s, size_t n); /* the first n octets reserved are to be sent */
    /* Takes all of v.  Returns how many octets have left already (the rest is reported by
     * on_drained), or GW_ENOMEM (then reset the stream). */
    ssize_t (*write)(struct stream *s, struct bytes v);
    void (*credit)(struct stream *s, size_t n);
    void (*shutdown)(struct stream *s);       /* no more writes; flush, then FIN.  Twice is fine */
    void (*reset)(struct stream *s, int err); /* drop everything both ways; on_close(err) follows */
    /* Offset up to which the other end has acknowledged what was written (a socket: what the kernel
     * took). */
    uint64_t (*acked)(const struct stream *s);
};

struct stream {
    const struct stream_ops *ops;
    const struct stream_events *ev;
    void *owner; /* for the event callbacks */
};

/* Gives the stream to another owner. */
static inline void stream_own(struct stream *s, const struct stream_events *ev, void *owner)
{
    s->ev = ev;
    s->owner = owner;
}

/* Events of which an owner makes nothing. */
void stream_ignore_data(struct stream *s, struct bytes v);
void stream_ignore_drained(struct stream *s, size_t n);
void stream_ignore_eof(struct stream *s);

/* Resets a stream that nobody owns any more; its on_close goes nowhere. */
void stream_drop(struct stream *s, int err);

#endif
