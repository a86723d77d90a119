/* fuzz_eth_abi.c - a string that is found lies inside the answer, and reads the same from a call
 * made of it; hexadecimal text is what is written of its octets, but for capitals. */
#include "fuzz.h"

#include <stdlib.h>
#include <strings.h>

#include "base/hex.h"
#include "wire/eth_abi.h"

static void check_string(struct bytes in)
{
    struct bytes out, again;
    int rc = eth_abi_decode_string(in, &out);

    assert(rc == 0 || rc == GW_EPROTO);
    if (rc != 0)
        return;
    check_inside(out, in);
    assert(out.n + ETH_ABI_WORD <= in.n);
    size_t cap = ETH_ABI_CALL(out.n);
    uint8_t *call = malloc(cap);
    assert(call);
    assert(eth_abi_encode_call(call, cap, 0, out) == (int)cap);
    assert(eth_abi_decode_string((struct bytes){ call + 4, cap - 4 }, &again) == 0);
    assert(bytes_eq(again, out));
    free(call);
}

static void check_hex(struct bytes text)
{
    uint8_t octets[512];
    char back[2 + 2 * sizeof octets + 1];
    int n = hex0x_read(text, octets, sizeof octets);

    assert(n >= 0 || n == GW_ESYNTAX || n == GW_ENOMEM);
    if (n < 0)
        return;
    assert(hex0x_write(back, sizeof back, (struct bytes){ octets, (size_t)n }) == (int)text.n);
    assert(strncasecmp(back, (const char *)text.p, text.n) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_string((struct bytes){ data, size });
    check_hex((struct bytes){ data, size });
    return 0;
}
