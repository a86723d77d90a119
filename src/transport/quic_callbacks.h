/* quic_callbacks.h - what ngtcp2 and GnuTLS ask and tell of a connection: ids and tokens, who the
 * peer is, that the handshake is done, datagrams.  Those of streams are in quic_streams.h.
 */
#ifndef GW_TRANSPORT_QUIC_CALLBACKS_H
#define GW_TRANSPORT_QUIC_CALLBACKS_H

#include "transport/quic_conn.h"

/* `user` is &c->streams: most of them need no more. */
extern const ngtcp2_callbacks quic_callbacks;

/* For quic_tls.h; the session's `arg` is the connection. */
int quic_callbacks_verify(void *arg, const struct peerid *peer);
ngtcp2_conn *quic_callbacks_conn(ngtcp2_crypto_conn_ref *ref);

#endif
