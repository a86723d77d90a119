/* fuzz_envelope_msg.c - what is accepted lies inside the input and survives a round trip; and the
 * signed octets of two different contents differ. */
#include "fuzz.h"
#include "wire/envelope_msg.h"

#define DOMAIN "libp2p-relay-rsvp"

/* The octet where the type ends and the payload begins moves by one. */
static void check_signed_octets(const struct envelope_msg *m)
{
    static uint8_t a[ENVELOPE_SIGNED_MAX], b[ENVELOPE_SIGNED_MAX];
    struct envelope_msg moved = *m;

    int na = envelope_msg_encode_signed(a, sizeof a, DOMAIN, m);
    assert(na > 0 && (size_t)na >= sizeof DOMAIN + 2 + m->payload_type.n + m->payload.n);
    if (!m->payload.n)
        return;
    uint8_t longer[ENVELOPE_MSG_MAX];
    memcpy(longer, m->payload.p, m->payload.n);
    moved.payload_type = (struct bytes){ longer, 1 };
    moved.payload = (struct bytes){ longer + 1, m->payload.n - 1 };
    int nb = envelope_msg_encode_signed(b, sizeof b, DOMAIN, &moved);
    assert(nb > 0);
    bool is_same = bytes_eq(moved.payload_type, m->payload_type) &&
                   bytes_eq(moved.payload, m->payload);
    assert(is_same == bytes_eq((struct bytes){ a, (size_t)na }, (struct bytes){ b, (size_t)nb }));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t out[ENVELOPE_MSG_MAX];
    struct bytes in = { data, size };
    struct envelope_msg m, again;

    int err = envelope_msg_decode(in, &m);
    assert(err == 0 || err == GW_EPROTO);
    if (err)
        return 0;
    check_inside(m.public_key, in);
    check_inside(m.payload_type, in);
    check_inside(m.payload, in);
    check_inside(m.signature, in);
    int n = envelope_msg_encode(out, sizeof out, &m);
    assert(n > 0 && (size_t)n <= size); /* never longer than what another encoder put */
    assert(envelope_msg_decode((struct bytes){ out, (size_t)n }, &again) == 0);
    assert(bytes_eq(again.public_key, m.public_key) && bytes_eq(again.signature, m.signature));
    assert(bytes_eq(again.payload_type, m.payload_type) && bytes_eq(again.payload, m.payload));
    check_signed_octets(&m);
    return 0;
}
