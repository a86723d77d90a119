/* mapping.h - a port that a router has opened for this machine. */
#ifndef GW_NET_MAPPING_H
#define GW_NET_MAPPING_H

#include "id/multiaddr.h"

#define MAPPING_MAX 8 /* ports asked for */

struct mapping_port { /* of this machine */
    uint8_t proto;    /* IPPROTO_UDP or IPPROTO_TCP */
    uint16_t port;
};

struct mapping {
    struct mapping_port internal;
    struct ipaddr addr; /* seen from outside */
    uint16_t port;      /* never 0 */
    uint32_t lifetime_s;
    bool is_public; /* false: a private address, the router is behind another one (double NAT) */
};

/* Can this be what the internet sees?  It is the word of a router, or of whoever poses as one.
 * False for a wildcard, loopback, link-local, multicast or reserved address, and port 0. */
bool mapping_is_possible(const struct ipaddr *addr, uint16_t port);

/* Do both lead to the same port by the same address?  The lifetime may differ. */
bool mapping_eq(const struct mapping *a, const struct mapping *b);

#endif
