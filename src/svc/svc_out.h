/* svc_out.h - open a stream to a service of a peer. */
#ifndef GW_SVC_SVC_OUT_H
#define GW_SVC_SVC_OUT_H

#include "host/host.h"
#include "svc/registry.h"

struct svc_target {
    struct peerid peer;
    const struct multiaddr *addrs; /* hints; copied */
    size_t naddrs;
    char service[SERVICE_NAME_MAX + 1]; /* "" = by port */
    uint16_t port;                      /* 0 = by name only */
    const char *destination; /* HOST:PORT for the service `exit`, at most TUNNEL_DEST_MAX octets;
                              * NULL = none; copied */
    bool is_udp;             /* datagrams: the stream is for udp_flow_new */
    enum host_path path;
    const char *protocol; /* a protocol id that a names-file mapping fixes; NULL = the usual ones */
};

struct svc_out;

/* err 0: stream (to be owned at once), `early` octets not credited.  GW_ENOSERVICE, GW_EDENIED,
 * GW_EREFUSED, GW_EUNREACH, GW_ETIMEOUT as the peer answered; GW_EOFFLINE, GW_EIDENTITY, ... when
 * it was not reached.  `text`: what the peer said about a failure, or what else is known of it (""
 * when nothing), escaped by who logs it; borrowed for the call. */
typedef void svc_out_done_fn(void *arg, int err, struct conn *c, struct stream *s,
                             struct bytes early, const char *text);

/* Proposes /gw/tunnel/1.0.0 with the request in the first flight; a peer that does not speak it is
 * asked for /peerup/<service>/1.0.0 and /shurli/<service>/1.0.0 (a port without a name: the
 * well-known name of the port), but not for a destination.  For datagrams /gw/udp/1.0.0 alone is
 * proposed.  `done` is called once, from the loop, after `timeout_ms` at the latest.  NULL: out of
 * memory. */
struct svc_out *svc_out_open(struct host *h, const struct svc_target *t, uint64_t timeout_ms,
                             svc_out_done_fn *done, void *arg);
void svc_out_cancel(struct svc_out *o);         /* done will not be called; NULL is fine */
uint64_t svc_out_flow(const struct svc_out *o); /* within done, of is_udp: the id of the flow */

#endif
