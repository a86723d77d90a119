/* quic_write.c - see quic_write.h. */
#include "transport/quic_write.h"

#include <string.h>

#include "transport/quic_stream.h"

#define VECTORS 3 /* chunks that one packet may span */
#define UNPACED_MAX \
    8192 /* octets that may leave without a pause: a keystroke does not wait for a timer */
#define REST_MIN (UDP_BATCH_MAX / 2) /* octets */

/* Packets for one destination that leave in one system call: all of one size, but the last may be
 * shorter. */
struct batch {
    struct udp *udp;
    size_t used, segment, npackets;
    struct udp_path path;
    uint8_t ecn;
};

/* The one being filled: from its first frame to its last ngtcp2 wants all this unchanged. */
struct packet {
    ngtcp2_conn *nc;
    ngtcp2_path *path;
    ngtcp2_pkt_info *pi;
    uint8_t *dst; /* room for `cap` */
    size_t cap;
    uint64_t now_ns;
};

/* One area for all: a batch is sent before the next is begun. */
static uint8_t area[UDP_BATCH_MAX + QUIC_UDP_PAYLOAD_MAX];

ngtcp2_path quic_path(const struct udp_path *path)
{
    return (ngtcp2_path){
        .local = { (ngtcp2_sockaddr *)&path->local.sa, path->local.len },
        .remote = { (ngtcp2_sockaddr *)&path->remote.sa, path->remote.len },
    };
}

void quic_path_copy(struct udp_path *to, const ngtcp2_path *from)
{
    memcpy(&to->local.sa, from->local.addr, from->local.addrlen);
    memcpy(&to->remote.sa, from->remote.addr, from->remote.addrlen);
    to->local.len = from->local.addrlen;
    to->remote.len = from->remote.addrlen;
}

static bool is_same_path(const struct udp_path *a, const ngtcp2_path *b)
{
    ngtcp2_path path = quic_path(a);
    return ngtcp2_path_eq(&path, b);
}

static void flush(struct batch *b)
{
    if (b->used)
        udp_send(b->udp, &b->path, b->ecn, (struct bytes){ area, b->used }, b->segment);
    b->used = b->npackets = 0;
}

/* Adds the n octets that were written behind the batch.  Returns false when that completed it: it
 * is sent then. */
static bool add(struct batch *b, size_t n, const ngtcp2_path *path, uint8_t ecn)
{
    if (b->used && (n > b->segment || ecn != b->ecn || !is_same_path(&b->path, path))) {
        const uint8_t *odd = area + b->used; /* an MTU probe, or another path: goes alone */
        struct batch alone = { .udp = b->udp, .ecn = ecn };
        flush(b);
        quic_path_copy(&alone.path, path);
        if (!udp_is_blocked(b->udp))
            udp_send(b->udp, &alone.path, ecn, (struct bytes){ odd, n }, n);
        return false;
    }
    if (b->used == 0) {
        b->segment = n;
        b->ecn = ecn;
        quic_path_copy(&b->path, path);
    }
    b->used += n;
    b->npackets++;
    if (n == b->segment && b->npackets < UDP_SEGMENT_MAX && b->used + n <= UDP_BATCH_MAX)
        return true;
    flush(b);
    return false;
}

/* The next stream with something to send, or NULL. */
static struct quic_stream *next_stream(struct sched *sched)
{
    for (;;) {
        struct sched_entry *e = sched_next(sched);
        if (!e)
            return NULL;
        struct quic_stream *s = quic_stream_of(muxstream_of(e));
        if (quic_stream_has_output(s))
            return s;
        sched_idle(sched, e);
    }
}

/* Fills the packet with datagrams, as many as it holds whole.  Octets: the packet is done,
 * NGTCP2_ERR_WRITE_MORE: something else may follow, or another NGTCP2_ERR_*. */
static ngtcp2_ssize write_dgrams(const struct packet *p, struct quic_dgrams *d)
{
    size_t max = quic_dgrams_fit(p->nc), room = max + QUIC_DGRAMS_HEADER;

    while (!quic_dgrams_is_empty(d)) {
        ngtcp2_vec v[QUIC_DGRAMS_VECTORS];
        size_t n = quic_dgrams_len(d);
        int is_taken;

        if (n > max) { /* the path has become narrower */
            quic_dgrams_drop(d);
            continue;
        }
        if (n + QUIC_DGRAMS_HEADER > room)
            break; /* what is left is for streams */
        size_t nv = quic_dgrams_peek(d, v);
        ngtcp2_ssize rv = ngtcp2_conn_writev_datagram(p->nc, p->path, p->pi, p->dst, p->cap,
                                                      &is_taken, NGTCP2_WRITE_DATAGRAM_FLAG_MORE, 0,
                                                      v, nv, p->now_ns);
        if (is_taken)
            quic_dgrams_sent(d);
        if (rv == 0)
            break; /* not now; something shorter, an ACK perhaps, may do */
        if (rv != NGTCP2_ERR_WRITE_MORE)
            return rv;
        room -= n + QUIC_DGRAMS_HEADER;
    }
    return NGTCP2_ERR_WRITE_MORE;
}

/* Fills the packet from several streams when they have little each, and then from `last` (NULL:
 * no datagrams, or no more).  Octets, 0: nothing may be sent now, or NGTCP2_ERR_*. */
static ngtcp2_ssize write_streams(const struct packet *p, struct sched *sched,
                                  struct quic_dgrams *last)
{
    bool may_take_streams = ngtcp2_conn_get_max_data_left(p->nc) > 0;

    for (;;) {
        struct quic_stream *s = may_take_streams ? next_stream(sched) : NULL;
        ngtcp2_vec v[VECTORS];
        size_t nv = 0;
        bool fin = false;
        ngtcp2_ssize taken = -1;

        if (s) {
            nv = quic_stream_peek(s, v, VECTORS, &fin);
        } else if (last) {
            ngtcp2_ssize n = write_dgrams(p, last);
            if (n != NGTCP2_ERR_WRITE_MORE)
                return n;
        }
        uint32_t flags = s ? NGTCP2_WRITE_STREAM_FLAG_MORE |
                                 (fin ? NGTCP2_WRITE_STREAM_FLAG_FIN : 0u)
                           : 0;
        ngtcp2_ssize n = ngtcp2_conn_writev_stream(p->nc, p->path, p->pi, p->dst, p->cap, &taken,
                                                   flags, s ? s->id : -1, v, nv, p->now_ns);
        if (s && taken >= 0) {
            quic_stream_sent(s, (size_t)taken, fin);
            if (last)
                last->is_streams_turn = false;
        }
        switch (n) {
        case NGTCP2_ERR_WRITE_MORE:
            continue;
        case NGTCP2_ERR_STREAM_DATA_BLOCKED:
            if (ngtcp2_conn_get_max_data_left(p->nc) == 0)
                may_take_streams = false; /* all wait for the connection's window */
            else
                sched_idle(sched, &s->m.sched); /* its own: extend_max_stream_data wakes it */
            continue;
        case NGTCP2_ERR_STREAM_SHUT_WR:
        case NGTCP2_ERR_STREAM_NOT_FOUND:
            quic_stream_on_stop_sending(s);
            continue;
        default:
            return n;
        }
    }
}

/* As write_streams, with datagrams first when it is their turn. */
static ngtcp2_ssize write_packet(const struct packet *p, struct sched *sched, struct quic_dgrams *d)
{
    if (quic_dgrams_is_empty(d))
        return write_streams(p, sched, NULL);
    if (d->is_streams_turn)
        return write_streams(p, sched, d);
    ngtcp2_ssize n = write_dgrams(p, d);
    return n == NGTCP2_ERR_WRITE_MORE ? write_streams(p, sched, NULL) : n;
}

/* Whether the rest of the quantum waits for its turn: sent alone, a few packets cost as much as a
 * batch, here and where they arrive. */
static bool is_nearly_all(size_t written, size_t quantum)
{
    return written >= REST_MIN && quantum - written < REST_MIN;
}

int quic_write(ngtcp2_conn *nc, struct sched *sched, struct quic_dgrams *dgrams, struct udp *udp,
               size_t *unpaced, uint64_t now_ns)
{
    struct batch b = { .udp = udp };
    size_t quantum = ngtcp2_conn_get_send_quantum(nc), written = 0;
    ngtcp2_path_storage ps;
    ngtcp2_pkt_info pi = { 0 };

    ngtcp2_path_storage_zero(&ps);
    struct packet p = { .nc = nc, .path = &ps.path, .pi = &pi, .now_ns = now_ns };
    p.cap = ngtcp2_conn_get_max_tx_udp_payload_size(nc);
    for (;;) {
        p.dst = area + b.used;
        ngtcp2_ssize n = write_packet(&p, sched, dgrams);
        if (n < 0)
            return (int)n;
        if (n == 0)
            break;
        written += (size_t)n;
        bool is_open = add(&b, (size_t)n, &ps.path, pi.ecn & 3);
        if (written >= quantum || udp_is_blocked(udp))
            break;
        if (!is_open && (is_nearly_all(written, quantum) ||
                         (!next_stream(sched) && quic_dgrams_is_empty(dgrams))))
            break;
    }
    flush(&b);
    *unpaced += written;
    if (*unpaced >= UNPACED_MAX) {
        *unpaced = 0;
        ngtcp2_conn_update_pkt_tx_time(nc, now_ns);
    }
    return 0;
}
