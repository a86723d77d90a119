/* quic_streams.h - the streams of one connection: which are open, which wait for the peer's limit,
 * whose turn it is to send, which events are due.  Events are noted while ngtcp2 works and
 * delivered in the connection's turn.
 */
#ifndef GW_TRANSPORT_QUIC_STREAMS_H
#define GW_TRANSPORT_QUIC_STREAMS_H

#include <ngtcp2/ngtcp2.h>

#include "net/turn.h"
#include "transport/sched.h"

#define QUIC_STREAMS_WAITING_MAX 4096 /* streams that wait for the peer's limit */

struct muxed;
struct quic_stream;

struct quic_streams {       /* zeroed but for the first five means empty */
    ngtcp2_conn *nc;        /* borrowed; NULL once the connection is over */
    struct turn *turn;      /* where the connection's turn ... */
    struct turn_task *task; /* ... is asked for; both borrowed */
    struct muxed *muxed;    /* whose owner hears of streams that the peer opens; borrowed */
    uint32_t grant_step;    /* so many streams of the peer that ended are replaced at once */
    struct sched sched;
    struct quic_stream *all, *drained, *closing;
    uint32_t nopen, nwaiting;    /* all; of them without an id yet */
    uint32_t nungranted;         /* streams of the peer that ended and are not replaced yet */
    uint64_t rx_bytes, tx_bytes; /* payload delivered; payload that went into packets */
};

/* Returns owned by the set, or NULL.  id -1: to be opened when the peer's limit allows. */
struct quic_stream *quic_streams_add(struct quic_streams *set, int64_t id);

void quic_streams_note_drained(struct quic_streams *set,
                               struct quic_stream *s); /* on_drained is due */
void quic_streams_note_closing(struct quic_streams *set,
                               struct quic_stream *s); /* on_close is due */

void quic_streams_touch(struct quic_streams *set); /* the connection's turn is due */

/* n octets that a stream delivered are done with: the peer may send as many more. */
void quic_streams_credit(struct quic_streams *set, int64_t id, size_t n);

/* Gives ids to those that wait, as far as the limit goes. */
void quic_streams_open_waiting(struct quic_streams *set);

/* Owners are told, the peer hears of resets, those that ended are freed. */
void quic_streams_deliver_closing(struct quic_streams *set);
void quic_streams_deliver_drained(struct quic_streams *set);

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
int quic_streams_on_more_data(ngtcp2_conn *nc, int64_t id, uint64_t max, void *user,
                              void *stream_user);

#endif
