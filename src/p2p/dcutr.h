/* dcutr.h - /libp2p/dcutr: from a relayed connection to a direct one by hole punching (libp2p
 * specs, relay/DCUtR), in both roles.
 *
 * The end that was called opens the stream.  Both tell their candidates (CONNECT), which measures
 * the round trip, and set out at the same moment (SYNC; punch.h): the end that called dials.  Three
 * tries; more after a network change and, while the relayed connection is used, with growing
 * pauses.  A peer that never begins, or does not know the protocol, is dialled at its public
 * addresses (dcutr_core.h).  The same is done while a direct connection is silent under its streams
 * (host.h, on_conn_silence): a NAT that has forgotten it lets it in again, and the end that dialled
 * takes it to its new port (RFC 9000 section 9.3).  New streams take the direct connection as soon
 * as it stands (host/conns.h).
 */
#ifndef GW_P2P_DCUTR_H
#define GW_P2P_DCUTR_H

#include "p2p/announce.h"
#include "p2p/dcutr_core.h"

struct dcutr;

/* Serves the protocol and observes the host; borrows both.  Returns owned (free it before the
 * host), or NULL. */
struct dcutr *dcutr_new(struct host *h, const struct announce *a);
void dcutr_free(struct dcutr *d); /* NULL is fine */

void dcutr_network_changed(struct dcutr *d); /* what failed is tried again */
/* False: nothing is known of that peer. */
bool dcutr_info(const struct dcutr *d, const struct peerid *peer, struct dcutr_info *out);

#endif
