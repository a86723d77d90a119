/* circuit.h - connections through a relay (libp2p specs, relay/circuit-v2), the ends of them:
 * dialling /.../p2p/RELAY/p2p-circuit addresses (HOP), and being called (STOP).
 *
 * Inside a circuit there is a whole connection, encrypted end to end (transport/upgrade.h): the
 * relay carries ciphertext.  Who calls is who proves it in that handshake; the id that the relay
 * names is a hint for the log.
 *
 * From a connection to the relay: one round trip for CONNECT, one for the handshake, and the first
 * stream's request leaves with the handshake's last flight.
 */
#ifndef GW_P2P_CIRCUIT_H
#define GW_P2P_CIRCUIT_H

#include "host/host.h"
#include "p2p/relay_scores.h"

#define CIRCUIT_DEPTH_MAX 4 /* circuits within circuits; also what cuts loops */

struct circuit;

/* Whether a call through this relay is taken: do we hold a reservation there? */
typedef bool circuit_accepts_fn(void *arg, const struct peerid *relay);

/* Registers its dialer and its STOP handler with the host.  Borrows both; by `scores` a peer that
 * has several relays is dialled through the best one first.  `accepts` NULL: no calls are taken.
 * Returns owned, or NULL (out of memory, or something else serves STOP). */
struct circuit *circuit_new(struct host *h, struct relay_scores *scores,
                            circuit_accepts_fn *accepts, void *arg);
/* Between host_stop and host_free: what is under way ends.  NULL is fine. */
void circuit_free(struct circuit *c);

#endif
