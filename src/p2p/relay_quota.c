/* relay_quota.c - see relay_quota.h. */
#include "p2p/relay_quota.h"

#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "p2p/ask_quota.h"

enum way { CALLS, IS_CALLED };

struct party { /* a peer at the end of a circuit, at least one */
    struct peerid peer;
    uint32_t circuits[2]; /* by way */
    UT_hash_handle by_peer;
};

struct relay_quota {
    const struct relay_config *cfg;
    struct ask_quota requests;
    struct party *parties;
    uint32_t circuits, waiting;
};

struct relay_quota *relay_quota_new(const struct relay_config *cfg)
{
    struct relay_quota *q = calloc(1, sizeof *q);
    if (q)
        q->cfg = cfg;
    return q;
}

static void drop_party_if_empty(struct relay_quota *q, struct party *p)
{
    if (!p || p->circuits[CALLS] || p->circuits[IS_CALLED])
        return;
    HASH_DELETE(by_peer, q->parties, p);
    free(p);
}

void relay_quota_free(struct relay_quota *q)
{
    struct party *p, *next;

    if (!q)
        return;
    ask_quota_fini(&q->requests);
    HASH_ITER (by_peer, q->parties, p, next) {
        HASH_DELETE(by_peer, q->parties, p);
        free(p);
    }
    free(q);
}

bool relay_quota_ask(struct relay_quota *q, const struct peerid *peer, uint64_t now_ms)
{
    return ask_quota_take(&q->requests, peer, q->cfg->per_minute, now_ms);
}

static struct party *find_party(const struct relay_quota *q, const struct peerid *peer)
{
    struct party *p;
    HASH_FIND(by_peer, q->parties, peer, sizeof *peer, p);
    return p;
}

static struct party *get_party(struct relay_quota *q, const struct peerid *peer)
{
    struct party *p = find_party(q, peer);
    if (p || !(p = calloc(1, sizeof *p)))
        return p;
    p->peer = *peer;
    HASH_ADD(by_peer, q->parties, peer, sizeof p->peer, p);
    if (p->by_peer.tbl)
        return p;
    free(p);
    return NULL;
}

bool relay_quota_open(struct relay_quota *q, const struct peerid *from, const struct peerid *to)
{
    const struct relay_config *cfg = q->cfg;
    struct party *caller = get_party(q, from), *called = get_party(q, to);

    if (!caller || !called || q->circuits >= cfg->max_circuits || q->waiting >= cfg->max_pending ||
        caller->circuits[CALLS] >= cfg->max_circuits_per_peer ||
        called->circuits[IS_CALLED] >= cfg->max_circuits_per_peer) {
        drop_party_if_empty(q, caller);
        if (called != caller)
            drop_party_if_empty(q, called);
        return false;
    }
    caller->circuits[CALLS]++;
    called->circuits[IS_CALLED]++;
    q->circuits++;
    q->waiting++;
    return true;
}

void relay_quota_join(struct relay_quota *q)
{
    q->waiting--;
}

static void leave(struct relay_quota *q, const struct peerid *peer, enum way way)
{
    struct party *p = find_party(q, peer);
    p->circuits[way]--;
    drop_party_if_empty(q, p);
}

void relay_quota_close(struct relay_quota *q, const struct peerid *from, const struct peerid *to,
                       bool is_waiting)
{
    leave(q, from, CALLS);
    leave(q, to, IS_CALLED);
    q->circuits--;
    q->waiting -= is_waiting;
}

uint32_t relay_quota_circuits(const struct relay_quota *q)
{
    return q->circuits;
}
