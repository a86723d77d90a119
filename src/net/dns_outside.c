/* dns_outside.c - dns_is_outside of dns.h. */
#include "base/err.h"
#include "net/dns.h"
#include "net/route.h"

/* Does the kernel keep what is sent to it on this machine?  It sends to an address of its own from
 * that same address, and from no other to it.  When it cannot be asked the answer is yes. */
static bool is_own(const struct ipaddr *ip)
{
    struct ipaddr source, target;
    uint8_t b[16];

    int err = route_source(ip, &source);
    if (err)
        return err != GW_ENETDOWN && err != GW_EUNSUP;
    ipaddr_to_mapped(ip, b);
    target = ipaddr_from_mapped(b);
    return ipaddr_eq(&source, &target);
}

bool dns_is_outside(const struct ipaddr *ip)
{
    return dns_is_public(ip) && !is_own(ip);
}
