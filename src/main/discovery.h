/* discovery.h - how names are found beyond the names file and the LAN: networks and their relays,
 * the DHT, the DNS, programs and a contract; and what this node does for them itself.
 *
 * The order of the tiers stands in discovery.c, in one place.
 */
#ifndef GW_MAIN_DISCOVERY_H
#define GW_MAIN_DISCOVERY_H

#include "main/bootstrap.h"
#include "main/config.h"
#include "main/named.h"
#include "main/node.h"
#include "name/tier_dht.h"
#include "name/tier_dnsaddr.h"
#include "name/tier_eth.h"
#include "name/tier_exec.h"
#include "name/tier_network.h"
#include "p2p/kad.h"
#include "p2p/names_book.h"
#include "p2p/names_claims.h"
#include "p2p/names_server.h"
#include "p2p/networks.h"

struct discovery { /* zeroed means nothing runs */
    struct node *node;
    struct networks *networks;    /* owned; large, and touched as far as it is used */
    struct named *relays;         /* of all networks */
    size_t network_of[NAMED_MAX]; /* whose relay each of them is */
    struct names_book *book;      /* NULL: we are no relay of a network */
    struct names_server *server;  /* the same */
    struct names_claims *claims;  /* NULL: only dialling */
    struct kad *kad;              /* NULL: [dht] mode = off */
    struct bootstrap *bootstrap;
    struct tier_network *tier_network;
    struct tier_dht *tier_dht;
    struct tier_dnsaddr *tier_dnsaddr;
    struct tier_exec *programs[CONFIG_RESOLVERS_MAX];
    struct tier_eth *tier_eth;
    names_member_fn *is_member;
    void *arg; /* of is_member and on_relays */
    /* Other peers may be the relays of networks now; set by who wants to know. */
    void (*on_relays)(void *arg);
    int dht_mode;      /* enum config_dht */
    bool is_published; /* our own addresses are in the DHT */
    bool offers;       /* services: somebody may want to find us */
    bool publishes;    /* [dht] publish */
    bool has_exit;     /* [proxy] other = via NAME */
    bool is_discreet;  /* other names go to the internet, by an exit or from here */
};

/* Adds the tiers behind those of the node, and starts the rest on a node that is open and listens;
 * with `dir` NULL only what dialling needs.  `is_member`: may the peer use the relay that we are?
 * 0, or GW_ENOMEM; call discovery_close either way. */
int discovery_open(struct discovery *d, struct node *n, const struct config *c,
                   const struct nodedir *dir, names_member_fn *is_member, void *arg);
void discovery_set_config(struct discovery *d, const struct config *c); /* for the reload */
void discovery_names_changed(struct discovery *d);
void discovery_network_changed(struct discovery *d);
/* Have we a role for strangers: are we a DHT server? */
bool discovery_is_public(const struct discovery *d);
/* Between node_stop and node_close.  It stops the resolver, whose tiers are here.  Fine when
 * zeroed. */
void discovery_close(struct discovery *d);

#endif
