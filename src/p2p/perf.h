/* perf.h - /perf/1.0.0, both sides (libp2p specs, perf/perf.md): so many octets up, then so many
 * down. */
#ifndef GW_P2P_PERF_H
#define GW_P2P_PERF_H

#include "host/host.h"

#define PERF_PROTOCOL "/perf/1.0.0"
#define PERF_IDLE_MS  30000 /* without an octet either way the stream is reset */

/* Makes the host work for whoever is admitted, so off unless asked for (specs, "Security
 * Considerations"). 0, or as host_handle. */
int perf_serve(struct host *h);

struct perf_result {
    uint64_t up, down;       /* octets that crossed */
    uint64_t us_up, us_down; /* from the opening until the answer began; from there to its end */
};

struct perf;

/* err 0: both counts are those asked for.  GW_ENOPROTO: the peer says so, or resets a stream that
 * is not agreed on.  `r` is borrowed for the call. */
typedef void perf_done_fn(void *arg, int err, const struct perf_result *r);

/* Sends `up` octets and asks for `down`.  Calls `done` once, from the loop; the object is gone
 * then. Returns NULL when out of memory or when the connection takes no stream. */
struct perf *perf_start(struct conn *c, uint64_t up, uint64_t down, perf_done_fn *done, void *arg);
void perf_cancel(struct perf *p); /* done will not be called */

#endif
