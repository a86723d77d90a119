/* resolver.h - from a host name to a peer: tiers asked in order, first answer wins.
 *
 * Each tier has a time of its own; one that is silent for longer is given up, and the next is
 * asked.  When the time of the whole lookup is over, only tiers that answer at once still are.
 *
 * One lookup is in flight per name; those who ask meanwhile share it.  Answers are cached for their
 * TTL (name/resolver_cache.h), failures not; with resolver_keep also across restarts.  A failure
 * says what every tier answered (the trail), and the trace tells of each lookup in full.
 */
#ifndef GW_NAME_RESOLVER_H
#define GW_NAME_RESOLVER_H

#include <ev.h>

#include "id/multiaddr.h"
#include "name/name.h"

#define RESOLVER_ADDRS_MAX   8
#define RESOLVER_TRAIL_MAX   512
#define RESOLVER_WHY_MAX     256 /* of what one tier says */
#define RESOLVER_MAPS_MAX    8
#define RESOLVER_TIERS_MAX   16

#define RESOLVER_TTL_DEFAULT UINT64_MAX /* of an answer: as resolver_set_ttl says */
#define RESOLVER_TTL_MS      300000     /* unless that was called */
#define RESOLVER_SAVE_S      5          /* what was learnt is on the disk after so long */

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
    uint64_t ttl_ms;  /* 0: do not cache; a day at most */
    const char *tier; /* static; NULL: the name of the tier that answers */
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
/* Before one of its tiers ends: gives up the lookups under way (no done is called, and who waited
 * has nothing to cancel), and asks no tier any more. */
void resolver_stop(struct resolver *r);
void resolver_free(struct resolver *r); /* stops it first; NULL is fine */
/* Tiers are asked in the order of adding; borrowed.  0, or GW_ELIMIT (RESOLVER_TIERS_MAX). */
int resolver_add_tier(struct resolver *r, const struct tier_ops *ops, void *tier);
/* Asks every tier. */
void resolver_domains(struct resolver *r, void (*each)(void *arg, const char *domain), void *arg);
/* The first tier's name that knows one; NULL when none does. */
const char *resolver_name_of(struct resolver *r, const struct peerid *peer);
/* Can the peer be reached without being told where it is?  If not, a tier that answers with a peer
 * and no address is not the last one that is asked: those behind it are asked for the peer's id,
 * and the first that knows an address adds it.  So it is, too, for a peer that was not reached
 * lately (resolver_forget): `was_lost`, and then only a connection counts.  Unless this is set, a
 * peer alone is an answer. */
typedef bool resolver_placed_fn(void *arg, const struct peerid *peer, bool was_lost);
void resolver_set_placed(struct resolver *r, resolver_placed_fn *is_placed, void *arg);
/* For answers whose tier knows no TTL; 0: those are not cached. */
void resolver_set_ttl(struct resolver *r, uint64_t ttl_ms);
void resolver_flush(struct resolver *r); /* forget the cache (a tier's content changed) */
/* Forget what is cached of this peer: it was not reached, so it may be elsewhere by now. */
void resolver_forget(struct resolver *r, const struct peerid *peer);
/* From now on the cache is kept in the file `path` (copied): what it holds is read, and changes are
 * written within RESOLVER_SAVE_S and by resolver_free (name/cache_file.h).  For when all tiers have
 * been added.  0 or GW_ENOMEM. */
int resolver_keep(struct resolver *r, const char *path);

/* `done` is called once: from inside resolver_lookup when a tier or the cache answers at once (then
 * NULL is returned), else later from the loop.  err 0 and `a` (borrowed for the call), or
 * GW_ENONAME (every tier was asked), GW_ETIMEOUT (the whole time was over before that), GW_ENOMEM,
 * GW_ESYNTAX (not a host name); trail: "names file: no line; peer id: not one" */
struct resolver_req;
typedef void resolver_done_fn(void *arg, int err, const struct name_answer *a, const char *trail);
struct resolver_req *resolver_lookup(struct resolver *r, const char *host, resolver_done_fn *done,
                                     void *arg);
void resolver_cancel(struct resolver_req *q); /* done will not be called; NULL is fine */

/* How a lookup went. */
enum resolver_asked {
    RESOLVER_NOT_ASKED, /* it was answered before this tier's turn, or time was over */
    RESOLVER_NOT_ITS,   /* not a name of this tier */
    RESOLVER_FAILED,    /* not known there, or the tier failed */
    RESOLVER_SILENT,    /* no answer in its time */
    RESOLVER_ANSWERED,
};
struct resolver_step {
    const char *tier; /* its name, static */
    enum resolver_asked asked;
    char why[RESOLVER_WHY_MAX]; /* what it said: on an answer a remark; "" = nothing */
    uint64_t took_us;
};
enum resolver_source { RESOLVER_FROM_TIER, RESOLVER_FROM_MEMORY, RESOLVER_FROM_DISK };
struct resolver_trace {
    enum resolver_source source; /* from the cache: no tier was asked, the remark is of then */
    uint64_t took_us;            /* the lookup as a whole */
    uint64_t left_ms;            /* the answer is cached for so long; 0: it is not */
    size_t nsteps;               /* all tiers, in their order */
    struct resolver_step steps[RESOLVER_TIERS_MAX];
};
/* Within `done`, of the lookup that it tells of; NULL: the name was not looked up, or outside. */
const struct resolver_trace *resolver_trace(const struct resolver *r);

#endif
