/* fuzz_peer_msg.c - a peer that is accepted has an id, lies inside the input and survives a round
 * trip. */
#include "pblist.h"
#include "wire/peer_msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t out[1u << 20];
    struct bytes in = { data, size };
    struct peer_msg m = { .id = { 0 } }, again = { .id = { 0 } };

    if (peer_msg_decode(in, &m) != 0)
        return 0;
    assert(m.id.n > 0);
    check_inside(m.id, in);
    check_list(&m.addrs, in);
    struct wr w = wr_init((struct span){ out, sizeof out });
    peer_msg_put(&w, 1, &m);
    assert(!w.full);
    struct pb_rd r = pb_rd_init((struct bytes){ out, (size_t)(w.p - out) });
    assert(pb_next(&r) && r.rest.left == 0 && pb_is(&r.f, 1, PB_LEN));
    assert(r.f.v.n <= size); /* never longer than what another encoder put */
    assert(peer_msg_decode(r.f.v, &again) == 0);
    assert(bytes_eq(again.id, m.id) && lists_eq(&again.addrs, &m.addrs));
    return 0;
}
