/* direct.h - a destination of the internet straight from here, for [proxy] other = direct. */
#ifndef GW_GATE_DIRECT_H
#define GW_GATE_DIRECT_H

#include "gate/front.h"

struct direct;

/* err 0: takes s, or d when the target is_udp.  Else GW_E* and why, static. */
typedef void direct_done_fn(void *arg, int err, struct stream *s, struct dgrams *d,
                            const char *why);

/* `done` is called once, from the loop, after timeout_ms at the latest.  Borrows dns and host (loop
 * and turn are what it needs of it).  NULL: out of memory. */
struct direct *direct_open(struct dns *dns, const struct host *h, const struct front_target *t,
                           uint64_t timeout_ms, direct_done_fn *done, void *arg);
void direct_cancel(struct direct *d);

/* Nobody gets to this machine by its own proxy: what listens on loopback trusts who is here.
 * Addresses of the LAN are fine: who may use the proxy is here. */
bool direct_may(const struct ipaddr *ip);
#define DIRECT_DENIED "an address of this machine is not reached through a proxy"

#endif
