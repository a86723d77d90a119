/* netwatch.h - tells when this machine's network has changed under the connections, and when the
 * machine has slept.
 *
 * The kernel tells, and nothing is polled: its routing socket and a timer that is cancelled when
 * the clock is set.  Where a sandbox refuses these a look every NETWATCH_POLL_S takes their place,
 * which the log says once.
 */
#ifndef GW_NET_NETWATCH_H
#define GW_NET_NETWATCH_H

#include <ev.h>

#define NETWATCH_SETTLE_MS 100  /* of silence after a burst of events */
#define NETWATCH_LATEST_MS 1000 /* after the first one, if there is no silence */
#define NETWATCH_POLL_S    5

enum netwatch_why {
    NETWATCH_ADDRS, /* addresses or the way to the internet (netsnap.h) are not what they were */
    NETWATCH_WAKE,  /* the machine woke up; what it is connected to may have gone meanwhile */
    NETWATCH_CLOCK, /* the wall clock was set by 2 s or more: expiry times are to be looked at */
};

struct netwatch;

/* From the loop; may call netwatch_free. */
typedef void netwatch_fn(void *arg, enum netwatch_why why);

struct netwatch *netwatch_new(struct ev_loop *loop, netwatch_fn *on_change,
                              void *arg); /* owned; NULL: out of memory */
void netwatch_free(struct netwatch *w);   /* NULL is fine */

#endif
