/* quic_tls.c - see quic_tls.h. */
#include "transport/quic_tls.h"

#include <ngtcp2/ngtcp2_crypto_gnutls.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/log.h"
#include "id/cert.h"

#define PRIORITY                                                                              \
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:" \
    "-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1:%DISABLE_TLS13_COMPAT_MODE"

struct quic_tls {
    gnutls_certificate_credentials_t cred;
    gnutls_priority_t priority;
};

/* GnuTLS calls it inside the handshake; an error ends it with an alert. */
static int verify(gnutls_session_t tls)
{
    struct quic_tls_session *s = gnutls_session_get_ptr(tls);
    unsigned n = 0;
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(tls, &n);
    const char *why = "not exactly one certificate";
    struct peerid peer;

    s->refused = GW_EPROTO;
    if (chain && n == 1)
        s->refused = cert_verify((struct bytes){ chain[0].data, chain[0].size }, &peer, &why);
    if (s->refused) {
        log_info("tls certificate refused: %s", why);
        return GNUTLS_E_CERTIFICATE_ERROR;
    }
    s->refused = s->verify(s->arg, &peer);
    return s->refused ? GNUTLS_E_CERTIFICATE_ERROR : 0;
}

int quic_tls_new(const struct key *host, struct quic_tls **out)
{
    struct quic_tls *t = calloc(1, sizeof *t);
    if (!t)
        return GW_ENOMEM;
    int err = cert_make(host, &t->cred);
    if (!err && gnutls_priority_init(&t->priority, PRIORITY, NULL) < 0)
        err = GW_EIO;
    if (err)
        quic_tls_free(t);
    else
        *out = t;
    return err;
}

void quic_tls_free(struct quic_tls *t)
{
    if (!t)
        return;
    if (t->priority)
        gnutls_priority_deinit(t->priority);
    if (t->cred)
        gnutls_certificate_free_credentials(t->cred);
    free(t);
}

int quic_tls_start(struct quic_tls *t, struct quic_tls_session *s, bool is_server,
                   ngtcp2_conn *(*get_conn)(ngtcp2_crypto_conn_ref *ref))
{
    static const gnutls_datum_t alpn = { (unsigned char *)"libp2p", 6 };
    unsigned flags = GNUTLS_NO_END_OF_EARLY_DATA | (is_server ? GNUTLS_SERVER : GNUTLS_CLIENT);

    if (gnutls_init(&s->tls, flags) < 0)
        return GW_ENOMEM;
    s->ref = (ngtcp2_crypto_conn_ref){ .get_conn = get_conn, .user_data = s };
    gnutls_session_set_ptr(s->tls, &s->ref);
    if ((is_server ? ngtcp2_crypto_gnutls_configure_server_session(s->tls)
                   : ngtcp2_crypto_gnutls_configure_client_session(s->tls)) != 0 ||
        gnutls_priority_set(s->tls, t->priority) < 0 ||
        gnutls_credentials_set(s->tls, GNUTLS_CRD_CERTIFICATE, t->cred) < 0 ||
        gnutls_alpn_set_protocols(s->tls, &alpn, 1, GNUTLS_ALPN_MANDATORY) < 0) {
        quic_tls_end(s);
        return GW_ENOMEM;
    }
    if (is_server)
        gnutls_certificate_server_set_request(s->tls, GNUTLS_CERT_REQUIRE);
    gnutls_session_set_verify_function(s->tls, verify);
    return 0;
}

void quic_tls_end(struct quic_tls_session *s)
{
    if (s->tls)
        gnutls_deinit(s->tls);
    s->tls = NULL;
}
