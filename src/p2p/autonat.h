/* autonat.h - can strangers reach us?  AutoNAT v1 and v2, clients and servers (libp2p specs,
 * autonat/).
 *
 * Client: peers that serve AutoNAT are asked in turn to dial our public candidates back, v2 tells
 * per address, v1 for all.  Three answers that agree decide (announce_set_reach), fewer while fewer
 * can be asked (autonat_verdict.h), and a network change begins anew (autonat_core.h).  Server:
 * dials back only the asker's own IP address (v1), or demands the data that the spec names before
 * it dials another (v2), from a connection of its own, few at a time (autonat_server.h).
 */
#ifndef GW_P2P_AUTONAT_H
#define GW_P2P_AUTONAT_H

#include "p2p/autonat_core.h"

struct autonat;

/* `serves`: dials back for others, too.  Borrows both; returns owned (free it before the host), or
 * NULL. */
struct autonat *autonat_new(struct host *h, struct announce *a, bool serves);
void autonat_free(struct autonat *n); /* NULL is fine */

/* From the next round on; autonat_usual_pace until it is called. */
void autonat_set_pace(struct autonat *n, const struct autonat_pace *pace);

void autonat_network_changed(struct autonat *n);

/* Whether an inbound connection of a peer that has no right to one may be a dial-back that we asked
 * for: servers use peer ids that nobody knows (autonat-v2).  Only while we ask, for a few; the peer
 * is taken for such a guest from then on and its connection closed soon, so this is to be asked
 * last. */
bool autonat_expects(struct autonat *n, const struct peerid *peer);

/* What is known of our addresses (for netcheck). */
size_t autonat_findings(const struct autonat *n, struct autonat_finding *out, size_t max);

#endif
