/* quic_close.h - GW_E* to and from CONNECTION_CLOSE codes (RFC 9000 s.20).  Pure. */
#ifndef GW_TRANSPORT_QUIC_CLOSE_H
#define GW_TRANSPORT_QUIC_CLOSE_H

#include <ngtcp2/ngtcp2.h>

/* Application error codes of gw (doc/PROTOCOLS.md); other programs' codes are all "closed". */
enum quic_close_code {
    QUIC_CLOSE_NONE = 0,
    QUIC_CLOSE_ERROR = 1,
    QUIC_CLOSE_DENIED = 49,
    QUIC_CLOSE_LIMIT = 50
};

/* What the peer is told when we close for `err`. */
void quic_close_reason(int err, ngtcp2_ccerr *out);

/* Why the peer closed. */
int quic_close_error(const ngtcp2_ccerr *from);

/* ngtcp2 failed with `rv` on our side: fills what the peer is told and returns the GW_E* for our
 * own.  `refused`: why the TLS certificate was turned down (0: was not); a peer that is not
 * admitted learns access_denied (RFC 8446 s.6.2). */
int quic_close_local(int rv, int refused, uint8_t tls_alert, ngtcp2_ccerr *out);

#endif
