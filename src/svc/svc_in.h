/* svc_in.h - inbound streams to services: /gw/tunnel/1.0.0 for connections, /gw/udp/1.0.0 for
 * datagrams, /peerup/<service>/1.0.0, /shurli/<service>/1.0.0; and the list of services that a
 * caller may use (svc_list.h).
 *
 * A tunnel asks by name or by port.  When it gives both and no service has the name, the port
 * chooses: so `app.alice:80` reaches the web server of alice, which tells its sites apart itself.
 * A service that takes no connections, or no datagrams, is no service to who asks for these.
 *
 * Order per stream: request, service, caller's right, way to the target, answer, then octets or
 * datagrams.  A caller without the right is refused before a target is dialled; when a right is
 * taken away its streams end at once.  A stranger is denied whatever it asks for; who may use
 * something learns from a tunnel which services do not exist.  The named ones are served only to
 * who has the right: everybody else gets the `na` of a protocol that is not served.
 *
 * A flow of datagrams counts as the stream that it hangs on; of the datagrams that come by the
 * stream before the target is there the first 8 are kept.
 *
 * An exit (registry.h) takes a destination HOST:PORT with the request, and nobody else does.  It
 * leads to other machines of the public internet only.
 */
#ifndef GW_SVC_SVC_IN_H
#define GW_SVC_SVC_IN_H

#include "host/host.h"
#include "net/dns.h"
#include "svc/authz.h"
#include "svc/registry.h"

struct svc_in;

struct svc_in_stats {
    uint64_t opened; /* streams joined to their targets since start */
    uint64_t denied; /* for want of a right or of a service, or a destination that is not public */
    uint64_t failed; /* for another reason */
    uint32_t active; /* joined now */
};

/* Registers its handlers with the host.  Borrows all.  `dial_timeout_ms`: for the target.  NULL:
 * out of memory. */
struct svc_in *svc_in_new(struct host *h, const struct registry *services, struct authz *authz,
                          uint64_t dial_timeout_ms);
/* Ends its streams.  The host must have been stopped, for it knows the handlers.  NULL is fine. */
void svc_in_free(struct svc_in *in);

/* Borrowed; NULL (as at the start): there is no exit, whatever the registry says. */
void svc_in_set_dns(struct svc_in *in, struct dns *dns);
/* A flow without a datagram for so long ends; for flows from now on.  Default: 2 min. */
void svc_in_set_udp_idle(struct svc_in *in, uint64_t ms);

/* Ends the streams whose peer or service no longer has the right.  To be called after every change
 * of the rights (authz_changed_fn) and of the registry, before the loop goes on. */
void svc_in_recheck(struct svc_in *in);
void svc_in_get_stats(const struct svc_in *in, struct svc_in_stats *out);

#endif
