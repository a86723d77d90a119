/* ctl_perf.h - the command perf: throughput to a peer, up and then down (p2p/perf.h).
 *
 *     {"cmd":"perf","name":"alice","up":104857600,"down":0}
 *     {"ok":true,"up_bytes":104857600,"down_bytes":0,"up_mbit":940.123,"down_mbit":0.0}
 *
 * The answer comes at the end; a client that goes away before ends the measurement. */
#ifndef GW_CTL_CTL_PERF_H
#define GW_CTL_CTL_PERF_H

#include "ctl/ctl_deps.h"
#include "ctl/ctl_session.h"

#define CTL_PERF_MAX (INT64_C(64) << 30) /* octets each way; 0: none that way */

void ctl_perf_run(const struct ctl_deps *d, struct ctl_session *s, json_t *req);

#endif
