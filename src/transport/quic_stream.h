/* quic_stream.h - one QUIC stream as a stream (RFC 9000 s.2, s.3).
 *
 * What was sent stays in the queue until it is acknowledged.
 */
#ifndef GW_TRANSPORT_QUIC_STREAM_H
#define GW_TRANSPORT_QUIC_STREAM_H

#include <ngtcp2/ngtcp2.h>

#include "transport/muxstream.h"

#define QUIC_STREAM_CODE_RESET 1 /* application error code of our resets */

struct quic_streams;

struct quic_stream {
    struct muxstream m; /* must be first; m.out begins at the acknowledged offset */
    int64_t id;         /* -1 until the peer's limit lets it open */
    size_t sent;        /* octets of m.out that went into packets */
    uint64_t acked;     /* offset of the head of m.out */
    bool is_muted;      /* the peer asked us to stop (STOP_SENDING): what is written goes nowhere */
    bool is_detached;   /* ngtcp2 does not know it any more (or never did) */
    bool is_waiting_for_acks; /* reserve had no memory to give: on_drained after the next ACK */
};

static inline struct quic_stream *quic_stream_of(struct muxstream *m)
{
    return (struct quic_stream *)m;
}

/* Returns owned by the set, or NULL.  id -1: to be opened when the peer's limit allows. */
struct quic_stream *quic_stream_new(struct quic_streams *set, int64_t id);
void quic_stream_free(struct quic_stream *s);

/* As muxstreams.on_queued. */
void quic_stream_on_queued(struct muxstream *m);

/* Is there something to put into a packet: octets, or a FIN? */
bool quic_stream_has_output(const struct quic_stream *s);
/* What may be sent next: vectors of the unsent octets, and whether FIN comes with the last. */
size_t quic_stream_peek(struct quic_stream *s, ngtcp2_vec *v, size_t max, bool *fin);
/* ngtcp2 took n octets, and the FIN if `fin`. */
void quic_stream_sent(struct quic_stream *s, size_t n, bool fin);

/* What ngtcp2 tells.  Of STOP_SENDING it tells by turning down the next write. */
void quic_stream_on_acked(struct quic_stream *s, uint64_t n);
void quic_stream_on_stop_sending(struct quic_stream *s);

#endif
