/* introduce.h - tells the target of a service who called, when the service wants to know. */
#ifndef GW_SVC_INTRODUCE_H
#define GW_SVC_INTRODUCE_H

#include "host/host.h"
#include "svc/registry.h"

/* Takes a fresh stream to the target.  proxy_v2: writes the header first; is_http: returns a stream
 * that wraps the target and adds X-Gw-Peer to every request written to it (svc/http_tag.h). Returns
 * the stream to join with the caller's (the target itself when there is nothing to tell), or NULL
 * when out of memory (the target stays the caller's). */
struct stream *introduce(struct stream *target, const struct service *s, struct conn *c);

#endif
