/* probe.h - host_probe: does one address of a peer answer? */
#ifndef GW_HOST_PROBE_H
#define GW_HOST_PROBE_H

#include "host/dial.h"

/* As host_probe; borrows loop and ds. */
int probe_start(struct ev_loop *loop, const struct dials *ds, const struct host_probe_req *req,
                host_probed_fn *done, void *arg, struct host_probe **out);

#endif
