/* listen.h - a listening TCP or Unix socket.
 *
 * Out of descriptors is not an error here: one spare descriptor is used to accept and close the
 * waiting client, the event is logged once, and accepting goes on.  A Unix socket file that nobody
 * listens on is replaced; it is removed at the end.
 */
#ifndef GW_NET_LISTEN_H
#define GW_NET_LISTEN_H

#include <ev.h>

#include "net/sockaddr.h"

struct listen;

/* Takes fd: non-blocking, close-on-exec, on TCP with TCP_NODELAY.  May not close the listener. */
typedef void listen_accept_fn(void *arg, int fd, const struct sockaddr_any *from);

/* Binds and listens; an IPv6 address takes IPv6 only.  Returns 0 and *out owned, or GW_EINUSE,
 * GW_EPERM, GW_ENOMEM, ... */
int listen_open(struct ev_loop *loop, const struct sockaddr_any *addr, listen_accept_fn *on_accept,
                void *arg, struct listen **out);
/* Takes a socket that listens already, from whoever has passed it to this process; its file, if it
 * is a Unix socket, stays at the end.  Returns 0 and *out owned; GW_EINVAL: fd is no listening TCP
 * or Unix stream socket, GW_ENOMEM, ... (then fd stays the caller's). */
int listen_adopt(struct ev_loop *loop, int fd, listen_accept_fn *on_accept, void *arg,
                 struct listen **out);
/* Lets this user's processes dial from the port, too, but not listen on it. */
void listen_share_port(struct listen *l);
void listen_close(struct listen *l);                            /* NULL is fine */
const struct sockaddr_any *listen_addr(const struct listen *l); /* as bound: the real port */

#endif
