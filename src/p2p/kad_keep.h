/* kad_keep.h - who gets into the routing table, and who leaves it.
 *
 * In comes who tells the protocol by identify on a direct connection.  Its addresses begin with one
 * at the IP that we meet it on, which it cannot invent: by that one the table counts groups.  Out
 * goes who twice in a row did not answer while others did, or who serves the protocol no more.
 */
#ifndef GW_P2P_KAD_KEEP_H
#define GW_P2P_KAD_KEEP_H

#include "p2p/kad_env.h"

#define KAD_KEEP_CHECKS_MAX 4      /* doubtful contacts asked at a time */
#define KAD_KEEP_DOUBT_MS   300000 /* one not heard of for so long is asked when room is wanted */
#define KAD_KEEP_LATELY_MS  30000  /* when nobody was heard of for so long, it may be us */

struct kad_keep;

/* `grown` is called when the table has got its first contact.  Borrows env; owned, or NULL. */
struct kad_keep *kad_keep_new(const struct kad_env *env, void (*grown)(void *arg), void *arg);
void kad_keep_free(struct kad_keep *k); /* NULL is fine */

void kad_keep_identified(struct kad_keep *k, struct conn *c); /* host_events.on_identity */
void kad_keep_asked(struct kad_keep *k, const struct peerid *peer, int err); /* env->asked */

#endif
