/* svc_list.h - answers /shurli/service-query/1.0.0: which services may the caller use?
 *
 *   [{"name":"ssh","protocol":"/shurli/ssh/1.0.0","port":22,"enabled":true},...]
 *
 * A caller sees only what it may use; a stranger sees an empty list.  What takes no connections
 * (only datagrams, an exit) is listed without a protocol; what takes datagrams has "udp":true, and
 * what is asked for by name only has no port.
 */
#ifndef GW_SVC_SVC_LIST_H
#define GW_SVC_SVC_LIST_H

#include "host/host.h"
#include "svc/authz.h"
#include "svc/registry.h"

struct svc_list;

/* Registers its handler with the host.  Borrows all.  NULL: out of memory. */
struct svc_list *svc_list_new(struct host *h, const struct registry *services, struct authz *authz);
void svc_list_free(struct svc_list *l); /* NULL is fine; the host must have been stopped, for it
                                           knows the handler */

/* The JSON for one caller: 0 and *out owned with a NUL behind its *n octets, or GW_ENOMEM.  Stops
 * short of what does not fit into an answer (SVCQUERY_BODY_MAX). */
int svc_list_print(const struct registry *services, struct authz *authz,
                   const struct peerid *caller, char **out, size_t *n);

#endif
