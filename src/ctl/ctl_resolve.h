/* ctl_resolve.h - `gw resolve`: which peer a name leads to; with "verbose" also what every tier
 * said of it, and how long that took. */
#ifndef GW_CTL_CTL_RESOLVE_H
#define GW_CTL_CTL_RESOLVE_H

#include "ctl/ctl_deps.h"
#include "ctl/ctl_session.h"

/* {name, [verbose]} -> {name, peer, service, addrs[], protocols: {PORT: ID}, tier, ttl_s}; verbose
 * adds {found, cached: "" | "memory" | "disk", took_us, left_s, tiers: [{tier, asked: "no" |
 * "not-its" | "failed" | "silent" | "answered", why, took_us}]}, and then a name that is not known
 * is an answer, too, with {name, found: false, error} in place of the peer. */
void ctl_resolve_run(const struct ctl_deps *d, struct ctl_session *s, json_t *req);

#endif
