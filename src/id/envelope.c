/* envelope.c - see envelope.h. */
#include "id/envelope.h"

#include "base/err.h"
#include "id/pubkey.h"

const struct envelope_kind envelope_voucher = { "libp2p-relay-rsvp", "\x03\x02" };
const struct envelope_kind envelope_peer_record = { "libp2p-peer-record", "\x03\x01" };
const struct envelope_kind envelope_name_record = { "gw-name-record", "/gw/name-record" };

int envelope_seal(const struct key *k, const struct envelope_kind *kind, struct bytes payload,
                  uint8_t *dst, size_t cap)
{
    uint8_t text[ENVELOPE_SIGNED_MAX], sig[KEY_SIG_LEN];
    struct envelope_msg m = { .public_key = key_public_pb(k),
                              .payload_type = bytes_of(kind->payload_type),
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

    if (envelope_msg_decode(in, &m) != 0 || !bytes_eq(m.payload_type, bytes_of(kind->payload_type)))
        return GW_EPROTO;
    int n = envelope_msg_encode_signed(text, sizeof text, kind->domain, &m);
    if (n < 0)
        return GW_EPROTO;
    int err = pubkey_prove(m.public_key, (struct bytes){ text, (size_t)n }, m.signature, signer);
    if (!err)
        *payload = m.payload;
    return err;
}
