/* ifaces.h - the addresses of this machine's interfaces. */
#ifndef GW_NET_IFACES_H
#define GW_NET_IFACES_H

#include "id/multiaddr.h"

#define IFACES_MAX 32 /* addresses looked at, of one family */

/* Fills `out` with the addresses of family 4 or 6 of the interfaces that are up, those of loopback
 * last.  Link-local IPv6 addresses, which mean nothing on another machine, are left out.  Returns
 * how many; 0 also when the system does not tell. */
size_t ifaces_addrs(uint8_t family, struct ipaddr *out, size_t max);

/* What is said of an IPv4 address goes for one mapped into IPv6, too. */
bool ifaces_is_wildcard(const struct ipaddr *ip);    /* 0.0.0.0 or :: */
bool ifaces_is_loopback(const struct ipaddr *ip);    /* 127.0.0.0/8 or ::1 */
bool ifaces_is_link_local6(const struct ipaddr *ip); /* fe80::/10 */
/* A socket's address (multiaddr_as_socket), and on loopback. */
bool ifaces_is_loopback_addr(const struct multiaddr *a);
/* Loopback, link-local, or of a private network (RFC 1918, RFC 4193). */
bool ifaces_is_private(const struct ipaddr *ip);

#endif
