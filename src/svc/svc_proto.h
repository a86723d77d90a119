/* svc_proto.h - the protocol ids that name a service: /peerup/<service>/1.0.0 and
 * /shurli/<service>/1.0.0, as peer-up and shurli speak them: raw octets from the first one on.
 * Pure. */
#ifndef GW_SVC_SVC_PROTO_H
#define GW_SVC_SVC_PROTO_H

#include "svc/registry.h"

#define SVC_PROTO_PEERUP "/peerup/"
#define SVC_PROTO_SHURLI "/shurli/"
#define SVC_PROTO_MAX    (8 + SERVICE_NAME_MAX + 7 + 1) /* octets of an id with its NUL */

/* The service that an id names, a view into it; n == 0: none. */
struct bytes svc_proto_service(struct bytes protocol);

/* Prints prefix, service and version into out; returns out. */
const char *svc_proto_print(const char *prefix, const char *service, char out[SVC_PROTO_MAX]);

/* The name under which peers offer what usually listens on a port; NULL when there is none. */
const char *svc_proto_port_name(uint16_t port);
uint16_t svc_proto_name_port(struct bytes name); /* the reverse; 0 when there is none */

#endif
