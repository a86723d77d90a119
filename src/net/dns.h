/* dns.h - host names of the internet to addresses, and connecting to them; TXT records;
 * asynchronous, by c-ares.
 *
 * Only where the user has asked for it: `[proxy] other = direct`, an exit, a service target that is
 * a host name; TXT records by `[dns] lookup`.  A caller gives a filter, so that no name can lead to
 * an address it may not lead to.
 */
#ifndef GW_NET_DNS_H
#define GW_NET_DNS_H

#include <ev.h>

#include "net/dns_texts.h"
#include "net/sockaddr.h"

#define DNS_ADDRS_MAX 16

struct dns;

/* Asks the servers of /etc/resolv.conf, which is read again when it has changed, after /etc/hosts.
 * A name is asked for as it is: no search list.  Owned, or NULL. */
struct dns *dns_new(struct ev_loop *loop);
struct dns *dns_new_at(struct ev_loop *loop, const char *resolv_conf, uint16_t port); /* others */
void dns_free(struct dns *d); /* cancels what is under way without calling back; NULL is fine */

struct ev_loop *dns_loop(const struct dns *d);

struct dns_query;
typedef void dns_done_fn(void *arg, int err, const struct ipaddr *ips,
                         size_t n); /* n >= 1 if !err */
/* Both families, in the order to try.  An IP literal is its own answer.  `done` is called once,
 * from the loop, after timeout_ms at the latest: 0, GW_ENONAME, GW_ETIMEOUT, GW_ENETDOWN (no server
 * answers).  NULL: out of memory. */
struct dns_query *dns_lookup(struct dns *d, const char *host, uint64_t timeout_ms,
                             dns_done_fn *done, void *arg);
/* The TXT records of a name, or of the one that a CNAME leads to.  As above, and GW_EPROTO: an
 * answer that cannot be read. */
typedef void dns_texts_fn(void *arg, int err, const struct dns_texts *t); /* t NULL if err */
struct dns_query *dns_lookup_texts(struct dns *d, const char *host, uint64_t timeout_ms,
                                   dns_texts_fn *done, void *arg);
void dns_cancel(struct dns_query *q); /* done will not be called; NULL is fine */

/* TCP to a host name or IP literal: looked up, then the addresses that `may` lets pass are tried as
 * RFC 8305 says (the next one 250 ms after the one before, the first to answer wins). */
typedef bool dns_may_fn(void *arg, const struct ipaddr *ip);
typedef void dns_dialled_fn(void *arg, int err, int fd); /* fd: the callee's, non-blocking */
struct dns_dial;
/* GW_EDENIED: `may` let none pass.  NULL may: all.  NULL: out of memory. */
struct dns_dial *dns_dial(struct dns *d, const char *host, uint16_t port, uint64_t timeout_ms,
                          dns_may_fn *may, dns_dialled_fn *done, void *arg);
void dns_dial_cancel(struct dns_dial *d); /* done will not be called; NULL is fine */

/* Is it an address of the public internet: not loopback, private, link-local, CGNAT, ULA,
 * multicast, reserved, and nothing that embeds one of these (v4-mapped, 6to4, NAT64)?  RFC 6890. */
bool dns_is_public(const struct ipaddr *ip);
/* And none of this machine's own, public as that may be: what an exit leads to.  The kernel is
 * asked. */
bool dns_is_outside(const struct ipaddr *ip);

#endif
