/* proxy_env.h - what all clients of the proxy ports share, and what the port does with one: the
 * seam between proxy_in.c and proxy_client.c.
 *
 * A client is in one of four groups.  Half-open ones are FRESH until their first whole message,
 * then TALKING. */
#ifndef GW_GATE_PROXY_ENV_H
#define GW_GATE_PROXY_ENV_H

#include "gate/proxy_in.h"

struct proxy_client;
struct parting;

enum proxy_group_name { PROXY_FRESH, PROXY_TALKING, PROXY_HELD, PROXY_OTHERS, PROXY_NGROUPS };

struct proxy_group {
    struct proxy_client *oldest; /* utlist DL */
    uint32_t n;
};

struct proxy_env {
    struct ev_loop *loop; /* borrowed, as the next three */
    struct turn *turn;
    struct front *front;
    const struct proxy_in_config *cfg; /* in force */
    /* proxy_client.c's: */
    struct proxy_group groups[PROXY_NGROUPS];
    struct parting *partings;
    uint64_t last_id;
};

/* A client has come: takes fd.  0, or GW_ENOMEM: it is closed. */
int proxy_client_start(struct proxy_env *env, int fd, const struct sockaddr_any *from);
void proxy_client_end_all(struct proxy_env *env); /* those that are not joined are reset */

#endif
