/* peer_policy.h - what the configuration says of single peers, [peer NAME]: which path leads to
 * them, and which of them are kept connected. */
#ifndef GW_MAIN_PEER_POLICY_H
#define GW_MAIN_PEER_POLICY_H

#include "main/config.h"
#include "name/resolver.h"
#include "p2p/paths.h"

struct peer_policy;

/* Borrows all; with `paths` NULL nobody is kept connected.  Returns owned, or NULL when out of
 * memory. */
struct peer_policy *peer_policy_new(struct ev_loop *loop, struct resolver *r,
                                    const struct peerid *self, struct paths *paths);
void peer_policy_free(struct peer_policy *p); /* the peers stay kept; NULL is fine */

/* Takes the sections of c, at most NAMED_MAX.  Names are resolved, and count from then on: those of
 * the names file at once.  0 or GW_ENOMEM. */
int peer_policy_set_config(struct peer_policy *p, const struct config *c);
void peer_policy_names_changed(struct peer_policy *p);

/* A front_path_fn; arg is the struct peer_policy.  Of several sections that lead to one peer the
 * first counts. */
enum host_path peer_policy_path(void *arg, const struct peerid *peer);

#endif
