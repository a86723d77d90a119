/* fuzz_circuit_msg.c - what is accepted, as HOP and as STOP, lies inside the input, keeps the
 * bounds and survives a round trip. */
#include "pblist.h"
#include "wire/circuit_msg.h"

typedef int decode_fn(struct bytes in, struct circuit_msg *out);
typedef int encode_fn(uint8_t *dst, size_t cap, const struct circuit_msg *m);

static int decode_hop(struct bytes in)
{
    struct circuit_msg m;
    return circuit_msg_decode_hop(in, &m);
}

static int decode_stop(struct bytes in)
{
    struct circuit_msg m;
    return circuit_msg_decode_stop(in, &m);
}

static void check_equal(const struct circuit_msg *a, const struct circuit_msg *b)
{
    assert(a->type == b->type && a->status == b->status);
    assert(bytes_eq(a->peer.id, b->peer.id) && lists_eq(&a->peer.addrs, &b->peer.addrs));
    assert(a->reservation.expires_s == b->reservation.expires_s);
    assert(lists_eq(&a->reservation.addrs, &b->reservation.addrs));
    assert(bytes_eq(a->reservation.voucher, b->reservation.voucher));
    assert(a->limit.duration_s == b->limit.duration_s && a->limit.data == b->limit.data);
}

static void check(struct bytes in, decode_fn *decode, encode_fn *encode)
{
    static uint8_t out[CIRCUIT_MSG_WIRE_MAX];
    struct circuit_msg m, again;
    int used = decode(in, &m);

    assert(used >= 0 || used == GW_EPROTO);
    assert(used <= CIRCUIT_MSG_WIRE_MAX);
    if (used <= 0)
        return;
    check_inside(m.peer.id, in);
    check_inside(m.reservation.voucher, in);
    check_list(&m.peer.addrs, in);
    check_list(&m.reservation.addrs, in);
    assert(m.peer.id.n || !m.peer.addrs.n);
    assert(m.reservation.expires_s || !m.reservation.addrs.n);
    assert(circuit_status_name(m.status)[0]);
    int n = encode(out, sizeof out, &m);
    assert(n > 0 && n <= used); /* never longer than what another encoder put */
    assert(decode((struct bytes){ out, (size_t)n }, &again) == n);
    check_equal(&m, &again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes in = { data, size };
    check_used(decode_hop(in), in, decode_hop);
    check_used(decode_stop(in), in, decode_stop);
    check(in, circuit_msg_decode_hop, circuit_msg_encode_hop);
    check(in, circuit_msg_decode_stop, circuit_msg_encode_stop);
    return 0;
}
