/* ipaddr.h - an IP address.  Pure. */
#ifndef GW_ID_IPADDR_H
#define GW_ID_IPADDR_H

#include <stdbool.h>
#include <stdint.h>

struct ipaddr {
    uint8_t family; /* 4 or 6 */
    uint8_t b[16];  /* network order; 4 or 16 octets used, the rest zero */
    uint32_t zone;  /* interface index of a link-local IPv6 address; 0 = none */
};

/* What a user of the internet has for himself, so that its addresses tell nobody apart: the address
 * of IPv4, the /64 of IPv6. */
struct ipaddr ipaddr_net(const struct ipaddr *ip);

bool ipaddr_eq(const struct ipaddr *a, const struct ipaddr *b); /* whatever the zones */

/* As 16 octets: IPv4 mapped into IPv6 (RFC 4291 s.2.5.5.2).  And back: what is mapped becomes
 * IPv4. */
void ipaddr_to_mapped(const struct ipaddr *ip, uint8_t out[16]);
struct ipaddr ipaddr_from_mapped(const uint8_t in[16]);

/* What is said of an IPv4 address goes for one mapped into IPv6, too. */
bool ipaddr_is_wildcard(const struct ipaddr *ip);    /* 0.0.0.0 or :: */
bool ipaddr_is_loopback(const struct ipaddr *ip);    /* 127.0.0.0/8 or ::1 */
bool ipaddr_is_link_local6(const struct ipaddr *ip); /* fe80::/10 */
/* Loopback, link-local, or of a private network (RFC 1918, RFC 4193). */
bool ipaddr_is_private(const struct ipaddr *ip);

#endif
