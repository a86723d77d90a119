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
        if (ifaces_is_loopback(&ip) == loopback && !ifaces_is_link_local6(&ip))
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

/* The octets of an IPv4 address, mapped into IPv6 (RFC 4291, 2.5.5.2) or not; else NULL. */
static const uint8_t *ip4_of(const struct ipaddr *ip)
{
    static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

    if (ip->family == 4)
        return ip->b;
    return memcmp(ip->b, mapped, sizeof mapped) == 0 ? ip->b + sizeof mapped : NULL;
}

bool ifaces_is_wildcard(const struct ipaddr *ip)
{
    static const uint8_t zero[16];
    const uint8_t *b4 = ip4_of(ip);
    return b4 ? memcmp(b4, zero, 4) == 0 : memcmp(ip->b, zero, sizeof zero) == 0;
}

bool ifaces_is_loopback(const struct ipaddr *ip)
{
    static const uint8_t one[16] = { [15] = 1 };
    const uint8_t *b4 = ip4_of(ip);
    return b4 ? b4[0] == 127 : memcmp(ip->b, one, sizeof one) == 0;
}

bool ifaces_is_loopback_addr(const struct multiaddr *a)
{
    struct ipaddr ip;
    uint16_t port;
    return multiaddr_as_socket(a, &ip, &port) && ifaces_is_loopback(&ip);
}

bool ifaces_is_private(const struct ipaddr *ip)
{
    const uint8_t *b4 = ip4_of(ip), *b = b4 ? b4 : ip->b;

    if (ifaces_is_loopback(ip))
        return true;
    if (b4)
        return b[0] == 10 || (b[0] == 172 && (b[1] & 0xf0) == 16) || (b[0] == 192 && b[1] == 168) ||
               (b[0] == 169 && b[1] == 254);
    return (b[0] & 0xfe) == 0xfc || (b[0] == 0xfe && (b[1] & 0xc0) == 0x80);
}

bool ifaces_is_link_local6(const struct ipaddr *ip)
{
    return ip->family == 6 && ip->b[0] == 0xfe && (ip->b[1] & 0xc0) == 0x80;
}
