/* kad_table.c - see kad_table.h.
 *
 * The contacts of a bucket are one array that grows with them: most buckets of a table stay empty,
 * and the full ones are few.  It is kept in the order in which they were heard from.
 */
#include "p2p/kad_table.h"

#include <stdlib.h>

#include "net/addr_scope.h"

#define BUCKET_ROOM_FIRST 5 /* contacts; doubled up to KAD_K */

enum { CODE_IP4 = 4, CODE_IP6 = 41 }; /* multiaddr protocols */

struct entry {
    struct kad_contact c; /* c.addrs is owned; NULL when there are none */
    uint64_t heard_ms;
    uint64_t group; /* 0: counted in none */
    unsigned failures;
};

struct bucket {
    struct entry *v; /* heard from longest ago first */
    uint8_t n, room;
    uint64_t stale_ms; /* 1 ms after its last refresh; 0: it had none */
};

struct kad_table {
    struct kad_id self;
    size_t n;                               /* contacts in all */
    struct bucket buckets[KAD_ID_BITS + 1]; /* by the bits shared; the last, our own, stays empty */
};

/* ---- IP groups ---- */

static uint64_t group_of(const struct kad_contact *c)
{
    struct ipaddr ip;

    for (size_t i = 0; i < c->naddrs && i < KAD_ADDRS_MAX; i++) {
        if (!multiaddr_ip(&c->addrs[i], &ip) || addr_scope_of_ip(&ip) != ADDR_SCOPE_WORLD)
            continue;
        struct rd r = rd_init((struct bytes){ ip.b, sizeof ip.b });
        return (uint64_t)ip.family << 32 | (ip.family == 4 ? rd_u16(&r) : rd_u32(&r));
    }
    return 0;
}

static unsigned count_group(const struct bucket *b, uint64_t group)
{
    unsigned n = 0;
    for (size_t i = 0; i < b->n; i++)
        n += b->v[i].group == group;
    return n;
}

static bool is_crowded(const struct kad_table *t, const struct bucket *b, uint64_t group)
{
    unsigned n = 0;

    if (!group)
        return false;
    if (count_group(b, group) >= KAD_GROUP_BUCKET)
        return true;
    for (size_t i = 0; i < KAD_ID_BITS; i++)
        n += count_group(&t->buckets[i], group);
    return n >= KAD_GROUP_TABLE;
}

/* ---- contacts ---- */

static struct entry *find(const struct bucket *b, const struct peerid *peer)
{
    for (size_t i = 0; i < b->n; i++) {
        if (peerid_eq(&b->v[i].c.peer, peer))
            return &b->v[i];
    }
    return NULL;
}

static unsigned bucket_of(const struct kad_table *t, const struct peerid *peer)
{
    struct kad_id id;
    kad_id_of_peer(peer, &id);
    return kad_id_shared(&t->self, &id);
}

/* What was heard of comes last. */
static void move_to_end(struct bucket *b, struct entry *e)
{
    struct entry moved = *e;
    size_t after = (size_t)(b->v + b->n - (e + 1));

    memmove(e, e + 1, after * sizeof *e);
    b->v[b->n - 1] = moved;
}

static void remove_entry(struct kad_table *t, struct bucket *b, struct entry *e)
{
    free((void *)e->c.addrs);
    move_to_end(b, e);
    b->n--;
    t->n--;
}

static bool make_room(struct bucket *b)
{
    if (b->n < b->room)
        return true;
    size_t room = b->room ? 2u * b->room : BUCKET_ROOM_FIRST;
    if (room > KAD_K)
        room = KAD_K;
    struct entry *v = realloc(b->v, room * sizeof *v);
    if (!v)
        return false;
    b->v = v;
    b->room = (uint8_t)room;
    return true;
}

/* The addresses become those of *from.  False when out of memory: they are as before. */
static bool take_addrs(struct entry *e, const struct kad_contact *from)
{
    size_t n = from->naddrs < KAD_ADDRS_MAX ? from->naddrs : KAD_ADDRS_MAX;
    struct multiaddr *copy = NULL;

    if (n) {
        if (!(copy = malloc(n * sizeof *copy)))
            return false;
        memcpy(copy, from->addrs, n * sizeof *copy);
    }
    free((void *)e->c.addrs);
    e->c.addrs = copy;
    e->c.naddrs = n;
    e->group = group_of(&e->c);
    return true;
}

static enum kad_heard heard_again(struct kad_table *t, struct bucket *b, struct entry *e,
                                  const struct kad_contact *c, uint64_t now_ms)
{
    if (c->naddrs) {
        uint64_t group = group_of(c);
        if (group != e->group && is_crowded(t, b, group)) {
            remove_entry(t, b, e);
            return KAD_HEARD_CROWD;
        }
        if (!take_addrs(e, c))
            return KAD_HEARD_NOT;
    }
    e->heard_ms = now_ms;
    e->failures = 0;
    move_to_end(b, e);
    return KAD_HEARD_AGAIN;
}

static enum kad_heard add(struct kad_table *t, struct bucket *b, const struct kad_contact *c,
                          uint64_t now_ms)
{
    struct entry e = { .c = { .peer = c->peer, .id = c->id }, .heard_ms = now_ms };

    if (is_crowded(t, b, group_of(c)))
        return KAD_HEARD_CROWD;
    if (b->n == KAD_K || t->n == KAD_TABLE_MAX)
        return KAD_HEARD_FULL;
    if (!make_room(b) || !take_addrs(&e, c))
        return KAD_HEARD_NOT;
    b->v[b->n++] = e;
    t->n++;
    return KAD_HEARD_ADDED;
}

/* Puts *c among out[0 .. n), the nearest first; what falls off the end is the furthest. Returns
 * how many there are then. */
static size_t insert(const struct kad_id *target, const struct kad_contact *c,
                     struct kad_contact *out, size_t n, size_t max)
{
    size_t at = n;

    while (at > 0 && kad_id_cmp(target, &c->id, &out[at - 1].id) < 0)
        at--;
    if (at == max)
        return n;
    if (n < max)
        n++;
    memmove(out + at + 1, out + at, (n - at - 1) * sizeof *out);
    out[at] = *c;
    return n;
}

static size_t nearest_of(const struct kad_table *t, unsigned from, unsigned to,
                         const struct kad_id *target, struct kad_contact *out, size_t max)
{
    size_t n = 0;

    for (unsigned i = from; i < to && max; i++) {
        const struct bucket *b = &t->buckets[i];
        for (size_t j = 0; j < b->n; j++)
            n = insert(target, &b->v[j].c, out, n, max);
    }
    return n;
}

/* ---- refreshing ---- */

/* How many buckets there are to be refreshed. */
static unsigned depth(const struct kad_table *t)
{
    unsigned n = KAD_ID_BITS;
    while (n > 0 && !t->buckets[n - 1].n)
        n--;
    return n < KAD_ID_BITS ? n + 1 : n;
}

/* A point of bucket `at`: that many leading bits are ours, the next one is not. */
static void point_in(const struct kad_table *t, unsigned at, const struct kad_id *random,
                     struct kad_id *out)
{
    unsigned byte = at / 8;
    uint8_t flip = (uint8_t)(0x80 >> at % 8), rest = (uint8_t)(flip - 1);

    memcpy(out->b, t->self.b, byte);
    out->b[byte] = (uint8_t)(((t->self.b[byte] ^ flip) & ~rest) | (random->b[byte] & rest));
    memcpy(out->b + byte + 1, random->b + byte + 1, KAD_ID_LEN - byte - 1);
}

/* ---- public ---- */

struct kad_table *kad_table_new(const struct peerid *self)
{
    struct kad_table *t = calloc(1, sizeof *t);
    if (t)
        kad_id_of_peer(self, &t->self);
    return t;
}

void kad_table_free(struct kad_table *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < KAD_ID_BITS; i++) {
        struct bucket *b = &t->buckets[i];
        for (size_t j = 0; j < b->n; j++)
            free((void *)b->v[j].c.addrs);
        free(b->v);
    }
    free(t);
}

enum kad_heard kad_table_heard(struct kad_table *t, const struct kad_contact *c, uint64_t now_ms)
{
    unsigned shared = kad_id_shared(&t->self, &c->id);
    struct bucket *b = &t->buckets[shared];
    struct entry *e = find(b, &c->peer);

    if (shared == KAD_ID_BITS)
        return KAD_HEARD_NOT;
    return e ? heard_again(t, b, e, c, now_ms) : add(t, b, c, now_ms);
}

void kad_table_failed(struct kad_table *t, const struct peerid *peer)
{
    struct bucket *b = &t->buckets[bucket_of(t, peer)];
    struct entry *e = find(b, peer);
    if (e && ++e->failures == KAD_FAILURES_MAX)
        remove_entry(t, b, e);
}

void kad_table_remove(struct kad_table *t, const struct peerid *peer)
{
    struct bucket *b = &t->buckets[bucket_of(t, peer)];
    struct entry *e = find(b, peer);
    if (e)
        remove_entry(t, b, e);
}

bool kad_table_doubtful(const struct kad_table *t, const struct peerid *peer, uint64_t before_ms,
                        struct kad_contact *out)
{
    const struct bucket *b = &t->buckets[bucket_of(t, peer)];
    if (!b->n || b->v[0].heard_ms >= before_ms)
        return false;
    *out = b->v[0].c;
    return true;
}

/* To the target, its own bucket is nearer than all others.  Next are those nearer to us, all of
 * them together, and then those further from us, one by one. */
size_t kad_table_nearest(const struct kad_table *t, const struct kad_id *target,
                         struct kad_contact *out, size_t max)
{
    unsigned own = kad_id_shared(&t->self, target);

    size_t n = nearest_of(t, own, own + 1, target, out, max);
    n += nearest_of(t, own + 1, KAD_ID_BITS, target, out + n, max - n);
    for (unsigned i = own; i-- > 0 && n < max;)
        n += nearest_of(t, i, i + 1, target, out + n, max - n);
    return n;
}

size_t kad_table_count(const struct kad_table *t)
{
    return t->n;
}

bool kad_table_has(const struct kad_table *t, const struct peerid *peer)
{
    return find(&t->buckets[bucket_of(t, peer)], peer) != NULL;
}

void kad_table_each(const struct kad_table *t,
                    void (*each)(void *arg, const struct kad_contact *c, uint64_t heard_ms),
                    void *arg)
{
    for (size_t i = 0; i < KAD_ID_BITS; i++) {
        const struct bucket *b = &t->buckets[i];
        for (size_t j = 0; j < b->n; j++)
            each(arg, &b->v[j].c, b->v[j].heard_ms);
    }
}

bool kad_table_refresh(struct kad_table *t, uint64_t before_ms, uint64_t now_ms,
                       const struct kad_id *random, struct kad_id *out)
{
    unsigned oldest = 0, n = depth(t);

    for (unsigned i = 1; i < n; i++) {
        if (t->buckets[i].stale_ms < t->buckets[oldest].stale_ms)
            oldest = i;
    }
    struct bucket *b = &t->buckets[oldest];
    if (b->stale_ms > before_ms)
        return false;
    b->stale_ms = now_ms + 1;
    point_in(t, oldest, random, out);
    return true;
}
