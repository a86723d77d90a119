/* named.h - peers that the configuration names (relays, peers that are kept connected): their names
 * are resolved, again when names change, and now and then while some are unknown.
 */
#ifndef GW_MAIN_NAMED_H
#define GW_MAIN_NAMED_H

#include "name/resolver.h"

#define NAMED_MAX     64
#define NAMED_AGAIN_S 30 /* after which an unknown name is asked for again */

struct named_peer {
    char *name; /* owned; as given: a name, a peer id, or a multiaddr that ends in /p2p/ID */
    bool is_known;
    struct peerid peer;
    size_t naddrs;
    struct multiaddr addrs[RESOLVER_ADDRS_MAX];
};

struct named;

/* All names have been asked for; those unknown are among them.  `peers` is borrowed for the
 * call. */
typedef void named_fn(void *arg, const struct named_peer *peers, size_t n);

/* Borrows loop and resolver.  Returns owned, or NULL when out of memory. */
struct named *named_new(struct ev_loop *loop, struct resolver *r, named_fn *fn, void *arg);
void named_free(struct named *n); /* NULL is fine */

/* The names from now on (copied; beyond NAMED_MAX they are left out); fn is called from inside when
 * all of them are known or unknown at once, else it follows from the loop.  One that was known
 * before stays so meanwhile, and fn is told that from inside, too.  0 or GW_ENOMEM. */
int named_set(struct named *n, char *const *names, size_t count);
void named_refresh(struct named *n); /* names may lead elsewhere now: asks for all of them */

#endif
