/* quic.h - the QUIC endpoint: one UDP socket per address family for dialling and listening, and
 * every connection on them (RFC 9000; libp2p specs/quic: ALPN "libp2p", version 1).
 */
#ifndef GW_TRANSPORT_QUIC_H
#define GW_TRANSPORT_QUIC_H

#include <ev.h>

#include "id/key.h"
#include "net/turn.h"
#include "transport/muxed.h"

struct quic;

struct quic_config {
    uint32_t max_half_open; /* inbound handshakes under way; above half of it the address must be
                               proved (Retry) */
    uint32_t max_streams;   /* per connection, opened by the peer */
    uint32_t max_peers;     /* connections in all */
    uint64_t window;        /* octets, largest receive window of one stream */
    uint64_t handshake_timeout_ms;
    bool use_cubic; /* congestion control: cubic instead of BBR */
    bool no_gso;    /* never use segmentation offload; read when a socket is opened */
};

/* Whether the peer, proved by its certificate, may connect to us; asked during an inbound
 * handshake. */
typedef bool quic_admit_fn(void *arg, const struct peerid *peer);

/* An inbound connection whose handshake is done: set its events at once. */
typedef void quic_accept_fn(void *arg, struct muxed *m);

/* Borrows loop, turn and key.  Returns owned, or NULL when out of memory. */
struct quic *quic_new(struct ev_loop *loop, struct turn *turn, const struct key *key,
                      const struct quic_config *cfg, quic_admit_fn *admit, quic_accept_fn *accept,
                      void *arg);
void quic_set_config(struct quic *q,
                     const struct quic_config *cfg); /* for connections from now on */

/* Binds the socket of the address's family.  *bound (may be NULL) has the real port.  0; GW_EINUSE;
 * GW_EEXISTS (the family is bound already); GW_EUNSUP (not /ip*.../udp/.../quic-v1). */
int quic_listen(struct quic *q, const struct multiaddr *at, struct multiaddr *bound);
size_t quic_listen_addrs(const struct quic *q, struct multiaddr *out,
                         size_t max); /* as bound, wildcards kept */

/* Dials; a family that nothing is bound to gets a socket on a random port.  `expect`: whose
 * certificate is accepted. 0: set the events of *out at once; on_ready or on_close follows.  Else
 * GW_E*. */
int quic_dial(struct quic *q, const struct multiaddr *to, const struct peerid *expect,
              struct muxed **out);

/* Sends a datagram of random octets from the socket of the address's family (specs, relay/DCUtR).
 * 0, lost or not; GW_EUNSUP (no QUIC address, or nothing bound to its family); GW_EIO. */
int quic_punch(struct quic *q, const struct multiaddr *to);

/* Closes every connection; their on_close follows from the loop. */
void quic_stop(struct quic *q, int err);
/* Frees all at once, without events; call it after quic_stop and a turn of the loop.  NULL is
 * fine. */
void quic_free(struct quic *q);

#endif
