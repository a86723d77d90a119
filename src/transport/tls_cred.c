/* tls_cred.c - see tls_cred.h. */
#include "transport/tls_cred.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "id/cert.h"

#define PRIORITY                                                                              \
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:" \
    "-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1:%DISABLE_TLS13_COMPAT_MODE"
#define ALPN_MAX 4

struct tls_cred {
    gnutls_certificate_credentials_t cert;
    gnutls_priority_t priority;
};

int tls_cred_new(const struct key *host, struct tls_cred **out)
{
    struct tls_cred *c = calloc(1, sizeof *c);
    if (!c)
        return GW_ENOMEM;
    int err = cert_make(host, &c->cert);
    if (!err && gnutls_priority_init(&c->priority, PRIORITY, NULL) < 0)
        err = GW_EIO;
    if (err)
        tls_cred_free(c);
    else
        *out = c;
    return err;
}

void tls_cred_free(struct tls_cred *c)
{
    if (!c)
        return;
    if (c->priority)
        gnutls_priority_deinit(c->priority);
    if (c->cert)
        gnutls_certificate_free_credentials(c->cert);
    free(c);
}

int tls_cred_use(const struct tls_cred *c, gnutls_session_t tls, bool is_server,
                 const char *const *alpn, gnutls_certificate_verify_function *verify)
{
    gnutls_datum_t names[ALPN_MAX];
    unsigned n = 0;

    for (; alpn[n] && n < ALPN_MAX; n++)
        names[n] = (gnutls_datum_t){ (unsigned char *)alpn[n], (unsigned)strlen(alpn[n]) };
    if (gnutls_priority_set(tls, c->priority) < 0 ||
        gnutls_credentials_set(tls, GNUTLS_CRD_CERTIFICATE, c->cert) < 0 ||
        gnutls_alpn_set_protocols(tls, names, n, GNUTLS_ALPN_MANDATORY) < 0)
        return GW_ENOMEM;
    if (is_server)
        gnutls_certificate_server_set_request(tls, GNUTLS_CERT_REQUIRE);
    gnutls_session_set_verify_function(tls, verify);
    return 0;
}

int tls_cred_peer(gnutls_session_t tls, struct peerid *out)
{
    unsigned n = 0;
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(tls, &n);
    const char *why = "not exactly one certificate";
    int err = GW_EPROTO;

    if (chain && n == 1)
        err = cert_verify((struct bytes){ chain[0].data, chain[0].size }, out, &why);
    if (err)
        log_info("tls certificate refused: %s", why);
    return err;
}
