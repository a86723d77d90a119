/* ctl_ping.h - the command ping.
 *
 *     {"cmd":"ping","name":"alice","count":4}
 *     {"more":true,"peer":"12D3KooW...","seq":1,"rtt_ms":12.345}      per answer
 *     {"more":true,"peer":"12D3KooW...","seq":3,"error":"..."}    a failure ends the round
 *     {"ok":true,"peer":...,"sent":3,"received":2,"min_ms":...,"avg_ms":...,"max_ms":...}
 *
 * A peer that does not answer at all is {"ok":false,...}. */
#ifndef GW_CTL_CTL_PING_H
#define GW_CTL_CTL_PING_H

#include "ctl/ctl_deps.h"
#include "ctl/ctl_session.h"

#define CTL_PING_MAX 1000 /* count; 4 when it is not given */

void ctl_ping_run(const struct ctl_deps *d, struct ctl_session *s, json_t *req);

#endif
