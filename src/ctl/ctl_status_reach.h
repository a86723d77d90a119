/* ctl_status_reach.h - the parts of the status that tell how peers are reached, and how we are
 * (ctl_status.h has the fields). */
#ifndef GW_CTL_CTL_STATUS_REACH_H
#define GW_CTL_CTL_STATUS_REACH_H

#include <jansson.h>

#include "ctl/ctl_deps.h"

/* Sets state, path and relay, and rtt_ms unless the transport knew it.  0, or -1: out of memory, or
 * `peer` is NULL. */
int ctl_status_reach_peer(const struct ctl_deps *d, const struct conn *c, json_t *peer);
/* Sets addresses, reach, nat, reservations, relay.  0, or -1 as above. */
int ctl_status_reach_add(const struct ctl_deps *d, json_t *status);

/* The list `kept`, owned; NULL: out of memory. */
json_t *ctl_status_reach_kept(const struct ctl_deps *d);

#endif
