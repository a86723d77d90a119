/* eth_abi.c - see eth_abi.h. */
#include "wire/eth_abi.h"

#include "base/err.h"

/* Numbers are 256 bits wide; none that is used here needs more than the last 32. */
static void put_word(struct wr *w, uint32_t v)
{
    static const uint8_t zeros[ETH_ABI_WORD - 4];

    wr_bytes(w, (struct bytes){ zeros, sizeof zeros });
    wr_u32(w, v);
}

/* A number that is larger counts as running off the end, as everything would that it points to. */
static uint32_t take_word(struct rd *r)
{
    struct bytes high = rd_bytes(r, ETH_ABI_WORD - 4);

    for (size_t i = 0; i < high.n; i++)
        r->short_ |= high.p[i] != 0;
    return rd_u32(r);
}

int eth_abi_encode_call(uint8_t *dst, size_t cap, uint32_t selector, struct bytes arg)
{
    static const uint8_t zeros[ETH_ABI_WORD];
    struct wr w = wr_init((struct span){ dst, cap });

    if (arg.n > UINT32_MAX / 2)
        return GW_ENOMEM;
    wr_u32(&w, selector);
    put_word(&w, ETH_ABI_WORD);
    put_word(&w, (uint32_t)arg.n);
    wr_bytes(&w, arg);
    wr_bytes(&w, (struct bytes){ zeros, ETH_ABI_CALL(arg.n) - ETH_ABI_CALL(0) - arg.n });
    return w.full ? GW_ENOMEM : (int)(cap - w.left);
}

int eth_abi_decode_string(struct bytes in, struct bytes *out)
{
    struct rd at = rd_init(in), r = rd_init(in);

    rd_bytes(&r, take_word(&at));
    r.short_ |= at.short_;
    *out = rd_bytes(&r, take_word(&r));
    return r.short_ ? GW_EPROTO : 0;
}

int eth_abi_write_hex(char *dst, size_t cap, struct bytes octets)
{
    static const char digits[] = "0123456789abcdef";

    if (octets.n > (size_t)INT32_MAX / 2 - 2 || cap < 2 + 2 * octets.n + 1)
        return GW_ENOMEM;
    *dst++ = '0';
    *dst++ = 'x';
    for (size_t i = 0; i < octets.n; i++) {
        *dst++ = digits[octets.p[i] >> 4];
        *dst++ = digits[octets.p[i] & 15];
    }
    *dst = '\0';
    return (int)(2 + 2 * octets.n);
}

static int digit_of(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int eth_abi_read_hex(struct bytes text, uint8_t *dst, size_t cap)
{
    if (text.n < 2 || text.n % 2 || text.p[0] != '0' || text.p[1] != 'x')
        return GW_ESYNTAX;
    size_t n = text.n / 2 - 1;
    if (n > cap || n > INT32_MAX)
        return GW_ENOMEM;
    for (size_t i = 0; i < n; i++) {
        int high = digit_of(text.p[2 + 2 * i]), low = digit_of(text.p[3 + 2 * i]);
        if (high < 0 || low < 0)
            return GW_ESYNTAX;
        dst[i] = (uint8_t)(high << 4 | low);
    }
    return (int)n;
}
