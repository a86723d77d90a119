/* envelope_msg.h - the signed envelope, in which peers hand on statements of others (libp2p specs,
 * RFC 0002).  Only its form: id/envelope.h signs and verifies.  Pure: no I/O, no allocation.
 *
 *     message Envelope {
 *         PublicKey public_key = 1;   // keypb.h
 *         bytes payload_type = 2;
 *         bytes payload = 3;
 *         bytes signature = 5;
 *     }
 *
 * What is signed:  length, varint | domain | length | payload_type | length | payload
 */
#ifndef GW_WIRE_ENVELOPE_MSG_H
#define GW_WIRE_ENVELOPE_MSG_H

#include "base/cursor.h"

#define ENVELOPE_MSG_MAX    8192 /* octets, as much as a whole Identify message */
#define ENVELOPE_DOMAIN_MAX 64   /* octets of a domain string */
#define ENVELOPE_SIGNED_MAX (ENVELOPE_MSG_MAX + ENVELOPE_DOMAIN_MAX) /* octets that are signed */

struct envelope_msg { /* views: into the input when decoded, the caller's when encoded */
    struct bytes public_key;
    struct bytes payload_type; /* may be empty */
    struct bytes payload;      /* may be empty */
    struct bytes signature;
};

/* Reads a whole message.  Returns 0, or GW_EPROTO: malformed, longer than ENVELOPE_MSG_MAX, no key
 * or no signature. */
int envelope_msg_decode(struct bytes in, struct envelope_msg *out);

/* Returns the octets put, or GW_EINVAL (longer than ENVELOPE_MSG_MAX) or GW_ENOMEM (no room). */
int envelope_msg_encode(uint8_t *dst, size_t cap, const struct envelope_msg *m);

/* Puts what the signature covers; m->public_key and m->signature are not looked at.  Returns the
 * octets put, or GW_ENOMEM. */
int envelope_msg_encode_signed(uint8_t *dst, size_t cap, const char *domain,
                               const struct envelope_msg *m);

#endif
