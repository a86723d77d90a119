/* rtnl.c - see rtnl.h. */
#include "net/rtnl.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"

#define ROOM      32768u /* octets: the kernel's own most for one datagram of a dump */
#define ROUNDS    256    /* datagrams of one answer: some 100 000 addresses */
#define STRANGERS 64     /* datagrams of others skipped at a time */

/* One receive area for all: what it holds is consumed before the next read. */
static _Alignas(struct nlmsghdr) uint8_t area[ROOM];

int rtnl_open(uint32_t groups)
{
    struct sockaddr_nl me = { .nl_family = AF_NETLINK, .nl_groups = groups };
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);

    if (fd < 0)
        return err_from_errno(errno);
    if (bind(fd, (struct sockaddr *)&me, sizeof me) != 0) {
        int err = err_from_errno(errno);
        close(fd);
        return err;
    }
    return fd;
}

int rtnl_receive(int fd, struct bytes *out)
{
    for (int i = 0; i < STRANGERS; i++) {
        struct sockaddr_nl from = { 0 };
        socklen_t len = sizeof from;
        ssize_t n = recvfrom(fd, area, sizeof area, MSG_TRUNC, (struct sockaddr *)&from, &len);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return GW_ENOTFOUND;
        if (n < 0)
            return errno == ENOBUFS ? GW_ELIMIT : err_from_errno(errno);
        if (len != sizeof from || from.nl_pid != 0)
            continue;
        if ((size_t)n > sizeof area)
            return GW_ELIMIT;
        *out = (struct bytes){ area, (size_t)n };
        return 0;
    }
    return GW_ENOTFOUND;
}

/* One datagram of the answer.  Returns 1 when it was the last, 0 when more come, GW_E*. */
static int take(struct bytes in, rtnl_each_fn *each, void *arg)
{
    struct netlink_msg m;
    int used, err, e;

    for (; (used = netlink_msg_decode(in, &m)) > 0; in.p += used, in.n -= (size_t)used) {
        if (m.seq != RTNL_SEQ)
            continue;
        if (m.type == NLMSG_DONE)
            return 1;
        if (netlink_msg_read_error(&m, &e) == 0)
            return e ? err_from_errno(e) : 1;
        if ((err = each(arg, &m)) != 0)
            return err;
    }
    return in.n ? GW_EPROTO : 0;
}

int rtnl_ask(struct bytes request, rtnl_each_fn *each, void *arg)
{
    int fd = rtnl_open(0);
    if (fd < 0)
        return fd;
    int rc = 0;
    if (send(fd, request.p, request.n, 0) != (ssize_t)request.n)
        rc = err_from_errno(errno);
    for (int got = 0; rc == 0; got++) {
        struct bytes in;
        rc = got < ROUNDS ? rtnl_receive(fd, &in) : GW_ELIMIT;
        if (rc == 0)
            rc = take(in, each, arg);
        else if (rc == GW_ENOTFOUND && got > 0)
            rc = 1; /* an answer of one message has no NLMSG_DONE */
    }
    close(fd);
    return rc > 0 ? 0 : rc;
}
