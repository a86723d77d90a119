/* kad_lookup.c - see kad_lookup.h. */
#include "p2p/kad_lookup.h"

#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>
#include <utlist.h>

#define TELLERS_MAX 3 /* of one peer to one path; more are not noted */

enum node_state {
    NODE_WAITS,
    NODE_ASKED,
    NODE_SLOW, /* asked, but an answer is hardly expected any more */
    NODE_ANSWERED,
    NODE_FAILED,
    NODE_STATES,
};

struct node { /* a peer, whichever paths know it */
    struct kad_contact c;
    struct multiaddr addrs[KAD_ADDRS_MAX];
    enum node_state state;
    uint64_t asked_ms;
    struct path *by;            /* that asked it */
    unsigned hops;              /* from a seed, by way of who told it first */
    unsigned told[NODE_STATES]; /* of those that it told of (some may be forgotten that wait) */
    unsigned known;             /* paths that know it */
    struct node *prev, *next;
    UT_hash_handle by_peer;
};

struct candidate { /* a peer as one path knows it */
    struct node *node;
    struct node *tellers[TELLERS_MAX];
    unsigned ntellers; /* 0: a seed */
};

struct path {
    struct candidate v[KAD_KNOWN_MAX]; /* the nearest first */
    size_t n;
    unsigned asked, open; /* open: under way, and not slow */
};

struct kad_lookup {
    struct kad_id target;
    struct peerid self;
    struct kad_lookup_config cfg;
    struct node *nodes;     /* by peer */
    struct node *under_way; /* the first asked first */
    unsigned seeds;
    struct kad_lookup_stats stats;
    struct path paths[];
};

struct kad_lookup *kad_lookup_new(const struct kad_id *target, const struct peerid *self,
                                  const struct kad_lookup_config *cfg)
{
    struct kad_lookup *l = calloc(1, sizeof *l + cfg->paths * sizeof l->paths[0]);
    if (!l)
        return NULL;
    l->target = *target;
    l->self = *self;
    l->cfg = *cfg;
    if (!cfg->max_asked || cfg->max_asked > KAD_ASKED_MAX)
        l->cfg.max_asked = KAD_ASKED_MAX;
    return l;
}

void kad_lookup_free(struct kad_lookup *l)
{
    struct node *n, *next;

    if (!l)
        return;
    HASH_ITER (by_peer, l->nodes, n, next) {
        HASH_DELETE(by_peer, l->nodes, n);
        free(n);
    }
    free(l);
}

/* ---- nodes ---- */

static struct node *find(const struct kad_lookup *l, const struct peerid *peer)
{
    struct node *n;
    HASH_FIND(by_peer, l->nodes, peer, sizeof *peer, n);
    return n;
}

static struct node *add_node(struct kad_lookup *l, const struct kad_contact *c, unsigned hops)
{
    struct node *n = calloc(1, sizeof *n);
    if (!n)
        return NULL;
    n->c = (struct kad_contact){ .peer = c->peer, .id = c->id, .addrs = n->addrs };
    n->hops = hops;
    HASH_ADD(by_peer, l->nodes, c.peer, sizeof n->c.peer, n);
    if (n->by_peer.tbl)
        return n;
    free(n);
    return NULL;
}

static void drop_if_unknown(struct kad_lookup *l, struct node *n)
{
    if (n->known)
        return;
    HASH_DELETE(by_peer, l->nodes, n);
    free(n);
}

/* When there is no room, one takes the last place: what was told first stays in part. */
static void merge_addrs(struct node *n, const struct kad_contact *c)
{
    bool is_full = false;

    for (size_t i = 0; i < c->naddrs && !is_full; i++) {
        if (multiaddr_is_among(&c->addrs[i], n->addrs, n->c.naddrs))
            continue;
        is_full = n->c.naddrs == KAD_ADDRS_MAX;
        n->c.naddrs += !is_full;
        n->addrs[n->c.naddrs - 1] = c->addrs[i];
    }
}

/* ---- candidates of a path ---- */

/* Where a peer of this id stands, or would. */
static size_t place(const struct kad_lookup *l, const struct path *p, const struct kad_id *id)
{
    size_t low = 0, high = p->n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (kad_id_cmp(&l->target, &p->v[mid].node->c.id, id) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static struct candidate *candidate_of(const struct kad_lookup *l, struct path *p,
                                      const struct node *n)
{
    size_t at = place(l, p, &n->c.id);
    return at < p->n && p->v[at].node == n ? &p->v[at] : NULL;
}

static bool is_silent(const struct node *n)
{
    return n->state == NODE_SLOW || n->state == NODE_FAILED;
}

static bool is_under_way(const struct node *n)
{
    return n->state == NODE_ASKED || n->state == NODE_SLOW;
}

static bool is_liar(const struct node *teller)
{
    return teller->told[NODE_SLOW] + teller->told[NODE_FAILED] >=
           teller->told[NODE_ANSWERED] + KAD_DOUBT;
}

/* Only those tell of it who told of silent ones, and it has not answered either. */
static bool is_doubted(const struct candidate *c)
{
    if (!c->ntellers || c->node->state == NODE_ANSWERED)
        return false;
    for (unsigned i = 0; i < c->ntellers; i++)
        if (!is_liar(c->tellers[i]))
            return false;
    return true;
}

static void remove_at(struct kad_lookup *l, struct path *p, size_t at)
{
    struct node *n = p->v[at].node;

    memmove(&p->v[at], &p->v[at + 1], (p->n - at - 1) * sizeof p->v[0]);
    p->n--;
    n->known--;
    drop_if_unknown(l, n);
}

/* Room for one that would stand at `at`: the furthest of the doubted that wait goes, else the
 * furthest that waits, if it is further. */
static bool make_room(struct kad_lookup *l, struct path *p, size_t *at)
{
    size_t worst = p->n;
    bool is_worst_doubted = false;

    if (p->n < KAD_KNOWN_MAX)
        return true;
    for (size_t i = p->n; i-- > 0 && !is_worst_doubted;) {
        if (p->v[i].node->state != NODE_WAITS)
            continue;
        is_worst_doubted = is_doubted(&p->v[i]);
        if (is_worst_doubted || worst == p->n)
            worst = i;
    }
    if (worst == p->n || (!is_worst_doubted && worst < *at))
        return false;
    remove_at(l, p, worst);
    if (worst < *at)
        --*at;
    return true;
}

static void note_teller(struct candidate *c, struct node *teller)
{
    if (c->ntellers == TELLERS_MAX)
        return;
    for (unsigned i = 0; i < c->ntellers; i++)
        if (c->tellers[i] == teller)
            return;
    c->tellers[c->ntellers++] = teller;
    teller->told[c->node->state]++;
}

static struct candidate *add_candidate(struct kad_lookup *l, struct path *p, struct node *n)
{
    size_t at = place(l, p, &n->c.id);

    if (!make_room(l, p, &at))
        return NULL;
    memmove(&p->v[at + 1], &p->v[at], (p->n - at) * sizeof p->v[0]);
    p->n++;
    n->known++;
    p->v[at] = (struct candidate){ .node = n };
    return &p->v[at];
}

/* `teller`: NULL for a seed. */
static void learn(struct kad_lookup *l, struct path *p, const struct kad_contact *c,
                  struct node *teller)
{
    struct node *n = find(l, &c->peer);
    struct candidate *known;

    if (peerid_eq(&c->peer, &l->self))
        return;
    if (!n && !(n = add_node(l, c, teller ? teller->hops + 1 : 1)))
        return;
    if (n->state == NODE_WAITS)
        merge_addrs(n, c);
    known = candidate_of(l, p, n);
    if (known && !known->ntellers)
        return; /* a seed stays one */
    if (!known && !(known = add_candidate(l, p, n))) {
        drop_if_unknown(l, n);
        return;
    }
    if (teller)
        note_teller(known, teller);
}

void kad_lookup_seed(struct kad_lookup *l, const struct kad_contact *c, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!find(l, &c[i].peer))
            learn(l, &l->paths[l->seeds++ % l->cfg.paths], &c[i], NULL);
}

/* ---- asking ---- */

struct view {          /* what a path has before it */
    struct node *next; /* to be asked */
    bool is_under_way; /* somebody is waited for */
};

static unsigned share(const struct kad_lookup *l)
{
    unsigned paths = l->seeds < l->cfg.paths ? l->seeds : l->cfg.paths;
    return (l->cfg.max_asked + paths - 1) / paths;
}

/* Among the k nearest that are not silent.  When there are not so many, the doubted count, too, and
 * the slow are waited for. */
static struct view look(const struct kad_lookup *l, const struct path *p)
{
    struct view good = { 0 }, last = { 0 };
    unsigned k = 0;

    for (size_t i = 0; i < p->n && k < l->cfg.k; i++) {
        struct node *n = p->v[i].node;
        struct view *v = is_doubted(&p->v[i]) ? &last : &good;
        if (is_silent(n)) {
            last.is_under_way |= n->state == NODE_SLOW;
            continue;
        }
        if (v == &good)
            k++;
        if (n->state == NODE_ASKED)
            v->is_under_way = true;
        else if (n->state == NODE_WAITS && !v->next && p->asked < share(l))
            v->next = n;
    }
    return k >= l->cfg.k || good.next || good.is_under_way ? good : last;
}

/* Who told of it, on whatever path, is judged by it. */
static void enter(struct kad_lookup *l, struct node *n, enum node_state state)
{
    for (unsigned i = 0; i < l->cfg.paths; i++) {
        const struct candidate *c = candidate_of(l, &l->paths[i], n);
        for (unsigned j = 0; c && j < c->ntellers; j++) {
            c->tellers[j]->told[n->state]--;
            c->tellers[j]->told[state]++;
        }
    }
    n->by->open -= n->state == NODE_ASKED;
    n->by->open += state == NODE_ASKED;
    n->state = state;
}

bool kad_lookup_next(struct kad_lookup *l, uint64_t now_ms, struct kad_contact *out)
{
    for (unsigned i = 0; i < l->cfg.paths; i++) {
        struct path *p = &l->paths[i];
        struct node *n = p->open < l->cfg.alpha ? look(l, p).next : NULL;
        if (!n)
            continue;
        n->asked_ms = now_ms;
        n->by = p;
        enter(l, n, NODE_ASKED);
        DL_APPEND(l->under_way, n);
        p->asked++;
        l->stats.asked++;
        *out = n->c;
        return true;
    }
    return false;
}

void kad_lookup_answer(struct kad_lookup *l, const struct peerid *from,
                       const struct kad_contact *closer, size_t n)
{
    struct node *teller = find(l, from);

    if (!teller || !is_under_way(teller))
        return;
    DL_DELETE(l->under_way, teller);
    enter(l, teller, NODE_ANSWERED);
    l->stats.answered++;
    for (size_t i = 0; i < n && i < KAD_K; i++)
        learn(l, teller->by, &closer[i], teller);
}

static void fail(struct kad_lookup *l, struct node *n)
{
    DL_DELETE(l->under_way, n);
    enter(l, n, NODE_FAILED);
    l->stats.failed++;
}

void kad_lookup_failed(struct kad_lookup *l, const struct peerid *from)
{
    struct node *n = find(l, from);
    if (n && is_under_way(n))
        fail(l, n);
}

static uint64_t slow_at(const struct kad_lookup *l, const struct node *n)
{
    return n->asked_ms + l->cfg.answer_ms / KAD_SLOW;
}

static uint64_t overdue_at(const struct kad_lookup *l, const struct node *n)
{
    return n->asked_ms + l->cfg.answer_ms;
}

void kad_lookup_tick(struct kad_lookup *l, uint64_t now_ms,
                     void (*late)(void *arg, const struct peerid *peer), void *arg)
{
    struct node *n, *next;

    DL_FOREACH_SAFE (l->under_way, n, next) {
        if (now_ms < slow_at(l, n))
            return;
        if (n->state == NODE_ASKED)
            enter(l, n, NODE_SLOW);
        if (now_ms < overdue_at(l, n))
            continue;
        fail(l, n);
        if (late)
            late(arg, &n->c.peer);
    }
}

uint64_t kad_lookup_due(const struct kad_lookup *l)
{
    uint64_t due = l->under_way ? overdue_at(l, l->under_way) : UINT64_MAX;
    const struct node *n;

    DL_FOREACH (l->under_way, n)
        if (n->state == NODE_ASKED)
            return due < slow_at(l, n) ? due : slow_at(l, n);
    return due;
}

bool kad_lookup_is_done(const struct kad_lookup *l)
{
    for (unsigned i = 0; i < l->cfg.paths; i++) {
        struct view v = look(l, &l->paths[i]);
        if (v.next || v.is_under_way)
            return false;
    }
    return true;
}

/* ---- what came of it ---- */

size_t kad_lookup_nearest(const struct kad_lookup *l, struct kad_contact *out, size_t max)
{
    const struct node *node, *next;
    size_t n = 0, at;

    max = max < l->cfg.k ? max : l->cfg.k;
    HASH_ITER (by_peer, l->nodes, node, next) {
        if (node->state != NODE_ANSWERED)
            continue;
        for (at = n; at > 0 && kad_id_cmp(&l->target, &node->c.id, &out[at - 1].id) < 0; at--)
            if (at < max)
                out[at] = out[at - 1];
        if (at < max)
            out[at] = node->c;
        n += n < max;
    }
    return n;
}

void kad_lookup_stats(const struct kad_lookup *l, struct kad_lookup_stats *out)
{
    struct kad_contact nearest[KAD_K];
    size_t n = kad_lookup_nearest(l, nearest, KAD_K);

    *out = l->stats;
    for (size_t i = 0; i < n; i++) {
        unsigned hops = kad_lookup_hops(l, &nearest[i].peer);
        out->hops = out->hops < hops ? hops : out->hops;
    }
}

unsigned kad_lookup_hops(const struct kad_lookup *l, const struct peerid *peer)
{
    const struct node *n = find(l, peer);
    return n ? n->hops : 0;
}
