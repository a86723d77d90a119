/* muxed.h - a secure connection to one peer that carries many streams, whatever the transport
 * (QUIC; Yamux over TCP or over a relay's circuit).
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
    const char *transport;   /* "quic-v1", "tcp", "circuit" */
    struct multiaddr remote; /* without /p2p; changes when the peer moves */
    struct multiaddr local;
    uint64_t rtt_us;             /* smoothed; 0 = not measured yet */
    uint64_t rx_bytes, tx_bytes; /* payload of streams and datagrams */
    uint32_t streams;            /* open now */
    /* How long nothing at all has come though the peer owes an answer.  0: it owes none, or the
     * transport cannot tell. */
    uint64_t unanswered_ms;
    size_t datagram_max; /* octets of the longest datagram now; 0: none can be sent */
};

struct muxed_events {                  /* set by the owner */
    void (*on_ready)(struct muxed *m); /* handshake done, m->peer is proved */
    void (*on_stream)(struct muxed *m,
                      struct stream *s); /* the peer opened s: the owner sets its events at once */
    void (*on_moved)(struct muxed *m);   /* the remote address changed */
    /* v borrowed for the call; NULL: the owner takes none, they are dropped */
    void (*on_datagram)(struct muxed *m, struct bytes v);
    void (*on_close)(struct muxed *m, int err);
};

struct muxed_ops { /* set by the transport */
    /* A new stream, usable at once: what is written before the peer allows it waits.  Returns 0,
     * GW_ELIMIT (too many wait already), GW_ECLOSED or GW_ENOMEM. */
    int (*open)(struct muxed *m, struct stream **out);
    void (*close)(struct muxed *m,
                  int err); /* tells the peer; on_close(err) follows from the loop */
    void (*info)(const struct muxed *m, struct muxed_info *out);
    /* One unreliable datagram (RFC 9221), `head` and behind it `v`, both copied.  Returns 0 when it
     * is queued: it is sent within this turn, later, or (the queue is bounded and the oldest makes
     * room, the path gets narrower, it is lost) never.  GW_EUNSUP: the peer takes none, or none so
     * long now (a stream has to carry it), or the connection is not ready or over. */
    int (*send_datagram)(struct muxed *m, struct bytes head, struct bytes v);
    /* The network has changed: tells the peer where we are now, and finds out whether it still
     * hears us.  NULL: the next keep-alive does. */
    void (*probe)(struct muxed *m);
};

struct muxed {
    const struct muxed_ops *ops;
    const struct muxed_events *ev;
    void *owner;
    struct peerid peer; /* proved once on_ready was called (inbound: once it is announced) */
    bool is_inbound;
    bool is_relayed; /* goes over a circuit */
};

/* Events of which an owner makes nothing; a stream that nobody wants is dropped. */
void muxed_ignore(struct muxed *m); /* on_ready, on_moved */
void muxed_drop_stream(struct muxed *m, struct stream *s);

/* Closes a connection that nobody owns any more; what still happens on it goes nowhere. */
void muxed_drop(struct muxed *m, int err);

#endif
