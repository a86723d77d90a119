/* fuzz_varint.c - what varint_decode accepts is exactly what varint_encode puts. */
#include "fuzz.h"
#include "wire/varint.h"

static int decode(struct bytes in)
{
    uint64_t v;
    return varint_decode(in, &v);
}

static int decode_prefixed(struct bytes in)
{
    struct bytes body;
    return varint_decode_prefixed(in, 1024, &body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes in = { data, size };
    uint8_t out[1024 + VARINT_MAX];

    uint64_t v;
    int used = varint_decode(in, &v);
    check_used(used, in, decode);
    if (used > 0) {
        assert(varint_encode(out, sizeof out, v) == used);
        assert(memcmp(out, data, (size_t)used) == 0);
    }

    struct bytes body;
    used = varint_decode_prefixed(in, 1024, &body);
    check_used(used, in, decode_prefixed);
    if (used > 0) {
        check_inside(body, in);
        struct wr w = wr_init((struct span){ out, sizeof out });
        wr_bytes(&w, body);
        assert(varint_add_prefix(out, sizeof out, 1024, &w) == used);
        assert(memcmp(out, data, (size_t)used) == 0);
    }
    return 0;
}
