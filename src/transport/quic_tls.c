/* quic_tls.c - see quic_tls.h. */
#include "transport/quic_tls.h"

#include <ngtcp2/ngtcp2_crypto_gnutls.h>

#include "base/err.h"
#include "base/headroom.h"

/* GnuTLS calls it inside the handshake; an error ends it with an alert.  Of ALPN it refuses what
 * does not match, and takes a peer that says nothing, which QUIC forbids (RFC 9001 s.8.1). */
static int verify(gnutls_session_t tls)
{
    struct quic_tls_session *s = gnutls_session_get_ptr(tls);
    gnutls_datum_t alpn;
    struct peerid peer;

    s->refused = gnutls_alpn_get_selected_protocol(tls, &alpn) < 0 ? GW_ENOPROTO
                                                                   : tls_cred_peer(tls, &peer);
    if (!s->refused)
        s->refused = s->verify(s->arg, &peer);
    return s->refused ? GNUTLS_E_CERTIFICATE_ERROR : 0;
}

int quic_tls_start(const struct tls_cred *cred, struct quic_tls_session *s, bool is_server,
                   ngtcp2_conn *(*get_conn)(ngtcp2_crypto_conn_ref *ref))
{
    static const char *const alpn[] = { "libp2p", NULL };
    unsigned flags = GNUTLS_NO_END_OF_EARLY_DATA | (is_server ? GNUTLS_SERVER : GNUTLS_CLIENT);

    if (gnutls_init(&s->tls, flags) < 0)
        return GW_ENOMEM;
    s->ref = (ngtcp2_crypto_conn_ref){ .get_conn = get_conn, .user_data = s };
    gnutls_session_set_ptr(s->tls, &s->ref);
    if ((is_server ? ngtcp2_crypto_gnutls_configure_server_session(s->tls)
                   : ngtcp2_crypto_gnutls_configure_client_session(s->tls)) == 0 &&
        tls_cred_use(cred, s->tls, is_server, alpn, verify) == 0)
        return 0;
    quic_tls_end(s);
    return GW_ENOMEM;
}

static bool has_headroom(ngtcp2_conn *nc)
{
    struct quic_tls_session *s = gnutls_session_get_ptr(ngtcp2_conn_get_tls_native_handle(nc));

    if (!headroom_is_there())
        s->refused = GW_ENOMEM;
    return !s->refused;
}

int quic_tls_on_start(ngtcp2_conn *nc, void *user)
{
    return has_headroom(nc) ? ngtcp2_crypto_client_initial_cb(nc, user)
                            : NGTCP2_ERR_CALLBACK_FAILURE;
}

int quic_tls_on_data(ngtcp2_conn *nc, ngtcp2_encryption_level level, uint64_t offset,
                     const uint8_t *data, size_t n, void *user)
{
    return has_headroom(nc) ? ngtcp2_crypto_recv_crypto_data_cb(nc, level, offset, data, n, user)
                            : NGTCP2_ERR_CALLBACK_FAILURE;
}

void quic_tls_end(struct quic_tls_session *s)
{
    if (s->tls)
        gnutls_deinit(s->tls);
    s->tls = NULL;
}
