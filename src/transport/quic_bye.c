/* quic_bye.c - see quic_bye.h. */
#include "transport/quic_bye.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define PACKET_MAX 1200

static void send_packet(const struct quic_bye *b, struct udp *udp, const struct udp_path *path)
{
    if (!udp_is_blocked(udp))
        udp_send(udp, path, 0, (struct bytes){ b->packet, b->n }, b->n);
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
    b->answer_at = 1;
    send_packet(b, udp, path);
}

void quic_bye_repeat(struct quic_bye *b, struct udp *udp, const struct udp_path *path)
{
    if (!b->packet || ++b->seen < b->answer_at)
        return;
    b->answer_at *= 2;
    send_packet(b, udp, path);
}

void quic_bye_fini(struct quic_bye *b)
{
    free(b->packet);
    b->packet = NULL;
}
