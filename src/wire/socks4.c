/* socks4.c - SOCKS4 and SOCKS4a messages, the server's side. */
#include "wire/socks4.h"

#include "base/err.h"

#define TEXT_MAX 255 /* octets of a user or a name */

enum { REPLY_GRANTED = 0x5a, REPLY_REJECTED = 0x5b };

/* Text up to its NUL, which is used up.  > 0 with *out, 0 when the NUL is still to come, or
 * GW_EINVAL when it comes too late. */
static int read_text(struct rd *r, struct bytes *out)
{
    const uint8_t *nul = r->left ? memchr(r->p, '\0', r->left) : NULL;
    size_t n = nul ? (size_t)(nul - r->p) : r->left;

    if (n > TEXT_MAX)
        return GW_EINVAL;
    if (!nul)
        return 0;
    *out = rd_bytes(r, n);
    rd_u8(r);
    return 1;
}

static bool is_name_behind(const uint8_t ip[4])
{
    return !ip[0] && !ip[1] && !ip[2] && ip[3];
}

static int read_dest(struct rd *r, const uint8_t ip[4], struct socks5_dest *d)
{
    struct bytes name;

    if (!is_name_behind(ip)) {
        socks5_dest_set_ipv4(d, ip);
        return 1;
    }
    int n = read_text(r, &name);
    if (n <= 0)
        return n;
    int err = socks5_dest_set_name(d, name);
    return err ? err : 1;
}

int socks4_decode_request(struct bytes in, struct socks4_request *out)
{
    *out = (struct socks4_request){ 0 };
    struct rd r = rd_init(in);
    if (rd_u8(&r) != SOCKS4_VERSION && !r.short_)
        return GW_EPROTO;
    out->cmd = rd_u8(&r);
    out->dest.port = rd_u16(&r);
    struct bytes ip = rd_bytes(&r, 4);
    if (r.short_)
        return 0;

    int n = read_text(&r, &out->user);
    if (n > 0)
        n = read_dest(&r, ip.p, &out->dest);
    if (n <= 0)
        return n;
    if (out->dest.port == 0 && out->cmd != SOCKS4_CMD_RESOLVE)
        return GW_EINVAL;
    return (int)(in.n - r.left);
}

int socks4_encode_reply(uint8_t *dst, size_t cap, bool is_granted, const uint8_t ip[4])
{
    static const uint8_t none[4];
    struct wr w = wr_init((struct span){ dst, cap });
    wr_u8(&w, 0); /* the version of the reply */
    wr_u8(&w, is_granted ? REPLY_GRANTED : REPLY_REJECTED);
    wr_u16(&w, 0); /* the port */
    wr_bytes(&w, (struct bytes){ ip ? ip : none, sizeof none });
    return w.full ? GW_ENOMEM : SOCKS4_REPLY_LEN;
}
