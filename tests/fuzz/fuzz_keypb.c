/* fuzz_keypb.c - views lie inside the input, and what is encoded decodes to the same. */
#include "fuzz.h"
#include "wire/keypb.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t out[(1 << 20) + KEYPB_HEAD_MAX];
    struct bytes in = { data, size };
    struct keypb k, again;

    int err = keypb_decode(in, &k);
    assert(err == 0 || err == GW_EPROTO);
    if (err)
        return 0;
    check_inside(k.data, in);
    int n = keypb_encode(out, sizeof out, &k);
    assert(n > 0 && (size_t)n <= k.data.n + KEYPB_HEAD_MAX);
    assert(keypb_decode((struct bytes){ out, (size_t)n }, &again) == 0);
    assert(again.type == k.type && bytes_eq(again.data, k.data));
    assert(keypb_encode(out, (size_t)n - 1, &k) == GW_ENOMEM);
    return 0;
}
