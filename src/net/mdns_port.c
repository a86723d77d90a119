/* mdns_port.c - see mdns_port.h. */
#include "net/mdns_port.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "id/ipaddr.h"
#include "net/cmsg.h"
#include "net/sockaddr.h"
#include "net/sockopt.h"

#define HOPS        255 /* of all that is sent, and of what has not left the link (RFC 6762 s.11) */
#define ROOM        9000 /* octets of the largest message (s.17) */
#define ROUNDS      32   /* datagrams of a wake-up: others want their turn, too */
#define CONTROL_MAX (CMSG_PKTINFO_SPACE + CMSG_SPACE(sizeof(int)))

struct sock {
    struct mdns_port *port;
    int fd; /* -1: the machine has not this family */
    uint8_t family;
    ev_io rd;
};

struct mdns_port {
    struct ev_loop *loop;
    struct sock v4, v6;
    struct mdns_link links[MDNS_LINKS_MAX];
    size_t nlinks;
    mdns_port_fn *on_datagram;
    void *arg;
};

static const uint8_t group4[4] = { 224, 0, 0, 251 };
static const uint8_t group6[16] = { 0xff, 0x02, [15] = 0xfb };

static const struct ipaddr *group_of(uint8_t family, struct ipaddr *out)
{
    *out = (struct ipaddr){ .family = family };
    memcpy(out->b, family == 4 ? group4 : group6, family == 4 ? sizeof group4 : sizeof group6);
    return out;
}

/* --- receiving */

/* The interface it came in by, whether it was sent to the group, and how many hops it had left. */
static void read_control(struct msghdr *m, struct mdns_peer *from, int *hops)
{
    struct cmsg_pktinfo info = { 0 };
    struct ipaddr group;

    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        if (!cmsg_read_pktinfo(c, &info) &&
            ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TTL) ||
             (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT)))
            memcpy(hops, CMSG_DATA(c), sizeof *hops);
    }
    from->link.ifindex = info.ifindex;
    from->is_to_group = ipaddr_eq(&info.to, group_of(from->link.family, &group));
}

static bool has_link(const struct mdns_port *p, const struct mdns_link *l)
{
    for (size_t i = 0; i < p->nlinks; i++)
        if (p->links[i].ifindex == l->ifindex && p->links[i].family == l->family)
            return true;
    return false;
}

/* False: nothing is left to read. */
static bool receive(struct sock *s)
{
    static uint8_t data[ROOM];
    _Alignas(struct cmsghdr) char control[CONTROL_MAX];
    struct mdns_port *p = s->port;
    struct sockaddr_any remote = { 0 };
    struct iovec iov = { data, sizeof data };
    struct msghdr m = { .msg_name = &remote.sa,
                        .msg_namelen = offsetof(struct sockaddr_any, len),
                        .msg_iov = &iov,
                        .msg_iovlen = 1,
                        .msg_control = control,
                        .msg_controllen = sizeof control };
    struct mdns_peer from = { .link.family = s->family };
    int hops = 0;

    ssize_t n = recvmsg(s->fd, &m, MSG_DONTWAIT);
    if (n < 0)
        return errno == EINTR;
    remote.len = m.msg_namelen;
    read_control(&m, &from, &hops);
    if ((m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) || !has_link(p, &from.link) ||
        (!from.is_to_group && hops != HOPS) || sockaddr_to_ip(&remote, &from.ip, &from.port) != 0)
        return true;
    p->on_datagram(p->arg, &from, (struct bytes){ data, (size_t)n });
    return true;
}

static void on_readable(struct ev_loop *loop, ev_io *w, int revents)
{
    (void)loop;
    (void)revents;
    for (int round = 0; round < ROUNDS && receive(w->data); round++) {
    }
}

/* --- opening */

/* Other programs on this machine hear what we say, and the other way round (s.15). */
static int set_options(int fd, bool is_v6)
{
    static const struct {
        int level, name, value;
    } v4[] = { { SOL_SOCKET, SO_REUSEADDR, 1 },        { SOL_SOCKET, SO_REUSEPORT, 1 },
               { IPPROTO_IP, IP_PKTINFO, 1 },          { IPPROTO_IP, IP_RECVTTL, 1 },
               { IPPROTO_IP, IP_MULTICAST_TTL, HOPS }, { IPPROTO_IP, IP_TTL, HOPS },
               { IPPROTO_IP, IP_MULTICAST_LOOP, 1 },   { IPPROTO_IP, IP_MULTICAST_ALL, 0 } },
      v6[] = {
          { SOL_SOCKET, SO_REUSEADDR, 1 },           { SOL_SOCKET, SO_REUSEPORT, 1 },
          { IPPROTO_IPV6, IPV6_V6ONLY, 1 },          { IPPROTO_IPV6, IPV6_RECVPKTINFO, 1 },
          { IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1 },    { IPPROTO_IPV6, IPV6_MULTICAST_HOPS, HOPS },
          { IPPROTO_IPV6, IPV6_UNICAST_HOPS, HOPS }, { IPPROTO_IPV6, IPV6_MULTICAST_LOOP, 1 }
      };
    size_t n = is_v6 ? sizeof v6 / sizeof v6[0] : sizeof v4 / sizeof v4[0];
    int err = 0;

    for (size_t i = 0; i < n && !err; i++)
        err = is_v6 ? sockopt_set(fd, v6[i].level, v6[i].name, v6[i].value)
                    : sockopt_set(fd, v4[i].level, v4[i].name, v4[i].value);
    return err;
}

static int open_sock(struct mdns_port *p, struct sock *s, uint8_t family)
{
    struct ipaddr any = { .family = family };
    struct sockaddr_any at;

    s->port = p;
    s->family = family;
    sockaddr_from_ip(&any, MDNS_PORT, &at);
    s->fd = socket(at.sa.sa_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int err = s->fd < 0 ? err_from_errno(errno) : set_options(s->fd, family == 6);
    if (!err)
        err = sockaddr_bind(s->fd, &at);
    if (err) {
        if (s->fd >= 0)
            close(s->fd);
        s->fd = -1;
        return err;
    }
    ev_io_init(&s->rd, on_readable, s->fd, EV_READ);
    s->rd.data = s;
    ev_io_start(p->loop, &s->rd);
    return 0;
}

int mdns_port_open(struct ev_loop *loop, mdns_port_fn *on_datagram, void *arg,
                   struct mdns_port **out)
{
    struct mdns_port *p = calloc(1, sizeof *p);
    if (!p)
        return GW_ENOMEM;
    p->loop = loop;
    p->on_datagram = on_datagram;
    p->arg = arg;
    int err4 = open_sock(p, &p->v4, 4), err6 = open_sock(p, &p->v6, 6);
    if (err4 && err6) {
        free(p);
        return err4;
    }
    *out = p;
    return 0;
}

static void close_sock(struct sock *s)
{
    if (s->fd < 0)
        return;
    ev_io_stop(s->port->loop, &s->rd);
    close(s->fd);
}

void mdns_port_close(struct mdns_port *p)
{
    if (!p)
        return;
    close_sock(&p->v4);
    close_sock(&p->v6);
    free(p);
}

/* --- links */

static bool join(const struct mdns_port *p, const struct mdns_link *l)
{
    struct ip_mreqn m4 = { .imr_ifindex = (int)l->ifindex };
    struct ipv6_mreq m6 = { .ipv6mr_interface = l->ifindex };
    int rc;

    memcpy(&m4.imr_multiaddr, group4, sizeof group4);
    memcpy(&m6.ipv6mr_multiaddr, group6, sizeof group6);
    if (l->family == 4)
        rc = setsockopt(p->v4.fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &m4, sizeof m4);
    else
        rc = setsockopt(p->v6.fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &m6, sizeof m6);
    if (rc == 0 || errno == EADDRINUSE) /* joined already: the kernel keeps it over down and up */
        return true;
    log_debug("mdns link=%u family=%u cannot be joined: %s", l->ifindex, l->family,
              gw_strerror(err_from_errno(errno)));
    return false;
}

static bool is_lan(const struct ifaddrs *a)
{
    const unsigned want = IFF_UP | IFF_RUNNING | IFF_MULTICAST;
    const unsigned not = IFF_LOOPBACK | IFF_POINTOPOINT;
    return a->ifa_addr && (a->ifa_flags & (want | not )) == want;
}

/* An IPv6 link has an address of the link itself, or nothing can be sent there. */
static uint8_t family_of(const struct sockaddr *sa)
{
    struct sockaddr_in6 a;

    if (sa->sa_family == AF_INET)
        return 4;
    if (sa->sa_family != AF_INET6)
        return 0;
    memcpy(&a, sa, sizeof a);
    return IN6_IS_ADDR_LINKLOCAL(&a.sin6_addr) ? 6 : 0;
}

size_t mdns_port_join(struct mdns_port *p, struct mdns_link out[MDNS_LINKS_MAX])
{
    struct ifaddrs *all;

    p->nlinks = 0;
    if (getifaddrs(&all) != 0)
        return 0;
    for (const struct ifaddrs *a = all; a && p->nlinks < MDNS_LINKS_MAX; a = a->ifa_next) {
        struct mdns_link l = { .ifindex = if_nametoindex(a->ifa_name) };
        if (!is_lan(a) || !l.ifindex || !(l.family = family_of(a->ifa_addr)) || has_link(p, &l))
            continue;
        if ((l.family == 4 ? p->v4.fd : p->v6.fd) >= 0 && join(p, &l))
            p->links[p->nlinks++] = l;
    }
    freeifaddrs(all);
    memcpy(out, p->links, p->nlinks * sizeof out[0]);
    return p->nlinks;
}

/* --- sending */

/* By that interface, and no further than its link. */
static void send_by(const struct mdns_port *p, const struct mdns_link *l,
                    const struct sockaddr_any *to, struct bytes v)
{
    const struct ipaddr any = { .family = l->family };
    _Alignas(struct cmsghdr) char control[CMSG_PKTINFO_SPACE] = { 0 };
    struct iovec iov = { (void *)v.p, v.n };
    struct msghdr m = { .msg_name = (void *)&to->sa,
                        .msg_namelen = to->len,
                        .msg_iov = &iov,
                        .msg_iovlen = 1,
                        .msg_control = control };

    cmsg_add_pktinfo(&m, &any, l->ifindex);
    if (sendmsg(l->family == 6 ? p->v6.fd : p->v4.fd, &m,
                MSG_DONTWAIT | MSG_NOSIGNAL | MSG_DONTROUTE) < 0)
        log_debug("mdns link=%u family=%u send failed: %s", l->ifindex, l->family,
                  gw_strerror(err_from_errno(errno)));
}

void mdns_port_send(struct mdns_port *p, const struct mdns_link *to, struct bytes v)
{
    struct sockaddr_any group;
    struct ipaddr ip;

    group_of(to->family, &ip);
    ip.zone = to->family == 6 ? to->ifindex : 0;
    sockaddr_from_ip(&ip, MDNS_PORT, &group);
    send_by(p, to, &group, v);
}

void mdns_port_reply(struct mdns_port *p, const struct mdns_peer *to, struct bytes v)
{
    struct sockaddr_any at;

    sockaddr_from_ip(&to->ip, to->port, &at);
    send_by(p, &to->link, &at, v);
}
