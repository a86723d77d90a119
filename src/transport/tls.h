/* tls.h - libp2p's TLS 1.3 channel over a stream (specs/tls): both ends show the libp2p
 * certificate, the muxer is told early by ALPN (specs/connections, inlined muxer negotiation). */
#ifndef GW_TRANSPORT_TLS_H
#define GW_TRANSPORT_TLS_H

#include "transport/secure.h"
#include "transport/tls_cred.h"

#define TLS_PROTOCOL "/tls/1.0.0"

extern const struct cipher_ops tls_ops;

/* A cipher for secure_start; borrows cfg until the handshake is over, cred longer.  NULL: out of
 * memory. */
void *tls_new(const struct secure_config *cfg, const struct tls_cred *cred, bool is_initiator);

#endif
