/* quic_dgrams.c - see quic_dgrams.h. */
#include "transport/quic_dgrams.h"

#include <assert.h>

/* A 1-RTT packet without its frames (RFC 9000 s.17.3.1, RFC 9001 s.5.3), the connection id apart:
 * flags, the longest packet number, AEAD tag. */
#define PACKET_OVERHEAD (1 + 4 + 16)

size_t quic_dgrams_fit(ngtcp2_conn *nc)
{
    const ngtcp2_transport_params *peer = ngtcp2_conn_get_remote_transport_params(nc);
    if (!peer)
        return 0;
    size_t room = ngtcp2_conn_get_path_max_tx_udp_payload_size(nc) - PACKET_OVERHEAD -
                  ngtcp2_conn_get_dcid(nc)->datalen;
    if (peer->max_datagram_frame_size < room)
        room = (size_t)peer->max_datagram_frame_size;
    return room > QUIC_DGRAMS_HEADER ? room - QUIC_DGRAMS_HEADER : 0;
}

void quic_dgrams_put(struct quic_dgrams *d, struct bytes head, struct bytes v)
{
    size_t n = head.n + v.n;

    assert(n <= UINT16_MAX);
    while (d->n && (d->n == QUIC_DGRAMS_MAX || d->data.len + n > QUIC_DGRAMS_WAIT_MAX))
        quic_dgrams_drop(d);
    if (chunkq_append(&d->data, head) || chunkq_append(&d->data, v)) {
        quic_dgrams_clear(d);
        return;
    }
    d->len[(d->first + d->n++) % QUIC_DGRAMS_MAX] = (uint16_t)n;
}

size_t quic_dgrams_len(const struct quic_dgrams *d)
{
    assert(d->n);
    return d->len[d->first];
}

size_t quic_dgrams_peek(struct quic_dgrams *d, ngtcp2_vec v[QUIC_DGRAMS_VECTORS])
{
    struct iovec iov[QUIC_DGRAMS_VECTORS];
    size_t left = quic_dgrams_len(d), n = chunkq_peek(&d->data, 0, iov, QUIC_DGRAMS_VECTORS), i;

    for (i = 0; i < n && left; i++) {
        v[i] = (ngtcp2_vec){ iov[i].iov_base, iov[i].iov_len < left ? iov[i].iov_len : left };
        left -= v[i].len;
    }
    assert(left == 0);
    return i;
}

void quic_dgrams_drop(struct quic_dgrams *d)
{
    chunkq_drop(&d->data, quic_dgrams_len(d));
    d->first = (d->first + 1) % QUIC_DGRAMS_MAX;
    d->n--;
}

void quic_dgrams_sent(struct quic_dgrams *d)
{
    d->tx_bytes += quic_dgrams_len(d);
    d->is_streams_turn = true;
    quic_dgrams_drop(d);
}

void quic_dgrams_clear(struct quic_dgrams *d)
{
    chunkq_clear(&d->data);
    d->n = 0;
}
