/* test_cert.c - id/cert.h: the spec's certificates, our own, and many that must not pass. */
#include "id/cert.h"

#include <gnutls/x509.h>

#include "base/clock.h"
#include "hex.h"
#include "hostkey.h"

#define OID_LIBP2P "1.3.6.1.4.1.53594.1.1"
#define CERT_MAX   8192
#define DAY_S      86400

/* ---- the vectors ---- */

struct vector {
    char peer[PEERID_STR_MAX];
    uint8_t der[CERT_MAX];
    size_t n;
};

static struct vector vectors[8];
static size_t nvectors;

static int read_vectors(void **state)
{
    char *text = vectors_read("cert.txt"), *next = text, *line;
    (void)state;
    for (nvectors = 0; (line = vectors_next(&next)); nvectors++) {
        struct vector *v = &vectors[nvectors];
        assert_true(nvectors < COUNT(vectors));
        snprintf(v->peer, sizeof v->peer, "%s", fileio_next_word(&line));
        v->n = hex_read(fileio_next_word(&line), v->der, sizeof v->der);
    }
    free(text);
    return nvectors == 4 ? 0 : -1;
}

static int verify(struct bytes der)
{
    struct peerid id;
    const char *why;
    int err = cert_verify(der, &id, &why);
    assert_int_equal(err == 0, id.n > 0);
    return err;
}

static void assert_refused(struct bytes der, const char *want)
{
    struct peerid id;
    const char *why = "";
    assert_true(cert_verify(der, &id, &why) < 0);
    if (want)
        assert_string_equal(why, want);
}

static void test_verify_judges_the_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < nvectors; i++) {
        struct peerid id;
        char text[PEERID_STR_MAX];
        const char *why;
        int err = cert_verify((struct bytes){ vectors[i].der, vectors[i].n }, &id, &why);
        if (!strcmp(vectors[i].peer, "invalid")) {
            assert_int_equal(err, GW_EDENIED);
            assert_string_equal(why, "bad host signature");
            continue;
        }
        assert_int_equal(err, 0);
        assert_string_equal(peerid_print(&id, text), vectors[i].peer);
    }
}

/* Every bit of the first vector, one bit of every octet of the others. */
static void test_verify_refuses_a_flipped_bit_anywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < nvectors; i++) {
        struct vector v = vectors[i];
        for (size_t at = 0; at < v.n * 8; at += i == 0 ? 1 : 9) {
            v.der[at / 8] ^= (uint8_t)(1 << at % 8);
            if (verify((struct bytes){ v.der, v.n }) == 0)
                fail_msg("vector %zu passes with bit %zu flipped", i + 1, at);
            v.der[at / 8] ^= (uint8_t)(1 << at % 8);
        }
    }
}

static void test_verify_refuses_a_cut_or_longer_certificate(void **state)
{
    struct vector v = vectors[0];
    (void)state;
    for (size_t n = 0; n < v.n; n++) {
        uint8_t *p = malloc(n + 1);
        assert_non_null(p);
        memcpy(p, v.der, n);
        assert_int_equal(verify((struct bytes){ p, n }), GW_EPROTO);
        free(p);
    }
    assert_int_equal(verify((struct bytes){ v.der, v.n + 1 }), GW_EPROTO);
    assert_int_equal(verify((struct bytes){ v.der, CERT_MAX }), GW_EPROTO);
}

/* ---- certificates made here ---- */

struct spec { /* what to make; zeroed: a good one, of an Ed25519 host */
    enum keypb_type host;
    unsigned host_bits;
    int64_t from_s, to_s; /* relative to now; both 0: from a day ago for two */
    int extensions;       /* libp2p extensions: 0 means 1, -1 none */
    bool is_critical, has_other, has_critical_other, has_key_usage;
    bool signs_other_key, is_noncanonical, has_trailing_octet;
    bool is_signed_by_another;
    gnutls_pk_algorithm_t leaf; /* 0: P-256 */
};

static gnutls_x509_privkey_t make_leaf_key(gnutls_pk_algorithm_t algo)
{
    gnutls_x509_privkey_t key;
    unsigned bits = algo == GNUTLS_PK_RSA ? 2048 : 0;
    if (!algo) {
        algo = GNUTLS_PK_ECDSA;
        bits = GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1);
    }
    assert_int_equal(gnutls_x509_privkey_init(&key), 0);
    assert_int_equal(gnutls_x509_privkey_generate(key, algo, bits, 0), 0);
    return key;
}

static gnutls_datum_t spki_of(gnutls_x509_crt_t crt)
{
    gnutls_pubkey_t pub;
    gnutls_datum_t spki;
    assert_int_equal(gnutls_pubkey_init(&pub), 0);
    assert_int_equal(gnutls_pubkey_import_x509(pub, crt, 0), 0);
    assert_int_equal(gnutls_pubkey_export2(pub, GNUTLS_X509_FMT_DER, &spki), 0);
    gnutls_pubkey_deinit(pub);
    return spki;
}

static void put_header(struct wr *w, uint8_t tag, size_t n)
{
    wr_u8(w, tag);
    if (n > 0xff)
        wr_u8(w, 0x82);
    else if (n > 0x7f)
        wr_u8(w, 0x81);
    if (n > 0xff)
        wr_u16(w, (uint16_t)n);
    else
        wr_u8(w, (uint8_t)n);
}

/* Writes the SignedKey of `host` for the leaf; returns its octets. */
static size_t make_signed_key(const struct spec *s, struct hostkey *host, gnutls_datum_t spki,
                              uint8_t *out, size_t cap)
{
    uint8_t text[4096], sig[1024], body[4096];
    struct wr t = wr_init((struct span){ text, sizeof text });
    struct wr b = wr_init((struct span){ body, sizeof body });
    struct wr w = wr_init((struct span){ out, cap });

    wr_bytes(&t, bytes_of("libp2p-tls-handshake:"));
    wr_bytes(&t, (struct bytes){ spki.data, spki.size });
    if (s->signs_other_key)
        text[sizeof text - t.left - 1] ^= 1;
    size_t nsig = hostkey_sign(host, (struct bytes){ text, sizeof text - t.left }, sig, sizeof sig);
    if (s->is_noncanonical) { /* one more field behind the two */
        memcpy(host->public_pb + host->npublic, "\x18\x01", 2);
        host->npublic += 2;
    }
    put_header(&b, 0x04, host->npublic);
    wr_bytes(&b, hostkey_public(host));
    put_header(&b, 0x04, nsig);
    wr_bytes(&b, (struct bytes){ sig, nsig });
    if (s->has_trailing_octet)
        wr_u8(&b, 0);
    put_header(&w, 0x30, sizeof body - b.left);
    wr_bytes(&w, (struct bytes){ body, sizeof body - b.left });
    assert_false(w.full || b.full || t.full);
    return cap - w.left;
}

static void set_validity(gnutls_x509_crt_t crt, const struct spec *s)
{
    bool is_default = !s->from_s && !s->to_s;
    int64_t now = clock_wall_s();
    assert_int_equal(
        gnutls_x509_crt_set_activation_time(crt, now + (is_default ? -DAY_S : s->from_s)), 0);
    assert_int_equal(gnutls_x509_crt_set_expiration_time(crt, now + (is_default ? DAY_S : s->to_s)),
                     0);
}

/* GnuTLS replaces an extension of the same OID, so a second libp2p one starts as OID_LIKE (see
 * sign_again). */
#define OID_LIKE "1.3.6.1.4.1.53594.1.2"

static void set_extensions(gnutls_x509_crt_t crt, const struct spec *s, struct bytes ext)
{
    if (s->has_key_usage)
        assert_int_equal(gnutls_x509_crt_set_key_usage(crt, GNUTLS_KEY_DIGITAL_SIGNATURE), 0);
    if (s->has_other || s->has_critical_other)
        assert_int_equal(
            gnutls_x509_crt_set_extension_by_oid(crt, "1.2.3.4", "\5\0", 2, s->has_critical_other),
            0);
    if (s->extensions >= 0)
        assert_int_equal(
            gnutls_x509_crt_set_extension_by_oid(crt, OID_LIBP2P, ext.p, ext.n, s->is_critical), 0);
    if (s->extensions == 2)
        assert_int_equal(gnutls_x509_crt_set_extension_by_oid(crt, OID_LIKE, ext.p, ext.n, 0), 0);
}

/* Puts a certificate together anew: OID_LIKE becomes OID_LIBP2P, and `key` signs. */
static size_t sign_again(uint8_t *der, size_t n, gnutls_x509_privkey_t key)
{
    static const uint8_t like[] = { 0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04,
                                    0x01, 0x83, 0xa2, 0x5a, 0x01, 0x02 };
    static const uint8_t ecdsa_sha256[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
                                            0x48, 0xce, 0x3d, 0x04, 0x03, 0x02 };
    uint8_t body[CERT_MAX];
    struct wr b = wr_init((struct span){ body, sizeof body }),
              w = wr_init((struct span){ der, CERT_MAX });
    gnutls_privkey_t priv;
    gnutls_datum_t sig;

    assert_memory_equal(der + 4, "\x30\x82", 2); /* the TBS lies behind a header of four octets */
    gnutls_datum_t tbs = { der + 4, 4u + (unsigned)(der[6] << 8 | der[7]) };
    uint8_t *at = memmem(tbs.data, tbs.size, like, sizeof like);
    if (at)
        at[sizeof like - 1] = 1;
    assert_true(tbs.size < n);
    assert_int_equal(gnutls_privkey_init(&priv), 0);
    assert_int_equal(gnutls_privkey_import_x509(priv, key, 0), 0);
    assert_int_equal(gnutls_privkey_sign_data2(priv, GNUTLS_SIGN_ECDSA_SHA256, 0, &tbs, &sig), 0);
    wr_bytes(&b, (struct bytes){ tbs.data, tbs.size });
    wr_bytes(&b, (struct bytes){ ecdsa_sha256, sizeof ecdsa_sha256 });
    put_header(&b, 0x03, sig.size + 1);
    wr_u8(&b, 0);
    wr_bytes(&b, (struct bytes){ sig.data, sig.size });
    gnutls_free(sig.data);
    gnutls_privkey_deinit(priv);
    put_header(&w, 0x30, sizeof body - b.left);
    wr_bytes(&w, (struct bytes){ body, sizeof body - b.left });
    assert_false(w.full || b.full);
    return CERT_MAX - w.left;
}

static void fill(gnutls_x509_crt_t crt, gnutls_x509_privkey_t leaf, const struct spec *s,
                 struct hostkey *host)
{
    uint8_t ext[4096];

    assert_int_equal(gnutls_x509_crt_set_version(crt, 3), 0);
    assert_int_equal(gnutls_x509_crt_set_serial(crt, "\1\2", 2), 0);
    assert_int_equal(gnutls_x509_crt_set_key(crt, leaf), 0);
    assert_int_equal(gnutls_x509_crt_set_dn(crt, "CN=test", NULL), 0);
    assert_int_equal(gnutls_x509_crt_set_issuer_dn(crt, "CN=test", NULL), 0);
    set_validity(crt, s);
    gnutls_datum_t spki = spki_of(crt);
    size_t n = make_signed_key(s, host, spki, ext, sizeof ext);
    gnutls_free(spki.data);
    set_extensions(crt, s, (struct bytes){ ext, n });
}

/* Makes the certificate; returns its octets, and the id that it vouches for. */
static size_t make(const struct spec *s, uint8_t der[CERT_MAX], struct peerid *id)
{
    struct hostkey host;
    gnutls_x509_privkey_t leaf = make_leaf_key(s->leaf), other = make_leaf_key(0);
    gnutls_x509_crt_t crt;
    size_t n = CERT_MAX;

    hostkey_generate(&host,
                     s->host        ? s->host
                     : s->host_bits ? KEYPB_RSA
                                    : KEYPB_ED25519,
                     s->host_bits);
    assert_int_equal(gnutls_x509_crt_init(&crt), 0);
    fill(crt, leaf, s, &host);
    gnutls_digest_algorithm_t hash = s->leaf == GNUTLS_PK_EDDSA_ED25519 ? GNUTLS_DIG_SHA512
                                                                        : GNUTLS_DIG_SHA256;
    assert_int_equal(gnutls_x509_crt_sign2(crt, crt, leaf, hash, 0), 0);
    assert_int_equal(gnutls_x509_crt_export(crt, GNUTLS_X509_FMT_DER, der, &n), 0);
    if (s->extensions == 2 || s->is_signed_by_another)
        n = sign_again(der, n, s->is_signed_by_another ? other : leaf);
    peerid_from_pubkey(hostkey_public(&host), id);
    hostkey_fini(&host);
    gnutls_x509_crt_deinit(crt);
    gnutls_x509_privkey_deinit(leaf);
    gnutls_x509_privkey_deinit(other);
    return n;
}

static const struct {
    const char *what;
    struct spec spec;
} good[] = {
    { "Ed25519 host", { 0 } },
    { "RSA-2048 host", { .host_bits = 2048 } },
    { "ECDSA host",
      { .host = KEYPB_ECDSA, .host_bits = GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1) } },
    { "ECDSA P-521 host",
      { .host = KEYPB_ECDSA, .host_bits = GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP521R1) } },
    { "secp256k1 host", { .host = KEYPB_SECP256K1 } },
    { "critical libp2p extension", { .is_critical = true } },
    { "unknown extension", { .has_other = true } },
    { "critical key usage", { .has_key_usage = true } },
    { "Ed25519 leaf", { .leaf = GNUTLS_PK_EDDSA_ED25519 } },
    { "RSA leaf", { .leaf = GNUTLS_PK_RSA } },
    { "valid for a minute", { .from_s = -30, .to_s = 30 } },
};

static void test_verify_accepts_what_the_spec_allows(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        uint8_t der[CERT_MAX];
        struct peerid id, want;
        const char *why;
        size_t n = make(&good[i].spec, der, &want);
        if (cert_verify((struct bytes){ der, n }, &id, &why) != 0)
            fail_msg("%s: %s", good[i].what, why);
        assert_true(peerid_eq(&id, &want));
    }
}

static const struct {
    struct spec spec;
    const char *why; /* NULL: GnuTLS may refuse it first */
} refused[] = {
    { { .extensions = -1 }, "no libp2p extension" },
    { { .extensions = 2 }, NULL },
    { { .has_critical_other = true }, "unknown critical extension" },
    { { .from_s = -2 * DAY_S, .to_s = -60 },
      "not valid at this time: the clock here or there is wrong" },
    { { .from_s = 60, .to_s = DAY_S }, "not valid at this time: the clock here or there is wrong" },
    { { .is_signed_by_another = true }, "bad self-signature" },
    { { .signs_other_key = true }, "bad host signature" },
    { { .host = KEYPB_SECP256K1, .signs_other_key = true }, "bad host signature" },
    { { .host_bits = 2048, .signs_other_key = true }, "bad host signature" },
    { { .host_bits = 1024 }, "bad host key" },
    { { .is_noncanonical = true }, "bad host key" },
    { { .has_trailing_octet = true }, "malformed libp2p extension" },
};

static void test_verify_refuses_and_says_why(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(refused); i++) {
        uint8_t der[CERT_MAX];
        struct peerid id;
        size_t n = make(&refused[i].spec, der, &id);
        assert_refused((struct bytes){ der, n }, refused[i].why);
    }
}

/* ---- cert_make ---- */

static void test_make_passes_verify_and_names_the_host(void **state)
{
    struct key *host;
    gnutls_certificate_credentials_t cred;
    gnutls_datum_t der;
    struct peerid id;
    const char *why;
    (void)state;
    assert_int_equal(key_generate(&host), 0);
    assert_int_equal(cert_make(host, &cred), 0);
    assert_int_equal(gnutls_certificate_get_crt_raw(cred, 0, 0, &der), 0);
    assert_int_equal(cert_verify((struct bytes){ der.data, der.size }, &id, &why), 0);
    assert_true(peerid_eq(&id, key_peerid(host)));

    gnutls_x509_crt_t crt;
    int64_t now = clock_wall_s();
    assert_int_equal(gnutls_x509_crt_init(&crt), 0);
    assert_int_equal(gnutls_x509_crt_import(crt, &der, GNUTLS_X509_FMT_DER), 0);
    assert_true(gnutls_x509_crt_get_activation_time(crt) == 0);
    assert_true(gnutls_x509_crt_get_expiration_time(crt) > now + (int64_t)99 * 365 * DAY_S);
    assert_int_equal(gnutls_x509_crt_get_pk_algorithm(crt, NULL), GNUTLS_PK_ECDSA);
    gnutls_x509_crt_deinit(crt);
    gnutls_certificate_free_credentials(cred);
    key_free(host);
}

static void test_make_uses_a_fresh_leaf_each_time(void **state)
{
    struct key *host;
    gnutls_certificate_credentials_t a, b;
    gnutls_datum_t da, db;
    (void)state;
    assert_int_equal(key_generate(&host), 0);
    assert_int_equal(cert_make(host, &a), 0);
    assert_int_equal(cert_make(host, &b), 0);
    assert_int_equal(gnutls_certificate_get_crt_raw(a, 0, 0, &da), 0);
    assert_int_equal(gnutls_certificate_get_crt_raw(b, 0, 0, &db), 0);
    assert_false(bytes_eq((struct bytes){ da.data, da.size }, (struct bytes){ db.data, db.size }));
    gnutls_certificate_free_credentials(a);
    gnutls_certificate_free_credentials(b);
    key_free(host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verify_judges_the_vectors),
        cmocka_unit_test(test_verify_refuses_a_flipped_bit_anywhere),
        cmocka_unit_test(test_verify_refuses_a_cut_or_longer_certificate),
        cmocka_unit_test(test_verify_accepts_what_the_spec_allows),
        cmocka_unit_test(test_verify_refuses_and_says_why),
        cmocka_unit_test(test_make_passes_verify_and_names_the_host),
        cmocka_unit_test(test_make_uses_a_fresh_leaf_each_time),
    };
    return cmocka_run_group_tests(tests, read_vectors, NULL);
}
