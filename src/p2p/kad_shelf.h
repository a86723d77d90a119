/* kad_shelf.h - things kept in the order of their distance from one point of the key space, up to a
 * number: then the furthest makes room.  Pure. */
#ifndef GW_P2P_KAD_SHELF_H
#define GW_P2P_KAD_SHELF_H

#include "p2p/kad_id.h"

struct kad_shelf_item { /* the first member of what is kept */
    struct kad_id id;
};

struct kad_shelf { /* start as { .at, .max } */
    struct kad_id at;
    struct kad_shelf_item **v; /* the nearest first */
    size_t n, cap, max;
};

/* Where the one with this id is, until something changes; NULL: there is none.  Another one with
 * the same id may be put in its place. */
struct kad_shelf_item **kad_shelf_find(const struct kad_shelf *s, const struct kad_id *id);

/* Adds one whose id is not there yet.  Returns 0, *out being what made room and is the caller's
 * again, or NULL; GW_ELIMIT: no room, and it would be the furthest; GW_ENOMEM. */
int kad_shelf_add(struct kad_shelf *s, struct kad_shelf_item *it, struct kad_shelf_item **out);

/* Takes out those of which `stays` says false; it may free them. */
void kad_shelf_sift(struct kad_shelf *s, bool (*stays)(void *arg, struct kad_shelf_item *it),
                    void *arg);

void kad_shelf_fini(struct kad_shelf *s); /* the items are not its own */

#endif
