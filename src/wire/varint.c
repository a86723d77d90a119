/* varint.c - unsigned LEB128 (multiformats/unsigned-varint) and the length prefix made of it. */
#include "wire/varint.h"

#include <string.h>

#include "base/err.h"

#define DECODE_MAX 9 /* octets of 63 bits */

int varint_decode(struct bytes in, uint64_t *out)
{
    uint64_t v = 0;
    for (size_t i = 0; i < DECODE_MAX; i++) {
        if (i == in.n)
            return 0;
        uint8_t b = in.p[i];
        v |= (uint64_t)(b & 0x7f) << (7 * i);
        if (b & 0x80)
            continue;
        if (b == 0 && i > 0) /* a shorter form says the same */
            return GW_EPROTO;
        *out = v;
        return (int)i + 1;
    }
    return GW_EPROTO;
}

int varint_encode(uint8_t *dst, size_t cap, uint64_t v)
{
    size_t n = 0;
    for (; n < cap; v >>= 7) {
        if (v < 0x80) {
            dst[n] = (uint8_t)v;
            return (int)n + 1;
        }
        dst[n++] = (uint8_t)(v | 0x80);
    }
    return GW_ENOMEM;
}

void varint_put(struct wr *w, uint64_t v)
{
    uint8_t b[VARINT_MAX];
    wr_bytes(w, (struct bytes){ b, (size_t)varint_encode(b, sizeof b, v) });
}

int varint_decode_prefixed(struct bytes in, size_t max, struct bytes *body)
{
    uint64_t n;
    int used = varint_decode(in, &n);
    if (used <= 0)
        return used;
    if (n > max)
        return GW_EPROTO;
    if (n > in.n - (size_t)used)
        return 0;
    *body = (struct bytes){ in.p + used, (size_t)n };
    return used + (int)n;
}

int varint_add_prefix(uint8_t *dst, size_t cap, size_t max, const struct wr *w)
{
    uint8_t head[VARINT_MAX];
    size_t n = cap - w->left;
    int h = varint_encode(head, sizeof head, n);
    if (w->full || (size_t)h > w->left)
        return GW_ENOMEM;
    if (n > max)
        return GW_EINVAL;
    memmove(dst + h, dst, n);
    memcpy(dst, head, (size_t)h);
    return h + (int)n;
}
