/* udp.c - see udp.h. */
#include "net/udp.h"

#include <errno.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "net/cmsg.h"
#include "net/sockopt.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

#define RX_BATCH    8u     /* messages of one recvmmsg; with GRO each holds up to 64 datagrams */
#define RX_BUF      65536u /* octets of one message */
#define RX_ROUNDS   2      /* recvmmsg calls before the loop goes on to others */
#define SOCKET_BUF  (4 * 1024 * 1024) /* octets asked for; the kernel may give less */
#define CONTROL_MAX 128               /* octets of ancillary data: packet info, ECN, segment size */

struct udp {
    int fd;
    bool has_gso;
    struct ev_loop *loop;
    ev_io rx, tx;
    struct sockaddr_any addr;
    const struct udp_events *ev;
    void *arg;
    struct { /* the batch that waits for room */
        uint8_t *data;
        size_t n, segment;
        struct udp_path path;
        uint8_t ecn;
    } pending;
};

/* One receive area for all sockets: a batch is consumed before the next is read. */
static struct rx_area {
    struct mmsghdr msg[RX_BATCH];
    struct iovec iov[RX_BATCH];
    struct sockaddr_any from[RX_BATCH];
    _Alignas(struct cmsghdr) char control[RX_BATCH][CONTROL_MAX];
    uint8_t data[RX_BATCH][RX_BUF];
} * rx_area;

static void set_if_can(int fd, int level, int name, int value)
{
    int err = sockopt_set(fd, level, name, value);
    if (err)
        log_debug("udp option level=%d name=%d refused: %s", level, name, gw_strerror(err));
}

static int set_options(struct udp *u, int family)
{
    int err = 0;

    set_if_can(u->fd, SOL_SOCKET, SO_RCVBUF, SOCKET_BUF);
    set_if_can(u->fd, SOL_SOCKET, SO_SNDBUF, SOCKET_BUF);
    set_if_can(u->fd, SOL_UDP, UDP_GRO, 1);
    if (family == AF_INET6) {
        err = sockopt_set(u->fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
        set_if_can(u->fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_PROBE);
        set_if_can(u->fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
        set_if_can(u->fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
    } else {
        set_if_can(u->fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
        set_if_can(u->fd, IPPROTO_IP, IP_PKTINFO, 1);
        set_if_can(u->fd, IPPROTO_IP, IP_RECVTOS, 1);
    }
    return err;
}

/* --- receiving --- */

/* The port stays, and there is no zone: the remote address has it. */
static void set_ip(struct sockaddr_any *a, const struct ipaddr *ip)
{
    if (ip->family == 6)
        memcpy(&a->in6.sin6_addr, ip->b, 16);
    else
        memcpy(&a->in.sin_addr, ip->b, 4);
}

/* Reads the ancillary data of one message; returns the size of its segments, 0 = not segmented. */
static size_t read_control(const struct udp *u, struct msghdr *m, struct udp_packet *p)
{
    struct cmsg_pktinfo info;
    int segment = 0;

    p->ecn = 0;
    p->path.local = u->addr;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO) {
            memcpy(&segment, CMSG_DATA(c), sizeof segment);
        } else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS) {
            p->ecn = *CMSG_DATA(c) & 3;
        } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_TCLASS) {
            int tclass;
            memcpy(&tclass, CMSG_DATA(c), sizeof tclass);
            p->ecn = (uint8_t)(tclass & 3);
        } else if (cmsg_read_pktinfo(c, &info)) {
            set_ip(&p->path.local, &info.local);
        }
    }
    return segment > 0 ? (size_t)segment : 0;
}

static void deliver(struct udp *u, unsigned i)
{
    struct mmsghdr *m = &rx_area->msg[i];
    struct udp_packet p;
    size_t total = m->msg_len, segment = read_control(u, &m->msg_hdr, &p);

    if (m->msg_hdr.msg_flags & (MSG_TRUNC | MSG_CTRUNC))
        return;
    p.path.remote = rx_area->from[i];
    p.path.remote.len = m->msg_hdr.msg_namelen;
    if (segment == 0)
        segment = total;
    for (size_t at = 0; at < total; at += segment) {
        p.data = (struct bytes){ rx_area->data[i] + at,
                                 total - at < segment ? total - at : segment };
        u->ev->on_packet(u->arg, u, &p);
    }
}

static unsigned receive(struct udp *u)
{
    for (unsigned i = 0; i < RX_BATCH; i++) {
        rx_area->iov[i] = (struct iovec){ rx_area->data[i], RX_BUF };
        rx_area->msg[i].msg_hdr = (struct msghdr){
            .msg_name = &rx_area->from[i].sa,
            .msg_namelen = offsetof(struct sockaddr_any, len),
            .msg_iov = &rx_area->iov[i],
            .msg_iovlen = 1,
            .msg_control = rx_area->control[i],
            .msg_controllen = CONTROL_MAX,
        };
    }
    int n = recvmmsg(u->fd, rx_area->msg, RX_BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < n; i++)
        deliver(u, (unsigned)i);
    return n > 0 ? (unsigned)n : 0;
}

static void on_readable(struct ev_loop *loop, ev_io *w, int revents)
{
    struct udp *u = w->data;
    (void)loop;
    (void)revents;

    for (int round = 0; round < RX_ROUNDS; round++) {
        if (receive(u) < RX_BATCH)
            break;
    }
    u->ev->on_batch_end(u->arg, u);
}

/* --- sending --- */

/* The local address and ECN bits of the datagrams, and how to cut them. */
static void build_control(struct msghdr *m, const struct udp_path *path, uint8_t ecn,
                          size_t segment)
{
    bool is_v6 = path->remote.sa.sa_family == AF_INET6;
    struct ipaddr from;
    uint16_t port;

    m->msg_controllen = 0;
    if (path->local.len && !sockaddr_is_wildcard(&path->local) &&
        sockaddr_to_ip(&path->local, &from, &port) == 0)
        cmsg_add_pktinfo(m, &from, 0);
    if (ecn) {
        int tos = ecn;
        cmsg_add(m, is_v6 ? IPPROTO_IPV6 : IPPROTO_IP, is_v6 ? IPV6_TCLASS : IP_TOS, &tos,
                 sizeof tos);
    }
    if (segment) {
        uint16_t size = (uint16_t)segment;
        cmsg_add(m, SOL_UDP, UDP_SEGMENT, &size, sizeof size);
    }
}

static void keep_pending(struct udp *u, const struct udp_path *path, uint8_t ecn, struct bytes data,
                         size_t segment)
{
    if (!u->pending.data && !(u->pending.data = malloc(UDP_BATCH_MAX)))
        return; /* lost, like any datagram */
    memmove(u->pending.data, data.p, data.n);
    u->pending.n = data.n;
    u->pending.segment = segment;
    u->pending.path = *path;
    u->pending.ecn = ecn;
    ev_io_start(u->loop, &u->tx);
}

/* Returns the octets that need no further care: sent, or lost for good; less than data.n: no room
 * now. */
static size_t send_some(struct udp *u, const struct udp_path *path, uint8_t ecn, struct bytes data,
                        size_t segment)
{
    _Alignas(struct cmsghdr) char control[CONTROL_MAX] = { 0 };

    bool whole = u->has_gso, was_refused = false;

    for (size_t at = 0; at < data.n;) {
        size_t n = whole || data.n - at < segment ? data.n - at : segment;
        struct iovec iov = { (void *)(data.p + at), n };
        struct msghdr m = {
            .msg_name = (void *)&path->remote.sa,
            .msg_namelen = path->remote.len,
            .msg_iov = &iov,
            .msg_iovlen = 1,
            .msg_control = control,
        };
        build_control(&m, path, ecn, n > segment ? segment : 0);
        if (sendmsg(u->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
            if (errno == EINTR)
                continue;
            if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS)
                return at;
            if (n > segment && (errno == EIO || errno == EINVAL || errno == ENOPROTOOPT)) {
                whole = false; /* the offload's fault, or the path's: one by one tells */
                was_refused = true;
                continue;
            }
        } else if (was_refused && u->has_gso) {
            log_info("udp segmentation offload refused, going on without it");
            u->has_gso = false;
        }
        at += n;
    }
    return data.n;
}

static void on_room(struct ev_loop *loop, ev_io *w, int revents)
{
    struct udp *u = w->data;
    size_t n = u->pending.n;
    (void)revents;

    ev_io_stop(loop, w);
    u->pending.n = 0;
    struct bytes data = { u->pending.data, n };
    size_t sent = send_some(u, &u->pending.path, u->pending.ecn, data, u->pending.segment);
    if (sent < n) {
        struct udp_path path = u->pending.path;
        keep_pending(u, &path, u->pending.ecn, (struct bytes){ data.p + sent, n - sent },
                     u->pending.segment);
        return;
    }
    u->ev->on_writable(u->arg, u);
}

/* --- public --- */

int udp_open(struct ev_loop *loop, const struct sockaddr_any *at, bool no_gso,
             const struct udp_events *ev, void *arg, struct udp **out)
{
    struct udp *u = calloc(1, sizeof *u);
    int err = GW_ENOMEM;

    if (!u || (!rx_area && !(rx_area = malloc(sizeof *rx_area))))
        goto fail;
    u->loop = loop;
    u->ev = ev;
    u->arg = arg;
    u->has_gso = !no_gso;
    u->fd = socket(at->sa.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (u->fd < 0) {
        err = errno == EAFNOSUPPORT ? GW_EUNSUP : err_from_errno(errno);
        goto fail;
    }
    if ((err = set_options(u, at->sa.sa_family)) != 0)
        goto fail_fd;
    u->addr.len = offsetof(struct sockaddr_any, len);
    if ((err = sockaddr_bind(u->fd, at)) != 0)
        goto fail_fd;
    if (getsockname(u->fd, &u->addr.sa, &u->addr.len) < 0) {
        err = err_from_errno(errno);
        goto fail_fd;
    }
    ev_io_init(&u->rx, on_readable, u->fd, EV_READ);
    ev_io_init(&u->tx, on_room, u->fd, EV_WRITE);
    u->rx.data = u->tx.data = u;
    ev_io_start(loop, &u->rx);
    *out = u;
    return 0;
fail_fd:
    close(u->fd);
fail:
    free(u);
    return err;
}

void udp_close(struct udp *u)
{
    if (!u)
        return;
    ev_io_stop(u->loop, &u->rx);
    ev_io_stop(u->loop, &u->tx);
    close(u->fd);
    free(u->pending.data);
    free(u);
}

const struct sockaddr_any *udp_addr(const struct udp *u)
{
    return &u->addr;
}

void udp_send(struct udp *u, const struct udp_path *path, uint8_t ecn, struct bytes data,
              size_t segment)
{
    size_t sent = send_some(u, path, ecn, data, segment);
    if (sent < data.n)
        keep_pending(u, path, ecn, (struct bytes){ data.p + sent, data.n - sent }, segment);
}

bool udp_is_blocked(const struct udp *u)
{
    return u->pending.n > 0;
}
