/* keypb.h - the PublicKey and PrivateKey envelopes of libp2p (specs/peer-ids, "Keys"): a key type
 * and its octets.  Both messages look the same.  Pure: no I/O, no allocation.
 */
#ifndef GW_WIRE_KEYPB_H
#define GW_WIRE_KEYPB_H

#include "base/cursor.h"

enum keypb_type {
    KEYPB_RSA = 0,       /* public: DER SubjectPublicKeyInfo */
    KEYPB_ED25519 = 1,   /* public: 32 octets; private: seed, then the public key */
    KEYPB_SECP256K1 = 2, /* public: 33 octets, compressed */
    KEYPB_ECDSA = 3,     /* public: DER SubjectPublicKeyInfo */
};

#define KEYPB_HEAD_MAX 14 /* octets that the envelope adds to the data, at most */

struct keypb {
    uint64_t type;     /* enum keypb_type, or one that gw does not know */
    struct bytes data; /* a view: into the input when decoded, the caller's when encoded */
};

/* Reads a whole message.  Returns 0, or GW_EPROTO: malformed, or a field missing.  Fields that it
 * does not know are passed over. */
int keypb_decode(struct bytes in, struct keypb *out);

/* Puts the one encoding that the spec allows, from which peer ids are derived.  Returns the octets
 * put, or GW_ENOMEM. */
int keypb_encode(uint8_t *dst, size_t cap, const struct keypb *k);

#endif
