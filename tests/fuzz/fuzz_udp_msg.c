/* fuzz_udp_msg.c - a datagram lies inside the input, and its length is written as it was read. */
#include "fuzz.h"
#include "wire/udp_msg.h"

static int decode(struct bytes in)
{
    struct bytes datagram;
    return udp_msg_decode(in, &datagram);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes in = { data, size }, datagram;
    int used;

    while ((used = udp_msg_decode(in, &datagram)) > 0) {
        uint8_t head[UDP_MSG_HEADER_MAX];
        check_used(used, in, decode);
        check_inside(datagram, in);
        assert(datagram.n <= UDP_MSG_MAX);
        int n = udp_msg_header(head, datagram.n);
        assert(n > 0 && (size_t)n + datagram.n == (size_t)used &&
               memcmp(head, in.p, (size_t)n) == 0);
        in.p += used;
        in.n -= (size_t)used;
    }
    assert(used == 0 || used == GW_EPROTO);
    return 0;
}
