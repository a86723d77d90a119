/* quic_tls.h - one TLS handshake of a QUIC connection (RFC 9001), on GnuTLS. */
#ifndef GW_TRANSPORT_QUIC_TLS_H
#define GW_TRANSPORT_QUIC_TLS_H

#include <ngtcp2/ngtcp2_crypto.h>

#include "transport/tls_cred.h"

/* Embedded in its connection; must not move. */
struct quic_tls_session {
    ngtcp2_crypto_conn_ref ref; /* what ngtcp2 finds behind the GnuTLS session; must be first */
    gnutls_session_t tls;
    /* Called when the peer has proved who it is: 0, or GW_E* to refuse it. */
    int (*verify)(void *arg, const struct peerid *peer);
    void *arg;
    int refused; /* GW_E*: why the handshake, or the peer, was turned down; 0: was not */
};

/* Sets up s (verify and arg are the caller's to fill in before).  `get_conn` tells ngtcp2 the
 * connection of a session. 0, or GW_ENOMEM. */
int quic_tls_start(const struct tls_cred *cred, struct quic_tls_session *s, bool is_server,
                   ngtcp2_conn *(*get_conn)(ngtcp2_crypto_conn_ref *ref));
/* ngtcp2's client_initial and recv_crypto_data, all that leads into GnuTLS: out of memory where
 * there is no headroom. */
int quic_tls_on_start(ngtcp2_conn *nc, void *user);
int quic_tls_on_data(ngtcp2_conn *nc, ngtcp2_encryption_level level, uint64_t offset,
                     const uint8_t *data, size_t n, void *user);
void quic_tls_end(struct quic_tls_session *s); /* fine when zeroed */

#endif
