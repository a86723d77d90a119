/* udp.h - one UDP socket, in batches: segmentation offload on sending (GSO, UDP_SEGMENT),
 * coalescing on receiving (GRO with recvmmsg), ECN and the local address of every datagram.
 *
 * Where the kernel refuses an offload, the same calls go on without it.
 */
#ifndef GW_NET_UDP_H
#define GW_NET_UDP_H

#include <ev.h>

#include "base/cursor.h"
#include "net/sockaddr.h"

#define UDP_BATCH_MAX   65000 /* octets of one send */
#define UDP_SEGMENT_MAX 64    /* datagrams of one send (kernel: UDP_MAX_SEGMENTS) */

struct udp;

struct udp_path {
    struct sockaddr_any local; /* a wildcard: the kernel chooses */
    struct sockaddr_any remote;
};

struct udp_packet { /* one datagram; everything borrowed for the call */
    struct udp_path path;
    struct bytes data;
    uint8_t ecn; /* RFC 3168: the two bits */
};

struct udp_events {
    void (*on_packet)(void *arg, struct udp *u, const struct udp_packet *p);
    void (*on_batch_end)(void *arg, struct udp *u); /* after a run of on_packet */
    void (*on_writable)(void *arg, struct udp *u);  /* after udp_is_blocked was true */
};

/* Binds.  Returns 0 and *out owned; GW_EINUSE, GW_EPERM, GW_EUNSUP (no such address family), ... */
int udp_open(struct ev_loop *loop, const struct sockaddr_any *at, bool no_gso,
             const struct udp_events *ev, void *arg, struct udp **out);
void udp_close(struct udp *u); /* NULL is fine */

const struct sockaddr_any *udp_addr(const struct udp *u); /* as bound */

/* Sends `data` cut into datagrams of `segment` octets (the last may be shorter), at most
 * UDP_SEGMENT_MAX of them. What the kernel has no room for now is kept (one batch) and the socket
 * is blocked until on_writable; what cannot be sent at all (no route, too big) is lost, as
 * datagrams are.  Call it only while not blocked. */
void udp_send(struct udp *u, const struct udp_path *path, uint8_t ecn, struct bytes data,
              size_t segment);
bool udp_is_blocked(const struct udp *u);

#endif
