/* upnp_igd.c - see upnp_igd.h. */
#include "net/upnp_igd.h"

#include <miniupnpc/miniupnpc.h>
#include <miniupnpc/upnpcommands.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "net/sockaddr.h"

#define DISCOVER_MS    2000
#define TTL            2 /* of the search: this network */
#define PORT_TRIES     3 /* other external ports, when ours is taken */

#define CONFLICT       718 /* WANIPConnection:1 s.2.4.16 */
#define ONLY_PERMANENT 725

/* Up to here the library has found a router: with a private address outside, or, by API 17, perhaps
 * not connected, which its address tells.  Above: not connected, another kind of device. */
#define IGD_PRIVATE 2

#if MINIUPNPC_API_VERSION >= 18
static int find_igd(struct UPNPDev *devs, struct UPNPUrls *urls, struct IGDdatas *data, char *lan,
                    int room)
{
    char wan[46]; /* asked for again later, as the older library does not tell */
    return UPNP_GetValidIGD(devs, urls, data, lan, room, wan, sizeof wan);
}
#else
static int find_igd(struct UPNPDev *devs, struct UPNPUrls *urls, struct IGDdatas *data, char *lan,
                    int room)
{
    return UPNP_GetValidIGD(devs, urls, data, lan, room);
}
#endif

static const char *proto_name(const struct upnp_grant *g)
{
    return g->internal.proto == IPPROTO_UDP ? "UDP" : "TCP";
}

static int add(const struct upnp_report *r, const struct upnp_grant *g, uint16_t external,
               const char *lan)
{
    char out[6], in[6], lease[11];

    snprintf(out, sizeof out, "%u", external);
    snprintf(in, sizeof in, "%u", g->internal.port);
    snprintf(lease, sizeof lease, "%u", UPNP_LEASE_S);
    int rc = UPNP_AddPortMapping(r->control_url, r->service_type, out, in, lan, "gw", proto_name(g),
                                 NULL, lease);
    if (rc == ONLY_PERMANENT)
        rc = UPNP_AddPortMapping(r->control_url, r->service_type, out, in, lan, "gw", proto_name(g),
                                 NULL, "0");
    return rc;
}

/* The same port if it is free, else some of the dynamic ones (RFC 6335 s.6). */
static void map_one(const struct upnp_report *r, struct upnp_grant *g, const char *lan)
{
    uint16_t external = g->internal.port;
    int rc = add(r, g, external, lan);

    for (unsigned i = 1; rc == CONFLICT && i <= PORT_TRIES; i++) {
        external = (uint16_t)(49152u + (g->internal.port + i * 4099u) % 16384u);
        rc = add(r, g, external, lan);
    }
    g->external_port = rc == UPNPCOMMAND_SUCCESS ? external : 0;
}

static int map_all(struct upnp_report *r, const struct UPNPUrls *urls, const struct IGDdatas *data,
                   const char *lan)
{
    char text[46] = "";

    if (!urls->controlURL || strlen(urls->controlURL) >= sizeof r->control_url)
        return GW_EPROTO;
    snprintf(r->control_url, sizeof r->control_url, "%s", urls->controlURL);
    snprintf(r->service_type, sizeof r->service_type, "%s", data->first.servicetype);
    if (UPNP_GetExternalIPAddress(r->control_url, r->service_type, text) != UPNPCOMMAND_SUCCESS)
        return GW_EREFUSED;
    text[sizeof text - 1] = '\0';
    if (sockaddr_parse_ip(text, &r->addr) != 0)
        return GW_EREFUSED;
    for (size_t i = 0; i < r->n; i++)
        map_one(r, &r->v[i], lan);
    return 0;
}

bool upnp_igd_is_built(void)
{
    return true;
}

void upnp_igd_map(struct upnp_report *r)
{
    struct UPNPUrls urls;
    struct IGDdatas data;
    char lan[46] = "";
    int err;

    r->err = GW_EUNREACH;
    struct UPNPDev *devs = upnpDiscover(DISCOVER_MS, NULL, NULL, UPNP_LOCAL_PORT_ANY, 0, TTL, &err);
    if (!devs)
        return;
    int kind = find_igd(devs, &urls, &data, lan, sizeof lan);
    freeUPNPDevlist(devs);
    if (kind <= 0)
        return;
    if (kind <= IGD_PRIVATE)
        r->err = map_all(r, &urls, &data, lan);
    FreeUPNPUrls(&urls);
}

void upnp_igd_unmap(const struct upnp_report *r)
{
    for (size_t i = 0; i < r->n; i++) {
        char out[6];
        if (!r->v[i].external_port)
            continue;
        snprintf(out, sizeof out, "%u", r->v[i].external_port);
        UPNP_DeletePortMapping(r->control_url, r->service_type, out, proto_name(&r->v[i]), NULL);
    }
}
