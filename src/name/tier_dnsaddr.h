/* tier_dnsaddr.h - the tier of the DNS: what dnsaddr.h finds for a name.
 *
 * All addresses of a name are one peer's; those of others than the first one's are left out.  The
 * answer holds as long as the records do, from 10 seconds to a day.  SERVICE.NAME is not read: a
 * name of the DNS means what it says.  Not asked: names ending in .p2p or .local, a name without a
 * dot, peer ids, IP addresses, and names of networks that are known here: they are nobody else's
 * business.
 */
#ifndef GW_NAME_TIER_DNSADDR_H
#define GW_NAME_TIER_DNSADDR_H

#include "name/resolver.h"
#include "net/dns.h"

struct tier_dnsaddr;
extern const struct tier_ops tier_dnsaddr_ops; /* "DNS" */

/* `private_to_us`: is this name (lower case) one that must not be told to the DNS?  May be NULL.
 * Borrows all. Returns owned, or NULL.  Free it when the resolver has stopped. */
struct tier_dnsaddr *
tier_dnsaddr_new(struct dns *d, bool (*private_to_us)(void *arg, const struct name *n), void *arg);
void tier_dnsaddr_free(struct tier_dnsaddr *t); /* NULL is fine */

#endif
