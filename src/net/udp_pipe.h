/* udp_pipe.h - a pipe of datagrams (dgrams.h) over a connected socket of its own: UDP, or datagrams
 * of a Unix socket. */
#ifndef GW_NET_UDP_PIPE_H
#define GW_NET_UDP_PIPE_H

#include "net/dgrams.h"
#include "net/sockaddr.h"

/* Connects, which asks nobody and so needs no time.  A Unix socket gets a name of its own, for the
 * answers.  on_close comes with GW_EREFUSED when the other end said that nobody listens there (ICMP
 * port unreachable), and with another GW_E* when the socket failed; never with 0.
 * Returns 0 and *out owned; GW_EUNREACH, GW_ENETDOWN, GW_ENOTFOUND, GW_EREFUSED (Unix sockets),
 * GW_EUNSUP (no such address family), GW_ENOFD, GW_ENOMEM. */
int udp_pipe_open(struct ev_loop *loop, const struct sockaddr_any *to, struct dgrams **out);

#endif
