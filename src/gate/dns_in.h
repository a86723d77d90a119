/* dns_in.h - a DNS server for programs of this machine ([dns] listen): UDP and TCP, RFC 1035,
 * EDNS(0).
 *
 *   A     the stable address of the peer (name/loopback.h), where gate/virtual listens for its
 *         services; when the answer leaves, it does
 *   AAAA  no data: there is no IPv6 loopback network to give addresses from
 *   SRV   of _SERVICE._tcp.NAME, _SERVICE._udp.NAME: port and NAME
 *   TXT   the services, "ssh=22" each
 *   PTR   of a stable address: the peer's name
 *
 * Every name that a tier may own for certain (name/may_leave.h) is answered here and goes nowhere
 * else: who is not known does not exist (NXDOMAIN), who could not be asked in time is SERVFAIL.
 * Other names are asked for at the servers of [dns] forward in turn; without one they do not exist,
 * but for those above a name that does (RFC 8020).  `localhost` and `invalid` are answered here, as
 * RFC 6761 has it.
 */
#ifndef GW_GATE_DNS_IN_H
#define GW_GATE_DNS_IN_H

#include "gate/dns_forward.h"
#include "gate/virtual.h"

#define DNS_IN_PENDING_MAX 1024 /* questions by UDP at a time; what is more is lost */

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
/* Where names that are nobody's go from now on; copied, n <= DNS_FORWARDS_MAX.  One that is this
 * server itself is left out, and that is logged. */
void dns_in_set_forwards(struct dns_in *d, const struct sockaddr_any *servers, size_t n);

#endif
