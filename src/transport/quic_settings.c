/* quic_settings.c - see quic_settings.h. */
#include "transport/quic_settings.h"

#include <sys/socket.h>

#include "transport/quic_dgrams.h"
#include "transport/quic_write.h"

/* Octets; a stream's window grows to quic_config.window where the path needs it. */
#define STREAM_WINDOW_FIRST (256u * 1024)

/* Of the largest stream window: slow readers must not stop the other streams. */
#define CONN_WINDOW_FACTOR 8

#define CID_LIMIT          7 /* connection ids that a peer may keep for us */

/* Of a path that nothing is known of, for the first packets: three times as long they go out again.
 * RFC 9002 section 6.2.2 has 333 ms; quic-go has this, too.  Where a NAT is to be opened the first
 * packet is mostly lost. */
#define INITIAL_RTT (100 * NGTCP2_MILLISECONDS)

/* Path MTU probes above the 1200 octets that every path carries: Ethernet less the headers, then
 * jumbo frames. */
static const uint16_t probes_v4[] = { 1444, 1472, QUIC_UDP_PAYLOAD_MAX };
static const uint16_t probes_v6[] = { 1424, 1452, QUIC_UDP_PAYLOAD_MAX - 20 };

void quic_settings_init(struct quic_settings *s, const struct quic_config *cfg, int family,
                        uint64_t now_ns)
{
    ngtcp2_settings *st = &s->settings;
    ngtcp2_transport_params *tp = &s->params;

    ngtcp2_settings_default(st);
    st->initial_ts = now_ns;
    st->initial_rtt = INITIAL_RTT;
    st->cc_algo = cfg->use_cubic ? NGTCP2_CC_ALGO_CUBIC : NGTCP2_CC_ALGO_BBR;
    st->handshake_timeout = cfg->handshake_timeout_ms * NGTCP2_MILLISECONDS;
    st->max_stream_window = cfg->window;
    st->max_window = cfg->window * CONN_WINDOW_FACTOR;
    st->max_tx_udp_payload_size = QUIC_UDP_PAYLOAD_MAX;
    st->pmtud_probes = family == AF_INET6 ? probes_v6 : probes_v4;
    st->pmtud_probeslen = sizeof probes_v4 / sizeof probes_v4[0];

    ngtcp2_transport_params_default(tp);
    tp->initial_max_streams_bidi = cfg->max_streams;
    tp->initial_max_streams_uni = 0;
    tp->initial_max_stream_data_bidi_local = STREAM_WINDOW_FIRST < cfg->window ? STREAM_WINDOW_FIRST
                                                                               : cfg->window;
    tp->initial_max_stream_data_bidi_remote = tp->initial_max_stream_data_bidi_local;
    tp->initial_max_data = cfg->window * CONN_WINDOW_FACTOR;
    tp->max_idle_timeout = QUIC_IDLE_NS;
    tp->active_connection_id_limit = CID_LIMIT;
    tp->max_datagram_frame_size = QUIC_DGRAMS_FRAME_MAX;
    tp->grease_quic_bit = 1;
}

void quic_settings_set_token(struct quic_settings *s, struct bytes token, ngtcp2_token_type type)
{
    s->settings.token = token.p;
    s->settings.tokenlen = token.n;
    s->settings.token_type = type;
}

int quic_settings_accept(struct quic_settings *s, const struct quic_tokens *tokens,
                         const ngtcp2_pkt_hd *hd, const ngtcp2_cid *odcid, const ngtcp2_cid *scid)
{
    ngtcp2_transport_params *tp = &s->params;

    tp->original_dcid = odcid ? *odcid : hd->dcid;
    tp->original_dcid_present = 1;
    if (odcid) {
        tp->retry_scid = hd->dcid;
        tp->retry_scid_present = 1;
        quic_settings_set_token(s, (struct bytes){ hd->token, hd->tokenlen },
                                NGTCP2_TOKEN_TYPE_RETRY);
    }
    tp->stateless_reset_token_present = 1;
    return quic_tokens_reset(tokens, scid, tp->stateless_reset_token);
}
