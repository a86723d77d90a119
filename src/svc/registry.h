/* registry.h - the services this node offers: name, port, targets, policy.
 *
 * One service may take connections, datagrams or both; an exit has no target, for its callers name
 * the destination.  The exit's name is SERVICE_EXIT. */
#ifndef GW_SVC_REGISTRY_H
#define GW_SVC_REGISTRY_H

#include "net/sockaddr.h"

#define SERVICE_EXIT     "exit"
#define SERVICE_RELAY    "relay" /* the right to use this node as a relay; it has no target */
#define SERVICE_NAME_MAX 63      /* a DNS label: a-z 0-9 - */

struct service {
    char name[SERVICE_NAME_MAX + 1];
    uint16_t port;                  /* the port it is asked for by; 0 = by name only */
    struct sockaddr_any target;     /* of connections; len 0: takes none */
    struct sockaddr_any udp_target; /* of datagrams; len 0: takes none */
    bool is_exit;          /* the caller names the destination, outside this network; no target */
    bool proxy_v2;         /* the target is told the caller by a PROXY protocol v2 header */
    bool is_http;          /* the target is told the caller by X-Gw-Peer in every request */
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

/* Reads `NAME[:PORT][/udp]=TARGET` of -S (PORT default: the target's, so 0 for a Unix socket); /udp
 * sets udp_target in place of target.  0, GW_ESYNTAX, GW_EINVAL (bad name, or a port outside
 * 1..65535). */
int service_parse(const char *text, struct service *out);
bool service_name_ok(struct bytes name);
int service_parse_port(struct bytes text,
                       uint16_t *out); /* decimal, 1..65535. 0, GW_ESYNTAX, GW_EINVAL */

#endif
