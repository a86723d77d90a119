/* cert.h - the libp2p TLS certificate: a self-signed leaf that carries the host key and its
 * signature of the leaf's key in extension 1.3.6.1.4.1.53594.1.1 (specs/tls). */
#ifndef GW_ID_CERT_H
#define GW_ID_CERT_H

#include <gnutls/gnutls.h>

#include "id/key.h"

/* Credentials with a fresh P-256 leaf for `host`, valid from an hour ago for 100 years.
 * Returns 0 and *out owned (gnutls_certificate_free_credentials), or GW_ENOMEM / GW_EIO. */
int cert_make(const struct key *host, gnutls_certificate_credentials_t *out);

/* Verifies a peer's leaf as specs/tls asks: one certificate, self-signed, valid now, exactly one
 * libp2p extension, no other unknown critical one, host signature good.  Returns 0 and the peer
 * id; else GW_E* with *why a static sentence. */
int cert_verify(struct bytes der, struct peerid *out, const char **why);

#endif
