/* peers.c - see peers.h. */
#include "host/peers.h"

#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct peer {
    struct peerid id;
    struct multiaddr *addrs; /* room for `cap` */
    size_t n, cap;
    uint64_t seen_ms; /* 0: never */
    UT_hash_handle by_id;
};

static struct peer *find(const struct peers *ps, const struct peerid *id)
{
    struct peer *p;
    HASH_FIND(by_id, ps->by_id, id, sizeof *id, p);
    return p;
}

static void forget(struct peers *ps, struct peer *p)
{
    HASH_DELETE(by_id, ps->by_id, p);
    free(p->addrs);
    free(p);
}

/* Takes p; returns it, or NULL when it had to be freed. */
static struct peer *put_last(struct peers *ps, struct peer *p)
{
    HASH_ADD(by_id, ps->by_id, id, sizeof p->id, p);
    if (p->by_id.tbl)
        return p;
    free(p->addrs);
    free(p);
    return NULL;
}

static struct peer *make(struct peers *ps, const struct peerid *id)
{
    struct peer *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->id = *id;
    if (HASH_CNT(by_id, ps->by_id) >= PEERS_MAX)
        forget(ps, ps->by_id);
    return put_last(ps, p);
}

static struct peer *touch(struct peers *ps, const struct peerid *id)
{
    struct peer *p = find(ps, id);
    if (!p)
        return make(ps, id);
    HASH_DELETE(by_id, ps->by_id, p);
    return put_last(ps, p);
}

static bool grow(struct peer *p)
{
    size_t cap = p->cap ? 2 * p->cap : 2;
    struct multiaddr *v = realloc(p->addrs, cap * sizeof *v);
    if (!v)
        return false;
    p->addrs = v;
    p->cap = cap;
    return true;
}

void peers_learn(struct peers *ps, const struct peerid *id, const struct multiaddr *addr)
{
    struct peer *p = touch(ps, id);
    struct multiaddr a = *addr;
    size_t at = 0;

    if (!p)
        return;
    multiaddr_strip_peer(&a);
    while (at < p->n && !multiaddr_eq(&p->addrs[at], &a))
        at++;
    if (at == PEERS_ADDRS_MAX)
        at--;
    if (at == p->n) {
        if (p->n == p->cap && !grow(p))
            return;
        p->n++;
    }
    memmove(p->addrs + 1, p->addrs, at * sizeof a);
    p->addrs[0] = a;
}

const struct multiaddr *peers_addrs(const struct peers *ps, const struct peerid *id, size_t *n)
{
    const struct peer *p = find(ps, id);
    *n = p ? p->n : 0;
    return p ? p->addrs : NULL;
}

void peers_saw(struct peers *ps, const struct peerid *id, uint64_t now_ms)
{
    struct peer *p = touch(ps, id);
    if (p)
        p->seen_ms = now_ms;
}

uint64_t peers_seen_ms(const struct peers *ps, const struct peerid *id)
{
    const struct peer *p = find(ps, id);
    return p ? p->seen_ms : 0;
}

void peers_fini(struct peers *ps)
{
    while (ps->by_id)
        forget(ps, ps->by_id);
}
