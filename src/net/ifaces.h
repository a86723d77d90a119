/* ifaces.h - the addresses of this machine's interfaces. */
#ifndef GW_NET_IFACES_H
#define GW_NET_IFACES_H

#include <stddef.h>

#include "id/ipaddr.h"

#define IFACES_MAX 32 /* addresses looked at, of one family */

/* Fills `out` with the addresses of family 4 or 6 of the interfaces that are up, those of loopback
 * last.  Link-local IPv6 addresses, which mean nothing on another machine, are left out.  Returns
 * how many; 0 also when the system does not tell. */
size_t ifaces_addrs(uint8_t family, struct ipaddr *out, size_t max);

#endif
