/* fuzz_socks5_udp.c - header and data are the datagram, and a reply made of what the client wrote
 * reads as the same destination. */
#include "fuzz.h"
#include "wire/socks5_udp.h"

static int decode(struct bytes in)
{
    struct socks5_udp m;
    return socks5_udp_decode(in, &m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes in = { data, size };
    struct socks5_udp m, again;
    uint8_t header[SOCKS5_UDP_HEADER_MAX];

    int used = socks5_udp_decode(in, &m);
    check_used(used, in, decode);
    if (used <= 0)
        return 0;
    check_inside(m.wrote, in);
    check_inside(m.data, in);
    assert((size_t)used + m.data.n == in.n);
    assert(m.dest.port > 0 && m.dest.host[0]);

    int n = socks5_udp_encode(header, sizeof header, m.wrote);
    assert(n == used);
    assert(socks5_udp_decode((struct bytes){ header, (size_t)n }, &again) == n);
    assert(again.frag == 0 && again.dest.kind == m.dest.kind && again.dest.port == m.dest.port);
    assert(strcmp(again.dest.host, m.dest.host) == 0);
    assert(bytes_eq(again.wrote, m.wrote) && again.data.n == 0);
    return 0;
}
