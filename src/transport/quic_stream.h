/* quic_stream.h - one QUIC stream as a stream (RFC 9000 s.2, s.3).
 *
 * Operations only note what is wanted and touch the connection; everything that speaks to ngtcp2
 * about sending happens in the connection's turn (quic_conn.c), so owners may call them from any
 * event. What was sent stays in the queue until it is acknowledged; an idle stream holds no buffer.
 */
#ifndef GW_TRANSPORT_QUIC_STREAM_H
#define GW_TRANSPORT_QUIC_STREAM_H

#include <ngtcp2/ngtcp2.h>

#include "net/chunkq.h"
#include "net/stream.h"
#include "transport/sched.h"

#define QUIC_STREAM_UNSENT_MAX \
    (256u * 1024)                /* octets not sent yet, above which reserve gives none */
#define QUIC_STREAM_CODE_RESET 1 /* application error code of our resets */

struct quic_streams;

struct quic_stream {
    struct stream base; /* must be first */
    struct sched_entry sched;
    struct quic_streams *set;        /* of its connection */
    int64_t id;                      /* -1 until the peer's limit lets it open */
    struct chunkq out;               /* from the acknowledged offset on */
    size_t sent;                     /* octets of `out` that went into packets */
    uint64_t acked;                  /* offset of the head of `out` */
    size_t drained;                  /* octets to report by on_drained */
    size_t uncredited;               /* octets delivered that the owner is not done with */
    int close_err;                   /* of the on_close to come */
    bool is_fin_wanted, is_fin_sent; /* our direction */
    bool is_muted;    /* the peer asked us to stop (STOP_SENDING): what is written goes nowhere */
    bool is_closing;  /* reset wanted, or ngtcp2 is done with it: on_close comes in this turn */
    bool is_detached; /* ngtcp2 does not know it any more (or never did) */
    bool is_waiting_for_acks; /* reserve had no memory to give: on_drained after the next ACK */
    bool is_on_drained_list;
    struct quic_stream *prev, *next;                 /* set->all */
    struct quic_stream *drained_next, *closing_next; /* set->drained, set->closing */
};

/* Called by the set.  Returns owned, or NULL. */
struct quic_stream *quic_stream_new(struct quic_streams *set, int64_t id);
void quic_stream_free(struct quic_stream *s);

struct quic_stream *quic_stream_of(struct sched_entry *e);

/* Is there something to put into a packet: octets, or a FIN? */
bool quic_stream_has_output(const struct quic_stream *s);
/* What may be sent next: vectors of the unsent octets, and whether FIN comes with the last. */
size_t quic_stream_peek(struct quic_stream *s, ngtcp2_vec *v, size_t max, bool *fin);
/* ngtcp2 took n octets, and the FIN if `fin`. */
void quic_stream_sent(struct quic_stream *s, size_t n, bool fin);

/* What ngtcp2 tells.  Of STOP_SENDING it tells by turning down the next write. */
void quic_stream_on_acked(struct quic_stream *s, uint64_t n);
void quic_stream_on_stop_sending(struct quic_stream *s);

/* Ends it: on_close(err) follows in the connection's turn. */
void quic_stream_end(struct quic_stream *s, int err);

#endif
