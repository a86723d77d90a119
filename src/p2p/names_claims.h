/* names_claims.h - the names that we are called by in our networks: claimed from every relay of
 * each, and renewed, as long as the configuration says so. */
#ifndef GW_P2P_NAMES_CLAIMS_H
#define GW_P2P_NAMES_CLAIMS_H

#include "host/host.h"
#include "p2p/announce.h"
#include "p2p/names_book.h"
#include "p2p/networks.h"
#include "wire/names_msg.h"

#define NAMES_RENEW_S 21600 /* and soon when our addresses have changed, or the relay is back */

struct names_claims;

/* Borrows all, and observes the host.  `book` (NULL: none): of the network that we are a relay of;
 * a name of our own there is claimed in it.  Returns owned (free it between host_stop and
 * host_free), or NULL.  Nothing is claimed before the first names_claims_refresh. */
struct names_claims *names_claims_new(struct host *h, struct announce *a, const struct networks *n,
                                      struct names_book *book);
void names_claims_free(struct names_claims *c); /* NULL is fine; what is ours stays ours */
/* The networks have changed, or the network that we are connected by: claims what is new and what
 * has failed so far, and gives back what we are not to be called any more. */
void names_claims_refresh(struct names_claims *c);

struct names_claim_info { /* for `gw network list` and `gw status` */
    const char *network, *host;
    struct peerid relay;
    int err;                  /* why there was no answer; 0: there was, or is to be awaited */
    enum names_status status; /* of the last answer */
    uint64_t claimed_s;       /* 0: it is not ours there */
};
void names_claims_each(const struct names_claims *c,
                       void (*each)(void *arg, const struct names_claim_info *i), void *arg);

/* The sealed claim of "HOST.NETWORK" by this node, for CLAIM, with our public addresses.  As
 * name_record_seal. */
int names_claim_seal(const struct host *h, const struct announce *a, const char *name, uint8_t *dst,
                     size_t cap);

#endif
