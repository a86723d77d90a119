/* netsnap.c - see netsnap.h.  Of the addresses the sum of their hashes is taken, so that their
 * order does not matter and none has to be kept. */
#include "net/netsnap.h"

#include <linux/if_addr.h>

#include "id/ipaddr.h"
#include "net/route.h"
#include "net/rtnl.h"

#define NOT_USABLE (IFA_F_TENTATIVE | IFA_F_DADFAILED)

#define FNV_START  UINT64_C(0xcbf29ce484222325) /* FNV-1a, 64 bits */
#define FNV_PRIME  UINT64_C(0x100000001b3)

static uint64_t hash(uint64_t h, const void *p, size_t n)
{
    const uint8_t *b = p;
    for (size_t i = 0; i < n; i++)
        h = (h ^ b[i]) * FNV_PRIME;
    return h;
}

static uint64_t hash_ip(uint64_t h, const struct ipaddr *ip)
{
    h = hash(h, &ip->family, sizeof ip->family);
    h = hash(h, ip->b, sizeof ip->b);
    return hash(h, &ip->zone, sizeof ip->zone);
}

static uint64_t hash_route(uint8_t family)
{
    struct route r;

    if (route_to_internet(family, &r) != 0)
        return 0;
    uint64_t h = hash(FNV_START, &family, sizeof family);
    h = hash_ip(h, &r.gateway);
    h = hash_ip(h, &r.source);
    h = hash(h, &r.ifindex, sizeof r.ifindex);
    return hash(h, &r.is_running, sizeof r.is_running);
}

static int on_addr(void *arg, const struct netlink_msg *m)
{
    uint64_t *sum = arg;
    struct netlink_addr a;

    if (netlink_msg_read_addr(m, &a) != 0 || (a.flags & NOT_USABLE))
        return 0; /* of another family */
    struct ipaddr ip = { .family = a.ip.n == 4 ? 4 : 6 };
    memcpy(ip.b, a.ip.p, a.ip.n);
    if (!ipaddr_is_link_local6(&ip))
        *sum += hash_ip(hash(FNV_START, &a.ifindex, sizeof a.ifindex), &ip);
    return 0;
}

uint64_t netsnap_take(void)
{
    uint64_t sum = 0;
    uint8_t ask[NETLINK_ASK_MAX];
    int n = netlink_msg_ask_addrs(ask, sizeof ask, RTNL_SEQ);

    if (rtnl_ask((struct bytes){ ask, (size_t)n }, on_addr, &sum) != 0)
        sum = 0;
    return sum + hash_route(4) + hash_route(6);
}
