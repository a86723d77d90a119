/* ctl_peer.h - commands about one peer: what it may use here, what it offers us. */
#ifndef GW_CTL_CTL_PEER_H
#define GW_CTL_CTL_PEER_H

#include "ctl/ctl_deps.h"
#include "ctl/ctl_session.h"

/* {peer} -> {peer, services: [{name, protocol}]}: what the peer says that we may use. */
void ctl_peer_services(const struct ctl_deps *d, struct ctl_session *s, json_t *req);

/* {peer, services: [NAME...]} / {peer} -> {peer}: edit authorized_keys.  The peer is an id, or a
 * name of the names file: no right is given to whoever else answers for a name. */
void ctl_peer_allow(const struct ctl_deps *d, struct ctl_session *s, json_t *req);
void ctl_peer_deny(const struct ctl_deps *d, struct ctl_session *s, json_t *req);

#endif
