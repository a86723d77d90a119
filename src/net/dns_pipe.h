/* dns_pipe.h - a pipe of datagrams (udp_pipe.h) to a host name: what dns_dial (dns.h) is for TCP.
 */
#ifndef GW_NET_DNS_PIPE_H
#define GW_NET_DNS_PIPE_H

#include "net/dgrams.h"
#include "net/dns.h"

struct dns_pipe;

/* err 0: takes d.  Else GW_E* of dns_lookup or udp_pipe_open; GW_EDENIED: `may` let no address
 * pass. */
typedef void dns_pipe_done_fn(void *arg, int err, struct dgrams *d);

/* Looks the host name or IP literal up and connects to the first address that `may` lets pass and
 * that there is a route to; UDP tells no more of an address in advance.  Borrows dns.  `done` is
 * called once, from the loop, after timeout_ms at the latest.  NULL: out of memory. */
struct dns_pipe *dns_pipe_open(struct dns *dns, const char *host, uint16_t port,
                               uint64_t timeout_ms, dns_may_fn *may, dns_pipe_done_fn *done,
                               void *arg);
void dns_pipe_cancel(struct dns_pipe *p); /* done will not be called; NULL is fine */

#endif
