/* ctl_network.h - `gw network`: which networks this node is in, joining one and leaving it. */
#ifndef GW_CTL_CTL_NETWORK_H
#define GW_CTL_CTL_NETWORK_H

#include "ctl/ctl_deps.h"
#include "ctl/ctl_session.h"

/* {network, relays: [TEXT...], [host]} / {network} -> {}: edit gw.conf and re-read it. */
void ctl_network_join(const struct ctl_deps *d, struct ctl_session *s, json_t *req);
void ctl_network_leave(const struct ctl_deps *d, struct ctl_session *s, json_t *req);

/* -> {own: NAME | "", names: COUNT, transit, networks: [{name, host, trust, relays: [{peer, name,
 * connected, claimed_s, status, error}]}]}.  own: the network that we are a relay of, and how many
 * names it has.  claimed_s: when our name there was confirmed last, 0: it is not ours there; status
 * and error say why, both "" while nothing is known. */
void ctl_network_list(const struct ctl_deps *d, struct ctl_session *s, json_t *req);

#endif
