/* tier_direct.h - the tier for names that are a peer id: ID, SERVICE.ID, either with .p2p behind
 * it. */
#ifndef GW_NAME_TIER_DIRECT_H
#define GW_NAME_TIER_DIRECT_H

#include "name/resolver.h"

extern const struct tier_ops tier_direct_ops; /* the tier pointer is not used: NULL */

/* What a name spells out: the peer, and the service before it (a view into the name; n == 0: none).
 * Returns NULL, or why it spells out none (static). */
const char *tier_direct_read(const struct name *n, struct peerid *peer, struct bytes *service);

/* Does the name end in a peer id, or in one that lost its capitals?  Then it is this tier's,
 * whether it can be read or not. */
bool tier_direct_owns(const struct name *n);

#endif
