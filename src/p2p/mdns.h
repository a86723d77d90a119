/* mdns.h - finding peers on the LAN, and being found there, with nothing configured (libp2p specs,
 * discovery/mdns): mdns_core.h with its sockets, its timer, and the addresses that we listen on.
 *
 * What the LAN says is not proved.  An address may be wrong, which the handshake with the peer
 * finds out; a name may be anybody's.
 */
#ifndef GW_P2P_MDNS_H
#define GW_P2P_MDNS_H

#include "host/host.h"
#include "p2p/lan_peers.h"

struct mdns;

/* `name` as lan_name_ok has it, or "": our name on the LAN.  Borrows the host.  Does nothing yet.
 * Returns owned, or NULL. */
struct mdns *mdns_new(struct host *h, const char *name);
void mdns_free(struct mdns *m); /* says good-bye; NULL is fine */

/* Announces what the host listens on; while that is on loopback only, nothing at all is sent or
 * heard.  A port that cannot be had is logged, and tried again when the network changes. */
void mdns_start(struct mdns *m);
/* For who only dials: announces nothing, and asks when mdns_ask is called. */
void mdns_start_asking(struct mdns *m);
void mdns_network_changed(struct mdns *m); /* the addresses or interfaces are others */

/* Asks the LAN once more.  False: nobody can be asked. */
bool mdns_ask(struct mdns *m);
const struct lan_peers *mdns_peers(const struct mdns *m);

/* Called with every peer that something is new of; may not call back but for mdns_ask and
 * mdns_peers.  0 or GW_ENOMEM. */
int mdns_on_news(struct mdns *m, lan_peers_fn *fn, void *arg);

#endif
