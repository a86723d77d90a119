/* socks5_udp.h - the header of a SOCKS5 datagram (RFC 1928 s.7).  Pure: no I/O, no allocation.
 *
 *     RSV, 2 octets | FRAG | ATYP | DST.ADDR | DST.PORT | DATA, to the end of the datagram
 */
#ifndef GW_WIRE_SOCKS5_UDP_H
#define GW_WIRE_SOCKS5_UDP_H

#include "wire/socks5.h"

#define SOCKS5_UDP_HEADER_MAX 262 /* octets; the longest has a name of 255 */

struct socks5_udp {
    uint8_t frag;            /* 0: a datagram that stands alone */
    struct socks5_dest dest; /* where to; the port is never 0 */
    struct bytes wrote;      /* ATYP, address and port in the client's own octets; a view */
    struct bytes data;       /* may be empty; a view */
};

/* Returns the octets of the header, > 0, and *out.  0: the header is cut short, and as a datagram
 * is whole, that is malformed.  Else as socks5_decode_request: GW_EUNSUP, GW_ENONAME, GW_EINVAL
 * (port 0 too).  RSV is not looked at. */
int socks5_udp_decode(struct bytes in, struct socks5_udp *out);

/* The header of a datagram from `wrote`, as socks5_udp_decode gave it.  Returns the octets put, or
 * GW_ENOMEM. */
int socks5_udp_encode(uint8_t *dst, size_t cap, struct bytes wrote);

#endif
