/* upnp.h - asks the router for port mappings by UPnP IGD, in a process of its own.
 *
 * Finding the router and talking to it takes seconds of blocking HTTP and XML in miniupnpc; and
 * whoever answers on the local network feeds that parser.  So a fork does it that keeps no
 * descriptor of gw's, and hands back one struct, which is checked.
 */
#ifndef GW_NET_UPNP_H
#define GW_NET_UPNP_H

#include <ev.h>

#include "net/upnp_igd.h"

#define UPNP_DEADLINE_S 20

struct upnp;

/* `r` is valid during the call: r->n as asked for, strings ended, mappings possible. */
typedef void upnp_done_fn(void *arg, int err, const struct upnp_report *r);

/* Asks for `n` ports.  `done` comes once, from the loop: 0; GW_EUNREACH: no router answers;
 * GW_EREFUSED: it has no address or grants nothing; GW_ETIMEOUT; GW_EIO.  Returns NULL with *err
 * when it could not start; GW_EUNSUP: built without miniupnpc. */
struct upnp *upnp_start(struct ev_loop *loop, const struct mapping_port *ports, size_t n,
                        upnp_done_fn *done, void *arg, int *err);
void upnp_cancel(struct upnp *u); /* done will not be called; NULL is fine */

#define UPNP_RELEASE_DEADLINE_S 5

/* Deletes what the report granted, without waiting: a process that outlives this one, by
 * UPNP_RELEASE_DEADLINE_S at most, does it.  It ignores SIGTERM (conf/gw.service.in says why). */
void upnp_release(const struct upnp_report *r);

#endif
