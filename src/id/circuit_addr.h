/* circuit_addr.h - addresses that lead through a relay: [VIA]/p2p/RELAY/p2p-circuit [/p2p/ID]
 * (specs, relay/circuit-v2).
 *
 * VIA is the relay's own address.  It may be empty (the relay is known by its id) or lead through
 * another relay itself.
 */
#ifndef GW_ID_CIRCUIT_ADDR_H
#define GW_ID_CIRCUIT_ADDR_H

#include "id/multiaddr.h"

bool circuit_addr_is(const struct multiaddr *a);

/* Fills *via and the relay's id; of several relays the last, which is the one beside the peer.
 * False: no such address, and *via is empty. */
bool circuit_addr_split(const struct multiaddr *a, struct multiaddr *via, struct peerid *relay);

/* VIA and the relay's id to VIA/p2p/RELAY/p2p-circuit.  0, or GW_ENOMEM (too long). */
int circuit_addr_make(const struct multiaddr *via, const struct peerid *relay,
                      struct multiaddr *out);

#endif
