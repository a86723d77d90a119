/* portmap.h - has the router open ports of this machine: by PCP, NAT-PMP (pcp.h) and, when neither
 * gets them all, UPnP IGD (upnp.h).
 *
 * For IPv4 the router of the way to the internet is asked, unless this machine has a public address
 * itself; for IPv6 PCP alone, which opens the router's firewall.  Mappings are renewed at half of
 * their lifetime, and asked for again every PORTMAP_AGAIN_S where nobody grants them.
 */
#ifndef GW_NET_PORTMAP_H
#define GW_NET_PORTMAP_H

#include <ev.h>

#include "net/mapping.h"

#define PORTMAP_AGAIN_S    1800
#define PORTMAP_UPNP_MIN_S 120 /* between two rounds of UPnP on the same network */

struct portmap;

/* From the loop; may not call portmap_free.  A mapping whose outside changes is lost and mapped.
 * `how`: "pcp", "nat-pmp", "upnp". */
struct portmap_events {
    void (*on_mapped)(void *arg, const struct mapping *m, const char *how);
    void (*on_lost)(void *arg, const struct mapping *m);
};

struct portmap *portmap_new(struct ev_loop *loop, const struct portmap_events *events,
                            void *arg); /* owned; NULL: out of memory */
/* Deletes the mappings: a datagram for each, a process of its own for UPnP; waits for no answer,
 * and calls no event.  NULL is fine. */
void portmap_free(struct portmap *pm);

/* Asks for a port of this machine's IPv4 (4) or IPv6 (6) addresses; `proto`: IPPROTO_UDP,
 * IPPROTO_TCP.  Fine when asked for already.  0, or GW_ELIMIT: more than MAPPING_MAX of a family.
 */
int portmap_want(struct portmap *pm, uint8_t family, uint8_t proto, uint16_t port);

/* Addresses or routes may be others (netwatch.h): looks for the router again, and asks it at once.
 */
void portmap_network_changed(struct portmap *pm);

#endif
