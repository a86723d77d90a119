/* hostkey.h - host keys of every type that libp2p knows, private half included, for tests of
 * signatures. */
#ifndef GW_TESTS_HOSTKEY_H
#define GW_TESTS_HOSTKEY_H

#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <secp256k1.h>
#include <sodium.h>

#include "vec.h"
#include "wire/keypb.h"

struct hostkey {
    enum keypb_type type;
    gnutls_privkey_t priv;   /* RSA, ECDSA */
    uint8_t secret[64];      /* Ed25519: seed and public key; secp256k1: 32 octets */
    uint8_t public_pb[2048]; /* the PublicKey message */
    size_t npublic;
};

static inline void hostkey_set_public(struct hostkey *h, struct bytes data)
{
    struct keypb pb = { h->type, data };
    int n = keypb_encode(h->public_pb, sizeof h->public_pb, &pb);
    assert_true(n > 0);
    h->npublic = (size_t)n;
}

static inline struct bytes hostkey_public(const struct hostkey *h)
{
    return (struct bytes){ h->public_pb, h->npublic };
}

/* Takes the key. */
static inline void hostkey_from_gnutls(struct hostkey *h, enum keypb_type type,
                                       gnutls_x509_privkey_t key)
{
    gnutls_pubkey_t pub;
    gnutls_datum_t spki;

    *h = (struct hostkey){ .type = type };
    assert_int_equal(gnutls_privkey_init(&h->priv), 0);
    assert_int_equal(gnutls_privkey_import_x509(h->priv, key, GNUTLS_PRIVKEY_IMPORT_AUTO_RELEASE),
                     0);
    assert_int_equal(gnutls_pubkey_init(&pub), 0);
    assert_int_equal(gnutls_pubkey_import_privkey(pub, h->priv, 0, 0), 0);
    assert_int_equal(gnutls_pubkey_export2(pub, GNUTLS_X509_FMT_DER, &spki), 0);
    hostkey_set_public(h, (struct bytes){ spki.data, spki.size });
    gnutls_free(spki.data);
    gnutls_pubkey_deinit(pub);
}

static inline void hostkey_from_secp256k1(struct hostkey *h, const uint8_t secret[32])
{
    secp256k1_context *ctx = secp256k1_context_create(SECP256K1_CONTEXT_SIGN);
    secp256k1_pubkey pub;
    uint8_t data[33];
    size_t n = sizeof data;

    *h = (struct hostkey){ .type = KEYPB_SECP256K1 };
    memcpy(h->secret, secret, 32);
    assert_int_equal(secp256k1_ec_pubkey_create(ctx, &pub, secret), 1);
    secp256k1_ec_pubkey_serialize(ctx, data, &n, &pub, SECP256K1_EC_COMPRESSED);
    hostkey_set_public(h, (struct bytes){ data, n });
    secp256k1_context_destroy(ctx);
}

static inline void hostkey_from_ed25519(struct hostkey *h, const uint8_t seed[32])
{
    uint8_t pub[32];
    *h = (struct hostkey){ .type = KEYPB_ED25519 };
    crypto_sign_seed_keypair(pub, h->secret, seed);
    hostkey_set_public(h, (struct bytes){ pub, sizeof pub });
}

/* `bits`: of an RSA key, or GNUTLS_CURVE_TO_BITS(curve) of an ECDSA key. */
static inline void hostkey_generate(struct hostkey *h, enum keypb_type type, unsigned bits)
{
    uint8_t seed[32];
    gnutls_x509_privkey_t key;

    randombytes_buf(seed, sizeof seed);
    if (type == KEYPB_SECP256K1) {
        hostkey_from_secp256k1(h, seed);
    } else if (type == KEYPB_ED25519) {
        hostkey_from_ed25519(h, seed);
    } else {
        gnutls_pk_algorithm_t algo = type == KEYPB_RSA ? GNUTLS_PK_RSA : GNUTLS_PK_ECDSA;
        assert_int_equal(gnutls_x509_privkey_init(&key), 0);
        assert_int_equal(gnutls_x509_privkey_generate(key, algo, bits, 0), 0);
        hostkey_from_gnutls(h, type, key);
    }
}

static inline void hostkey_fini(struct hostkey *h)
{
    if (h->priv)
        gnutls_privkey_deinit(h->priv);
}

/* `high_s`: leave S in the upper half of its range, which is a valid ECDSA signature too. */
static inline size_t hostkey_sign_secp256k1(const struct hostkey *h, struct bytes msg, bool high_s,
                                            uint8_t *sig, size_t cap)
{
    secp256k1_context *ctx = secp256k1_context_create(SECP256K1_CONTEXT_SIGN);
    secp256k1_ecdsa_signature s;
    uint8_t hash[32], compact[64];

    crypto_hash_sha256(hash, msg.p, msg.n);
    assert_int_equal(secp256k1_ecdsa_sign(ctx, &s, hash, h->secret, NULL, NULL), 1);
    if (high_s) {
        secp256k1_ecdsa_signature_serialize_compact(ctx, compact, &s);
        assert_int_equal(secp256k1_ec_seckey_negate(ctx, compact + 32), 1);
        assert_int_equal(secp256k1_ecdsa_signature_parse_compact(ctx, &s, compact), 1);
    }
    assert_int_equal(secp256k1_ecdsa_signature_serialize_der(ctx, sig, &cap, &s), 1);
    secp256k1_context_destroy(ctx);
    return cap;
}

/* Signs as specs/peer-ids says for the type; returns the octets put. */
static inline size_t hostkey_sign(const struct hostkey *h, struct bytes msg, uint8_t *sig,
                                  size_t cap)
{
    gnutls_datum_t m = { (unsigned char *)msg.p, (unsigned)msg.n }, s;

    if (h->type == KEYPB_SECP256K1)
        return hostkey_sign_secp256k1(h, msg, false, sig, cap);
    if (h->type == KEYPB_ED25519) {
        crypto_sign_detached(sig, NULL, msg.p, msg.n, h->secret);
        return crypto_sign_BYTES;
    }
    gnutls_sign_algorithm_t algo = h->type == KEYPB_RSA ? GNUTLS_SIGN_RSA_SHA256
                                                        : GNUTLS_SIGN_ECDSA_SHA256;
    assert_int_equal(gnutls_privkey_sign_data2(h->priv, algo, 0, &m, &s), 0);
    assert_true(s.size <= cap);
    size_t n = s.size;
    memcpy(sig, s.data, n);
    gnutls_free(s.data);
    return n;
}

#endif
