/* socks5_udp.c - see socks5_udp.h. */
#include "wire/socks5_udp.h"

#include "base/err.h"

int socks5_udp_decode(struct bytes in, struct socks5_udp *out)
{
    *out = (struct socks5_udp){ 0 };
    struct rd r = rd_init(in);
    rd_u16(&r); /* reserved */
    out->frag = rd_u8(&r);
    if (r.short_)
        return 0;
    int n = socks5_decode_dest((struct bytes){ r.p, r.left }, &out->dest);
    if (n <= 0)
        return n;
    if (out->dest.port == 0)
        return GW_EINVAL;
    out->wrote = rd_bytes(&r, (size_t)n);
    out->data = (struct bytes){ r.p, r.left };
    return (int)(in.n - r.left);
}

int socks5_udp_encode(uint8_t *dst, size_t cap, struct bytes wrote)
{
    struct wr w = wr_init((struct span){ dst, cap });
    wr_u16(&w, 0); /* reserved */
    wr_u8(&w, 0);  /* FRAG */
    wr_bytes(&w, wrote);
    return w.full ? GW_ENOMEM : (int)(cap - w.left);
}
