/* test_pubkey.c - id/pubkey.h with the key pairs of the spec and with keys at the bounds. */
#include "id/pubkey.h"

#include "hex.h"
#include "hostkey.h"
#include "no_headroom.h"

#define MSG bytes_of("libp2p")

/* Takes the data of a PrivateKey message (specs/peer-ids says how each type is encoded). */
static void from_private(struct hostkey *h, const struct keypb *pb)
{
    gnutls_x509_privkey_t key;
    gnutls_datum_t der = { (unsigned char *)pb->data.p, (unsigned)pb->data.n };

    if (pb->type == KEYPB_ED25519) {
        hostkey_from_ed25519(h, pb->data.p);
    } else if (pb->type == KEYPB_SECP256K1) {
        hostkey_from_secp256k1(h, pb->data.p);
    } else {
        assert_int_equal(gnutls_x509_privkey_init(&key), 0);
        assert_int_equal(gnutls_x509_privkey_import(key, &der, GNUTLS_X509_FMT_DER), 0);
        hostkey_from_gnutls(h, (enum keypb_type)pb->type, key);
    }
}

static void assert_verifies(const struct hostkey *h)
{
    uint8_t sig[2048];
    size_t n = hostkey_sign(h, MSG, sig, sizeof sig);
    struct bytes s = { sig, n };

    assert_int_equal(pubkey_verify(hostkey_public(h), MSG, s), 0);
    assert_int_equal(pubkey_verify(hostkey_public(h), bytes_of("libp2q"), s), GW_EDENIED);
    assert_int_equal(pubkey_verify(hostkey_public(h), bytes_of(""), s), GW_EDENIED);
    assert_int_equal(pubkey_verify(hostkey_public(h), MSG, (struct bytes){ sig, n - 1 }),
                     GW_EDENIED);
    assert_int_equal(pubkey_verify(hostkey_public(h), MSG, (struct bytes){ 0 }), GW_EDENIED);
    sig[n / 2] ^= 0x04;
    assert_int_equal(pubkey_verify(hostkey_public(h), MSG, s), GW_EDENIED);
}

static void test_verify_knows_every_type_of_the_spec(void **state)
{
    char *text = vectors_read("key.txt"), *next = text, *line;
    int n = 0;
    (void)state;
    for (; (line = vectors_next(&next)); n++) {
        uint8_t priv[4096], pub[4096];
        struct keypb pb;
        struct hostkey h;
        fileio_next_word(&line);
        size_t npriv = hex_read(fileio_next_word(&line), priv, sizeof priv);
        size_t npub = hex_read(fileio_next_word(&line), pub, sizeof pub);
        assert_int_equal(keypb_decode((struct bytes){ priv, npriv }, &pb), 0);
        from_private(&h, &pb);
        assert_bytes(hostkey_public(&h), (struct bytes){ pub, npub });
        assert_verifies(&h);
        hostkey_fini(&h);
    }
    assert_int_equal(n, 4);
    free(text);
}

static void test_verify_takes_other_curves(void **state)
{
    struct hostkey h;
    (void)state;
    hostkey_generate(&h, KEYPB_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP384R1));
    assert_verifies(&h);
    hostkey_fini(&h);
}

static void test_verify_bounds_rsa(void **state)
{
    struct hostkey h;
    uint8_t sig[256];
    (void)state;
    hostkey_generate(&h, KEYPB_RSA, 1024);
    size_t n = hostkey_sign(&h, MSG, sig, sizeof sig);
    assert_int_equal(pubkey_verify(hostkey_public(&h), MSG, (struct bytes){ sig, n }), GW_EPROTO);
    hostkey_fini(&h);
}

/* Imports an RSA key of `bits` bits and a public exponent of `e` octets, made of ones. */
static bool is_bounded(size_t bits, size_t e_octets)
{
    uint8_t m[2048], e[64];
    gnutls_pubkey_t key;
    gnutls_datum_t md = { m, (unsigned)(bits / 8) }, ed = { e, (unsigned)e_octets };

    memset(m, 0xff, sizeof m);
    memset(e, 0xff, sizeof e);
    assert_int_equal(gnutls_pubkey_init(&key), 0);
    assert_int_equal(gnutls_pubkey_import_rsa_raw(key, &md, &ed), 0);
    bool bounded = pubkey_is_bounded(key);
    gnutls_pubkey_deinit(key);
    return bounded;
}

static void test_verify_by_gnutls_without_headroom_is_out_of_memory(void **state)
{
    struct hostkey h;
    uint8_t sig[256];
    (void)state;
    hostkey_generate(&h, KEYPB_RSA, 2048);
    size_t n = hostkey_sign(&h, MSG, sig, sizeof sig);
    headroom_left = 0;
    assert_int_equal(pubkey_verify(hostkey_public(&h), MSG, (struct bytes){ sig, n }), GW_ENOMEM);
    headroom_left = UINT_MAX;
    hostkey_fini(&h);
}

static void test_bounds_of_rsa_are_2048_to_8192_bits_and_a_short_exponent(void **state)
{
    (void)state;
    assert_false(is_bounded(2040, 3));
    assert_true(is_bounded(2048, 3));
    assert_true(is_bounded(8192, 4));
    assert_false(is_bounded(8200, 3));
    assert_false(is_bounded(2048, 5));
    assert_false(is_bounded(2048, 64));
}

static void test_verify_normalises_secp256k1(void **state)
{
    struct hostkey h;
    uint8_t sig[80];
    (void)state;
    hostkey_generate(&h, KEYPB_SECP256K1, 0);
    size_t n = hostkey_sign_secp256k1(&h, MSG, true, sig, sizeof sig);
    assert_int_equal(pubkey_verify(hostkey_public(&h), MSG, (struct bytes){ sig, n }), 0);
}

static void test_verify_refuses_malformed_keys(void **state)
{
    static const struct {
        struct bytes key;
        int err;
    } cases[] = {
        { B(""), GW_EPROTO },
        { B("\x08\x01"), GW_EPROTO },
        { B("\x08\x04\x12\x01x"), GW_EUNSUP },
        { B("\x08\x01\x12\x1f"
            "0123456789abcdef0123456789abcde"),
          GW_EPROTO },
        { B("\x08\x02\x12\x21\x05"
            "0123456789abcdef0123456789abcdef"),
          GW_EPROTO },
        { B("\x08\x00\x12\x03\x30\x01x"), GW_EPROTO },
        { B("\x08\x03\x12\x00"), GW_EPROTO },
    };
    uint8_t sig[64] = { 0 };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(pubkey_verify(cases[i].key, MSG, (struct bytes){ sig, sizeof sig }),
                         cases[i].err);
}

/* The envelope's type must be the type of the key inside. */
static void test_verify_refuses_a_key_of_another_type(void **state)
{
    struct hostkey h;
    uint8_t sig[256];
    (void)state;
    hostkey_generate(&h, KEYPB_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1));
    size_t n = hostkey_sign(&h, MSG, sig, sizeof sig);
    h.public_pb[1] = KEYPB_RSA;
    assert_int_equal(pubkey_verify(hostkey_public(&h), MSG, (struct bytes){ sig, n }), GW_EPROTO);
    hostkey_fini(&h);
}

static void test_check_takes_keys_that_signatures_can_be_verified_with(void **state)
{
    static const enum keypb_type types[] = { KEYPB_ED25519, KEYPB_SECP256K1, KEYPB_ECDSA,
                                             KEYPB_RSA };
    (void)state;
    for (size_t i = 0; i < COUNT(types); i++) {
        struct hostkey h;
        hostkey_generate(&h, types[i], types[i] == KEYPB_RSA ? 2048 : 0);
        struct bytes pub = hostkey_public(&h);
        assert_int_equal(pubkey_check(pub), 0);
        assert_int_equal(pubkey_check((struct bytes){ pub.p, pub.n - 1 }), GW_EPROTO);
        h.public_pb[1] = 9; /* a type that nobody knows */
        assert_int_equal(pubkey_check(pub), GW_EUNSUP);
        h.public_pb[1] = (uint8_t)types[i];
        memcpy(h.public_pb + h.npublic, "\x18\x01", 2); /* an unknown field */
        assert_int_equal(pubkey_check((struct bytes){ pub.p, pub.n + 2 }), GW_EPROTO);
        hostkey_fini(&h);
    }
}

static void test_prove_names_the_signer(void **state)
{
    static const enum keypb_type types[] = { KEYPB_ED25519, KEYPB_RSA };
    (void)state;
    for (size_t i = 0; i < COUNT(types); i++) {
        struct hostkey h;
        struct peerid want, got;
        uint8_t sig[256];
        hostkey_generate(&h, types[i], 2048);
        struct bytes s = { sig, hostkey_sign(&h, MSG, sig, sizeof sig) };
        peerid_from_pubkey(hostkey_public(&h), &want);
        assert_int_equal(pubkey_prove(hostkey_public(&h), MSG, s, &got), 0);
        assert_true(peerid_eq(&got, &want));
        assert_int_equal(pubkey_prove(hostkey_public(&h), bytes_of("libp2q"), s, &got), GW_EDENIED);
        assert_int_equal(got.n, 0);
        hostkey_fini(&h);
    }
}

/* Each encoding would be another peer id of the same holder. */
static void test_prove_refuses_a_second_encoding_of_the_key(void **state)
{
    struct hostkey h;
    struct peerid id;
    uint8_t sig[64], key[64];
    (void)state;
    hostkey_generate(&h, KEYPB_ED25519, 0);
    struct bytes pub = hostkey_public(&h), s = { sig, hostkey_sign(&h, MSG, sig, sizeof sig) };
    memcpy(key, pub.p, pub.n);
    memcpy(key + pub.n, "\x18\x01", 2); /* an unknown field */
    assert_int_equal(pubkey_prove((struct bytes){ key, pub.n + 2 }, MSG, s, &id), GW_EPROTO);
    memcpy(key, "\x08\x81\0", 3); /* a padded varint */
    memcpy(key + 3, pub.p + 2, pub.n - 2);
    assert_int_equal(pubkey_prove((struct bytes){ key, pub.n + 1 }, MSG, s, &id), GW_EPROTO);
    memcpy(key, pub.p + 2, pub.n - 2); /* data before type */
    memcpy(key + pub.n - 2, pub.p, 2);
    assert_int_equal(pubkey_verify((struct bytes){ key, pub.n }, MSG, s), 0);
    assert_int_equal(pubkey_prove((struct bytes){ key, pub.n }, MSG, s, &id), GW_EPROTO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verify_knows_every_type_of_the_spec),
        cmocka_unit_test(test_verify_takes_other_curves),
        cmocka_unit_test(test_verify_bounds_rsa),
        cmocka_unit_test(test_verify_by_gnutls_without_headroom_is_out_of_memory),
        cmocka_unit_test(test_bounds_of_rsa_are_2048_to_8192_bits_and_a_short_exponent),
        cmocka_unit_test(test_verify_normalises_secp256k1),
        cmocka_unit_test(test_verify_refuses_malformed_keys),
        cmocka_unit_test(test_verify_refuses_a_key_of_another_type),
        cmocka_unit_test(test_check_takes_keys_that_signatures_can_be_verified_with),
        cmocka_unit_test(test_prove_names_the_signer),
        cmocka_unit_test(test_prove_refuses_a_second_encoding_of_the_key),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
