/* resolver.c - see resolver.h.  Names are told apart as typed: a base58 peer id has no lower
 * case. */
#include "name/resolver.h"

#include <stdio.h>
#include <stdlib.h>
#define HASH_NONFATAL_OOM 1
#include <uthash.h>
#include <utlist.h>

#include "base/clock.h"
#include "base/err.h"

#define TIERS_MAX 16
#define CACHE_MAX 1024 /* names; the oldest one makes room */

struct tier {
    const struct tier_ops *ops;
    void *arg;
};

struct resolver_req { /* one who waits */
    struct resolver_req *prev, *next;
    struct lookup *lookup;
    resolver_done_fn *done;
    void *arg;
};

struct tier_query { /* what a tier holds of a lookup */
    struct lookup *lookup;
};

struct lookup { /* a name on its way through the tiers */
    struct resolver *r;
    struct name name;
    size_t tier;         /* the one that is asked; ntiers: all have been */
    bool is_asking;      /* inside its lookup(): the answer comes from within */
    bool is_answered;    /* by that tier */
    unsigned generation; /* of the resolver when it began */
    int err;             /* GW_ENONAME until a tier knows it */
    struct name_answer answer;
    char trail[RESOLVER_TRAIL_MAX];
    struct tier_query query;
    struct resolver_req *waiting;
    ev_timer deadline;
    UT_hash_handle by_name;
};

struct cached {
    char name[NAME_MAX_OCTETS + 1];
    uint64_t expires_ms;
    struct name_answer answer;
    UT_hash_handle by_name; /* in the order of adding */
};

struct resolver {
    struct ev_loop *loop;
    uint64_t timeout_ms;
    struct tier tiers[TIERS_MAX];
    size_t ntiers;
    unsigned generation; /* counts the flushes */
    struct lookup *lookups;
    struct cached *cache;
};

static void cache_drop(struct resolver *r, struct cached *c)
{
    HASH_DELETE(by_name, r->cache, c);
    free(c);
}

/* The answer cached for a name; NULL when there is none, or it is too old. */
static const struct name_answer *cache_find(struct resolver *r, const struct name *n)
{
    struct cached *c;
    HASH_FIND(by_name, r->cache, n->raw, strlen(n->raw), c);
    if (c && clock_mono_ms() < c->expires_ms)
        return &c->answer;
    if (c)
        cache_drop(r, c);
    return NULL;
}

/* Without memory the answer is merely not kept. */
static void cache_add(struct resolver *r, const struct name *n, const struct name_answer *a)
{
    struct cached *c = malloc(sizeof *c);
    if (!c)
        return;
    if (HASH_CNT(by_name, r->cache) >= CACHE_MAX)
        cache_drop(r, r->cache);
    memcpy(c->name, n->raw, sizeof c->name);
    c->expires_ms = clock_mono_ms() + a->ttl_ms;
    c->answer = *a;
    HASH_ADD(by_name, r->cache, name, strlen(c->name), c);
    if (!c->by_name.tbl)
        free(c);
}

static void trail_add(struct lookup *l, const char *tier, const char *why)
{
    size_t n = strlen(l->trail);
    snprintf(l->trail + n, sizeof l->trail - n, "%s%s: %s", n ? "; " : "", tier, why);
}

static void lookup_free(struct lookup *l)
{
    HASH_DELETE(by_name, l->r->lookups, l);
    ev_timer_stop(l->r->loop, &l->deadline);
    free(l);
}

/* Tells the tier that is asked that nobody waits for it any more. */
static void tier_cancel(struct lookup *l)
{
    const struct tier *t = &l->r->tiers[l->tier];
    if (l->tier < l->r->ntiers && t->ops->cancel)
        t->ops->cancel(t->arg, &l->query);
}

/* Asks one tier after the other.  True when the lookup has ended, false when a tier will answer
 * later. */
static bool ask(struct lookup *l)
{
    const struct resolver *r = l->r;
    while (l->err && l->tier < r->ntiers) {
        l->is_answered = false;
        l->is_asking = true;
        r->tiers[l->tier].ops->lookup(r->tiers[l->tier].arg, &l->name, &l->query);
        l->is_asking = false;
        if (!l->is_answered)
            return false;
    }
    return true;
}

/* Tells all who wait.  They may start lookups and cancel others of their kind meanwhile. */
static void finish(struct lookup *l)
{
    struct resolver_req *q;
    struct resolver *r = l->r;

    HASH_DELETE(by_name, r->lookups, l);
    ev_timer_stop(r->loop, &l->deadline);
    if (!l->err && l->answer.ttl_ms && l->generation == r->generation)
        cache_add(r, &l->name, &l->answer);
    l->tier = r->ntiers;
    while ((q = l->waiting) != NULL) {
        DL_DELETE(l->waiting, q);
        q->done(q->arg, l->err, l->err ? NULL : &l->answer, l->trail);
        free(q);
    }
    free(l);
}

void tier_answer(struct tier_query *q, int err, const struct name_answer *a, const char *why)
{
    struct lookup *l = q->lookup;
    const char *tier = l->r->tiers[l->tier].ops->name;

    if (!err)
        l->answer = *a;
    else if (err != GW_EUNSUP)
        trail_add(l, tier, why && *why ? why : gw_strerror(err));
    l->err = err ? GW_ENONAME : 0;
    l->is_answered = true;
    l->tier++;
    if (!l->is_asking && ask(l))
        finish(l);
}

static void on_deadline(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct lookup *l = w->data;
    (void)loop;
    (void)revents;
    tier_cancel(l);
    trail_add(l, l->r->tiers[l->tier].ops->name, "no answer in time");
    l->err = GW_ETIMEOUT;
    finish(l);
}

struct resolver *resolver_new(struct ev_loop *loop, uint64_t timeout_ms)
{
    struct resolver *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    r->loop = loop;
    r->timeout_ms = timeout_ms;
    return r;
}

void resolver_free(struct resolver *r)
{
    struct lookup *l, *next;
    struct resolver_req *q, *next_req;
    if (!r)
        return;
    HASH_ITER (by_name, r->lookups, l, next) {
        tier_cancel(l);
        DL_FOREACH_SAFE (l->waiting, q, next_req)
            free(q);
        lookup_free(l);
    }
    resolver_flush(r);
    free(r);
}

int resolver_add_tier(struct resolver *r, const struct tier_ops *ops, void *tier)
{
    if (r->ntiers == TIERS_MAX)
        return GW_ELIMIT;
    r->tiers[r->ntiers++] = (struct tier){ ops, tier };
    return 0;
}

void resolver_domains(struct resolver *r, void (*each)(void *arg, const char *domain), void *arg)
{
    for (size_t i = 0; i < r->ntiers; i++)
        if (r->tiers[i].ops->domains)
            r->tiers[i].ops->domains(r->tiers[i].arg, each, arg);
}

const char *resolver_name_of(struct resolver *r, const struct peerid *peer)
{
    const char *name = NULL;

    for (size_t i = 0; i < r->ntiers && !name; i++)
        if (r->tiers[i].ops->name_of)
            name = r->tiers[i].ops->name_of(r->tiers[i].arg, peer);
    return name;
}

void resolver_flush(struct resolver *r)
{
    r->generation++;
    while (r->cache)
        cache_drop(r, r->cache);
}

static struct lookup *lookup_new(struct resolver *r, const struct name *n)
{
    struct lookup *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    l->r = r;
    l->name = *n;
    l->err = GW_ENONAME;
    l->generation = r->generation;
    l->query.lookup = l;
    HASH_ADD(by_name, r->lookups, name.raw, strlen(l->name.raw), l);
    if (!l->by_name.tbl) {
        free(l);
        return NULL;
    }
    ev_timer_init(&l->deadline, on_deadline, (double)r->timeout_ms / 1e3, 0.);
    l->deadline.data = l;
    return l;
}

struct resolver_req *resolver_lookup(struct resolver *r, const char *host, resolver_done_fn *done,
                                     void *arg)
{
    struct name n;
    if (name_parse(bytes_of(host), &n) != 0) {
        done(arg, GW_ESYNTAX, NULL, "not a host name");
        return NULL;
    }
    const struct name_answer *hit = cache_find(r, &n);
    if (hit) {
        struct name_answer a = *hit; /* done may flush */
        done(arg, 0, &a, "");
        return NULL;
    }
    struct lookup *l;
    HASH_FIND(by_name, r->lookups, n.raw, strlen(n.raw), l);
    bool is_new = !l;
    if (is_new)
        l = lookup_new(r, &n);
    struct resolver_req *q = malloc(sizeof *q);
    if (!q || !l) {
        if (l && is_new)
            lookup_free(l);
        free(q);
        done(arg, GW_ENOMEM, NULL, "");
        return NULL;
    }
    *q = (struct resolver_req){ .lookup = l, .done = done, .arg = arg };
    DL_APPEND(l->waiting, q);
    if (!is_new)
        return q;
    if (ask(l)) {
        finish(l);
        return NULL;
    }
    ev_timer_start(r->loop, &l->deadline);
    return q;
}

void resolver_cancel(struct resolver_req *q)
{
    struct lookup *l = q->lookup;
    DL_DELETE(l->waiting, q);
    free(q);
    if (l->waiting || l->tier == l->r->ntiers)
        return; /* others wait, or finish() is at it */
    tier_cancel(l);
    lookup_free(l);
}
