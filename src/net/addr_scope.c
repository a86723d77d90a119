/* addr_scope.c - see addr_scope.h. */
#include "net/addr_scope.h"

#include "id/circuit_addr.h"
#include "id/ipaddr.h"

enum addr_scope addr_scope_of_ip(const struct ipaddr *ip)
{
    if (ipaddr_is_loopback(ip))
        return ADDR_SCOPE_MACHINE;
    return ipaddr_is_private(ip) ? ADDR_SCOPE_NETWORK : ADDR_SCOPE_WORLD;
}

enum addr_scope addr_scope_of(const struct multiaddr *a)
{
    struct ipaddr ip;
    return multiaddr_ip(a, &ip) ? addr_scope_of_ip(&ip) : ADDR_SCOPE_WORLD;
}

enum addr_scope addr_scope_of_way(const struct multiaddr *a)
{
    return circuit_addr_is(a) ? ADDR_SCOPE_WORLD : addr_scope_of(a);
}
