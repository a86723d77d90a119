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
#include "net/cmsg.h"
#include "net/sockopt.h"

#define BATCH      16      /* messages of one recvmmsg */
#define ROUNDS     4       /* of that per wake-up: others want their turn, too */
#define ROOM       65536u  /* octets of one message: more than UDP has */
#define SOCKET_BUF 1048576 /* octets asked for; the kernel may give less */

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
    _Alignas(struct cmsghdr) char control[BATCH][CMSG_PKTINFO_SPACE];
    uint8_t data[BATCH][ROOM];
} area;

/* --- receiving --- */

static void read_local(struct msghdr *m, struct ipaddr *local)
{
    struct cmsg_pktinfo info;

    *local = (struct ipaddr){ 0 };
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
        if (cmsg_read_pktinfo(c, &info) && !(info.local.family == 6 && info.local.b[0] == 0xff))
            *local = info.local; /* from a group nothing can come */
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
            .msg_controllen = p->is_wildcard ? CMSG_PKTINFO_SPACE : 0,
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

static int open_socket(struct udp_port *p, const struct sockaddr_any *at)
{
    bool is_v6 = at->sa.sa_family == AF_INET6;
    int err = 0;

    if (!is_v6 && at->sa.sa_family != AF_INET)
        return GW_EUNSUP;
    p->fd = socket(at->sa.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (p->fd < 0)
        return errno == EAFNOSUPPORT ? GW_EUNSUP : err_from_errno(errno);
    sockopt_set(p->fd, SOL_SOCKET, SO_RCVBUF, SOCKET_BUF); /* less will do */
    sockopt_set(p->fd, SOL_SOCKET, SO_SNDBUF, SOCKET_BUF);
    p->is_wildcard = sockaddr_is_wildcard(at);
    if (is_v6)
        err = sockopt_set(p->fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    if (!err && p->is_wildcard)
        err = is_v6 ? sockopt_set(p->fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
                    : sockopt_set(p->fd, IPPROTO_IP, IP_PKTINFO, 1);
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

void udp_port_send(struct udp_port *p, const struct udp_port_path *path, struct bytes head,
                   struct bytes v)
{
    _Alignas(struct cmsghdr) char control[CMSG_PKTINFO_SPACE] = { 0 };
    struct iovec iov[2] = { { (void *)head.p, head.n }, { (void *)v.p, v.n } };
    struct msghdr m = {
        .msg_name = (void *)&path->remote.sa,
        .msg_namelen = path->remote.len,
        .msg_iov = iov,
        .msg_iovlen = 2,
        .msg_control = control,
    };

    if (path->local.family)
        cmsg_add_pktinfo(&m, &path->local, 0);
    ssize_t n = sendmsg(p->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
    (void)n; /* lost, as datagrams are */
}
