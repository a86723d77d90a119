/* muxstream.h - what a stream of a connection is, whether QUIC or Yamux carries it: its send queue,
 * its turn to send, the events that are due.
 *
 * Operations only note what is wanted and touch the connection.  What comes of it, events too, is
 * done in the connection's turn, so owners may call them from any event.  An idle stream holds no
 * buffer.
 */
#ifndef GW_TRANSPORT_MUXSTREAM_H
#define GW_TRANSPORT_MUXSTREAM_H

#include "net/chunkq.h"
#include "net/stream.h"
#include "net/turn.h"
#include "transport/sched.h"

/* Octets not sent yet, above which reserve gives none. */
#define MUXSTREAM_UNSENT_MAX (256u << 10)

struct muxstream;

struct muxstreams {         /* of one connection; zeroed but for the first three means empty */
    struct turn *turn;      /* where the connection's turn ... */
    struct turn_task *task; /* ... is asked for; both borrowed */
    void (*on_queued)(struct muxstream *s); /* there is more to send: octets, or FIN */
    struct sched sched;
    struct muxstream *all, *drained, *closing;
    uint32_t nopen, nwaiting;    /* all; of them not opened on the wire yet */
    uint64_t rx_bytes, tx_bytes; /* payload delivered; payload that has left the queues */
};

struct muxstream {
    struct stream base; /* must be first */
    struct sched_entry sched;
    struct muxstreams *set;
    struct chunkq out;
    size_t drained;                  /* octets to report by on_drained */
    size_t uncredited;               /* octets delivered that the owner is not done with */
    int close_err;                   /* of the on_close to come */
    bool is_fin_wanted, is_fin_sent; /* our direction */
    bool is_closing;                 /* on_close comes in this turn */
    bool is_on_drained_list;
    struct muxstream *prev, *next;                 /* set->all */
    struct muxstream *drained_next, *closing_next; /* set->drained, set->closing */
};

/* Of a struct muxstream by its scheduling entry. */
struct muxstream *muxstream_of(struct sched_entry *e);

/* Enters a zeroed stream in its set, waiting to be opened. */
void muxstream_init(struct muxstream *s, struct muxstreams *set, const struct stream_ops *ops);
void muxstream_fini(struct muxstream *s); /* takes it out; nobody hears of it */

/* For stream_ops; reserve, credit and acked are each protocol's own. */
void muxstream_commit(struct stream *base, size_t n);
ssize_t muxstream_write(struct stream *base, struct bytes v);
void muxstream_shutdown(struct stream *base);

/* n octets have left its queue: on_drained is due, also of 0. */
void muxstream_note_drained(struct muxstream *s, size_t n);
/* Ends it: on_close(err) is due. */
void muxstream_end(struct muxstream *s, int err);

void muxstreams_touch(struct muxstreams *set); /* the connection's turn is due */
void muxstreams_deliver_drained(struct muxstreams *set);
/* The next of which on_close is due, off the list; NULL: none.  An owner may end other streams when
 * it hears of one; they join the list. */
struct muxstream *muxstreams_next_closing(struct muxstreams *set);

#endif
