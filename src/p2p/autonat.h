/* autonat.h - can strangers reach us?  AutoNAT v1 and v2, clients and servers (libp2p specs,
 * autonat/).
 *
 * Client: peers that serve AutoNAT are asked in turn to dial our public candidates back; v2 tells
 * per address, v1 for all.  Three answers that agree decide (announce_set_reach), and a network
 * change begins anew.  Server: dials back only the asker's own IP address (v1), or demands the data
 * that the spec names before it dials another (v2), from a connection of its own, few at a time.
 */
#ifndef GW_P2P_AUTONAT_H
#define GW_P2P_AUTONAT_H

#include "p2p/announce.h"

#define AUTONAT_PROTOCOL           "/libp2p/autonat/1.0.0"
#define AUTONAT2_DIAL_PROTOCOL     "/libp2p/autonat/2/dial-request"
#define AUTONAT2_DIALBACK_PROTOCOL "/libp2p/autonat/2/dial-back"

struct autonat;

/* `serves`: dials back for others, too.  Borrows both; returns owned (free it before the host), or
 * NULL. */
struct autonat *autonat_new(struct host *h, struct announce *a, bool serves);
void autonat_free(struct autonat *n); /* NULL is fine */

void autonat_network_changed(struct autonat *n);

/* What is known of one of our addresses by v2 (for netcheck). */
struct autonat_finding {
    struct multiaddr address;
    enum announce_reach reach;
    uint64_t at_ms; /* clock_mono_ms() */
};
size_t autonat_findings(const struct autonat *n, struct autonat_finding *out, size_t max);

#endif
