/* fuzz_socks4.c - the user lies inside the input, the destination keeps the form of SOCKS5's, and
 * sent again as a name it means the same. */
#include "socks5_dest.h"
#include "wire/socks4.h"

static int decode_request(struct bytes in)
{
    struct socks4_request m;
    return socks4_decode_request(in, &m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes in = { data, size };
    struct socks4_request m, again;
    int used = socks4_decode_request(in, &m);
    check_used(used, in, decode_request);
    if (used <= 0)
        return 0;
    assert(used <= SOCKS4_REQUEST_MAX);
    check_inside(m.user, in);
    assert(m.user.n <= 255 && (!m.user.n || !memchr(m.user.p, 0, m.user.n)));
    assert(m.dest.port > 0 || m.cmd == SOCKS4_CMD_RESOLVE);
    check_socks5_dest(&m.dest);

    uint8_t out[SOCKS4_REQUEST_MAX];
    struct wr w = wr_init((struct span){ out, sizeof out });
    wr_u8(&w, SOCKS4_VERSION);
    wr_u8(&w, m.cmd);
    wr_u16(&w, m.dest.port);
    wr_u32(&w, 1); /* 0.0.0.1: a name follows */
    wr_bytes(&w, m.user);
    wr_u8(&w, 0);
    wr_bytes(&w, (struct bytes){ (const uint8_t *)m.dest.host, strlen(m.dest.host) + 1 });
    struct bytes whole = { out, sizeof out - w.left };
    assert(socks4_decode_request(whole, &again) == (int)whole.n);
    assert(again.cmd == m.cmd && bytes_eq(again.user, m.user));
    check_same_socks5_dest(&again.dest, &m.dest);
    return 0;
}
