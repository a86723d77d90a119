/* yamux_stream.h - one Yamux stream as a stream, and its two windows.
 *
 * What was put into a frame has left: the carrier loses nothing.
 */
#ifndef GW_TRANSPORT_YAMUX_STREAM_H
#define GW_TRANSPORT_YAMUX_STREAM_H

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "transport/muxstream.h"

#define YAMUX_WINDOW_INITIAL (256u * 1024)

struct yamux_stream;

struct yamux_streams {            /* of one connection */
    struct muxstreams mux;        /* must be first */
    uint32_t window_max;          /* one stream's receive window may grow to this */
    uint64_t window_budget;       /* octets by which all of them together may still grow */
    struct yamux_stream *by_id;   /* uthash: those that have one */
    struct yamux_stream *notices; /* list: a frame without octets is due */
    uint32_t ninbound;            /* opened by the peer */
    uint32_t nbacklog;            /* opened by us, and the peer has not answered */
};

struct yamux_stream {
    struct muxstream m;     /* must be first */
    uint32_t id;            /* 0 until it is opened on the wire */
    uint64_t sent, allowed; /* offsets: in frames, and up to where the peer lets us */
    uint32_t window;        /* our receive window when all is credited */
    uint32_t left;          /* of it: what the peer may send now */
    size_t to_grant;        /* done with, the peer does not know yet */
    uint64_t granted_ms;    /* when it was told last */
    bool is_inbound;
    bool is_answered;      /* outbound: the peer has sent a frame */
    bool syn_due, ack_due; /* flags of our next frame */
    bool is_at_eof, is_reset_due;
    bool is_on_notices_list;
    UT_hash_handle hh;                              /* set->by_id */
    struct yamux_stream *notice_prev, *notice_next; /* set->notices */
};

static inline struct yamux_stream *yamux_stream_of(struct muxstream *m)
{
    return (struct yamux_stream *)m;
}

/* As muxstreams.on_queued. */
void yamux_stream_on_queued(struct muxstream *m);

/* Return owned by the set, or NULL. */
struct yamux_stream *yamux_stream_new(struct yamux_streams *set); /* one to be opened */
struct yamux_stream *yamux_stream_accept(struct yamux_streams *set, uint32_t id);
/* Opens it: gives it the id under which the peer will know it.  0 or GW_ENOMEM. */
int yamux_stream_open(struct yamux_stream *s, uint32_t id);
struct yamux_stream *yamux_stream_find(const struct yamux_streams *set, uint32_t id);

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

/* Owners are told; the ended are freed.  `on_reset` is called for each of which the peer is to hear
 * a reset. */
void yamux_streams_deliver_closing(struct yamux_streams *set,
                                   void (*on_reset)(void *arg, uint32_t id), void *arg);

#endif
