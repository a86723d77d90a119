/* quic_settings.h - ngtcp2 settings and transport parameters of a connection, in one place. */
#ifndef GW_TRANSPORT_QUIC_SETTINGS_H
#define GW_TRANSPORT_QUIC_SETTINGS_H

#include <ngtcp2/ngtcp2.h>

#include "transport/quic.h"
#include "transport/quic_token.h"

#define QUIC_IDLE_NS (10 * NGTCP2_SECONDS) /* max_idle_timeout; js-libp2p has the same */

struct quic_settings {
    ngtcp2_settings settings;
    ngtcp2_transport_params params;
};

/* `family`: of the remote address, AF_INET or AF_INET6 (the path MTU differs). */
void quic_settings_init(struct quic_settings *s, const struct quic_config *cfg, int family,
                        uint64_t now_ns);

/* `token` is borrowed until the connection is made. */
void quic_settings_set_token(struct quic_settings *s, struct bytes token, ngtcp2_token_type type);

/* The server's additions for the client Initial hd; odcid: from a Retry token, else NULL.  0 or
 * GW_EIO. */
int quic_settings_accept(struct quic_settings *s, const struct quic_tokens *tokens,
                         const ngtcp2_pkt_hd *hd, const ngtcp2_cid *odcid, const ngtcp2_cid *scid);

#endif
