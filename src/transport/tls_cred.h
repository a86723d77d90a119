/* tls_cred.h - what every TLS session of this node shares (specs/tls), over QUIC and over TCP: the
 * certificate, the ciphers, and how a peer's certificate is checked.
 *
 * TLS 1.3 only, AES-128-GCM first; no session tickets: a resumed session shows no certificate, so
 * nobody would be proved.
 */
#ifndef GW_TRANSPORT_TLS_CRED_H
#define GW_TRANSPORT_TLS_CRED_H

#include <gnutls/gnutls.h>

#include "id/key.h"

struct tls_cred;

int tls_cred_new(const struct key *host, struct tls_cred **out); /* 0, GW_ENOMEM, GW_EIO */
void tls_cred_free(struct tls_cred *c);                          /* NULL is fine */

/* Gives the session certificate, ciphers and the ALPN protocols (NULL-terminated, best first; the
 * client's order decides), asks a client for its certificate, and has `verify` called inside the
 * handshake.  0 or GW_ENOMEM. */
int tls_cred_use(const struct tls_cred *c, gnutls_session_t tls, bool is_server,
                 const char *const *alpn, gnutls_certificate_verify_function *verify);

/* Who is at the other end?  0; GW_EPROTO and the like: the certificate is refused, logged. */
int tls_cred_peer(gnutls_session_t tls, struct peerid *out);

#endif
