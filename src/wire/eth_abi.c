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
