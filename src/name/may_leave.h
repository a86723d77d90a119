/* may_leave.h - what is said of a name that nobody here knows.  May it be somebody's elsewhere, so
 * that others may be asked for it?
 *
 * A typing error within our own networks must not tell the internet what they are called.  Ours
 * are: what a tier has for certain (resolver_domains) and all below it, `.p2p`, peer ids, names
 * without a dot, and `.local` (RFC 6762 s.22.1). */
#ifndef GW_NAME_MAY_LEAVE_H
#define GW_NAME_MAY_LEAVE_H

#include "name/resolver.h"

/* False also of what is no host name. */
bool may_leave(struct resolver *r, struct bytes host);
/* Are there names of ours below it, so that it is not nothing itself (RFC 8020)?  It is what a tier
 * has for certain, or the end of that: `alice` and `p2p`, to `laptop.alice` of the names file. */
bool may_leave_is_parent(struct resolver *r, struct bytes host);

#endif
