/* udp_msg.c - see udp_msg.h. */
#include "wire/udp_msg.h"

#include "base/err.h"
#include "wire/varint.h"

int udp_msg_decode(struct bytes in, struct bytes *datagram)
{
    return varint_decode_prefixed(in, UDP_MSG_MAX, datagram);
}

int udp_msg_header(uint8_t dst[UDP_MSG_HEADER_MAX], size_t n)
{
    return n > UDP_MSG_MAX ? GW_EINVAL : varint_encode(dst, UDP_MSG_HEADER_MAX, n);
}
