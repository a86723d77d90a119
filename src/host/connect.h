/* connect.h - host_connect: a connection to a peer for who needs no stream yet. */
#ifndef GW_HOST_CONNECT_H
#define GW_HOST_CONNECT_H

#include "host/conns.h"
#include "host/dial.h"

/* As host_connect; borrows all but req. */
struct host_connect *connect_start(struct turn *turn, struct conns *conns, struct dials *dials,
                                   const struct host_connect_req *req, host_connected_fn *done,
                                   void *arg);

#endif
