/* udp_msg.h - datagrams on the stream of /gw/udp/1.0.0, for those that do not fit into a QUIC
 * datagram or for a connection that has none.  Pure: no I/O, no allocation.
 *
 *     length, varint (0..65507) | that many octets | next one ...
 *
 * Decoder:  > 0  octets used   |  0  need more input   |  < 0  GW_EPROTO (too long)
 */
#ifndef GW_WIRE_UDP_MSG_H
#define GW_WIRE_UDP_MSG_H

#include "base/cursor.h"

#define UDP_MSG_MAX        65507 /* octets of a datagram */
#define UDP_MSG_HEADER_MAX 3

int udp_msg_decode(struct bytes in, struct bytes *datagram);   /* a view into the input */
int udp_msg_header(uint8_t dst[UDP_MSG_HEADER_MAX], size_t n); /* octets put, or GW_EINVAL */

#endif
