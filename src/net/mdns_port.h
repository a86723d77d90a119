/* mdns_port.h - the sockets of multicast DNS (RFC 6762): port 5353, the groups 224.0.0.251 and
 * ff02::fb, on every interface that can do multicast, loopback and point-to-point links left out.
 *
 * The port is shared with other programs of this machine.  Nothing leaves the link, and what comes
 * from beyond it is dropped.
 */
#ifndef GW_NET_MDNS_PORT_H
#define GW_NET_MDNS_PORT_H

#include <ev.h>

#include "id/multiaddr.h"

#define MDNS_PORT      5353
#define MDNS_LINKS_MAX 32

struct mdns_link { /* an interface, by one family */
    uint32_t ifindex;
    uint8_t family; /* 4 or 6 */
};

struct mdns_peer { /* who sent a datagram, and where an answer to it alone goes */
    struct mdns_link link;
    struct ipaddr ip;
    uint16_t port;
    bool is_to_group; /* it was sent to the group, not to us alone */
};

struct mdns_port;

/* One datagram; everything is borrowed for the call.  The port may not be closed in it. */
typedef void mdns_port_fn(void *arg, const struct mdns_peer *from, struct bytes v);

/* 0 and *out owned (one family is enough), or GW_E*: GW_EINUSE when another program does not share
 * the port.  Nothing is joined yet. */
int mdns_port_open(struct ev_loop *loop, mdns_port_fn *on_datagram, void *arg,
                   struct mdns_port **out);
void mdns_port_close(struct mdns_port *p); /* NULL is fine */

/* Joins the groups on the interfaces that there are now; again whenever they may have changed.
 * Returns how many links it has, all of them in `out`. */
size_t mdns_port_join(struct mdns_port *p, struct mdns_link out[MDNS_LINKS_MAX]);

/* To everybody on a link, or to one who asked.  What the kernel does not take is lost. */
void mdns_port_send(struct mdns_port *p, const struct mdns_link *to, struct bytes v);
void mdns_port_reply(struct mdns_port *p, const struct mdns_peer *to, struct bytes v);

#endif
