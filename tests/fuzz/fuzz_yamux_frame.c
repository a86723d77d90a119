/* fuzz_yamux_frame.c - what is accepted is what would be written. */
#include "fuzz.h"
#include "wire/yamux_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct yamux_frame f;
    uint8_t again[YAMUX_HEADER_LEN];

    if (size < YAMUX_HEADER_LEN || yamux_frame_decode(data, &f) != 0)
        return 0;
    assert(f.type <= YAMUX_GO_AWAY);
    assert((f.stream == 0) == (f.type == YAMUX_PING || f.type == YAMUX_GO_AWAY));
    yamux_frame_encode(again, &f);
    assert(memcmp(again, data, sizeof again) == 0);
    return 0;
}
