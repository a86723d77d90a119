/* quic_dgrams.h - the datagrams of one connection that wait to be sent (RFC 9221).
 *
 * First in, first out, and bounded.  When it is full the oldest makes room, for the freshest is
 * worth most: what has waited longest (a voice frame, a position in a game, a query that is asked
 * again by now) is of least use when it arrives, and would only delay those behind it.
 *
 * A datagram leaves whole in one packet, is held by congestion control and pacing like all else,
 * and is never sent twice.  The octets lie in a chunkq, so the budget of all queues holds for them.
 */
#ifndef GW_TRANSPORT_QUIC_DGRAMS_H
#define GW_TRANSPORT_QUIC_DGRAMS_H

#include <ngtcp2/ngtcp2.h>

#include "net/chunkq.h"

#define QUIC_DGRAMS_MAX       64           /* datagrams that wait */
#define QUIC_DGRAMS_WAIT_MAX  (128u << 10) /* their octets */
#define QUIC_DGRAMS_FRAME_MAX 65535        /* octets of a DATAGRAM frame that we take: any */
#define QUIC_DGRAMS_HEADER    3            /* octets of a frame before its data, at most */
#define QUIC_DGRAMS_VECTORS   3            /* pieces in which one lies, at most */

struct quic_dgrams { /* zeroed means empty */
    struct chunkq data;
    uint16_t len[QUIC_DGRAMS_MAX]; /* a ring: n of them from `first` on */
    uint32_t first, n;
    bool is_streams_turn;        /* who begins the next packet when both wait, see quic_write.c */
    uint64_t rx_bytes, tx_bytes; /* payload delivered; payload that went into packets */
};

/* Octets of the longest datagram that one packet carries now to the peer, on the path that is in
 * use; 0: the peer takes none.  It changes with the path and with path MTU discovery. */
size_t quic_dgrams_fit(ngtcp2_conn *nc);

static inline bool quic_dgrams_is_empty(const struct quic_dgrams *d)
{
    return d->n == 0;
}

/* Queues the datagram `head` `v`, no longer than quic_dgrams_fit says; copied.  Out of memory drops
 * it and all that wait. */
void quic_dgrams_put(struct quic_dgrams *d, struct bytes head, struct bytes v);

/* The oldest; there must be one. */
size_t quic_dgrams_len(const struct quic_dgrams *d);
size_t quic_dgrams_peek(struct quic_dgrams *d, ngtcp2_vec v[QUIC_DGRAMS_VECTORS]); /* how many */
void quic_dgrams_drop(struct quic_dgrams *d);
void quic_dgrams_sent(struct quic_dgrams *d); /* it went into a packet: the streams' turn */

void quic_dgrams_clear(struct quic_dgrams *d); /* the counters stay */

#endif
