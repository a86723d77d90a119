/* dns_in.h - a DNS server for programs of this machine ([dns] listen): UDP and TCP, RFC 1035,
 * EDNS(0).
 *
 *   A       the stable address of the peer (name/loopback.h), where gate/virtual listens for its
 * services AAAA    no data: there is no IPv6 loopback network to give addresses from SRV
 * _SERVICE._tcp.NAME, _SERVICE._udp.NAME: port and NAME TXT     the services, "ssh=22" each PTR of
 * a stable address: the peer's name
 *
 * Every name that a tier may own is answered here and goes nowhere else.  Others are forwarded as
 * they are to the servers of [dns] forward in turn, and without one they are refused (NXDOMAIN).
 */
#ifndef GW_GATE_DNS_IN_H
#define GW_GATE_DNS_IN_H

#include "gate/virtual.h"
#include "net/sockaddr.h"

struct dns_in;

struct dns_in_parts { /* borrowed */
    struct ev_loop *loop;
    struct turn *turn;
    struct resolver *resolver;
    struct loopback *loopback;
    struct virtual *virtual;
};

/* Listens on UDP and TCP at the same address (port 0: one that is free for both).  0 and *out
 * owned, or as listen_open. */
int dns_in_open(const struct dns_in_parts *p, const struct sockaddr_any *at, struct dns_in **out);
void dns_in_close(struct dns_in *d);                            /* NULL is fine */
const struct sockaddr_any *dns_in_addr(const struct dns_in *d); /* as bound */
/* Where names that are nobody's go from now on; copied.  0, GW_ELIMIT (DNS_FORWARDS_MAX). */
#define DNS_FORWARDS_MAX 4
int dns_in_set_forwards(struct dns_in *d, const struct sockaddr_any *servers, size_t n);

#endif
