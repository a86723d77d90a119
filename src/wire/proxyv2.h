/* proxyv2.h - the header of the PROXY protocol, version 2 (HAProxy, doc/proxy-protocol.txt s.2.2):
 * the first octets on a connection tell a server for whom it was made.  Pure: no I/O, no
 * allocation.
 */
#ifndef GW_WIRE_PROXYV2_H
#define GW_WIRE_PROXYV2_H

#include "base/cursor.h"

#define PROXYV2_PEER_MAX 128 /* octets of a peer id as text */
#define PROXYV2_WIRE_MAX (16 + 36 + 3 + PROXYV2_PEER_MAX)
#define PROXYV2_TLV_PEER 0xE0 /* PP2_TYPE_MIN_CUSTOM: the caller's peer id as text */

struct proxyv2 {
    struct bytes src, dst; /* IP addresses, 4 octets each or 16 each; else UNSPEC is sent */
    uint16_t src_port, dst_port;
    struct bytes peer; /* base58 (12D3KooW...), at most PROXYV2_PEER_MAX octets */
};

/* Says "PROXY, a stream from src to dst, by peer".  > 0: octets put, GW_ENOMEM, or GW_EINVAL: peer
 * is too long. */
int proxyv2_encode(uint8_t *dst, size_t cap, const struct proxyv2 *h);

#endif
