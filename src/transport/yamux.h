/* yamux.h - many streams over one secured stream (libp2p specs/yamux, protocol id /yamux/1.0.0):
 * the muxed connection (muxed.h) of TCP and of relays.
 *
 * Windows start at 256 KiB and grow, for streams that need it, to config.window, within a budget
 * for the connection.  Streams take turns as on QUIC (sched.h).  Keep-alive pings measure the round
 * trip and notice a dead peer after 8 to 12 s.
 */
#ifndef GW_TRANSPORT_YAMUX_H
#define GW_TRANSPORT_YAMUX_H

#include "net/parting.h"
#include "net/turn.h"
#include "transport/muxed.h"

#define YAMUX_PROTOCOL "/yamux/1.0.0"

struct yamux_config {
    uint32_t max_streams;      /* opened by the peer */
    uint64_t window;           /* octets, largest receive window of one stream */
    uint64_t ping_ms;          /* between keep-alive pings; nothing after three: dead.  0: 4000 */
    struct parting **partings; /* list of carriers whose GO_AWAY is under way; NULL: none */
};

/* A connection that waits for its carrier: streams may be opened at once, and wait.  Borrows loop,
 * turn.  Returns owned (it frees itself after on_close), or NULL.  The owner sets the events. */
struct muxed *yamux_new(struct ev_loop *loop, struct turn *turn, const struct yamux_config *cfg,
                        bool is_inbound, const char *transport, const struct multiaddr *local,
                        const struct multiaddr *remote);
/* The carrier is there: takes the stream and `early` (not credited yet), sets m->peer and calls
 * on_ready, of an inbound connection, too.  Who dialled is the Yamux client (odd ids). */
void yamux_attach(struct muxed *m, const struct peerid *peer, struct stream *s, struct bytes early);
void yamux_set_local(struct muxed *m, const struct multiaddr *local); /* known once connected */
/* While it waits: `settled` is called once, from the loop, when it has its carrier or its owner has
 * closed it: who tries to bring one can stop. */
void yamux_on_settled(struct muxed *m, void (*settled)(void *arg), void *arg);
void yamux_free(struct muxed *m); /* one that nobody else has seen yet; no events */
/* There will be none: settled is not called, on_close(err) follows from the loop. */
void yamux_fail(struct muxed *m, int err);

#endif
