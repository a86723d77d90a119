/* proxyv2.c - see proxyv2.h. */
#include "wire/proxyv2.h"

#include "base/err.h"

#define VERSION_2_PROXY 0x21 /* version 2, command PROXY */
#define TLV_HEAD        3    /* octets of type and length */

enum family { UNSPEC = 0x00, TCP_IPV4 = 0x11, TCP_IPV6 = 0x21 };

static const uint8_t signature[12] = "\r\n\r\n\0\r\nQUIT\n";

static enum family family_of(const struct proxyv2 *h)
{
    if (h->src.n == 4 && h->dst.n == 4)
        return TCP_IPV4;
    if (h->src.n == 16 && h->dst.n == 16)
        return TCP_IPV6;
    return UNSPEC;
}

int proxyv2_encode(uint8_t *dst, size_t cap, const struct proxyv2 *h)
{
    struct wr w = wr_init((struct span){ dst, cap });
    enum family family = family_of(h);
    size_t naddr = family == UNSPEC ? 0 : 2 * h->src.n + 2 * sizeof(uint16_t);

    if (h->peer.n > PROXYV2_PEER_MAX)
        return GW_EINVAL;
    wr_bytes(&w, (struct bytes){ signature, sizeof signature });
    wr_u8(&w, VERSION_2_PROXY);
    wr_u8(&w, (uint8_t)family);
    wr_u16(&w, (uint16_t)(naddr + TLV_HEAD + h->peer.n));
    if (family != UNSPEC) {
        wr_bytes(&w, h->src);
        wr_bytes(&w, h->dst);
        wr_u16(&w, h->src_port);
        wr_u16(&w, h->dst_port);
    }
    wr_u8(&w, PROXYV2_TLV_PEER);
    wr_u16(&w, (uint16_t)h->peer.n);
    wr_bytes(&w, h->peer);
    return w.full ? GW_ENOMEM : (int)(cap - w.left);
}
