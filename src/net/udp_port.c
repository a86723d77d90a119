/* udp_port.c - see udp_port.h.
 *
 * A port on the wildcard address has to answer from the address it was asked at, or clients with a
 * connected socket do not see the answer; the kernel tells it with every datagram (IP_PKTINFO). */
#include "net/udp_port.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/err.h"

#define BATCH       16      /* messages of one recvmmsg */
#define ROUNDS      4       /* of that per wake-up: others want their turn, too */
#define ROOM        65536u  /* octets of one message: more than UDP has */
#define SOCKET_BUF  1048576 /* octets asked for; the kernel may give less */
#define CONTROL_MAX CMSG_SPACE(sizeof(struct in6_pktinfo))

struct udp_port {
    struct ev_loop *loop;
    ev_io rd;
    int fd;
    bool is_wildcard;
    struct sockaddr_any addr;
    udp_port_fn *on_datagram;
    void *arg;
};

/* One receive area for all ports: a batch is consumed before the next is read. */
static struct {
    struct mmsghdr msg[BATCH];
    struct iovec iov[BATCH];
    struct sockaddr_any from[BATCH];
    _Alignas(struct cmsghdr) char control[BATCH][CONTROL_MAX];
    uint8_t data[BATCH][ROOM];
} area;

/* --- receiving --- */

static void read_local(struct msghdr *m, struct ipaddr *local)
{
    *local = (struct ipaddr){ 0 };
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof info);
            local->family = 4;
            memcpy(local->b, &info.ipi_spec_dst, 4); /* ours even for a broadcast */
        } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof info);
            if (IN6_IS_ADDR_MULTICAST(&info.ipi6_addr))
                continue; /* nothing can come from there */
            local->family = 6;
            memcpy(local->b, &info.ipi6_addr, 16);
            local->zone = IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr) ? (uint32_t)info.ipi6_ifindex : 0;
        }
    }
}

static int receive(struct udp_port *p)
{
    for (size_t i = 0; i < BATCH; i++) {
        area.iov[i] = (struct iovec){ area.data[i], ROOM };
        area.msg[i].msg_hdr = (struct msghdr){
            .msg_name = &area.from[i].sa,
            .msg_namelen = offsetof(struct sockaddr_any, len),
            .msg_iov = &area.iov[i],
            .msg_iovlen = 1,
            .msg_control = p->is_wildcard ? area.control[i] : NULL,
            .msg_controllen = p->is_wildcard ? CONTROL_MAX : 0,
        };
    }
    int n = recvmmsg(p->fd, area.msg, BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < n; i++) {
        struct msghdr *m = &area.msg[i].msg_hdr;
        struct udp_port_path path = { .remote = area.from[i] };
        path.remote.len = m->msg_namelen;
        read_local(m, &path.local);
        p->on_datagram(p->arg, &path, (struct bytes){ area.data[i], area.msg[i].msg_len });
    }
    return n;
}

static void on_readable(struct ev_loop *loop, ev_io *w, int revents)
{
    (void)loop;
    (void)revents;
    for (int round = 0; round < ROUNDS; round++) {
        if (receive(w->data) < BATCH) /* an error, too: reading has taken it off the socket */
            break;
    }
}

/* --- opening --- */

static bool is_wildcard(const struct sockaddr_any *a)
{
    if (a->sa.sa_family == AF_INET)
        return a->in.sin_addr.s_addr == htonl(INADDR_ANY);
    return IN6_IS_ADDR_UNSPECIFIED(&a->in6.sin6_addr);
}

static int set(int fd, int level, int name, int value)
{
    return setsockopt(fd, level, name, &value, sizeof value) == 0 ? 0 : err_from_errno(errno);
}

static int open_socket(struct udp_port *p, const struct sockaddr_any *at)
{
    bool is_v6 = at->sa.sa_family == AF_INET6;
    int err = 0;

    if (!is_v6 && at->sa.sa_family != AF_INET)
        return GW_EUNSUP;
    p->fd = socket(at->sa.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (p->fd < 0)
        return errno == EAFNOSUPPORT ? GW_EUNSUP : err_from_errno(errno);
    set(p->fd, SOL_SOCKET, SO_RCVBUF, SOCKET_BUF); /* less will do */
    set(p->fd, SOL_SOCKET, SO_SNDBUF, SOCKET_BUF);
    p->is_wildcard = is_wildcard(at);
    if (is_v6)
        err = set(p->fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    if (!err && p->is_wildcard)
        err = is_v6 ? set(p->fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
                    : set(p->fd, IPPROTO_IP, IP_PKTINFO, 1);
    if (!err)
        err = sockaddr_bind(p->fd, at);
    p->addr.len = offsetof(struct sockaddr_any, len);
    if (!err && getsockname(p->fd, &p->addr.sa, &p->addr.len) < 0)
        err = err_from_errno(errno);
    return err;
}

int udp_port_open(struct ev_loop *loop, const struct sockaddr_any *at, udp_port_fn *on_datagram,
                  void *arg, struct udp_port **out)
{
    struct udp_port *p = malloc(sizeof *p);
    if (!p)
        return GW_ENOMEM;
    *p = (struct udp_port){ .loop = loop, .fd = -1, .on_datagram = on_datagram, .arg = arg };
    ev_io_init(&p->rd, on_readable, -1, EV_READ);
    p->rd.data = p;
    int err = open_socket(p, at);
    if (err) {
        udp_port_close(p);
        return err;
    }
    ev_io_set(&p->rd, p->fd, EV_READ);
    ev_io_start(loop, &p->rd);
    *out = p;
    return 0;
}

void udp_port_close(struct udp_port *p)
{
    if (!p)
        return;
    ev_io_stop(p->loop, &p->rd);
    if (p->fd >= 0)
        close(p->fd);
    free(p);
}

const struct sockaddr_any *udp_port_addr(const struct udp_port *p)
{
    return &p->addr;
}

/* --- sending --- */

static void write_local(struct msghdr *m, const struct ipaddr *local)
{
    struct in_pktinfo info4 = { 0 };
    struct in6_pktinfo info6 = { .ipi6_ifindex = local->zone };
    bool is_v6 = local->family == 6;
    size_t n = is_v6 ? sizeof info6 : sizeof info4;
    struct cmsghdr *c = m->msg_control;

    memcpy(&info4.ipi_spec_dst, local->b, 4);
    memcpy(&info6.ipi6_addr, local->b, 16);
    c->cmsg_level = is_v6 ? IPPROTO_IPV6 : IPPROTO_IP;
    c->cmsg_type = is_v6 ? IPV6_PKTINFO : IP_PKTINFO;
    c->cmsg_len = CMSG_LEN(n);
    memcpy(CMSG_DATA(c), is_v6 ? (const void *)&info6 : &info4, n);
    m->msg_controllen = CMSG_SPACE(n);
}

void udp_port_send(struct udp_port *p, const struct udp_port_path *path, struct bytes head,
                   struct bytes v)
{
    _Alignas(struct cmsghdr) char control[CONTROL_MAX] = { 0 };
    struct iovec iov[2] = { { (void *)head.p, head.n }, { (void *)v.p, v.n } };
    struct msghdr m = {
        .msg_name = (void *)&path->remote.sa,
        .msg_namelen = path->remote.len,
        .msg_iov = iov,
        .msg_iovlen = 2,
        .msg_control = control,
    };

    if (path->local.family)
        write_local(&m, &path->local);
    ssize_t n = sendmsg(p->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)n; /* lost, as datagrams are */
}
