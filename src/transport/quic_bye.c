/* quic_bye.c - see quic_bye.h. */
#include "transport/quic_bye.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define PACKET_MAX 1200

static void send_part(struct udp *udp, const struct udp_path *path, struct bytes v)
{
    if (v.n && !udp_is_blocked(udp))
        udp_send(udp, path, 0, v, v.n);
}

static void send_packets(const struct quic_bye *b, struct udp *udp, const struct udp_path *path)
{
    send_part(udp, path, (struct bytes){ b->packet, b->initial });
    send_part(udp, path, (struct bytes){ b->packet + b->initial, b->n - b->initial });
}

/* Octets of a server's Initial at the front, or 0.  A client pads the datagram that holds one, and
 * drops that key before it has sent any other packet. */
static size_t initial_of(const struct quic_bye *b, ngtcp2_conn *nc)
{
    ngtcp2_pkt_hd hd;
    ngtcp2_ssize n = ngtcp2_pkt_decode_hd_long(&hd, b->packet, b->n);

    if (n < 0 || hd.type != NGTCP2_PKT_INITIAL || !ngtcp2_conn_is_server(nc))
        return 0;
    return (size_t)n + hd.len;
}

void quic_bye_say(struct quic_bye *b, ngtcp2_conn *nc, struct udp *udp, const struct udp_path *path,
                  const ngtcp2_ccerr *reason)
{
    ngtcp2_path_storage ps;
    ngtcp2_pkt_info pi;

    if (!(b->packet = malloc(PACKET_MAX)))
        return; /* the peer finds out by its idle timeout */
    ngtcp2_path_storage_zero(&ps);
    ngtcp2_ssize n = ngtcp2_conn_write_connection_close(nc, &ps.path, &pi, b->packet, PACKET_MAX,
                                                        reason, clock_mono_ns());
    if (n <= 0) {
        quic_bye_fini(b);
        return;
    }
    b->n = (size_t)n;
    b->initial = initial_of(b, nc);
    b->answer_at = 1;
    send_packets(b, udp, path);
}

void quic_bye_repeat(struct quic_bye *b, struct udp *udp, const struct udp_path *path)
{
    if (!b->packet || ++b->seen < b->answer_at)
        return;
    b->answer_at *= 2;
    send_packets(b, udp, path);
}

void quic_bye_fini(struct quic_bye *b)
{
    free(b->packet);
    b->packet = NULL;
}
