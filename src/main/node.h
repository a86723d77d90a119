/* node.h - the layers under a near side: key, host, resolver with its first tiers (the names file,
 * the LAN; the others are discovery.h's), front.  The daemon builds the far
 * side upon it, `gw nc` without a daemon needs no more. */
#ifndef GW_MAIN_NODE_H
#define GW_MAIN_NODE_H

#include "gate/front.h"
#include "main/config.h"
#include "main/nodedir.h"
#include "name/tier_mdns.h"
#include "name/tier_static.h"
#include "p2p/announce.h"
#include "p2p/identify.h"

struct node {
    struct ev_loop *loop; /* borrowed */
    struct turn *turn;
    struct key *key;
    struct host *host;
    struct announce *announce;
    struct identify *identify;
    struct resolver *resolver;
    struct tier_static *names;
    struct mdns *mdns; /* NULL: not wanted */
    struct tier_mdns *lan;
    struct loopback *loopback; /* stable addresses of peers, in state/loopback */
    struct dns *dns;           /* for [proxy] other = direct, and for an exit */
    struct front *front;
    /* The names file has changed, the machine's network is another; set by who wants to know. */
    void (*on_names)(void *arg);
    void (*on_network)(void *arg);
    void *on_arg;
};

/* Builds all of it; nothing listens yet.  Returns 0, or GW_E* with a sentence in `err`; call
 * node_close in either case. */
int node_open(struct node *n, struct ev_loop *loop, const struct config *c, const struct nodedir *d,
              host_admit_fn *admit, void *arg, char err[CONF_ERR_MAX]);

/* Listens on every address.  Random ports are of the range `ports_of` (config_port_range; NULL:
 * any).  With `d` such a port is the one of last time when that is free, and
 * is kept for the next.  Of the default addresses one that works is enough: not every machine has
 * both kinds of IP. */
int node_listen(struct node *n, const struct conf_list *addrs, const char *ports_of,
                const struct nodedir *d, char err[CONF_ERR_MAX]);

/* For what comes from now on.  Returns 0 or GW_ENOMEM; then names that are nobody's are refused. */
int node_set_config(struct node *n, const struct config *c);

/* Ends what goes through the front and every connection, and runs the loop until the peers have
 * been told, half a second at most. */
void node_stop(struct node *n);
void node_close(struct node *n); /* frees all */

#endif
