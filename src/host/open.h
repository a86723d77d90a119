/* open.h - from "a stream to this peer on one of these protocols" to a negotiated stream. */
#ifndef GW_HOST_OPEN_H
#define GW_HOST_OPEN_H

#include "host/conns.h"
#include "host/dial.h"

struct opens; /* every host_open under way */

/* Borrows all.  Returns owned, or NULL when out of memory. */
struct opens *opens_new(struct ev_loop *loop, struct turn *turn, struct conns *conns,
                        struct dials *dials);
void opens_free(struct opens *os); /* those under way are cancelled */
void opens_set_timeout(struct opens *os, uint64_t negotiate_timeout_ms);

/* As host_open and conn_open. */
struct host_open *opens_start(struct opens *os, const struct host_open_req *req,
                              host_opened_fn *done, void *arg);
int opens_on_conn(struct opens *os, struct conn *c, const char *protocol, struct bytes first,
                  host_opened_fn *done, void *arg);

/* Tell it of each connection that has ended. */
void opens_conn_closed(struct opens *os, const struct conn *c, int err);

#endif
