/* fuzz_autonat_msg.c - what is accepted lies inside the input, is whole, and survives a round trip.
 */
#include "pblist.h"
#include "wire/autonat_msg.h"

static int decode(struct bytes in)
{
    struct autonat_msg m;
    return autonat_msg_decode(in, &m);
}

static void check_equal(const struct autonat_msg *a, const struct autonat_msg *b)
{
    assert(a->type == b->type);
    if (a->type == AUTONAT_DIAL) {
        assert(bytes_eq(a->peer.id, b->peer.id) && lists_eq(&a->peer.addrs, &b->peer.addrs));
        return;
    }
    assert(a->status == b->status);
    assert(bytes_eq(a->text, b->text) && bytes_eq(a->addr, b->addr));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t out[AUTONAT_MSG_WIRE_MAX];
    struct bytes in = { data, size };
    struct autonat_msg m, again;

    int used = autonat_msg_decode(in, &m);
    assert(used >= 0 || used == GW_EPROTO);
    check_used(used, in, decode);
    if (used <= 0)
        return 0;
    assert(m.type == AUTONAT_DIAL_RESPONSE || (m.type == AUTONAT_DIAL && m.peer.id.n));
    check_inside(m.peer.id, in);
    check_list(&m.peer.addrs, in);
    check_inside(m.text, in);
    check_inside(m.addr, in);
    int n = autonat_msg_encode(out, sizeof out, &m);
    assert(n > 0);
    assert(autonat_msg_decode((struct bytes){ out, (size_t)n }, &again) == n);
    check_equal(&m, &again);
    return 0;
}
