/* quic_streams.h - the streams of one connection: which are open, which wait for the peer's limit,
 * whose turn it is to send, which events are due.  Events are noted while ngtcp2 works and
 * delivered in the connection's turn.
 */
#ifndef GW_TRANSPORT_QUIC_STREAMS_H
#define GW_TRANSPORT_QUIC_STREAMS_H

#include <ngtcp2/ngtcp2.h>

#include "transport/muxstream.h"

#define QUIC_STREAMS_WAITING_MAX 4096 /* streams that wait for the peer's limit */

struct muxed;

struct quic_streams {
    struct muxstreams mux; /* must be first */
    ngtcp2_conn *nc;       /* borrowed; NULL once the connection is over */
    struct muxed *muxed;   /* whose owner hears of streams that the peer opens; borrowed */
    uint32_t grant_step;   /* so many streams of the peer that ended are replaced at once */
    uint32_t nungranted;   /* streams of the peer that ended and are not replaced yet */
};

static inline struct quic_streams *quic_streams_of(struct muxstreams *mux)
{
    return (struct quic_streams *)mux;
}

/* n octets that a stream delivered are done with: the peer may send as many more. */
void quic_streams_credit(struct quic_streams *set, int64_t id, size_t n);

/* Gives ids to those that wait, as far as the limit goes. */
void quic_streams_open_waiting(struct quic_streams *set);

/* Owners are told, the peer hears of resets, those that ended are freed. */
void quic_streams_deliver_closing(struct quic_streams *set);

/* The connection is over: on_close(err) for each, now. */
void quic_streams_end_all(struct quic_streams *set, int err);
void quic_streams_free_all(struct quic_streams *set); /* without events */

/* ngtcp2 callbacks; `user` is the set, `stream_user` the stream. */
int quic_streams_on_open(ngtcp2_conn *nc, int64_t id, void *user);
int quic_streams_on_data(ngtcp2_conn *nc, uint32_t flags, int64_t id, uint64_t offset,
                         const uint8_t *data, size_t n, void *user, void *stream_user);
int quic_streams_on_acked(ngtcp2_conn *nc, int64_t id, uint64_t offset, uint64_t n, void *user,
                          void *stream_user);
int quic_streams_on_close(ngtcp2_conn *nc, uint32_t flags, int64_t id, uint64_t code, void *user,
                          void *stream_user);
int quic_streams_on_reset(ngtcp2_conn *nc, int64_t id, uint64_t final_size, uint64_t code,
                          void *user, void *stream_user);
int quic_streams_on_more(ngtcp2_conn *nc, uint64_t max, void *user);
int quic_streams_on_more_data(ngtcp2_conn *nc, int64_t id, uint64_t max, void *user,
                              void *stream_user);

#endif
