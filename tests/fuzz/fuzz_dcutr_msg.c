/* fuzz_dcutr_msg.c - what is accepted lies inside the input and survives a round trip. */
#include "pblist.h"
#include "wire/dcutr_msg.h"

static int decode(struct bytes in)
{
    struct dcutr_msg m;
    return dcutr_msg_decode(in, &m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t out[DCUTR_MSG_WIRE_MAX];
    struct bytes in = { data, size };
    struct dcutr_msg m, again;

    int used = dcutr_msg_decode(in, &m);
    assert(used >= 0 || used == GW_EPROTO);
    check_used(used, in, decode);
    if (used <= 0)
        return 0;
    assert(m.type == DCUTR_CONNECT || m.type == DCUTR_SYNC);
    check_list(&m.addrs, in);
    int n = dcutr_msg_encode(out, sizeof out, &m);
    assert(n > 0 && n <= used); /* never longer than what another encoder put */
    assert(dcutr_msg_decode((struct bytes){ out, (size_t)n }, &again) == n);
    assert(again.type == m.type && lists_eq(&again.addrs, &m.addrs));
    return 0;
}
