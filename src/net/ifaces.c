/* ifaces.c - see ifaces.h. */
#include "net/ifaces.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

#include "net/sockaddr.h"

static bool read_addr(const struct sockaddr *sa, struct ipaddr *ip)
{
    struct sockaddr_any a = { 0 };
    uint16_t port;

    if (!sa || (sa->sa_family != AF_INET && sa->sa_family != AF_INET6))
        return false;
    a.len = sa->sa_family == AF_INET ? sizeof a.in : sizeof a.in6;
    memcpy(&a.sa, sa, a.len);
    return sockaddr_to_ip(&a, ip, &port) == 0;
}

static size_t pick(const struct ifaddrs *all, uint8_t family, bool loopback, struct ipaddr *out,
                   size_t max)
{
    size_t n = 0;

    for (const struct ifaddrs *a = all; a && n < max; a = a->ifa_next) {
        struct ipaddr ip;
        if (!(a->ifa_flags & IFF_UP) || !read_addr(a->ifa_addr, &ip) || ip.family != family)
            continue;
        if (ipaddr_is_loopback(&ip) == loopback && !ipaddr_is_link_local6(&ip))
            out[n++] = ip;
    }
    return n;
}

size_t ifaces_addrs(uint8_t family, struct ipaddr *out, size_t max)
{
    struct ifaddrs *all;

    if (max == 0 || getifaddrs(&all) != 0)
        return 0;
    size_t n = pick(all, family, false, out, max);
    n += pick(all, family, true, out + n, max - n);
    freeifaddrs(all);
    return n;
}
