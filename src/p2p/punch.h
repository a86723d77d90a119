/* punch.h - one try at a hole: both ends do this at the same moment (libp2p specs, relay/DCUtR).
 *
 * All addresses are dialled by both.  QUIC's get datagrams of random octets besides, in random
 * pauses of 10 to 200 ms, so that our own NAT lets the other end in whichever of the two comes
 * through first.  To those of TCP one end also connects from the port it listens on, and serves the
 * connection that this becomes when it meets the other's dial on the way.  Its dial is for an end
 * that is public: there that connect meets a listener, and then both would serve.
 */
#ifndef GW_P2P_PUNCH_H
#define GW_P2P_PUNCH_H

#include "host/host.h"

#define PUNCH_ADDRS_MAX 8
#define PUNCH_MS        3000 /* a try's longest life */

struct punch;

/* err 0: c is a direct connection.  GW_ETIMEOUT, or why dialling failed; a connection that the
 * other end's dial brings after such a failure is told by host_observe only. */
typedef void punch_done_fn(void *arg, int err, struct conn *c);

/* Calls `done` once, from the loop; the object is gone then.  `addrs` (copied) beyond
 * PUNCH_ADDRS_MAX are left out.  NULL: out of memory. */
struct punch *punch_start(struct host *h, const struct peerid *peer, const struct multiaddr *addrs,
                          size_t n, bool serves_tcp, punch_done_fn *done, void *arg);
void punch_cancel(struct punch *p); /* done will not be called; NULL is fine */

#endif
