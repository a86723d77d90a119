/* dns_tcp.h - the TCP side of the DNS server (RFC 7766): each message behind its length, several
 * questions on a connection, answered as they are ready.
 *
 * Who takes no answers gets no more of its questions read; who asks nothing for a while is closed,
 * and sooner when others need the place. */
#ifndef GW_GATE_DNS_TCP_H
#define GW_GATE_DNS_TCP_H

#include "gate/dns_lookup.h"
#include "net/listen.h"

#define DNS_TCP_CLIENTS_MAX 128 /* one more closes the one that asked least lately */
#define DNS_TCP_PENDING_MAX 16  /* questions of one client without an answer yet */
#define DNS_TCP_IDLE_MS     10000

struct dns_tcp;

/* Listens.  Borrows all.  0 and *out owned, or as listen_open. */
int dns_tcp_open(struct ev_loop *loop, struct turn *turn, const struct dns_lookup_env *env,
                 const struct sockaddr_any *at, struct dns_tcp **out);
void dns_tcp_close(struct dns_tcp *t);                            /* NULL is fine */
const struct sockaddr_any *dns_tcp_addr(const struct dns_tcp *t); /* as bound */

#endif
