/* svc_query.h - ask a peer which of its services we may use (/shurli/service-query/1.0.0). */
#ifndef GW_SVC_SVC_QUERY_H
#define GW_SVC_SVC_QUERY_H

#include "host/host.h"

struct svc_query;

/* err 0: `text` is the peer's JSON as it came: not looked into, SVCQUERY_BODY_MAX octets at most,
 * borrowed for the call.  GW_EDENIED: the peer answered with an error, `text` says which, escaped
 * by who shows it.  GW_ENOSERVICE: it does not speak the protocol.  Others as svc_out_open. */
typedef void svc_query_done_fn(void *arg, int err, struct bytes text);

/* Calls `done` once, from the loop, after `timeout_ms` at the latest.  addrs are hints, copied.
 * NULL: out of memory. */
struct svc_query *svc_query_start(struct host *h, const struct peerid *peer,
                                  const struct multiaddr *addrs, size_t naddrs, uint64_t timeout_ms,
                                  svc_query_done_fn *done, void *arg);
void svc_query_cancel(struct svc_query *q); /* done will not be called */

#endif
