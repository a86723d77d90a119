/* route.h - the way that packets to the internet take. */
#ifndef GW_NET_ROUTE_H
#define GW_NET_ROUTE_H

#include "id/ipaddr.h"

struct route {
    struct ipaddr gateway; /* family 0: none, the internet is on the link (a tunnel) */
    struct ipaddr source;  /* the address that the kernel sends from */
    uint32_t ifindex;      /* 0 when not told */
    bool is_running;       /* the interface has a carrier; true when not told */
};

/* For IPv4 (4) or IPv6 (6); rules and VPNs count, as the kernel itself is asked.  Nothing is sent.
 * Where the routing socket is refused: the source, and the gateway of /proc/net/route if there is
 * one.  Returns 0, or GW_ENETDOWN: there is no such way. */
int route_to_internet(uint8_t family, struct route *out);

/* The address that the kernel sends from to this one; a v4-mapped one is told as v4.  Nothing is
 * sent.  0; GW_ENETDOWN: there is no way; GW_EUNSUP: the machine has not the family; or why the
 * kernel could not be asked. */
int route_source(const struct ipaddr *to, struct ipaddr *out);

bool route_eq(const struct route *a, const struct route *b);

#endif
