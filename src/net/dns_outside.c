/* dns_outside.c - dns_is_outside of dns.h. */
#include <errno.h>
#include <unistd.h>

#include "net/dns.h"

#define DISCARD 9 /* any port: nothing is sent */

/* Does the kernel keep what is sent to it on this machine?  It sends to an address of its own from
 * that same address, and from no other to it.  When it cannot be asked the answer is yes. */
static bool is_own(const struct ipaddr *ip)
{
    struct sockaddr_any to, from = { .len = sizeof from.in6 };
    struct ipaddr source, target; /* both as IPv4 where they are mapped */
    uint16_t port;

    sockaddr_from_ip(ip, DISCARD, &to);
    int fd = socket(to.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return errno != EAFNOSUPPORT;
    bool has_way = connect(fd, &to.sa, to.len) == 0;
    bool is_told = has_way && getsockname(fd, &from.sa, &from.len) == 0 &&
                   sockaddr_to_ip(&from, &source, &port) == 0 &&
                   sockaddr_to_ip(&to, &target, &port) == 0;
    close(fd);
    if (!is_told)
        return has_way;
    return source.family == target.family && memcmp(source.b, target.b, sizeof source.b) == 0;
}

bool dns_is_outside(const struct ipaddr *ip)
{
    return dns_is_public(ip) && !is_own(ip);
}
