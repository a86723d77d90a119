/* circuit.h - connections through a relay (libp2p specs, relay/circuit-v2), the ends of them:
 * dialling
 * /.../p2p/RELAY/p2p-circuit addresses, and being called over the STOP protocol.
 *
 * Inside a circuit there is a whole connection, encrypted end to end (transport/upgrade.h): the
 * relay carries ciphertext.
 */
#ifndef GW_P2P_CIRCUIT_H
#define GW_P2P_CIRCUIT_H

#include "host/host.h"

#define CIRCUIT_HOP_PROTOCOL  "/libp2p/circuit/relay/0.2.0/hop"
#define CIRCUIT_STOP_PROTOCOL "/libp2p/circuit/relay/0.2.0/stop"

struct circuit;

/* Whether a call through this relay is taken: do we hold a reservation there? */
typedef bool circuit_accepts_fn(void *arg, const struct peerid *relay);

/* Registers its dialer and its STOP handler with the host, which it borrows.  `accepts` NULL: no
 * calls are taken.  Returns owned (free it before the host; what is under way ends), or NULL. */
struct circuit *circuit_new(struct host *h, circuit_accepts_fn *accepts, void *arg);
void circuit_free(struct circuit *c); /* NULL is fine */

#endif
