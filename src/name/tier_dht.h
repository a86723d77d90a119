/* tier_dht.h - the tier of the DHT (p2p/kad.h):
 *
 *   HOST.NETWORK, SERVICE.HOST.NETWORK   the record that a relay of that network has published
 *   ID, SERVICE.ID                       the addresses that the peer has published, or that
 *                                        DHT servers know of it
 *
 * The record is signed by who is to know, and an address that a server tells is only said to be
 * right: so both are asked for at once, and the record is waited for, but for TIER_DHT_GRACE_MS
 * only. Without a DHT server known, or one that is being asked whether it is, it says so at once.
 */
#ifndef GW_NAME_TIER_DHT_H
#define GW_NAME_TIER_DHT_H

#include "name/resolver.h"
#include "p2p/kad.h"
#include "p2p/networks.h"

struct tier_dht;
extern const struct tier_ops tier_dht_ops; /* "DHT" */

#define TIER_DHT_MS       10000 /* of one lookup */
#define TIER_DHT_GRACE_MS 500

/* Borrows all.  Returns owned, or NULL.  Free it when the resolver has stopped, before the kad. */
struct tier_dht *tier_dht_new(struct ev_loop *loop, struct kad *k, const struct networks *n);
void tier_dht_free(struct tier_dht *t); /* NULL is fine */

#endif
