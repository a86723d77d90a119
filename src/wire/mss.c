/* mss.c - lines of multistream-select 1.0. */
#include "wire/mss.h"

#include "base/err.h"
#include "wire/varint.h"

int mss_decode(struct bytes in, struct bytes *line)
{
    struct bytes body;
    int used = varint_decode_prefixed(in, MSS_LINE_MAX, &body);
    if (used <= 0)
        return used;
    if (body.n == 0 || body.p[body.n - 1] != '\n')
        return GW_EPROTO;
    *line = (struct bytes){ body.p, body.n - 1 };
    return used;
}

int mss_encode(uint8_t *dst, size_t cap, struct bytes line)
{
    if (line.n >= MSS_LINE_MAX)
        return GW_EINVAL;
    struct wr w = wr_init((struct span){ dst, cap });
    wr_bytes(&w, line);
    wr_u8(&w, '\n');
    return varint_add_prefix(dst, cap, MSS_LINE_MAX, &w);
}
