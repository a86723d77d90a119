/* dialtcp.h - connect to a TCP or Unix address without blocking. */
#ifndef GW_NET_DIALTCP_H
#define GW_NET_DIALTCP_H

#include <ev.h>

#include "net/sockaddr.h"

struct dialtcp;

/* err 0: takes fd (connected, non-blocking, TCP_NODELAY).  Else GW_E* and fd -1. */
typedef void dialtcp_done_fn(void *arg, int err, int fd);

/* Starts connecting; `done` comes once from the loop, after `timeout_ms` at the latest with
 * GW_ETIMEOUT, and the object is gone.  Returns NULL with *err set when it could not start (no done
 * then). */
struct dialtcp *dialtcp_start(struct ev_loop *loop, const struct sockaddr_any *to,
                              uint64_t timeout_ms, dialtcp_done_fn *done, void *arg, int *err);
/* The same from a local address, which may be that of a listener of ours (listen_share_port); when
 * that cannot be, from any port. */
struct dialtcp *dialtcp_start_from(struct ev_loop *loop, const struct sockaddr_any *from,
                                   const struct sockaddr_any *to, uint64_t timeout_ms,
                                   dialtcp_done_fn *done, void *arg, int *err);
void dialtcp_cancel(struct dialtcp *d); /* done will not be called */

#endif
