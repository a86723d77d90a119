/* quic_close.h - GW_E* to and from CONNECTION_CLOSE codes (RFC 9000 s.20).  Pure. */
#ifndef GW_TRANSPORT_QUIC_CLOSE_H
#define GW_TRANSPORT_QUIC_CLOSE_H

#include <ngtcp2/ngtcp2.h>
#include <stdbool.h>

/* Application error codes of gw (doc/PROTOCOLS.md); other programs' codes are all "closed". */
enum quic_close_code {
    QUIC_CLOSE_NONE = 0,
    QUIC_CLOSE_ERROR = 1,
    QUIC_CLOSE_DENIED = 49,
    QUIC_CLOSE_LIMIT = 50
};

/* What the peer is told when we close for `err`. */
void quic_close_reason(int err, ngtcp2_ccerr *out);

/* ngtcp2 gave the connection up with `rv`: returns the GW_E* for our own, and fills what the peer
 * is told, or sets *is_silent where there is nothing to tell.  `refused`: why the handshake was
 * turned down (0: was not); a peer that is not admitted learns access_denied (RFC 8446 s.6.2). */
int quic_close_judge(ngtcp2_conn *nc, int rv, int refused, ngtcp2_ccerr *out, bool *is_silent);

#endif
