/* kad_boot.h - peers to begin with: each is connected and asked for those near to us, which brings
 * it into the table if it is a DHT server.
 *
 * While the table holds few (less than KAD_K) all are asked, a few at once, and again after a while
 * that grows; else each once, in no hurry.
 */
#ifndef GW_P2P_KAD_BOOT_H
#define GW_P2P_KAD_BOOT_H

#include "p2p/kad_env.h"

#define KAD_BOOT_MAX 256 /* the one given longest ago makes room */

struct kad_boot;

/* `in_vain` is called whenever all have been asked and none has answered.  Borrows env; owned, or
 * NULL. */
struct kad_boot *kad_boot_new(const struct kad_env *env, void (*in_vain)(void *arg), void *arg);
void kad_boot_free(struct kad_boot *b); /* NULL is fine */

/* As kad_bootstrap. */
void kad_boot_add(struct kad_boot *b, const struct peerid *peer, const struct multiaddr *addrs,
                  size_t naddrs);
void kad_boot_again(struct kad_boot *b); /* the network is another: those that failed may answer */

#endif
