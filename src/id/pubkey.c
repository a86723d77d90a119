/* pubkey.c - see pubkey.h. */
#include "id/pubkey.h"

#include <secp256k1.h>
#include <sodium.h>

#include "base/err.h"
#include "base/headroom.h"
#include "wire/keypb.h"

#define RSA_BITS_MIN      2048
#define RSA_BITS_MAX      8192
#define RSA_EXPONENT_MAX  5 /* octets: 32 bits and the sign octet of a DER integer */
#define SECP256K1_KEY_LEN 33
#define PUBLIC_PB_MAX     2048 /* octets; an RSA key of 8192 bits takes 1070 */

bool pubkey_is_bounded(gnutls_pubkey_t key)
{
    unsigned bits = 0;
    gnutls_datum_t m, e;

    int algo = gnutls_pubkey_get_pk_algorithm(key, &bits);
    if (algo != GNUTLS_PK_RSA && algo != GNUTLS_PK_RSA_PSS)
        return algo >= 0;
    if (bits < RSA_BITS_MIN || bits > RSA_BITS_MAX)
        return false;
    if (gnutls_pubkey_export_rsa_raw(key, &m, &e) < 0)
        return false;
    bool small = e.size <= RSA_EXPONENT_MAX;
    gnutls_free(m.data);
    gnutls_free(e.data);
    return small;
}

static int verify_ed25519(struct bytes key, struct bytes msg, struct bytes sig)
{
    if (key.n != crypto_sign_PUBLICKEYBYTES)
        return GW_EPROTO;
    if (sig.n != crypto_sign_BYTES || crypto_sign_verify_detached(sig.p, msg.p, msg.n, key.p) != 0)
        return GW_EDENIED;
    return 0;
}

/* Signers may leave S in the upper half of its range; libsecp256k1 wants the lower one. */
static int verify_secp256k1(struct bytes key, struct bytes msg, struct bytes sig)
{
    const secp256k1_context *ctx = secp256k1_context_static;
    secp256k1_ecdsa_signature parsed;
    secp256k1_pubkey pub;
    uint8_t hash[crypto_hash_sha256_BYTES];

    if (key.n != SECP256K1_KEY_LEN || !secp256k1_ec_pubkey_parse(ctx, &pub, key.p, key.n))
        return GW_EPROTO;
    if (!sig.n || !secp256k1_ecdsa_signature_parse_der(ctx, &parsed, sig.p, sig.n))
        return GW_EDENIED;
    secp256k1_ecdsa_signature_normalize(ctx, &parsed, &parsed);
    crypto_hash_sha256(hash, msg.p, msg.n);
    return secp256k1_ecdsa_verify(ctx, &parsed, hash, &pub) ? 0 : GW_EDENIED;
}

static gnutls_datum_t datum(struct bytes v)
{
    return (gnutls_datum_t){ .data = (unsigned char *)v.p, .size = (unsigned)v.n };
}

/* RSA (PKCS #1 v1.5) and ECDSA: the key is a DER SubjectPublicKeyInfo; both sign a SHA-256. */
static int verify_spki(gnutls_pk_algorithm_t algo, gnutls_sign_algorithm_t sign, struct bytes key,
                       struct bytes msg, struct bytes sig)
{
    gnutls_pubkey_t pub;
    gnutls_datum_t k = datum(key), m = datum(msg), s = datum(sig);

    if (!headroom_is_there() || gnutls_pubkey_init(&pub) < 0)
        return GW_ENOMEM;
    int err = 0;
    if (gnutls_pubkey_import(pub, &k, GNUTLS_X509_FMT_DER) < 0 ||
        gnutls_pubkey_get_pk_algorithm(pub, NULL) != (int)algo || !pubkey_is_bounded(pub))
        err = GW_EPROTO;
    else if (gnutls_pubkey_verify_data2(pub, sign, 0, &m, &s) < 0)
        err = GW_EDENIED;
    gnutls_pubkey_deinit(pub);
    return err;
}

static bool is_canonical(struct bytes pubkey_pb)
{
    uint8_t again[PUBLIC_PB_MAX];
    struct keypb k;

    if (keypb_decode(pubkey_pb, &k) != 0)
        return false;
    int n = keypb_encode(again, sizeof again, &k);
    return n > 0 && bytes_eq(pubkey_pb, (struct bytes){ again, (size_t)n });
}

int pubkey_verify(struct bytes pubkey_pb, struct bytes msg, struct bytes sig)
{
    struct keypb k;

    if (keypb_decode(pubkey_pb, &k) != 0)
        return GW_EPROTO;
    switch (k.type) {
    case KEYPB_ED25519:
        return verify_ed25519(k.data, msg, sig);
    case KEYPB_SECP256K1:
        return verify_secp256k1(k.data, msg, sig);
    case KEYPB_RSA:
        return verify_spki(GNUTLS_PK_RSA, GNUTLS_SIGN_RSA_SHA256, k.data, msg, sig);
    case KEYPB_ECDSA:
        return verify_spki(GNUTLS_PK_ECDSA, GNUTLS_SIGN_ECDSA_SHA256, k.data, msg, sig);
    default:
        return GW_EUNSUP;
    }
}

int pubkey_prove(struct bytes pubkey_pb, struct bytes msg, struct bytes sig, struct peerid *signer)
{
    *signer = (struct peerid){ 0 };
    int err = is_canonical(pubkey_pb) ? pubkey_verify(pubkey_pb, msg, sig) : GW_EPROTO;
    if (!err)
        peerid_from_pubkey(pubkey_pb, signer);
    return err;
}

int pubkey_check(struct bytes pubkey_pb)
{
    struct bytes none = { (const uint8_t *)"", 0 };
    struct peerid signer;

    /* No key makes an empty signature: what is not refused for its key is for that. */
    int err = pubkey_prove(pubkey_pb, none, none, &signer);
    return err == GW_EDENIED ? 0 : err;
}
