/* multiaddr_ip.c - IP addresses and ports of multiaddr.h. */
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>

#include "id/multiaddr.h"

struct walk { /* along an address, one component at a time */
    const struct multiaddr *a;
    size_t at;
    uint32_t code; /* of the component at hand */
    struct bytes v;
};

static bool step(struct walk *w)
{
    return multiaddr_next(w->a, &w->at, &w->code, &w->v);
}

/* The interface that an ip6zone names, by number or name; 0 when there is none. */
static uint32_t zone_index(struct bytes v)
{
    char z[MULTIADDR_MAX], *end;

    snprintf(z, sizeof z, "%.*s", (int)v.n, (const char *)v.p);
    unsigned long index = strtoul(z, &end, 10);
    if (!*end)
        return index <= UINT32_MAX ? (uint32_t)index : 0;
    return if_nametoindex(z);
}

/* The leading IP address; the name of its zone besides, p NULL: it has none. */
static bool read_zoned_ip(struct walk *w, struct ipaddr *ip, struct bytes *zone)
{
    *ip = (struct ipaddr){ 0 };
    *zone = (struct bytes){ 0 };
    bool is_some = step(w);
    if (is_some && w->code == MULTIADDR_IP6ZONE) {
        *zone = w->v;
        is_some = step(w);
    }
    if (!is_some || (w->code != MULTIADDR_IP4 && w->code != MULTIADDR_IP6))
        return false;
    ip->family = w->code == MULTIADDR_IP4 ? 4 : 6;
    memcpy(ip->b, w->v.p, w->v.n);
    return true;
}

/* The same with a zone that there is. */
static bool read_ip(struct walk *w, struct ipaddr *ip)
{
    struct bytes zone;

    if (!read_zoned_ip(w, ip, &zone))
        return false;
    if (zone.p && ip->family == 6)
        ip->zone = zone_index(zone);
    return !zone.p || ip->zone;
}

static bool read_port(struct walk *w, enum multiaddr_code code, uint16_t *port)
{
    if (!step(w) || w->code != code)
        return false;
    *port = (uint16_t)(w->v.p[0] << 8 | w->v.p[1]);
    return true;
}

/* Nothing, or a /p2p/ID. */
static bool is_end(struct walk *w)
{
    return !step(w) || (w->code == MULTIADDR_P2P && !step(w));
}

bool multiaddr_ip(const struct multiaddr *a, struct ipaddr *ip)
{
    struct walk w = { .a = a };
    struct bytes zone;
    return read_zoned_ip(&w, ip, &zone);
}

bool multiaddr_as_quic(const struct multiaddr *a, struct ipaddr *ip, uint16_t *port)
{
    struct walk w = { .a = a };
    return read_ip(&w, ip) && read_port(&w, MULTIADDR_UDP, port) && step(&w) &&
           w.code == MULTIADDR_QUIC_V1 && is_end(&w);
}

bool multiaddr_as_tcp(const struct multiaddr *a, struct ipaddr *ip, uint16_t *port)
{
    struct walk w = { .a = a };
    return read_ip(&w, ip) && read_port(&w, MULTIADDR_TCP, port) && is_end(&w);
}

bool multiaddr_as_socket(const struct multiaddr *a, struct ipaddr *ip, uint16_t *port)
{
    return multiaddr_as_quic(a, ip, port) || multiaddr_as_tcp(a, ip, port);
}

bool multiaddr_is_quic(const struct multiaddr *a)
{
    struct ipaddr ip;
    uint16_t port;
    return multiaddr_as_quic(a, &ip, &port);
}

bool multiaddr_is_tcp(const struct multiaddr *a)
{
    struct ipaddr ip;
    uint16_t port;
    return multiaddr_as_tcp(a, &ip, &port);
}

bool multiaddr_is_loopback(const struct multiaddr *a)
{
    struct ipaddr ip;
    uint16_t port;
    return multiaddr_as_socket(a, &ip, &port) && ipaddr_is_loopback(&ip);
}

/* Never too long. */
static void make_socket(const struct ipaddr *ip, enum multiaddr_code code, uint16_t port,
                        struct multiaddr *out)
{
    uint8_t be[2] = { (uint8_t)(port >> 8), (uint8_t)port };
    bool is_four = ip->family == 4;
    char zone[12];

    *out = (struct multiaddr){ 0 };
    if (ip->zone) {
        snprintf(zone, sizeof zone, "%u", ip->zone);
        multiaddr_append(out, MULTIADDR_IP6ZONE, bytes_of(zone));
    }
    multiaddr_append(out, is_four ? MULTIADDR_IP4 : MULTIADDR_IP6,
                     (struct bytes){ ip->b, is_four ? 4 : 16 });
    multiaddr_append(out, code, (struct bytes){ be, sizeof be });
}

void multiaddr_make_quic(const struct ipaddr *ip, uint16_t port, struct multiaddr *out)
{
    make_socket(ip, MULTIADDR_UDP, port, out);
    multiaddr_append(out, MULTIADDR_QUIC_V1, (struct bytes){ 0 });
}

void multiaddr_make_tcp(const struct ipaddr *ip, uint16_t port, struct multiaddr *out)
{
    make_socket(ip, MULTIADDR_TCP, port, out);
}
