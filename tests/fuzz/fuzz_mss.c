/* fuzz_mss.c - a line that is accepted encodes to the octets it came from. */
#include "fuzz.h"
#include "wire/mss.h"

static int decode(struct bytes in)
{
    struct bytes line;
    return mss_decode(in, &line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes in = { data, size };
    struct bytes line;
    int used = mss_decode(in, &line);
    check_used(used, in, decode);
    if (used <= 0)
        return 0;
    check_inside(line, in);
    uint8_t out[MSS_WIRE_MAX];
    assert(mss_encode(out, sizeof out, line) == used);
    assert(memcmp(out, data, (size_t)used) == 0);
    return 0;
}
