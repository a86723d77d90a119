/* envelope.c - see envelope.h. */
#include "id/envelope.h"

#include "base/err.h"
#include "id/pubkey.h"

const struct envelope_kind envelope_voucher = { "libp2p-relay-rsvp", { 0x03, 0x02 } };
const struct envelope_kind envelope_peer_record = { "libp2p-peer-record", { 0x03, 0x01 } };

static struct bytes payload_type(const struct envelope_kind *kind)
{
    return (struct bytes){ kind->payload_type, sizeof kind->payload_type };
}

int envelope_seal(const struct key *k, const struct envelope_kind *kind, struct bytes payload,
                  uint8_t *dst, size_t cap)
{
    uint8_t text[ENVELOPE_SIGNED_MAX], sig[KEY_SIG_LEN];
    struct envelope_msg m = { .public_key = key_public_pb(k),
                              .payload_type = payload_type(kind),
                              .payload = payload,
                              .signature = { sig, sizeof sig } };

    int n = envelope_msg_encode_signed(text, sizeof text, kind->domain, &m);
    if (n < 0)
        return GW_EINVAL;
    key_sign(k, (struct bytes){ text, (size_t)n }, sig);
    return envelope_msg_encode(dst, cap, &m);
}

int envelope_open(struct bytes in, const struct envelope_kind *kind, struct bytes *payload,
                  struct peerid *signer)
{
    uint8_t text[ENVELOPE_SIGNED_MAX];
    struct envelope_msg m;

    if (envelope_msg_decode(in, &m) != 0 || !bytes_eq(m.payload_type, payload_type(kind)))
        return GW_EPROTO;
    int n = envelope_msg_encode_signed(text, sizeof text, kind->domain, &m);
    if (n < 0)
        return GW_EPROTO;
    int err = pubkey_prove(m.public_key, (struct bytes){ text, (size_t)n }, m.signature, signer);
    if (!err)
        *payload = m.payload;
    return err;
}
