/* fuzz_svcquery_msg.c - an answer that is accepted encodes to the octets it came from. */
#include "fuzz.h"
#include "wire/svcquery_msg.h"

static int decode_answer(struct bytes in)
{
    struct svcquery_answer m;
    return svcquery_decode_answer(in, &m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes in = { data, size };
    check_used(svcquery_decode_request(in), in, svcquery_decode_request);

    struct svcquery_answer m;
    int used = svcquery_decode_answer(in, &m);
    check_used(used, in, decode_answer);
    if (used <= 0)
        return 0;
    check_inside(m.body, in);
    static uint8_t out[SVCQUERY_HEADER_LEN + SVCQUERY_BODY_MAX];
    assert(svcquery_encode_answer(out, sizeof out, &m) == used);
    assert(memcmp(out, data, (size_t)used) == 0);
    return 0;
}
