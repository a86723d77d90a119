/* rtnl.h - asks the kernel's routing socket (rtnetlink(7)).
 *
 * The kernel answers while the request is sent, so that reading the answer never waits.  Some
 * sandboxes refuse the socket: then everything here is an error.
 */
#ifndef GW_NET_RTNL_H
#define GW_NET_RTNL_H

#include "wire/netlink_msg.h"

/* A non-blocking routing socket that gets the events of `groups` (RTMGRP_*; 0: none).  Returns the
 * descriptor, or GW_E*. */
int rtnl_open(uint32_t groups);

/* The next datagram of the kernel; those of other senders are skipped.  *out is a view of a buffer
 * that the next call uses again.  Returns 0, GW_ENOTFOUND when none lies ready, GW_ELIMIT when
 * events were lost (read on), or another GW_E*. */
int rtnl_receive(int fd, struct bytes *out);

/* Sends a request (its sequence number has to be RTNL_SEQ) and calls `each` for every message of
 * the answer.  Returns 0, what the kernel says for an error, the first error of `each`, GW_E*. */
#define RTNL_SEQ 1
typedef int rtnl_each_fn(void *arg, const struct netlink_msg *m);
int rtnl_ask(struct bytes request, rtnl_each_fn *each, void *arg);

#endif
