/* udp_port.h - a local UDP port that anybody may send to: bound, not connected, one socket for all
 * senders.  For local clients; the socket of QUIC is udp.h. */
#ifndef GW_NET_UDP_PORT_H
#define GW_NET_UDP_PORT_H

#include <ev.h>

#include "base/cursor.h"
#include "net/sockaddr.h"

struct udp_port;

struct udp_port_path {
    struct sockaddr_any remote; /* the sender, and where an answer goes */
    struct ipaddr local;        /* the address it was sent to, so where an answer must come from.
                                 * family 0: the one that the port is bound to */
};

/* One datagram, of any length UDP has; everything is borrowed for the call.  The port may not be
 * closed in it. */
typedef void udp_port_fn(void *arg, const struct udp_port_path *path, struct bytes v);

/* Binds; an IPv6 wildcard takes IPv6 only.  Returns 0 and *out owned; GW_EINUSE, GW_ENOTLOCAL,
 * GW_EPERM, GW_EUNSUP (no such address family, a Unix socket), GW_ENOFD, GW_ENOMEM. */
int udp_port_open(struct ev_loop *loop, const struct sockaddr_any *at, udp_port_fn *on_datagram,
                  void *arg, struct udp_port **out);
void udp_port_close(struct udp_port *p); /* NULL is fine */

const struct sockaddr_any *udp_port_addr(const struct udp_port *p); /* as bound: the real port */

/* Sends `head` and `v` as one datagram.  What the kernel does not take (no room, no route, too
 * long) is lost; a port that nobody listens on is no error. */
void udp_port_send(struct udp_port *p, const struct udp_port_path *path, struct bytes head,
                   struct bytes v);

#endif
