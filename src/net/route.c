/* route.c - see route.h.  The kernel is asked for the way to a name server of the DNS root, which
 * has had its addresses for decades and which no table has a reason to treat unlike the rest. */
#include "net/route.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <unistd.h>

#include "base/err.h"
#include "id/ipaddr.h"
#include "net/rtnl.h"
#include "net/sockaddr.h"

#define PROC_ROUTE "/proc/net/route"
#define RTF_USABLE 3 /* RTF_UP | RTF_GATEWAY */
#define DISCARD    9 /* any port: nothing is sent */

static const struct ipaddr far4 = { .family = 4, .b = { 198, 41, 0, 4 } };
static const struct ipaddr far6 = {
    .family = 6, .b = { 0x20, 0x01, 0x05, 0x03, 0xba, 0x3e, [13] = 0x02, [15] = 0x30 }
};

static void set_ip(struct ipaddr *ip, struct bytes v)
{
    *ip = (struct ipaddr){ .family = v.n == 4 ? 4 : 6 };
    memcpy(ip->b, v.p, v.n);
}

static int on_route(void *arg, const struct netlink_msg *m)
{
    struct route *out = arg;
    struct netlink_route r;

    int err = netlink_msg_read_route(m, &r);
    if (err)
        return err;
    out->ifindex = r.ifindex;
    if (r.source.n)
        set_ip(&out->source, r.source);
    if (r.gateway.n)
        set_ip(&out->gateway, r.gateway);
    if (ipaddr_is_link_local6(&out->gateway))
        out->gateway.zone = r.ifindex;
    return 0;
}

static int on_link(void *arg, const struct netlink_msg *m)
{
    struct route *out = arg;
    uint32_t flags;

    int err = netlink_msg_read_link(m, &flags);
    if (!err)
        out->is_running = flags & IFF_RUNNING;
    return err;
}

/* By a socket that is connected there. */
int route_source(const struct ipaddr *to, struct ipaddr *out)
{
    struct sockaddr_any a, me = { .len = sizeof me.in6 };
    uint16_t port;
    int err = 0;

    sockaddr_from_ip(to, DISCARD, &a);
    int fd = socket(a.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno == EAFNOSUPPORT ? GW_EUNSUP : err_from_errno(errno);
    if (connect(fd, &a.sa, a.len) != 0)
        err = GW_ENETDOWN;
    else if (getsockname(fd, &me.sa, &me.len) != 0)
        err = err_from_errno(errno);
    close(fd);
    return err ? err : sockaddr_to_ip(&me, out, &port);
}

/* The default route of the least metric in the kernel's table as text.  Its addresses are words of
 * memory in hexadecimal. */
static void read_proc(struct route *out)
{
    FILE *f = fopen(PROC_ROUTE, "re");
    char line[256], name[IFNAMSIZ];
    unsigned dst, gateway, flags, mask, best = 0;
    int metric;

    while (f && fgets(line, sizeof line, f)) {
        if (sscanf(line, "%15s %x %x %x %*d %*d %d %x", name, &dst, &gateway, &flags, &metric,
                   &mask) != 6)
            continue;
        if (dst || mask || (flags & RTF_USABLE) != RTF_USABLE)
            continue;
        if (out->gateway.family && (unsigned)metric >= best)
            continue;
        best = (unsigned)metric;
        set_ip(&out->gateway, (struct bytes){ (const uint8_t *)&gateway, sizeof gateway });
    }
    if (f)
        fclose(f);
}

int route_to_internet(uint8_t family, struct route *out)
{
    const struct ipaddr *to = family == 4 ? &far4 : &far6;
    uint8_t ask[NETLINK_ASK_MAX];

    *out = (struct route){ .is_running = true };
    int n = netlink_msg_ask_route(ask, sizeof ask, RTNL_SEQ,
                                  (struct bytes){ to->b, family == 4 ? 4 : 16 });
    int asked = rtnl_ask((struct bytes){ ask, (size_t)n }, on_route, out);
    if (asked == GW_ENETDOWN || asked == GW_EUNREACH || asked == GW_EUNSUP)
        return GW_ENETDOWN;
    if (!out->source.family && route_source(to, &out->source) != 0)
        return GW_ENETDOWN;
    if (asked != 0 && family == 4)
        read_proc(out);
    if (out->ifindex) {
        n = netlink_msg_ask_link(ask, sizeof ask, RTNL_SEQ, out->ifindex);
        rtnl_ask((struct bytes){ ask, (size_t)n }, on_link, out);
    }
    return 0;
}

bool route_eq(const struct route *a, const struct route *b)
{
    return ipaddr_eq(&a->gateway, &b->gateway) && ipaddr_eq(&a->source, &b->source) &&
           a->ifindex == b->ifindex && a->is_running == b->is_running;
}
