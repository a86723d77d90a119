/* punch.h - one try at a hole: both ends do this at the same moment (libp2p specs, relay/DCUtR).
 *
 * One end dials all addresses at once.  The other opens its own NAT meanwhile: addresses of QUIC
 * get datagrams of random octets, in random pauses of 10 to 200 ms; to those of TCP it connects
 * from the port it listens on, and serves the connection that this becomes when it meets the dial
 * on its way. When nothing has come through after PUNCH_WAIT_MS it dials, too: its NAT may be one
 * that gives every destination another port, or the first end may be public.  So, where either
 * would do, the connection is dialled by the end that called: it is the one that moves about, and
 * in QUIC only who dialled may move (RFC 9000 section 9).
 */
#ifndef GW_P2P_PUNCH_H
#define GW_P2P_PUNCH_H

#include "host/host.h"
#include "p2p/punch_core.h"

#define PUNCH_ADDRS_MAX 8

struct punch;

/* err 0: c is a direct connection.  GW_ETIMEOUT, or why dialling failed; a connection that the
 * other end's dial brings after such a failure is told by host_observe only. */
typedef void punch_done_fn(void *arg, int err, struct conn *c);

/* Calls `done` once, from the loop; the object is gone then.  `addrs` (copied) beyond
 * PUNCH_ADDRS_MAX are left out.  `serves`: we are the other end.  NULL: out of memory. */
struct punch *punch_start(struct host *h, const struct peerid *peer, const struct multiaddr *addrs,
                          size_t n, bool serves, punch_done_fn *done, void *arg);
void punch_cancel(struct punch *p); /* done will not be called; NULL is fine */

#endif
