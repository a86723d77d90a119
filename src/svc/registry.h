/* registry.h - the services this node offers: name, port, target, policy. */
#ifndef GW_SVC_REGISTRY_H
#define GW_SVC_REGISTRY_H

#include "net/sockaddr.h"

#define SERVICE_NAME_MAX 63 /* a DNS label: a-z 0-9 - */

struct service {
    char name[SERVICE_NAME_MAX + 1];
    uint16_t port; /* the port it is asked for by; 0 = by name only */
    struct sockaddr_any target;
    char *authorized_keys; /* file in place of the node's; NULL = the node's; owned */
    uint64_t limit;        /* octets per second for each peer; 0 = none */
    bool is_enabled;
};

struct registry;

struct registry *registry_new(void); /* returns owned, or NULL */
void registry_free(struct registry *r);

/* Copies the service.  0, GW_EEXISTS (name or port taken), GW_EINVAL (bad name), GW_ENOMEM. */
int registry_add(struct registry *r, const struct service *s);
void registry_clear(struct registry *r);

const struct service *registry_by_name(const struct registry *r,
                                       struct bytes name); /* enabled ones; else NULL */
const struct service *registry_by_port(const struct registry *r, uint16_t port);
size_t registry_count(const struct registry *r);
const struct service *registry_at(const struct registry *r,
                                  size_t i); /* disabled ones too; order of adding */

/* Reads `NAME[:PORT]=TARGET` of -S (PORT default: the target's, so 0 for a Unix socket).
 * 0, GW_ESYNTAX, GW_EINVAL (bad name, or a port outside 1..65535). */
int service_parse(const char *text, struct service *out);
bool service_name_ok(struct bytes name);
int service_parse_port(struct bytes text,
                       uint16_t *out); /* decimal, 1..65535. 0, GW_ESYNTAX, GW_EINVAL */

#endif
