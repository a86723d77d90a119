/* ask_quota.c - see ask_quota.h. */
#include "p2p/ask_quota.h"

#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#define MINUTE_MS 60000

struct ask_quota_peer {
    struct peerid peer;
    uint64_t since_ms;
    uint32_t questions;     /* since then */
    UT_hash_handle by_peer; /* in the order of since_ms */
};

static void drop(struct ask_quota *q, struct ask_quota_peer *p)
{
    HASH_DELETE(by_peer, q->peers, p);
    free(p);
}

static struct ask_quota_peer *add(struct ask_quota *q, const struct peerid *peer, uint64_t now_ms)
{
    struct ask_quota_peer *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->peer = *peer;
    p->since_ms = now_ms;
    HASH_ADD(by_peer, q->peers, peer, sizeof p->peer, p);
    if (p->by_peer.tbl)
        return p;
    free(p);
    return NULL;
}

bool ask_quota_take(struct ask_quota *q, const struct peerid *peer, uint32_t per_minute,
                    uint64_t now_ms)
{
    struct ask_quota_peer *p;

    while (q->peers && now_ms - q->peers->since_ms >= MINUTE_MS)
        drop(q, q->peers);
    HASH_FIND(by_peer, q->peers, peer, sizeof *peer, p);
    if (!p && HASH_CNT(by_peer, q->peers) >= ASK_QUOTA_PEERS_MAX)
        drop(q, q->peers);
    if (!p && !(p = add(q, peer, now_ms)))
        return false;
    if (p->questions >= per_minute)
        return false;
    p->questions++;
    return true;
}

void ask_quota_fini(struct ask_quota *q)
{
    while (q->peers)
        drop(q, q->peers);
}
