/* fuzz_voucher_msg.c - a voucher that is accepted is whole, lies inside the input and survives a
 * round trip. */
#include "fuzz.h"
#include "wire/voucher_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t out[VOUCHER_MSG_MAX];
    struct bytes in = { data, size };
    struct voucher_msg m, again;

    int err = voucher_msg_decode(in, &m);
    assert(err == 0 || err == GW_EPROTO);
    if (err)
        return 0;
    assert(m.relay.n && m.peer.n && m.expires_s);
    check_inside(m.relay, in);
    check_inside(m.peer, in);
    int n = voucher_msg_encode(out, sizeof out, &m);
    assert(n > 0 && (size_t)n <= size); /* never longer than what another encoder put */
    assert(voucher_msg_decode((struct bytes){ out, (size_t)n }, &again) == 0);
    assert(bytes_eq(again.relay, m.relay) && bytes_eq(again.peer, m.peer));
    assert(again.expires_s == m.expires_s);
    return 0;
}
