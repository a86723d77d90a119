/* cert.c - see cert.h.
 *
 * GnuTLS reads the certificate; what it has no getter for (the octets that the self-signature
 * covers, the signature itself, the subjectPublicKeyInfo) is cut out of the DER here, as views.
 */
#include "id/cert.h"

#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <sodium.h>

#include "base/clock.h"
#include "base/err.h"
#include "id/pubkey.h"

#define OID_LIBP2P     "1.3.6.1.4.1.53594.1.1"
#define SIGNED_PREFIX  "libp2p-tls-handshake:"
#define CERT_MAX       8192 /* octets of a peer's certificate: two RSA-8192 keys fit */
#define EXTENSIONS_MAX 32
#define VALID_FROM_S   0 /* since 1970: also where a clock is wrong, as without a battery */
#define LIFETIME_S     (INT64_C(100) * 365 * 86400)

enum {
    DER_INTEGER = 0x02,
    DER_BIT_STRING = 0x03,
    DER_OCTET_STRING = 0x04,
    DER_SEQUENCE = 0x30,
    DER_VERSION = 0xa0, /* [0] EXPLICIT */
};

/* ---- making ---- */

static int err_from_gnutls(int rc)
{
    return rc == GNUTLS_E_MEMORY_ERROR ? GW_ENOMEM : GW_EIO;
}

static int make_leaf_key(gnutls_x509_privkey_t key, gnutls_datum_t *spki)
{
    gnutls_privkey_t abstract = NULL;
    gnutls_pubkey_t pub = NULL;

    int rc = gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
                                          GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
    if (rc >= 0)
        rc = gnutls_privkey_init(&abstract);
    if (rc >= 0)
        rc = gnutls_privkey_import_x509(abstract, key, 0);
    if (rc >= 0)
        rc = gnutls_pubkey_init(&pub);
    if (rc >= 0)
        rc = gnutls_pubkey_import_privkey(pub, abstract, 0, 0);
    if (rc >= 0)
        rc = gnutls_pubkey_export2(pub, GNUTLS_X509_FMT_DER, spki);
    if (pub)
        gnutls_pubkey_deinit(pub);
    if (abstract)
        gnutls_privkey_deinit(abstract);
    return rc;
}

/* What the host key signs.  Returns false when `cap` is too small. */
static bool put_signed_text(struct bytes spki, struct wr *w)
{
    wr_bytes(w, bytes_of(SIGNED_PREFIX));
    wr_bytes(w, spki);
    return !w->full;
}

static void put_octet_string(struct wr *w, struct bytes v)
{
    wr_u8(w, DER_OCTET_STRING);
    wr_u8(w, (uint8_t)v.n);
    wr_bytes(w, v);
}

/* SignedKey ::= SEQUENCE { publicKey OCTET STRING, signature OCTET STRING } */
static int set_extension(gnutls_x509_crt_t crt, const struct key *host, struct bytes spki)
{
    uint8_t text[256], sig[KEY_SIG_LEN], ext[2 + 2 + KEY_PUB_PB_LEN + 2 + KEY_SIG_LEN];
    struct wr t = wr_init((struct span){ text, sizeof text });
    struct wr w = wr_init((struct span){ ext, sizeof ext });

    if (!put_signed_text(spki, &t))
        return GNUTLS_E_INTERNAL_ERROR;
    key_sign(host, (struct bytes){ text, sizeof text - t.left }, sig);
    wr_u8(&w, DER_SEQUENCE);
    wr_u8(&w, sizeof ext - 2);
    put_octet_string(&w, key_public_pb(host));
    put_octet_string(&w, (struct bytes){ sig, sizeof sig });
    return gnutls_x509_crt_set_extension_by_oid(crt, OID_LIBP2P, ext, sizeof ext, 0);
}

static int fill_and_sign(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key, const struct key *host,
                         struct bytes spki)
{
    static const char dn[] = "libp2p";
    uint8_t serial[8];
    int64_t now = clock_wall_s();
    int rc;

    randombytes_buf(serial, sizeof serial);
    serial[0] = (serial[0] & 0x7f) | 0x01; /* positive, and no leading zero octet */
    if ((rc = gnutls_x509_crt_set_version(crt, 3)) < 0 ||
        (rc = gnutls_x509_crt_set_key(crt, key)) < 0 ||
        (rc = gnutls_x509_crt_set_serial(crt, serial, sizeof serial)) < 0 ||
        (rc = gnutls_x509_crt_set_activation_time(crt, VALID_FROM_S)) < 0 ||
        (rc = gnutls_x509_crt_set_expiration_time(crt, now + LIFETIME_S)) < 0 ||
        (rc = gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, dn,
                                            sizeof dn - 1)) < 0 ||
        (rc = gnutls_x509_crt_set_issuer_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, dn,
                                                   sizeof dn - 1)) < 0 ||
        (rc = set_extension(crt, host, spki)) < 0)
        return rc;
    return gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0);
}

static int make_credentials(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key,
                            gnutls_certificate_credentials_t *out)
{
    int rc = gnutls_certificate_allocate_credentials(out);
    if (rc < 0)
        return rc;
    rc = gnutls_certificate_set_x509_key(*out, &crt, 1, key); /* copies both */
    if (rc < 0)
        gnutls_certificate_free_credentials(*out);
    return rc;
}

int cert_make(const struct key *host, gnutls_certificate_credentials_t *out)
{
    gnutls_x509_privkey_t key = NULL;
    gnutls_x509_crt_t crt = NULL;
    gnutls_datum_t spki = { 0 };

    int rc = gnutls_x509_privkey_init(&key);
    if (rc >= 0)
        rc = gnutls_x509_crt_init(&crt);
    if (rc >= 0)
        rc = make_leaf_key(key, &spki);
    if (rc >= 0)
        rc = fill_and_sign(crt, key, host, (struct bytes){ spki.data, spki.size });
    if (rc >= 0)
        rc = make_credentials(crt, key, out);
    gnutls_free(spki.data);
    if (crt)
        gnutls_x509_crt_deinit(crt);
    if (key)
        gnutls_x509_privkey_deinit(key);
    return rc < 0 ? err_from_gnutls(rc) : 0;
}

/* ---- verifying ---- */

/* Reads one DER element of the given tag and returns its content; *whole (unless NULL) is the
 * element with its header.  Anything else, a length in longer form than needed included, is a
 * fault of the cursor. */
static struct bytes der_read(struct rd *r, uint8_t tag, struct bytes *whole)
{
    const uint8_t *start = r->p;
    bool right = rd_u8(r) == tag;
    size_t n = rd_u8(r);

    if (n == 0x81) {
        n = rd_u8(r);
        right = right && n >= 0x80;
    } else if (n == 0x82) {
        n = rd_u16(r);
        right = right && n > 0xff;
    } else if (n >= 0x80) {
        right = false;
    }
    if (!right)
        r->short_ = true;
    struct bytes v = rd_bytes(r, n);
    if (whole)
        *whole = r->short_ ? (struct bytes){ 0 } : (struct bytes){ start, (size_t)(r->p - start) };
    return v;
}

struct parts {         /* views into the certificate */
    struct bytes tbs;  /* what the self-signature covers */
    struct bytes sig;  /* the self-signature */
    struct bytes spki; /* the leaf's subjectPublicKeyInfo */
};

/* RFC 5280 s.4.1: Certificate and TBSCertificate, down to the key. */
static bool cut(struct bytes der, struct parts *out)
{
    struct rd r = rd_init(der);
    struct rd cert = rd_init(der_read(&r, DER_SEQUENCE, NULL));
    struct rd tbs = rd_init(der_read(&cert, DER_SEQUENCE, &out->tbs));

    der_read(&cert, DER_SEQUENCE, NULL); /* signatureAlgorithm */
    struct rd sig = rd_init(der_read(&cert, DER_BIT_STRING, NULL));
    uint8_t unused_bits = rd_u8(&sig);
    out->sig = rd_bytes(&sig, sig.left);

    der_read(&tbs, DER_VERSION, NULL);
    der_read(&tbs, DER_INTEGER, NULL);  /* serialNumber */
    der_read(&tbs, DER_SEQUENCE, NULL); /* signature */
    der_read(&tbs, DER_SEQUENCE, NULL); /* issuer */
    der_read(&tbs, DER_SEQUENCE, NULL); /* validity */
    der_read(&tbs, DER_SEQUENCE, NULL); /* subject */
    der_read(&tbs, DER_SEQUENCE, &out->spki);
    return !r.short_ && !r.left && !cert.short_ && !cert.left && !sig.short_ && !unused_bits &&
           !tbs.short_;
}

static bool is_valid_now(gnutls_x509_crt_t crt)
{
    int64_t now = clock_wall_s();
    time_t from = gnutls_x509_crt_get_activation_time(crt);
    time_t to = gnutls_x509_crt_get_expiration_time(crt);
    return from != (time_t)-1 && to != (time_t)-1 && from <= now && now <= to;
}

static bool is_self_signed(gnutls_x509_crt_t crt, const struct parts *parts)
{
    gnutls_pubkey_t pub;
    gnutls_datum_t tbs = { (unsigned char *)parts->tbs.p, (unsigned)parts->tbs.n };
    gnutls_datum_t sig = { (unsigned char *)parts->sig.p, (unsigned)parts->sig.n };

    int algo = gnutls_x509_crt_get_signature_algorithm(crt);
    if (algo <= 0 || gnutls_pubkey_init(&pub) < 0)
        return false;
    bool good = gnutls_pubkey_import_x509(pub, crt, 0) >= 0 && pubkey_is_bounded(pub) &&
                gnutls_pubkey_verify_data2(pub, (gnutls_sign_algorithm_t)algo, 0, &tbs, &sig) >= 0;
    gnutls_pubkey_deinit(pub);
    return good;
}

/* Critical extensions whose meaning GnuTLS checks, or that mean nothing for a self-signed leaf. */
static bool is_understood(const char *oid)
{
    static const char *const known[] = { "2.5.29.15" /* keyUsage */,
                                         "2.5.29.19" /* basicConstraints */,
                                         "2.5.29.37" /* extKeyUsage */ };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (!strcmp(oid, known[i]))
            return true;
    }
    return false;
}

/* Finds the one libp2p extension.  Returns its index or GW_EPROTO with *why. */
static int find_extension(gnutls_x509_crt_t crt, const char **why)
{
    char oid[128];
    int found = -1;

    for (unsigned i = 0; i < EXTENSIONS_MAX; i++) {
        size_t n = sizeof oid;
        unsigned critical = 0;
        int rc = gnutls_x509_crt_get_extension_info(crt, i, oid, &n, &critical);
        if (rc == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE) {
            *why = "no libp2p extension";
            return found >= 0 ? found : GW_EPROTO;
        }
        *why = "malformed extension";
        if (rc < 0)
            return GW_EPROTO;
        bool is_libp2p = !strcmp(oid, OID_LIBP2P);
        *why = "two libp2p extensions";
        if (is_libp2p && found >= 0)
            return GW_EPROTO;
        *why = "unknown critical extension";
        if (critical && !is_libp2p && !is_understood(oid))
            return GW_EPROTO;
        if (is_libp2p)
            found = (int)i;
    }
    *why = "too many extensions";
    return GW_EPROTO;
}

static int verify_signed_key(struct bytes ext, struct bytes spki, struct peerid *out,
                             const char **why)
{
    uint8_t text[CERT_MAX + sizeof SIGNED_PREFIX];
    struct wr w = wr_init((struct span){ text, sizeof text });
    struct rd outer = rd_init(ext);
    struct rd r = rd_init(der_read(&outer, DER_SEQUENCE, NULL));
    struct bytes host = der_read(&r, DER_OCTET_STRING, NULL);
    struct bytes sig = der_read(&r, DER_OCTET_STRING, NULL);

    *why = "malformed libp2p extension";
    if (outer.short_ || outer.left || r.short_ || r.left)
        return GW_EPROTO;
    *why = "bad host key";
    if (!put_signed_text(spki, &w))
        return GW_EPROTO;
    int err = pubkey_prove(host, (struct bytes){ text, sizeof text - w.left }, sig, out);
    if (err == GW_EDENIED)
        *why = "bad host signature";
    else if (err != GW_EPROTO)
        *why = gw_strerror(err);
    return err;
}

static int verify_crt(gnutls_x509_crt_t crt, const struct parts *parts, struct peerid *out,
                      const char **why)
{
    gnutls_datum_t ext = { 0 };

    *why = "not valid at this time: the clock here or there is wrong";
    if (!is_valid_now(crt))
        return GW_EPROTO;
    *why = "bad self-signature";
    if (!is_self_signed(crt, parts))
        return GW_EDENIED;
    int index = find_extension(crt, why);
    if (index < 0)
        return index;
    *why = "malformed libp2p extension";
    if (gnutls_x509_crt_get_extension_data2(crt, (unsigned)index, &ext) < 0)
        return GW_EPROTO;
    int err = verify_signed_key((struct bytes){ ext.data, ext.size }, parts->spki, out, why);
    gnutls_free(ext.data);
    return err;
}

int cert_verify(struct bytes der, struct peerid *out, const char **why)
{
    struct parts parts;
    gnutls_x509_crt_t crt;
    gnutls_datum_t d = { (unsigned char *)der.p, (unsigned)der.n };

    *out = (struct peerid){ 0 };
    *why = "malformed certificate";
    if (der.n > CERT_MAX || !cut(der, &parts))
        return GW_EPROTO;
    if (gnutls_x509_crt_init(&crt) < 0) {
        *why = gw_strerror(GW_ENOMEM);
        return GW_ENOMEM;
    }
    int err = gnutls_x509_crt_import(crt, &d, GNUTLS_X509_FMT_DER) < 0
                  ? GW_EPROTO
                  : verify_crt(crt, &parts, out, why);
    gnutls_x509_crt_deinit(crt);
    return err;
}
