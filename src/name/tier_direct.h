/* tier_direct.h - the tier for names that are a peer id: ID, SERVICE.ID, either with .p2p behind
 * it. */
#ifndef GW_NAME_TIER_DIRECT_H
#define GW_NAME_TIER_DIRECT_H

#include "name/resolver.h"

extern const struct tier_ops tier_direct_ops; /* the tier pointer is not used: NULL */

#endif
