/* fuzz_noise_msg.c - views lie inside the input, and what is accepted survives a round trip. */
#include "fuzz.h"
#include "wire/noise_msg.h"

static void check_round_trip(const struct noise_msg *m, size_t size)
{
    static uint8_t out[1u << 20];
    struct noise_msg again;
    int n = noise_msg_encode(out, sizeof out, m);

    if (n == GW_ENOMEM)
        return;                    /* muxers with longer names than are ever sent */
    assert((size_t)n <= size + 4); /* an absent key or signature is written with its length 0 */
    assert(noise_msg_decode((struct bytes){ out, (size_t)n }, &again) == 0);
    assert(bytes_eq(again.identity_key, m->identity_key));
    assert(bytes_eq(again.identity_sig, m->identity_sig));
    assert(again.nmuxers == m->nmuxers);
    for (size_t i = 0; i < m->nmuxers; i++)
        assert(bytes_eq(again.muxers[i], m->muxers[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes in = { data, size };
    struct noise_msg m;

    if (noise_msg_decode(in, &m) != 0)
        return 0;
    check_inside(m.identity_key, in);
    check_inside(m.identity_sig, in);
    assert(m.nmuxers <= NOISE_MSG_MUXERS_MAX);
    for (size_t i = 0; i < m.nmuxers; i++)
        check_inside(m.muxers[i], in);
    check_round_trip(&m, size);
    return 0;
}
