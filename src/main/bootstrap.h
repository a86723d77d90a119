/* bootstrap.h - the DHT peers to begin with, from everywhere at once: those of [dht] bootstrap
 * (addresses, names, names of the DNS that stand for several), the signed list of [dht] list, and,
 * where the configuration says anything of a DHT, peers on the LAN.  (Those of last time are the
 * kad's own, and it takes whom we are connected to anyway, our relays for instance.) */
#ifndef GW_MAIN_BOOTSTRAP_H
#define GW_MAIN_BOOTSTRAP_H

#include "main/config.h"
#include "main/node.h"
#include "p2p/kad.h"

#define BOOTSTRAP_SEEDS_MAX 8 /* names of the DNS */
#define BOOTSTRAP_FETCH_MS  20000
#define BOOTSTRAP_AGAIN_MS  3600000 /* then list and DNS are read again; */
#define BOOTSTRAP_SOON_MS   60000   /* sooner what could not be read */

struct bootstrap;

/* Borrows both, the node's resolver included.  Returns owned, or NULL. */
struct bootstrap *bootstrap_new(struct node *n, struct kad *k);
void bootstrap_free(struct bootstrap *b); /* before the resolver stops; NULL is fine */
/* Takes what the configuration says from now on.  0 or GW_ENOMEM. */
int bootstrap_set(struct bootstrap *b, const struct config *c);
void bootstrap_names_changed(struct bootstrap *b);

#endif
