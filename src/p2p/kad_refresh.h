/* kad_refresh.h - keeps the routing table fresh: now and then a lookup of ourselves, and one in
 * each bucket in which there was none for long.
 *
 * A message carries a key and not a point, so a point of a bucket is found by trying keys.
 */
#ifndef GW_P2P_KAD_REFRESH_H
#define GW_P2P_KAD_REFRESH_H

#include "p2p/kad_run.h"

#define KAD_REFRESH_BITS 15 /* buckets nearer than that are left to the lookup of ourselves */

struct kad_refresh;

/* The first refresh is due after env->cfg.refresh_ms.  `done` is called at the end of each. Borrows
 * both; owned, or NULL. */
struct kad_refresh *kad_refresh_new(const struct kad_env *env, struct kad_runs *runs,
                                    void (*done)(void *arg), void *arg);
void kad_refresh_free(struct kad_refresh *r); /* NULL is fine */

void kad_refresh_now(struct kad_refresh *r);                /* unless one is under way */
uint64_t kad_refresh_began_ms(const struct kad_refresh *r); /* the last one; 0: none has */

/* A key whose point shares exactly `shared` leading bits (KAD_REFRESH_BITS at most) with `self`. */
#define KAD_REFRESH_KEY 32
bool kad_refresh_key(const struct kad_id *self, unsigned shared, uint8_t key[KAD_REFRESH_KEY]);

#endif
