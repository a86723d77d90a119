/* ctl_netcheck.h - the command netcheck: how this node finds itself connected, as far as it is
 * known now.
 *
 *     {"cmd":"netcheck"} -> {peer_id, what checkup_json.h says, meaning: {KEY: "sentence"}}
 */
#ifndef GW_CTL_CTL_NETCHECK_H
#define GW_CTL_CTL_NETCHECK_H

#include "ctl/ctl_deps.h"
#include "ctl/ctl_session.h"

void ctl_netcheck_run(const struct ctl_deps *d, struct ctl_session *s, json_t *req);

#endif
