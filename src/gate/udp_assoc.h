/* udp_assoc.h - a SOCKS5 UDP association (RFC 1928 s.7): one UDP socket for one client, with a pipe
 * to every destination that the client names.
 *
 * The socket is bound to the address at which the client reached the proxy, so the client can reach
 * it and sees replies from BND.ADDR.  It takes datagrams from the client's address only; the first
 * well-formed one fixes the port as well.  FRAG != 0 is dropped.
 *
 * A reply carries the destination in the very octets in which the client wrote it: a name comes
 * back as that name (ATYP 3), an address as that address.  RFC 1928 leaves open what the origin of
 * a reply is when the destination was a name; an address of our making would match nothing that the
 * client knows.  So two spellings of one destination are two pipes, and each gets its own replies.
 */
#ifndef GW_GATE_UDP_ASSOC_H
#define GW_GATE_UDP_ASSOC_H

#include "gate/front.h"

#define UDP_ASSOC_DESTINATIONS_MAX 256 /* one more ends the one idle longest */

struct udp_assoc;

/* `local`, `client`: ends of the control connection (a Unix socket: 127.0.0.1, first sender).
 * `options`: target whose path counts for all destinations.  0 and *out owned, *bound to be told to
 * the client; GW_ENOTLOCAL, GW_ENOFD, GW_ENOMEM, ... */
int udp_assoc_open(struct ev_loop *loop, struct front *front, const struct sockaddr_any *local,
                   const struct sockaddr_any *client, const struct front_target *options,
                   struct sockaddr_any *bound, struct udp_assoc **out);
void udp_assoc_close(struct udp_assoc *a); /* NULL is fine; every pipe ends */

#endif
