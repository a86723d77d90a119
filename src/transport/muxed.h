/* muxed.h - a secure connection to one peer that carries many streams, whatever the transport
 * (QUIC; later Yamux over TCP or over a relay).
 *
 * As with streams, no event is called from inside an operation, and on_close comes exactly once,
 * last; every stream of the connection has had its own on_close before.
 */
#ifndef GW_TRANSPORT_MUXED_H
#define GW_TRANSPORT_MUXED_H

#include "id/multiaddr.h"
#include "id/peerid.h"
#include "net/stream.h"

struct muxed;

struct muxed_info {
    const char *transport;   /* "quic-v1" */
    struct multiaddr remote; /* without /p2p; changes when the peer moves */
    struct multiaddr local;
    uint64_t rtt_us;             /* smoothed; 0 = not measured yet */
    uint64_t rx_bytes, tx_bytes; /* stream payload */
    uint32_t streams;            /* open now */
};

struct muxed_events {                  /* set by the owner */
    void (*on_ready)(struct muxed *m); /* handshake done, m->peer is proved */
    void (*on_stream)(struct muxed *m,
                      struct stream *s); /* the peer opened s: the owner sets its events at once */
    void (*on_moved)(struct muxed *m);   /* the remote address changed */
    void (*on_close)(struct muxed *m, int err);
};

struct muxed_ops { /* set by the transport */
    /* A new stream, usable at once: what is written before the peer allows it waits.  Returns 0,
     * GW_ELIMIT (too many wait already), GW_ECLOSED or GW_ENOMEM. */
    int (*open)(struct muxed *m, struct stream **out);
    void (*close)(struct muxed *m,
                  int err); /* tells the peer; on_close(err) follows from the loop */
    void (*info)(const struct muxed *m, struct muxed_info *out);
};

struct muxed {
    const struct muxed_ops *ops;
    const struct muxed_events *ev;
    void *owner;
    struct peerid peer; /* proved once on_ready was called (inbound: once it is announced) */
    bool is_inbound;
};

#endif
