/* keep.h - what the configuration says of single peers, [peer NAME]: which path leads to them, and
 * which of them are kept connected. */
#ifndef GW_MAIN_KEEP_H
#define GW_MAIN_KEEP_H

#include "main/config.h"
#include "name/resolver.h"
#include "p2p/paths.h"

struct keep;

/* Borrows all; with `paths` NULL nobody is kept connected.  Returns owned, or NULL when out of
 * memory. */
struct keep *keep_new(struct ev_loop *loop, struct resolver *r, const struct peerid *self,
                      struct paths *paths);
void keep_free(struct keep *k); /* the peers stay kept; NULL is fine */

/* Takes the sections of c, at most NAMED_MAX.  Names are resolved, and count from then on: those of
 * the names file at once.  0 or GW_ENOMEM. */
int keep_set_config(struct keep *k, const struct config *c);
void keep_names_changed(struct keep *k);

/* A front_path_fn; arg is the struct keep.  Of several sections that lead to one peer the first
 * counts. */
enum host_path keep_path(void *arg, const struct peerid *peer);

#endif
