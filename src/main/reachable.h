/* reachable.h - all that makes a node reachable, and lets it reach others, beyond plain dialling:
 * circuits, our slots at relays, the relay that we are, hole punching, the path to each peer,
 * AutoNAT, port mapping, and what a change of the network means to each of them.
 */
#ifndef GW_MAIN_REACHABLE_H
#define GW_MAIN_REACHABLE_H

#include "main/config.h"
#include "main/named.h"
#include "main/node.h"
#include "main/peer_policy.h"
#include "net/netwatch.h"
#include "net/portmap.h"
#include "p2p/autonat.h"
#include "p2p/circuit.h"
#include "p2p/dcutr.h"
#include "p2p/paths.h"
#include "p2p/relay.h"
#include "p2p/reservations.h"

struct reachable { /* zeroed means nothing runs */
    struct node *node;
    struct relay_scores relay_scores;
    struct circuit *circuit;
    struct reservations *reservations;
    struct named *relays; /* at which we want a slot */
    struct relay *relay;  /* NULL: we are none */
    struct dcutr *dcutr;
    struct paths *paths;
    struct peer_policy *policy;
    struct autonat *autonat;
    struct netwatch *netwatch;
    struct portmap *portmap; /* NULL: not wanted */
};

/* Starts what `c` asks for, on a node that is open and listens; with `d` NULL only what dialling
 * needs.  `may` as relay_new.  0, or GW_ENOMEM; call reachable_close either way. */
int reachable_open(struct reachable *r, struct node *n, const struct config *c,
                   const struct nodedir *d, relay_may_fn *may, void *arg);
void reachable_set_config(struct reachable *r, const struct config *c); /* for the reload */
void reachable_names_changed(struct reachable *r);
void reachable_rights_changed(struct reachable *r);
/* Between node_stop and node_close.  Fine when zeroed. */
void reachable_close(struct reachable *r);

#endif
