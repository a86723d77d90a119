/* netsnap.h - a fingerprint of what of this machine's network matters to connections: the addresses
 * that may be used, and the ways to the internet with the carrier of their interfaces.
 *
 * Not in it: neighbours, lifetimes, routes to elsewhere, links without part in it, link-local IPv6
 * addresses, addresses that are still being checked for duplicates.
 */
#ifndef GW_NET_NETSNAP_H
#define GW_NET_NETSNAP_H

#include <stdint.h>

/* Two are equal when nothing has changed.  Where the routing socket is refused only the ways to the
 * internet with their source addresses are in it. */
uint64_t netsnap_take(void);

#endif
