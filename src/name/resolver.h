/* resolver.h - from a host name to a peer: tiers asked in order, first answer wins.
 *
 * One lookup is in flight per name; those who ask meanwhile share it.  Answers are cached for their
 * TTL, failures not; of more than 1024 names the oldest is forgotten.  A failure says what every
 * tier answered (the trail).
 */
#ifndef GW_NAME_RESOLVER_H
#define GW_NAME_RESOLVER_H

#include <ev.h>

#include "id/multiaddr.h"
#include "name/name.h"

#define RESOLVER_ADDRS_MAX 8
#define RESOLVER_TRAIL_MAX 512
#define RESOLVER_MAPS_MAX  8

struct name_map { /* a names-file mapping of a port to a protocol id: 22=/x/ssh */
    uint16_t port;
    char protocol[96];
};

struct name_answer {
    struct peerid peer;
    char service[64]; /* that the name names: `db` of db.alice, when alice is known; "" = none */
    struct multiaddr addrs[RESOLVER_ADDRS_MAX];
    size_t naddrs;
    struct name_map maps[RESOLVER_MAPS_MAX];
    size_t nmaps;
    uint64_t ttl_ms;  /* 0: do not cache */
    const char *tier; /* static string */
};

/* One source of names.  `lookup` answers through `tier_answer`, at once or later, exactly once
 * unless cancelled. */
struct tier_query;
struct tier_ops {
    const char *name;    /* "names file" */
    uint32_t timeout_ms; /* for one lookup in this tier; 0: the resolver's whole time */
    void (*lookup)(void *tier, const struct name *n, struct tier_query *q);
    void (*cancel)(void *tier, struct tier_query *q); /* NULL when lookup always answers at once */
    /* Calls `each` per name, lower case, that is the tier's for certain, and with it all below it
     * (`laptop.grewal`, `p2p`): the PAC file sends these here.  NULL: none. */
    void (*domains)(void *tier, void (*each)(void *arg, const char *domain), void *arg);
    /* A name of the peer, borrowed until the next turn of the loop, or NULL.  May be NULL. */
    const char *(*name_of)(void *tier, const struct peerid *peer);
};
/* err 0 with an answer; GW_ENONAME (asked, not known), GW_EUNSUP (not a name of this tier: left out
 * of the trail), others: the tier failed.  `why`: one phrase for the trail, e.g. "no line"; with an
 * answer a remark on it, or NULL: "through relay X, then Y".  Both are copied. */
void tier_answer(struct tier_query *q, int err, const struct name_answer *a, const char *why);

struct resolver;
/* `timeout_ms`: of one lookup over all tiers.  Returns owned, or NULL. */
struct resolver *resolver_new(struct ev_loop *loop, uint64_t timeout_ms);
void resolver_free(struct resolver *r); /* gives up the lookups under way: no done is called */
/* Tiers are asked in the order of adding; borrowed.  0, or GW_ELIMIT (16 there already). */
int resolver_add_tier(struct resolver *r, const struct tier_ops *ops, void *tier);
/* Asks every tier. */
void resolver_domains(struct resolver *r, void (*each)(void *arg, const char *domain), void *arg);
/* The first tier's name that knows one; NULL when none does. */
const char *resolver_name_of(struct resolver *r, const struct peerid *peer);
void resolver_flush(struct resolver *r); /* forget the cache (a tier's content changed) */

/* `done` is called once: from inside resolver_lookup when a tier or the cache answers at once (then
 * NULL is returned), else later from the loop.  err 0 and `a` (borrowed for the call), or
 * GW_ENONAME, GW_ETIMEOUT, GW_ENOMEM, GW_ESYNTAX (not a host name); trail: "names file: no line;
 * peer id: not one" */
struct resolver_req;
typedef void resolver_done_fn(void *arg, int err, const struct name_answer *a, const char *trail);
struct resolver_req *resolver_lookup(struct resolver *r, const char *host, resolver_done_fn *done,
                                     void *arg);
void resolver_cancel(struct resolver_req *q);

#endif
