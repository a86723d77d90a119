/* addr_scope.h - from how far away an address can be reached, by the IP address in it: who is not
 * there has no use for it, and is not to be told.  Pure. */
#ifndef GW_NET_ADDR_SCOPE_H
#define GW_NET_ADDR_SCOPE_H

#include "id/multiaddr.h"

enum addr_scope { /* the wider one first */
                  ADDR_SCOPE_WORLD,
                  ADDR_SCOPE_NETWORK, /* as ipaddr_is_private */
                  ADDR_SCOPE_MACHINE, /* loopback */
};

enum addr_scope addr_scope_of_ip(const struct ipaddr *ip);
/* Of the IP address that it begins with: a circuit's is its relay's.  Without one (a name, an id)
 * it is ADDR_SCOPE_WORLD. */
enum addr_scope addr_scope_of(const struct multiaddr *a);
/* The same, but a circuit is ADDR_SCOPE_WORLD: who can reach the relay in another way than by this
 * address is led on from there, too. */
enum addr_scope addr_scope_of_way(const struct multiaddr *a);

#endif
