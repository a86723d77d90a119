/* quic_token.h - address tokens and stateless-reset tokens (RFC 9000 s.8.1, s.10.3).
 *
 * The secrets are derived from the node's key, so they survive a restart: a peer that still sends
 * to the connection of a process that is gone learns so from the first stateless reset.
 */
#ifndef GW_TRANSPORT_QUIC_TOKEN_H
#define GW_TRANSPORT_QUIC_TOKEN_H

#include <ngtcp2/ngtcp2_crypto.h>

#include "id/key.h"
#include "net/sockaddr.h"

#define QUIC_TOKEN_MAX 256 /* octets of a token kept for a later dial; longer ones are not kept */

struct quic_tokens;

struct quic_tokens *quic_tokens_new(const struct key *key); /* owned, or NULL */
void quic_tokens_free(struct quic_tokens *t);

/* The stateless-reset token of a connection id of ours.  0 or GW_EIO. */
int quic_tokens_reset(const struct quic_tokens *t, const ngtcp2_cid *cid,
                      uint8_t out[NGTCP2_STATELESS_RESET_TOKENLEN]);

/* A Retry packet for a client Initial `hd` that came from `remote`.  Octets put, or GW_EIO. */
ngtcp2_ssize quic_tokens_write_retry(const struct quic_tokens *t, const ngtcp2_pkt_hd *hd,
                                     const struct sockaddr_any *remote, uint64_t now_ns,
                                     uint8_t *dst, size_t cap);

enum quic_token_kind { QUIC_TOKEN_NONE, QUIC_TOKEN_RETRY, QUIC_TOKEN_REGULAR, QUIC_TOKEN_BAD };
/* What the token in hd proves about the address; BAD: a Retry token that is not ours or too old.
 * *odcid is set for RETRY. */
enum quic_token_kind quic_tokens_check(const struct quic_tokens *t, const ngtcp2_pkt_hd *hd,
                                       const struct sockaddr_any *remote, uint64_t now_ns,
                                       ngtcp2_cid *odcid);

/* A token for NEW_TOKEN frames: proves `remote` on a later connection, for a day.  Octets put, or
 * GW_EIO. */
ngtcp2_ssize quic_tokens_make_regular(const struct quic_tokens *t,
                                      const struct sockaddr_any *remote, uint64_t now_ns,
                                      uint8_t dst[NGTCP2_CRYPTO_MAX_REGULAR_TOKENLEN]);

/* Tokens that others gave us, by their address; a bounded number, the oldest goes first. */
void quic_tokens_keep(struct quic_tokens *t, const struct sockaddr_any *remote, struct bytes token);
/* Takes the one for `remote` out: each proves the address once.  Octets put; 0: there is none. */
size_t quic_tokens_take(struct quic_tokens *t, const struct sockaddr_any *remote,
                        uint8_t out[QUIC_TOKEN_MAX]);

#endif
