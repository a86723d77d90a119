/* tier_mdns.h - the tier of what peers on the LAN say of themselves (p2p/mdns.h):
 *
 *   NAME, NAME.local           a peer by the name that it tells
 *   SERVICE.NAME.local         a service of it
 *   NAME.NETWORK.local         when no peer is called NETWORK
 *   ID, SERVICE.ID             the addresses of a peer whose id is known (tier_direct.h)
 *
 * Nobody proves that a name is its own: the first one who tells it has it, for as long as it is
 * there.  For a name that is not known the LAN is asked, and the answer waited for, for
 * TIER_MDNS_WAIT_MS.
 */
#ifndef GW_NAME_TIER_MDNS_H
#define GW_NAME_TIER_MDNS_H

#include "name/resolver.h"
#include "p2p/mdns.h"

#define TIER_MDNS_WAIT_MS 250

struct tier_mdns;
extern const struct tier_ops tier_mdns_ops;

/* Borrows both.  Returns owned, or NULL.  Free it when the resolver has stopped, and before `m`. */
struct tier_mdns *tier_mdns_new(struct ev_loop *loop, struct mdns *m);
void tier_mdns_free(struct tier_mdns *t); /* NULL is fine */

/* Up to `max` of a peer's addresses, by turns of those who told of them, the latest first. */
size_t tier_mdns_addrs(const struct lan_peer *p, struct multiaddr *out, size_t max);

#endif
