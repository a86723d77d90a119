/* dns_lookup.h - one question to the DNS server, from its octets to those of the answer: ours (a
 * name that a tier may own, a stable address), or somebody's elsewhere.
 *
 *   ours        resolver -> gate/virtual -> dns_answer
 *   elsewhere   dns_forward; without one NXDOMAIN, or no data above a name that is ours
 */
#ifndef GW_GATE_DNS_LOOKUP_H
#define GW_GATE_DNS_LOOKUP_H

#include "gate/dns_forward.h"
#include "gate/virtual.h"

struct dns_lookup_env { /* borrowed */
    struct resolver *resolver;
    struct loopback *loopback;
    struct virtual *virtual;
    struct dns_forward *forward;
};

struct dns_lookup;
/* The answer is borrowed for the call; n 0: there is to be none. */
typedef void dns_lookup_fn(void *arg, struct bytes answer);

/* `done` comes once: from inside, then NULL is returned, or later.  Borrows env; the query for the
 * call only. */
struct dns_lookup *dns_lookup_start(const struct dns_lookup_env *env, struct bytes query,
                                    bool by_tcp, dns_lookup_fn *done, void *arg);
void dns_lookup_cancel(struct dns_lookup *l); /* done will not be called */

#endif
