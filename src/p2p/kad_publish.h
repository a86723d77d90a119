/* kad_publish.h - the name records of ours that stand in the DHT: put there, and again before
 * others forget them. */
#ifndef GW_P2P_KAD_PUBLISH_H
#define GW_P2P_KAD_PUBLISH_H

#include "p2p/kad_query.h"

#define KAD_PUBLISH_AT_ONCE  2    /* lookups for that at a time */
#define KAD_PUBLISH_RETRY_MS 5000 /* the pause after a failure, at first; up to ten minutes */

struct kad_publish;

struct kad_publish *kad_publish_new(struct kad_queries *queries); /* borrows; owned, or NULL */
void kad_publish_free(struct kad_publish *p);                     /* NULL is fine */

/* As kad_publish and kad_unpublish of kad.h. */
int kad_publish_add(struct kad_publish *p, const struct name_record *r);
void kad_publish_remove(struct kad_publish *p, const char *name);
size_t kad_publish_count(const struct kad_publish *p);
void kad_publish_again(struct kad_publish *p); /* there is somebody to ask: what failed is due */

#endif
