/* ipaddr.c - see ipaddr.h. */
#include "id/ipaddr.h"

#include <string.h>

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

bool ipaddr_eq(const struct ipaddr *a, const struct ipaddr *b)
{
    return a->family == b->family && memcmp(a->b, b->b, sizeof a->b) == 0;
}

struct ipaddr ipaddr_net(const struct ipaddr *ip)
{
    struct ipaddr net = { .family = ip->family };

    memcpy(net.b, ip->b, ip->family == 4 ? 4 : 8);
    return net;
}

void ipaddr_to_mapped(const struct ipaddr *ip, uint8_t out[16])
{
    if (ip->family == 6) {
        memcpy(out, ip->b, 16);
        return;
    }
    memcpy(out, mapped, sizeof mapped);
    memcpy(out + sizeof mapped, ip->b, 4);
}

struct ipaddr ipaddr_from_mapped(const uint8_t in[16])
{
    struct ipaddr ip = { .family = 6 };

    if (memcmp(in, mapped, sizeof mapped) == 0) {
        ip.family = 4;
        memcpy(ip.b, in + sizeof mapped, 4);
    } else {
        memcpy(ip.b, in, 16);
    }
    return ip;
}

/* The octets of an IPv4 address, mapped or not; else NULL. */
static const uint8_t *ip4_of(const struct ipaddr *ip)
{
    if (ip->family == 4)
        return ip->b;
    return memcmp(ip->b, mapped, sizeof mapped) == 0 ? ip->b + sizeof mapped : NULL;
}

bool ipaddr_is_wildcard(const struct ipaddr *ip)
{
    static const uint8_t zero[16];
    const uint8_t *b4 = ip4_of(ip);
    return b4 ? memcmp(b4, zero, 4) == 0 : memcmp(ip->b, zero, sizeof zero) == 0;
}

bool ipaddr_is_loopback(const struct ipaddr *ip)
{
    static const uint8_t one[16] = { [15] = 1 };
    const uint8_t *b4 = ip4_of(ip);
    return b4 ? b4[0] == 127 : memcmp(ip->b, one, sizeof one) == 0;
}

bool ipaddr_is_link_local6(const struct ipaddr *ip)
{
    return ip->family == 6 && ip->b[0] == 0xfe && (ip->b[1] & 0xc0) == 0x80;
}

bool ipaddr_is_private(const struct ipaddr *ip)
{
    const uint8_t *b4 = ip4_of(ip), *b = b4 ? b4 : ip->b;

    if (ipaddr_is_loopback(ip))
        return true;
    if (b4)
        return b[0] == 10 || (b[0] == 172 && (b[1] & 0xf0) == 16) || (b[0] == 192 && b[1] == 168) ||
               (b[0] == 169 && b[1] == 254);
    return (b[0] & 0xfe) == 0xfc || ipaddr_is_link_local6(ip);
}
