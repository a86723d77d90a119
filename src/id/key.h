/* key.h - this node's Ed25519 identity. */
#ifndef GW_ID_KEY_H
#define GW_ID_KEY_H

#include "id/peerid.h"

#define KEY_SIG_LEN    64
#define KEY_SEED_LEN   32
#define KEY_PUB_PB_LEN 36 /* protobuf PublicKey of an Ed25519 key */

struct key; /* the secret part lies in sodium_malloc memory and is wiped by key_free */

int key_generate(struct key **out); /* 0 and *out owned, or GW_ENOMEM */
int key_from_seed(const uint8_t seed[KEY_SEED_LEN], struct key **out); /* the same; RFC 8032 */

/* Reads the libp2p protobuf PrivateKey (what go-libp2p writes).  Returns 0 and *out owned,
 * GW_ENOTFOUND, GW_EPERM (group or others can read it; or not ours to read), GW_ESYNTAX (not such
 * a key), GW_EUNSUP (not Ed25519). */
int key_load(const char *path, struct key **out);

/* Writes it with mode 0600, atomically; never over an existing file (GW_EEXISTS). */
int key_save(const struct key *k, const char *path);

void key_free(struct key *k);

const struct peerid *key_peerid(const struct key *k);
struct bytes key_public_pb(const struct key *k); /* borrowed */
void key_sign(const struct key *k, struct bytes msg, uint8_t sig[KEY_SIG_LEN]);

/* 32 octets derived from the secret and `label`: stable across restarts, different per label
 * (QUIC stateless-reset and token secrets). */
void key_derive(const struct key *k, const char *label, uint8_t out[32]);

#endif
