/* dial_order.c - see dial_order.h. */
#include "host/dial_order.h"

#include <string.h>

#include "id/circuit_addr.h"
#include "id/ipaddr.h"

/* Rank and family. */
static struct dial_place look_at(const struct multiaddr *a)
{
    struct dial_place p = { .rank = DIAL_NEVER };
    struct ipaddr ip;
    uint16_t port;
    bool is_quic = multiaddr_as_quic(a, &ip, &port);

    if (circuit_addr_is(a)) {
        p.rank = DIAL_CIRCUIT;
        return p;
    }
    if ((!is_quic && !multiaddr_as_tcp(a, &ip, &port)) || !port || ipaddr_is_wildcard(&ip))
        return p;
    p.family = ip.family;
    if (ipaddr_is_private(&ip))
        p.rank = is_quic ? DIAL_QUIC_NEAR : DIAL_TCP_NEAR;
    else
        p.rank = is_quic ? DIAL_QUIC : DIAL_TCP;
    return p;
}

enum dial_rank dial_rank(const struct multiaddr *a)
{
    return look_at(a).rank;
}

const char *dial_why_never(const struct multiaddr *a)
{
    struct multiaddr via = *a, rest;
    struct peerid relay;
    char text[MULTIADDR_STR_MAX];

    while (circuit_addr_split(&via, &rest, &relay))
        via = rest;
    if (!via.n && circuit_addr_is(a)) /* by a relay whose address is found by its id */
        return NULL;
    if (dial_rank(&via) != DIAL_NEVER)
        return NULL;
    if (strncmp(multiaddr_print(&via, text), "/dns", 4) == 0)
        return "an address by a host name, which is not looked up: /ip4/... or /ip6/... is";
    return "an address that cannot be dialled, as /ip4/ADDR/udp/PORT/quic-v1 and "
           "/ip4/ADDR/tcp/PORT "
           "can";
}

struct dial_place dial_place(const struct multiaddr *a, const struct dial_place *before, size_t n)
{
    struct dial_place p = look_at(a);

    for (size_t i = 0; i < n; i++)
        p.turn += before[i].rank == p.rank && before[i].family == p.family;
    return p;
}

bool dial_place_precedes(const struct dial_place *a, const struct dial_place *b)
{
    if (a->rank != b->rank)
        return a->rank < b->rank;
    if (a->cost != b->cost)
        return a->cost < b->cost;
    if (a->turn != b->turn)
        return a->turn < b->turn;
    return a->family > b->family;
}

uint64_t dial_gap_ms(const struct dial_place *a)
{
    return a->rank == DIAL_QUIC_NEAR || a->rank == DIAL_TCP_NEAR ? DIAL_NEAR_MS : DIAL_STAGGER_MS;
}
