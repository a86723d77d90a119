/* envelope.h - signed envelopes: seal a payload with this node's key, open one that any peer sealed
 * (libp2p specs, RFC 0002). */
#ifndef GW_ID_ENVELOPE_H
#define GW_ID_ENVELOPE_H

#include "id/key.h"
#include "wire/envelope_msg.h"

/* What an envelope is for.  The domain is signed but not sent, so an envelope that was sealed for
 * one purpose does not open for another. */
struct envelope_kind {
    const char *domain; /* at most ENVELOPE_DOMAIN_MAX octets */
    /* RFC 0002, "Payload Type Information": a multicodec, of which go-libp2p and js-libp2p send the
     * two octets big-endian; or, since '/' is the multicodec "namespace", a path. */
    const char *payload_type;
};

extern const struct envelope_kind envelope_voucher;     /* of a relay: wire/voucher_msg.h */
extern const struct envelope_kind envelope_peer_record; /* a peer's addresses: RFC 0003 */
extern const struct envelope_kind envelope_name_record; /* id/name_record.h */

/* Returns the octets put, or GW_EINVAL (longer than ENVELOPE_MSG_MAX) or GW_ENOMEM (no room). */
int envelope_seal(const struct key *k, const struct envelope_kind *kind, struct bytes payload,
                  uint8_t *dst, size_t cap);

/* Opens an envelope of that kind by any signer.  Returns 0, *payload (a view into `in`) and
 * *signer; else GW_EPROTO (malformed, or of another payload type), GW_EDENIED (bad signature, or of
 * another domain), GW_EUNSUP (unknown key type). */
int envelope_open(struct bytes in, const struct envelope_kind *kind, struct bytes *payload,
                  struct peerid *signer);

#endif
