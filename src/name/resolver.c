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
#include "name/cache_file.h"
#include "net/timer.h"

#define LOST_MAX 64 /* peers not reached lately; the oldest makes room */

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
    struct name asked;   /* what tiers are asked for: the name, or the id of the peer it is */
    bool wants_place;    /* who it is has been answered, and where is to be */
    size_t tier;         /* the one that is asked; ntiers: all have been */
    bool is_asking;      /* inside its lookup(): the answer comes from within */
    bool is_answered;    /* by that tier */
    bool is_last_wait;   /* the deadline is that of the whole lookup */
    bool is_late;        /* it has passed */
    unsigned generation; /* of the resolver when it began */
    int err;             /* GW_ENONAME until a tier knows who it is */
    uint64_t start_ns, asked_ns;
    struct name_answer answer;
    size_t answered; /* the tier that answered last */
    struct resolver_trace trace;
    struct tier_query query;
    struct resolver_req *waiting;
    struct timer deadline;
    UT_hash_handle by_name;
};

struct resolver {
    struct ev_loop *loop;
    uint64_t timeout_ms, ttl_ms;
    struct tier tiers[RESOLVER_TIERS_MAX];
    size_t ntiers;
    unsigned generation; /* counts the flushes */
    struct lookup *lookups;
    resolver_placed_fn *is_placed;
    void *placed_arg;
    struct peerid lost[LOST_MAX]; /* that were not reached, a ring */
    size_t nlost;
    struct resolver_cache *cache;
    const struct resolver_trace *trace; /* inside a done */
    struct cache_file *file;            /* of the cache; NULL: not kept */
};

/* ---- the trace ---- */

static uint64_t us_since(uint64_t start_ns)
{
    return (clock_mono_ns() - start_ns) / 1000;
}

static void note(struct lookup *l, enum resolver_asked asked, const char *why)
{
    struct resolver_step *step = &l->trace.steps[l->tier];

    step->asked = asked;
    step->took_us = us_since(l->asked_ns);
    snprintf(step->why, sizeof step->why, "%s", why ? why : "");
}

static void name_steps(const struct resolver *r, struct resolver_trace *t)
{
    t->nsteps = r->ntiers;
    for (size_t i = 0; i < r->ntiers; i++) {
        t->steps[i].tier = r->tiers[i].ops->name;
        t->steps[i].asked = RESOLVER_NOT_ASKED;
        t->steps[i].why[0] = '\0';
        t->steps[i].took_us = 0;
    }
}

static void print_trail(const struct resolver_trace *t, char out[RESOLVER_TRAIL_MAX])
{
    size_t n = 0;

    out[0] = '\0';
    for (size_t i = 0; i < t->nsteps && n < RESOLVER_TRAIL_MAX; i++) {
        const struct resolver_step *s = &t->steps[i];
        if (s->asked == RESOLVER_FAILED || s->asked == RESOLVER_SILENT)
            n += (size_t)snprintf(out + n, RESOLVER_TRAIL_MAX - n, "%s%s: %s", n ? "; " : "",
                                  s->tier, s->why);
    }
}

/* ---- a lookup ---- */

static void lookup_free(struct lookup *l)
{
    HASH_DELETE(by_name, l->r->lookups, l);
    timer_stop(&l->deadline);
    free(l);
}

/* Tells the tier that is asked that nobody waits for it any more. */
static void tier_cancel(struct lookup *l)
{
    const struct tier *t = &l->r->tiers[l->tier];
    if (l->tier < l->r->ntiers && t->ops->cancel)
        t->ops->cancel(t->arg, &l->query);
}

static void await(struct lookup *l)
{
    const struct resolver *r = l->r;
    uint64_t spent_ms = us_since(l->start_ns) / 1000, own_ms = r->tiers[l->tier].ops->timeout_ms;
    uint64_t left_ms = spent_ms < r->timeout_ms ? r->timeout_ms - spent_ms : 0;

    l->is_last_wait = !own_ms || own_ms >= left_ms;
    ev_now_update(r->loop);
    timer_start(&l->deadline, l->is_last_wait ? left_ms : own_ms);
}

/* Asks one tier after the other.  True when the lookup has ended, false when a tier will answer
 * later. */
static bool ask(struct lookup *l)
{
    const struct resolver *r = l->r;
    while ((l->err || l->wants_place) && l->tier < r->ntiers) {
        const struct tier *t = &r->tiers[l->tier];
        if (l->is_late && t->ops->cancel) {
            l->tier++;
            continue;
        }
        l->is_answered = false;
        l->is_asking = true;
        l->asked_ns = clock_mono_ns();
        t->ops->lookup(t->arg, &l->asked, &l->query);
        l->is_asking = false;
        if (!l->is_answered) {
            await(l);
            return false;
        }
    }
    return true;
}

static void keep(struct lookup *l)
{
    struct resolver *r = l->r;
    const struct resolver_step *step = &l->trace.steps[l->answered];

    if (l->err || !l->answer.ttl_ms || l->generation != r->generation)
        return;
    resolver_cache_add(r->cache, l->name.raw, &l->answer, step->why, clock_wall_ms());
    l->trace.left_ms = l->answer.ttl_ms;
    cache_file_changed(r->file);
}

/* Tells all who wait.  They may start lookups and cancel others of their kind meanwhile. */
static void finish(struct lookup *l)
{
    struct resolver_req *q;
    struct resolver *r = l->r;
    const struct resolver_trace *outer = r->trace;
    char trail[RESOLVER_TRAIL_MAX];

    HASH_DELETE(by_name, r->lookups, l);
    keep(l);
    l->tier = r->ntiers;
    l->trace.took_us = us_since(l->start_ns);
    print_trail(&l->trace, trail);
    if (l->err && l->is_late)
        l->err = GW_ETIMEOUT;
    while ((q = l->waiting) != NULL) {
        DL_DELETE(l->waiting, q);
        r->trace = &l->trace;
        q->done(q->arg, l->err, l->err ? NULL : &l->answer, trail);
        free(q);
    }
    r->trace = outer;
    free(l);
}

/* ---- who, and where ---- */

static struct peerid *find_lost(struct resolver *r, const struct peerid *peer)
{
    for (size_t i = 0; i < LOST_MAX; i++)
        if (peerid_eq(&r->lost[i], peer))
            return &r->lost[i];
    return NULL;
}

/* One that was not reached lately may be elsewhere by now, whatever is known; unless it is there
 * again. */
static bool has_place(struct resolver *r, const struct name_answer *a)
{
    struct peerid *lost = find_lost(r, &a->peer);

    if (!r->is_placed)
        return true;
    if (!lost)
        return a->naddrs || r->is_placed(r->placed_arg, &a->peer, false);
    if (!r->is_placed(r->placed_arg, &a->peer, true))
        return false;
    *lost = (struct peerid){ 0 };
    return true;
}

static void take_who(struct lookup *l, const struct name_answer *a)
{
    char id[PEERID_STR_MAX];

    l->answer = *a;
    if (!a->tier)
        l->answer.tier = l->r->tiers[l->tier].ops->name;
    l->wants_place = !has_place(l->r, a) &&
                     name_parse(bytes_of(peerid_print(&a->peer, id)), &l->asked) == 0;
}

static void add_addr(struct name_answer *a, const struct multiaddr *addr)
{
    if (a->naddrs < RESOLVER_ADDRS_MAX && !multiaddr_is_among(addr, a->addrs, a->naddrs))
        a->addrs[a->naddrs++] = *addr;
}

static void take_where(struct lookup *l, const struct name_answer *a)
{
    struct peerid *lost = find_lost(l->r, &a->peer);

    if (!peerid_eq(&a->peer, &l->answer.peer))
        return;
    if (lost)
        *lost = (struct peerid){ 0 };
    for (size_t i = 0; i < a->naddrs; i++)
        add_addr(&l->answer, &a->addrs[i]);
    l->answer.ttl_ms = a->ttl_ms;
    l->wants_place = false;
}

static void take_answer(struct lookup *l, const struct name_answer *a)
{
    l->answered = l->tier;
    if (l->wants_place)
        take_where(l, a);
    else
        take_who(l, a);
    if (l->answer.ttl_ms == RESOLVER_TTL_DEFAULT)
        l->answer.ttl_ms = l->r->ttl_ms;
    if (l->answer.ttl_ms > RESOLVER_TTL_MAX_MS)
        l->answer.ttl_ms = RESOLVER_TTL_MAX_MS;
}

void tier_answer(struct tier_query *q, int err, const struct name_answer *a, const char *why)
{
    struct lookup *l = q->lookup;
    bool has_who = !l->err;

    timer_stop(&l->deadline);
    if (!err && l->wants_place && !a->naddrs) {
        err = GW_ENONAME;
        why = "no address";
    }
    if (!err) {
        take_answer(l, a);
        note(l, RESOLVER_ANSWERED, why);
    } else if (err == GW_EUNSUP)
        note(l, RESOLVER_NOT_ITS, why);
    else
        note(l, RESOLVER_FAILED, why && *why ? why : gw_strerror(err));
    l->err = err && !has_who ? GW_ENONAME : 0;
    l->is_answered = true;
    l->tier++;
    if (!l->is_asking && ask(l))
        finish(l);
}

static void on_deadline(void *arg)
{
    struct lookup *l = arg;

    tier_cancel(l);
    note(l, RESOLVER_SILENT, "no answer in time");
    l->is_late = l->is_last_wait;
    l->tier++;
    if (ask(l))
        finish(l);
}

/* ---- the resolver ---- */

struct resolver *resolver_new(struct ev_loop *loop, uint64_t timeout_ms)
{
    struct resolver *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    r->cache = resolver_cache_new();
    if (!r->cache) {
        free(r);
        return NULL;
    }
    r->loop = loop;
    r->timeout_ms = timeout_ms;
    r->ttl_ms = RESOLVER_TTL_MS;
    return r;
}

void resolver_stop(struct resolver *r)
{
    struct lookup *l, *next;
    struct resolver_req *q, *next_req;

    HASH_ITER (by_name, r->lookups, l, next) {
        tier_cancel(l);
        DL_FOREACH_SAFE (l->waiting, q, next_req)
            free(q);
        lookup_free(l);
    }
    r->ntiers = 0;
}

void resolver_free(struct resolver *r)
{
    if (!r)
        return;
    resolver_stop(r);
    cache_file_close(r->file);
    resolver_cache_free(r->cache);
    free(r);
}

int resolver_add_tier(struct resolver *r, const struct tier_ops *ops, void *tier)
{
    if (r->ntiers == RESOLVER_TIERS_MAX)
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

void resolver_set_ttl(struct resolver *r, uint64_t ttl_ms)
{
    r->ttl_ms = ttl_ms;
}

void resolver_flush(struct resolver *r)
{
    r->generation++;
    if (resolver_cache_count(r->cache))
        cache_file_changed(r->file);
    resolver_cache_clear(r->cache);
}

void resolver_forget(struct resolver *r, const struct peerid *peer)
{
    if (!find_lost(r, peer))
        r->lost[r->nlost++ % LOST_MAX] = *peer;
    if (resolver_cache_forget(r->cache, peer))
        cache_file_changed(r->file);
}

void resolver_set_placed(struct resolver *r, resolver_placed_fn *is_placed, void *arg)
{
    r->is_placed = is_placed;
    r->placed_arg = arg;
}

int resolver_keep(struct resolver *r, const char *path)
{
    const char *tiers[RESOLVER_TIERS_MAX];

    for (size_t i = 0; i < r->ntiers; i++)
        tiers[i] = r->tiers[i].ops->name;
    r->file = cache_file_open(r->loop, r->cache, path, RESOLVER_SAVE_S * 1000, tiers, r->ntiers);
    return r->file ? 0 : GW_ENOMEM;
}

/* Answers from the cache, if it can. */
static bool answer_kept(struct resolver *r, const struct name *n, uint64_t start_ns,
                        resolver_done_fn *done, void *arg)
{
    uint64_t now_ms = clock_wall_ms();
    const struct resolver_cached *hit = resolver_cache_find(r->cache, n->raw, now_ms);
    const struct resolver_trace *outer = r->trace;
    struct resolver_trace trace;

    if (!hit)
        return false;
    struct name_answer a = hit->answer; /* done may flush */
    name_steps(r, &trace);
    for (size_t i = 0; i < trace.nsteps; i++)
        if (strcmp(trace.steps[i].tier, a.tier) == 0)
            memcpy(trace.steps[i].why, hit->remark, sizeof hit->remark);
    trace.source = hit->is_from_disk ? RESOLVER_FROM_DISK : RESOLVER_FROM_MEMORY;
    trace.left_ms = hit->expires_ms - now_ms;
    trace.took_us = us_since(start_ns);
    r->trace = &trace;
    done(arg, 0, &a, "");
    r->trace = outer;
    return true;
}

static struct lookup *lookup_new(struct resolver *r, const struct name *n, uint64_t start_ns)
{
    struct lookup *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    l->r = r;
    l->name = l->asked = *n;
    l->err = GW_ENONAME;
    l->generation = r->generation;
    l->start_ns = start_ns;
    l->query.lookup = l;
    name_steps(r, &l->trace);
    HASH_ADD(by_name, r->lookups, name.raw, strlen(l->name.raw), l);
    if (!l->by_name.tbl) {
        free(l);
        return NULL;
    }
    timer_init(&l->deadline, l->r->loop, on_deadline, l);
    return l;
}

/* There is no lookup that could fail. */
static void refuse(struct resolver *r, int err, const char *why, resolver_done_fn *done, void *arg)
{
    const struct resolver_trace *outer = r->trace;

    r->trace = NULL;
    done(arg, err, NULL, why);
    r->trace = outer;
}

struct resolver_req *resolver_lookup(struct resolver *r, const char *host, resolver_done_fn *done,
                                     void *arg)
{
    uint64_t start_ns = clock_mono_ns();
    struct name n;
    if (name_parse(bytes_of(host), &n) != 0) {
        refuse(r, GW_ESYNTAX, "not a host name", done, arg);
        return NULL;
    }
    if (answer_kept(r, &n, start_ns, done, arg))
        return NULL;
    struct lookup *l;
    HASH_FIND(by_name, r->lookups, n.raw, strlen(n.raw), l);
    bool is_new = !l;
    if (is_new)
        l = lookup_new(r, &n, start_ns);
    struct resolver_req *q = malloc(sizeof *q);
    if (!q || !l) {
        if (l && is_new)
            lookup_free(l);
        free(q);
        refuse(r, GW_ENOMEM, "", done, arg);
        return NULL;
    }
    *q = (struct resolver_req){ .lookup = l, .done = done, .arg = arg };
    DL_APPEND(l->waiting, q);
    if (!is_new)
        return q;
    if (!ask(l))
        return q;
    finish(l);
    return NULL;
}

void resolver_cancel(struct resolver_req *q)
{
    struct lookup *l;

    if (!q)
        return;
    l = q->lookup;
    DL_DELETE(l->waiting, q);
    free(q);
    if (l->waiting || l->tier == l->r->ntiers)
        return; /* others wait, or finish() is at it */
    tier_cancel(l);
    lookup_free(l);
}

const struct resolver_trace *resolver_trace(const struct resolver *r)
{
    return r->trace;
}
