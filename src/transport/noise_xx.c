/* noise_xx.c - see noise_xx.h.  Names in the comments are those of the framework's chapters 4
 * and 5. */
#include "transport/noise_xx.h"

#include <sodium.h>

#include "base/err.h"

static const char protocol_name[] = "Noise_XX_25519_ChaChaPoly_SHA256"; /* of exactly 32 octets */
_Static_assert(sizeof protocol_name - 1 == NOISE_HASH_LEN, "s.5.2: it is h as it stands");

/* ---- CipherState ---- */

static void make_nonce(uint64_t n, uint8_t out[crypto_aead_chacha20poly1305_IETF_NPUBBYTES])
{
    memset(out, 0, 4);
    for (size_t i = 0; i < 8; i++)
        out[4 + i] = (uint8_t)(n >> (8 * i));
}

static int encrypt(struct noise_cipher *c, struct bytes ad, struct bytes v, uint8_t *dst)
{
    uint8_t nonce[crypto_aead_chacha20poly1305_IETF_NPUBBYTES];

    if (c->n == UINT64_MAX)
        return GW_ECLOSED;
    make_nonce(c->n++, nonce);
    crypto_aead_chacha20poly1305_ietf_encrypt(dst, NULL, v.p, v.n, ad.p, ad.n, NULL, nonce, c->k);
    return 0;
}

static int decrypt(struct noise_cipher *c, struct bytes ad, struct span v, struct bytes *plain)
{
    uint8_t nonce[crypto_aead_chacha20poly1305_IETF_NPUBBYTES];

    if (v.n < NOISE_TAG_LEN || c->n == UINT64_MAX)
        return GW_EPROTO;
    make_nonce(c->n, nonce);
    if (crypto_aead_chacha20poly1305_ietf_decrypt(v.p, NULL, NULL, v.p, v.n, ad.p, ad.n, nonce,
                                                  c->k) != 0)
        return GW_EPROTO;
    c->n++;
    *plain = (struct bytes){ v.p, v.n - NOISE_TAG_LEN };
    return 0;
}

int noise_seal(struct noise_cipher *c, struct bytes v, uint8_t *dst)
{
    return encrypt(c, (struct bytes){ 0 }, v, dst);
}

int noise_open(struct noise_cipher *c, struct span v, struct bytes *plain)
{
    return decrypt(c, (struct bytes){ 0 }, v, plain);
}

/* ---- SymmetricState ---- */

static void mix_hash(struct noise_xx *x, struct bytes v)
{
    crypto_hash_sha256_state st;

    crypto_hash_sha256_init(&st);
    crypto_hash_sha256_update(&st, x->h, sizeof x->h);
    crypto_hash_sha256_update(&st, v.p, v.n);
    crypto_hash_sha256_final(&st, x->h);
}

static void hmac(const uint8_t key[NOISE_HASH_LEN], struct bytes a, struct bytes b,
                 uint8_t out[NOISE_HASH_LEN])
{
    crypto_auth_hmacsha256_state st;

    crypto_auth_hmacsha256_init(&st, key, NOISE_HASH_LEN);
    crypto_auth_hmacsha256_update(&st, a.p, a.n);
    crypto_auth_hmacsha256_update(&st, b.p, b.n);
    crypto_auth_hmacsha256_final(&st, out);
}

/* HKDF with two outputs. */
static void hkdf(const uint8_t ck[NOISE_HASH_LEN], struct bytes ikm, uint8_t out1[NOISE_HASH_LEN],
                 uint8_t out2[NOISE_HASH_LEN])
{
    static const uint8_t one[] = { 1 }, two[] = { 2 };
    uint8_t temp[NOISE_HASH_LEN], first[NOISE_HASH_LEN];

    hmac(ck, ikm, (struct bytes){ 0 }, temp);
    hmac(temp, (struct bytes){ one, 1 }, (struct bytes){ 0 }, first);
    hmac(temp, (struct bytes){ first, sizeof first }, (struct bytes){ two, 1 }, out2);
    memcpy(out1, first, sizeof first);
    sodium_memzero(temp, sizeof temp);
    sodium_memzero(first, sizeof first);
}

static void mix_key(struct noise_xx *x, struct bytes ikm)
{
    hkdf(x->ck, ikm, x->ck, x->cipher.k);
    x->cipher.n = 0;
    x->has_key = true;
}

/* DH and MixKey. */
static int mix_dh(struct noise_xx *x, const uint8_t secret[NOISE_KEY_LEN],
                  const uint8_t public[NOISE_KEY_LEN])
{
    uint8_t shared[NOISE_KEY_LEN];

    if (crypto_scalarmult(shared, secret, public) != 0)
        return GW_EPROTO; /* all zero: a point of small order */
    mix_key(x, (struct bytes){ shared, sizeof shared });
    sodium_memzero(shared, sizeof shared);
    return 0;
}

static void put_and_hash(struct noise_xx *x, struct wr *w, struct bytes v)
{
    const uint8_t *at = w->p;
    size_t n = v.n + (x->has_key ? NOISE_TAG_LEN : 0);

    if (w->left < n) {
        w->full = true;
        return;
    }
    if (x->has_key)
        encrypt(&x->cipher, (struct bytes){ x->h, sizeof x->h }, v, w->p);
    else if (v.n)
        memcpy(w->p, v.p, v.n);
    w->p += n;
    w->left -= n;
    mix_hash(x, (struct bytes){ at, n });
}

/* Takes n octets of plaintext (n + tag on the wire once there is a key). */
static int take_and_hash(struct noise_xx *x, struct span *in, size_t n, struct bytes *plain)
{
    size_t wire = n + (x->has_key ? NOISE_TAG_LEN : 0);
    uint8_t h[NOISE_HASH_LEN];
    int err = 0;

    if (wire > in->n)
        return GW_EPROTO;
    memcpy(h, x->h, sizeof h);
    mix_hash(x, (struct bytes){ in->p, wire }); /* before it is decrypted in place */
    if (x->has_key)
        err = decrypt(&x->cipher, (struct bytes){ h, sizeof h }, (struct span){ in->p, wire },
                      plain);
    else
        *plain = (struct bytes){ in->p, n };
    in->p += wire;
    in->n -= wire;
    return err;
}

/* ---- HandshakeState ---- */

void noise_xx_init(struct noise_xx *x, bool is_initiator, struct bytes prologue,
                   const uint8_t static_secret[NOISE_KEY_LEN],
                   const uint8_t ephemeral_secret[NOISE_KEY_LEN])
{
    *x = (struct noise_xx){ .is_initiator = is_initiator };
    memcpy(x->h, protocol_name, sizeof x->h);
    memcpy(x->ck, protocol_name, sizeof x->ck);
    memcpy(x->s_secret, static_secret, NOISE_KEY_LEN);
    memcpy(x->e_secret, ephemeral_secret, NOISE_KEY_LEN);
    crypto_scalarmult_base(x->s_public, x->s_secret);
    crypto_scalarmult_base(x->e_public, x->e_secret);
    mix_hash(x, prologue);
}

bool noise_xx_is_writing(const struct noise_xx *x)
{
    return x->step < 3 && (x->step % 2 == 0) == x->is_initiator;
}

bool noise_xx_is_done(const struct noise_xx *x)
{
    return x->step == 3;
}

/* The tokens of the message at hand that are a DH; both ends compute the same. */
static int mix_ee(struct noise_xx *x)
{
    return mix_dh(x, x->e_secret, x->re);
}

static int mix_es(struct noise_xx *x)
{
    return x->is_initiator ? mix_dh(x, x->e_secret, x->rs) : mix_dh(x, x->s_secret, x->re);
}

static int mix_se(struct noise_xx *x)
{
    return x->is_initiator ? mix_dh(x, x->s_secret, x->re) : mix_dh(x, x->e_secret, x->rs);
}

static void put_e(struct noise_xx *x, struct wr *w)
{
    struct bytes e = { x->e_public, sizeof x->e_public };
    wr_bytes(w, e);
    mix_hash(x, e);
}

static void put_s(struct noise_xx *x, struct wr *w)
{
    put_and_hash(x, w, (struct bytes){ x->s_public, sizeof x->s_public });
}

ssize_t noise_xx_write(struct noise_xx *x, struct bytes payload, uint8_t *dst, size_t cap)
{
    struct wr w = wr_init((struct span){ dst, cap });
    int err = 0;

    if (x->step < 2)
        put_e(x, &w);
    if (x->step == 1 && (err = mix_ee(x)) == 0) {
        put_s(x, &w);
        err = mix_es(x);
    } else if (x->step == 2) {
        put_s(x, &w);
        err = mix_se(x);
    }
    if (err)
        return err;
    put_and_hash(x, &w, payload);
    x->step++;
    return w.full ? GW_ENOMEM : (ssize_t)(w.p - dst);
}

static int take_e(struct noise_xx *x, struct span *in)
{
    if (in->n < NOISE_KEY_LEN)
        return GW_EPROTO;
    memcpy(x->re, in->p, NOISE_KEY_LEN);
    mix_hash(x, (struct bytes){ in->p, NOISE_KEY_LEN });
    in->p += NOISE_KEY_LEN;
    in->n -= NOISE_KEY_LEN;
    return 0;
}

static int take_s(struct noise_xx *x, struct span *in)
{
    struct bytes s;
    int err = take_and_hash(x, in, NOISE_KEY_LEN, &s);
    if (!err)
        memcpy(x->rs, s.p, NOISE_KEY_LEN);
    return err;
}

static int take_keys(struct noise_xx *x, struct span *in)
{
    int err = x->step < 2 ? take_e(x, in) : 0;

    if (!err && x->step == 1)
        err = mix_ee(x);
    if (!err && x->step > 0)
        err = take_s(x, in);
    if (!err && x->step > 0)
        err = x->step == 1 ? mix_es(x) : mix_se(x);
    return err;
}

int noise_xx_read(struct noise_xx *x, struct span msg, struct bytes *payload)
{
    struct span in = msg;
    int err = take_keys(x, &in);
    size_t tag = x->has_key ? NOISE_TAG_LEN : 0;

    if (!err && in.n < tag)
        err = GW_EPROTO;
    if (!err)
        err = take_and_hash(x, &in, in.n - tag, payload);
    if (!err)
        x->step++;
    return err;
}

void noise_xx_split(struct noise_xx *x, struct noise_cipher *tx, struct noise_cipher *rx)
{
    struct noise_cipher *first = x->is_initiator ? tx : rx, *second = x->is_initiator ? rx : tx;

    hkdf(x->ck, (struct bytes){ 0 }, first->k, second->k);
    first->n = second->n = 0;
    sodium_memzero(x, sizeof *x);
}
