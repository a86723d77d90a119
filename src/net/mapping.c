/* mapping.c - see mapping.h. */
#include "net/mapping.h"

#include "id/ipaddr.h"

static bool is_possible4(const uint8_t *b)
{
    bool is_link_local = b[0] == 169 && b[1] == 254;
    return b[0] != 0 && b[0] < 224 && !is_link_local;
}

bool mapping_is_possible(const struct ipaddr *addr, uint16_t port)
{
    if (port == 0 || ipaddr_is_wildcard(addr) || ipaddr_is_loopback(addr))
        return false;
    if (addr->family == 4)
        return is_possible4(addr->b);
    return addr->family == 6 && addr->b[0] != 0xff && !ipaddr_is_link_local6(addr);
}

bool mapping_eq(const struct mapping *a, const struct mapping *b)
{
    return a->internal.proto == b->internal.proto && a->internal.port == b->internal.port &&
           ipaddr_eq(&a->addr, &b->addr) && a->port == b->port;
}
