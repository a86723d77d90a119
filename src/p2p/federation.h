/* federation.h - what a relay lets whom do: reserve, call, pass through (relay.h).  Pure.
 *
 * Members are who may use the relay.  A network that is trusted (networks.h) reserves here for its
 * relay, so that our members can be led there; one that is trusted fully may also lead its members
 * to ours, by a chain of relays, and on to another network if transit is on.
 */
#ifndef GW_P2P_FEDERATION_H
#define GW_P2P_FEDERATION_H

#include "p2p/networks.h"
#include "p2p/relay.h"

/* `is_member`: may w->peer use the relay by itself? */
bool federation_may(const struct networks *n, const struct relay_wish *w, bool is_member);

#endif
