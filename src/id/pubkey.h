/* pubkey.h - verify signatures by other peers' host keys: Ed25519, RSA, secp256k1, ECDSA
 * (specs/peer-ids).
 *
 * What a check may cost is bounded: RSA keys have 2048 to 8192 bits and a public exponent of at
 * most 32.
 */
#ifndef GW_ID_PUBKEY_H
#define GW_ID_PUBKEY_H

#include <gnutls/abstract.h>

#include "id/peerid.h"

/* `pubkey_pb` is the protobuf PublicKey.  Returns 0, GW_EDENIED (bad signature), GW_EPROTO
 * (malformed key) or GW_EUNSUP (unknown key type). */
int pubkey_verify(struct bytes pubkey_pb, struct bytes msg, struct bytes sig);

/* The same, and the id of the peer that signed.  A key in any encoding but the one that peer ids
 * are derived from (specs/peer-ids, "Keys") is GW_EPROTO: it would give its holder a second id. */
int pubkey_prove(struct bytes pubkey_pb, struct bytes msg, struct bytes sig, struct peerid *signer);

/* Is it a key that we can verify with, in the encoding that peer ids are derived from?  0,
 * GW_EPROTO or GW_EUNSUP as above. */
int pubkey_check(struct bytes pubkey_pb);

/* Whether a key that GnuTLS has read lies within the bounds above. */
bool pubkey_is_bounded(gnutls_pubkey_t key);

#endif
