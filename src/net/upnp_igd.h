/* upnp_igd.h - the conversation with a UPnP router, by miniupnpc.  Blocks: only for the processes
 * of upnp.c.  upnp_igd_none.c stands in where gw is built without the library. */
#ifndef GW_NET_UPNP_IGD_H
#define GW_NET_UPNP_IGD_H

#include "net/mapping.h"

#define UPNP_LEASE_S 3600 /* asked for */
#define UPNP_URL_MAX 256  /* octets with the NUL; a longer one is no router of ours */

struct upnp_grant {
    struct mapping_port internal;
    uint16_t external_port; /* 0: not granted */
};

struct upnp_report {                 /* plain octets: it comes through a pipe, in one piece */
    int err;                         /* 0 or GW_E* */
    struct ipaddr addr;              /* of the router, seen from outside */
    char control_url[UPNP_URL_MAX];  /* where it takes orders, and */
    char service_type[UPNP_URL_MAX]; /* as what */
    size_t n;
    struct upnp_grant v[MAPPING_MAX];
};

bool upnp_igd_is_built(void);

/* r->v says what to ask for; fills the rest. */
void upnp_igd_map(struct upnp_report *r);
void upnp_igd_unmap(const struct upnp_report *r);

#endif
