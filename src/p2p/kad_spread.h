/* kad_spread.h - one message to several peers at once: PUT_VALUE and ADD_PROVIDER to those nearest
 * to a key. */
#ifndef GW_P2P_KAD_SPREAD_H
#define GW_P2P_KAD_SPREAD_H

#include "p2p/kad_env.h"

struct kad_spread;

/* Who took it, in the order they were given; views of kad_spread_start's contacts are not kept:
 * only peer and id are filled. */
typedef void kad_spread_done_fn(void *arg, const struct kad_contact *took, size_t n);

/* Sends `m` to each of up to KAD_K.  In ADD_PROVIDER the provider is put by us: it is this node,
 * with the addresses that each of them may know.  Each has env->cfg.request_ms.  `done` once, from
 * the loop.  NULL: out of memory, or n is 0. */
struct kad_spread *kad_spread_start(const struct kad_env *env, const struct kad_msg *m,
                                    const struct kad_contact *to, size_t n,
                                    kad_spread_done_fn *done, void *arg);
void kad_spread_cancel(struct kad_spread *s); /* done will not be called; NULL is fine */

#endif
