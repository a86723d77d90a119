/* yamux_stream.h - one Yamux stream as a stream, and its two windows.
 *
 * Operations only note what is wanted and touch the connection; frames are made in the connection's
 * turn (yamux.c).  What was put into a frame has left: the carrier loses nothing.
 */
#ifndef GW_TRANSPORT_YAMUX_STREAM_H
#define GW_TRANSPORT_YAMUX_STREAM_H

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "net/chunkq.h"
#include "net/stream.h"
#include "net/turn.h"
#include "transport/sched.h"

#define YAMUX_WINDOW_INITIAL (256u * 1024)
#define YAMUX_UNSENT_MAX     (256u * 1024) /* above it reserve gives no room */

struct yamux_stream;

struct yamux_streams { /* of one connection; zeroed but for the first four means empty */
    struct turn *turn;
    struct turn_task *task; /* the connection's turn */
    uint32_t window_max;    /* one stream's receive window may grow to this */
    uint64_t window_budget; /* octets by which all of them together may still grow */
    struct sched sched;
    struct yamux_stream *by_id;                   /* uthash: those that have one */
    struct yamux_stream *all, *drained, *closing; /* lists */
    struct yamux_stream *notices;                 /* list: a frame without octets is due */
    uint32_t nopen;                               /* all; of them: */
    uint32_t ninbound;                            /* opened by the peer */
    uint32_t nwaiting;                            /* not opened on the wire yet */
    uint32_t nbacklog;                            /* opened by us, and the peer has not answered */
    uint64_t rx_bytes, tx_bytes;
};

struct yamux_stream {
    struct stream base; /* must be first */
    struct sched_entry sched;
    struct yamux_streams *set;
    uint32_t id; /* 0 until it is opened on the wire */
    struct chunkq out;
    uint64_t sent, allowed; /* offsets: in frames, and up to where the peer lets us */
    uint32_t window;        /* our receive window when all is credited */
    uint32_t left;          /* of it: what the peer may send now */
    size_t uncredited;      /* delivered, the owner is not done with it */
    size_t to_grant;        /* done with, the peer does not know yet */
    uint64_t granted_ms;    /* when it was told last */
    size_t drained;         /* to report by on_drained */
    int close_err;          /* of the on_close to come */
    bool is_inbound;
    bool is_answered;      /* outbound: the peer has sent a frame */
    bool syn_due, ack_due; /* flags of our next frame */
    bool is_fin_wanted, is_fin_sent, is_at_eof;
    bool is_closing, is_reset_due;
    bool is_on_drained_list, is_on_notices_list;
    UT_hash_handle hh;                                /* set->by_id */
    struct yamux_stream *prev, *next;                 /* set->all */
    struct yamux_stream *drained_next, *closing_next; /* set->drained, set->closing */
    struct yamux_stream *notice_prev, *notice_next;   /* set->notices */
};

/* Return owned by the set, or NULL. */
struct yamux_stream *yamux_stream_new(struct yamux_streams *set); /* one to be opened */
struct yamux_stream *yamux_stream_accept(struct yamux_streams *set, uint32_t id);
/* Opens it: gives it the id under which the peer will know it.  0 or GW_ENOMEM. */
int yamux_stream_open(struct yamux_stream *s, uint32_t id);
struct yamux_stream *yamux_stream_find(const struct yamux_streams *set, uint32_t id);
struct yamux_stream *yamux_stream_of(struct sched_entry *e);

/* Output: how many octets may go into the next frame, 0 where it is FIN; and is there any? */
size_t yamux_stream_sendable(const struct yamux_stream *s);
bool yamux_stream_has_output(const struct yamux_stream *s);
void yamux_stream_sent(struct yamux_stream *s, size_t n, bool fin);

/* Input, in the order of the wire. */
void yamux_stream_on_answer(struct yamux_stream *s);                /* any frame of it */
int yamux_stream_on_window(struct yamux_stream *s, uint32_t delta); /* 0; GW_EPROTO: it overflows */
int yamux_stream_on_length(struct yamux_stream *s,
                           uint32_t n); /* 0; GW_EPROTO: beyond the window */
void yamux_stream_on_data(struct yamux_stream *s, struct bytes v);
void yamux_stream_on_fin(struct yamux_stream *s);

/* The delta of the window update that is due now, 0: none.  The window doubles when it was used up
 * within four round trips. */
uint32_t yamux_stream_take_grant(struct yamux_stream *s, uint64_t rtt_us, uint64_t now_ms);

/* Ends it: on_close(err) follows in the connection's turn. */
void yamux_stream_end(struct yamux_stream *s, int err);

void yamux_streams_deliver_drained(struct yamux_streams *set);
/* Owners are told; the ended are freed.  `on_reset` is called for each of which the peer is to hear
 * a reset. */
void yamux_streams_deliver_closing(struct yamux_streams *set,
                                   void (*on_reset)(void *arg, uint32_t id), void *arg);

#endif
