/* noise_xx.h - Noise_XX_25519_ChaChaPoly_SHA256 (The Noise Protocol Framework, revision 34): the
 * handshake's messages and the two ciphers that it ends with.  No I/O, no time, no randomness: keys
 * are arguments.
 *
 *     -> e
 *     <- e, ee, s, es
 *     -> s, se
 */
#ifndef GW_TRANSPORT_NOISE_XX_H
#define GW_TRANSPORT_NOISE_XX_H

#include <sys/types.h>

#include "base/cursor.h"

#define NOISE_KEY_LEN  32
#define NOISE_HASH_LEN 32
#define NOISE_TAG_LEN  16
#define NOISE_MSG_MAX  65535 /* octets of a message, tags included */
/* Octets that a handshake message adds to its payload: 32, 96 and 64. */
#define NOISE_XX_OVERHEAD_MAX 96

struct noise_cipher { /* CipherState */
    uint8_t k[NOISE_KEY_LEN];
    uint64_t n;
};

struct noise_xx { /* HandshakeState; holds secrets: to be wiped, which noise_xx_split does */
    bool is_initiator;
    unsigned step; /* messages so far, of both */
    uint8_t s_secret[NOISE_KEY_LEN], s_public[NOISE_KEY_LEN];
    uint8_t e_secret[NOISE_KEY_LEN], e_public[NOISE_KEY_LEN];
    uint8_t re[NOISE_KEY_LEN], rs[NOISE_KEY_LEN]; /* the other end's public keys */
    uint8_t ck[NOISE_HASH_LEN], h[NOISE_HASH_LEN];
    bool has_key;
    struct noise_cipher cipher;
};

/* `static_secret`, `ephemeral_secret`: 32 random octets each. */
void noise_xx_init(struct noise_xx *x, bool is_initiator, struct bytes prologue,
                   const uint8_t static_secret[NOISE_KEY_LEN],
                   const uint8_t ephemeral_secret[NOISE_KEY_LEN]);

bool noise_xx_is_writing(const struct noise_xx *x); /* is the next message ours? */
bool noise_xx_is_done(const struct noise_xx *x);

/* The next message, payload inside.  Octets put, or GW_ENOMEM (no room), GW_EPROTO (the other end's
 * key is not a point that counts). */
ssize_t noise_xx_write(struct noise_xx *x, struct bytes payload, uint8_t *dst, size_t cap);
/* Reads the other end's; *payload is a view into `msg`, which is decrypted in place.  0, or
 * GW_EPROTO: too short, forged. */
int noise_xx_read(struct noise_xx *x, struct span msg, struct bytes *payload);

/* Once done: the ciphers of both directions; x holds no more secrets. */
void noise_xx_split(struct noise_xx *x, struct noise_cipher *tx, struct noise_cipher *rx);

/* One transport message.  dst has v.n + NOISE_TAG_LEN octets; src and dst may be the same.  0, or
 * GW_ECLOSED: the nonces are used up. */
int noise_seal(struct noise_cipher *c, struct bytes v, uint8_t *dst);
/* In place; *plain is a view into v.  0 or GW_EPROTO. */
int noise_open(struct noise_cipher *c, struct span v, struct bytes *plain);

#endif
