/* dnsaddr.h - the addresses that a name of the DNS stands for: TXT records `dnsaddr=MULTIADDR` at
 * _dnsaddr.NAME (multiformats, multiaddr/protocols/DNSADDR.md).
 *
 * A record that is /dnsaddr/OTHER[/p2p/ID] is followed, DNSADDR_DEPTH deep, each name once; with an
 * ID only addresses of that peer are meant behind it.
 */
#ifndef GW_NAME_DNSADDR_H
#define GW_NAME_DNSADDR_H

#include "id/multiaddr.h"
#include "name/name.h"
#include "net/dns.h"

#define DNSADDR_DEPTH   3
#define DNSADDR_TXT_MAX 64 /* records looked at, of one name with all that it leads to */
#define DNSADDR_MAX     32 /* addresses */

struct dnsaddr_found {
    struct multiaddr addrs[DNSADDR_MAX]; /* each with /p2p/ID, none twice, in the order found */
    size_t n;
    size_t nrecords; /* looked at */
    uint32_t ttl_s;  /* the least of all that was read */
};

/* err 0 if n > 0.  Else GW_ENONAME; GW_ETIMEOUT, GW_ENETDOWN, GW_EPROTO, ...: a name could not be
 * read.  `found` is borrowed for the call. */
typedef void dnsaddr_done_fn(void *arg, int err, const struct dnsaddr_found *found);

/* May the DNS be asked for this name, to which another one leads? */
typedef bool dnsaddr_may_fn(void *arg, const struct name *n);

struct dnsaddr_req {
    const struct name *name; /* asked for in any case; copied */
    uint64_t timeout_ms;     /* all of it */
    dnsaddr_may_fn *may;     /* NULL: any */
    void *may_arg;
};

struct dnsaddr;
/* `done` once, from the loop.  NULL: out of memory. */
struct dnsaddr *dnsaddr_start(struct dns *d, const struct dnsaddr_req *req, dnsaddr_done_fn *done,
                              void *arg);
void dnsaddr_cancel(struct dnsaddr *w); /* done will not be called; NULL is fine */

/* Reads the name of an address of the form /dnsaddr/HOST[/p2p/ID].  0; GW_EUNSUP: it begins with
 * something else; GW_ESYNTAX: another form. */
int dnsaddr_read(const struct multiaddr *a, struct name *out);

#endif
