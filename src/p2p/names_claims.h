/* names_claims.h - the names that we are called by in our networks: claimed from every relay of
 * each, and renewed, as long as the configuration says so. */
#ifndef GW_P2P_NAMES_CLAIMS_H
#define GW_P2P_NAMES_CLAIMS_H

#include "host/host.h"
#include "p2p/announce.h"
#include "p2p/networks.h"
#include "wire/names_msg.h"

#define NAMES_RENEW_S 21600 /* and at once when the configuration or our addresses have changed */

struct names_claims;

/* Borrows all.  Returns owned (free it between host_stop and host_free), or NULL. */
struct names_claims *names_claims_new(struct host *h, const struct announce *a,
                                      const struct networks *n);
void names_claims_free(struct names_claims *c); /* NULL is fine */
void names_claims_refresh(
    struct names_claims *c); /* the networks have changed: claims what is new */

struct names_claim_info { /* for `gw network list` and `gw status` */
    const char *network, *host;
    struct peerid relay;
    int err; /* 0 and claimed_s 0: not answered yet; else why there was no answer */
    enum names_status status; /* of the last answer */
    uint64_t claimed_s;       /* 0: it is not ours there */
};
void names_claims_each(const struct names_claims *c,
                       void (*each)(void *arg, const struct names_claim_info *i), void *arg);

/* The sealed claim of "HOST.NETWORK" by this node, for CLAIM and RELEASE.  As name_record_seal. */
int names_claim_seal(const struct host *h, const struct announce *a, const char *name, uint8_t *dst,
                     size_t cap);

#endif
