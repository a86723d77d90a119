/* tier_dht.h - the tier of the DHT (p2p/kad.h):
 *
 *   HOST.NETWORK, SERVICE.HOST.NETWORK   the record that a relay of that network has published
 *   ID, SERVICE.ID                       the addresses that the peer has published, or that
 *                                        DHT servers know of it
 *
 * Without a DHT peer known it says so at once.
 */
#ifndef GW_NAME_TIER_DHT_H
#define GW_NAME_TIER_DHT_H

#include "name/resolver.h"
#include "p2p/kad.h"
#include "p2p/networks.h"

struct tier_dht;
extern const struct tier_ops tier_dht_ops; /* "DHT" */

/* Borrows both.  Returns owned, or NULL.  Free it behind the resolver, before the kad. */
struct tier_dht *tier_dht_new(struct kad *k, const struct networks *n);
void tier_dht_free(struct tier_dht *t); /* NULL is fine */

#endif
