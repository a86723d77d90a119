/* quic_cid.c - see quic_cid.h. */
#include "transport/quic_cid.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "base/err.h"

struct cid_key { /* zero-padded */
    uint8_t n, b[QUIC_CID_MAX];
};

struct quic_cid {
    struct cid_key key;
    struct quic_conn *conn;
    struct quic_cid *prev, *next; /* the connection's own list */
    UT_hash_handle hh;
};

struct quic_cids {
    struct quic_cid *by_id;
    struct quic_cid *last; /* found last: packets come in runs */
};

static struct cid_key key_of(const uint8_t *cid, size_t n)
{
    struct cid_key k = { .n = (uint8_t)n };
    memcpy(k.b, cid, n);
    return k;
}

static struct quic_cid *find(struct quic_cids *t, const uint8_t *cid, size_t n)
{
    struct quic_cid *e = NULL;
    if (n > QUIC_CID_MAX)
        return NULL;
    if (t->last && t->last->key.n == n && memcmp(t->last->key.b, cid, n) == 0)
        return t->last;
    struct cid_key k = key_of(cid, n);
    HASH_FIND(hh, t->by_id, &k, sizeof k, e);
    if (e)
        t->last = e;
    return e;
}

static void forget(struct quic_cids *t, struct quic_cid **owned, struct quic_cid *e)
{
    if (t->last == e)
        t->last = NULL;
    HASH_DELETE(hh, t->by_id, e);
    DL_DELETE(*owned, e);
    free(e);
}

struct quic_cids *quic_cids_new(void)
{
    return calloc(1, sizeof(struct quic_cids));
}

void quic_cids_free(struct quic_cids *t)
{
    free(t);
}

int quic_cids_add(struct quic_cids *t, struct quic_cid **owned, const uint8_t *cid, size_t n,
                  struct quic_conn *c)
{
    if (n > QUIC_CID_MAX)
        return GW_EINVAL;
    if (find(t, cid, n))
        return GW_EEXISTS;
    struct quic_cid *e = calloc(1, sizeof *e);
    if (!e)
        return GW_ENOMEM;
    e->key = key_of(cid, n);
    e->conn = c;
    HASH_ADD(hh, t->by_id, key, sizeof e->key, e);
    if (!e->hh.tbl) { /* uthash ran out of memory and left it out */
        free(e);
        return GW_ENOMEM;
    }
    DL_APPEND(*owned, e);
    return 0;
}

void quic_cids_del(struct quic_cids *t, struct quic_cid **owned, const uint8_t *cid, size_t n)
{
    struct quic_cid *e;
    DL_FOREACH (*owned, e) /* a few; and the table may hold another connection's */
        if (e->key.n == n && memcmp(e->key.b, cid, n) == 0) {
            forget(t, owned, e);
            return;
        }
}

void quic_cids_del_all(struct quic_cids *t, struct quic_cid **owned)
{
    while (*owned)
        forget(t, owned, *owned);
}

struct quic_conn *quic_cids_find(struct quic_cids *t, const uint8_t *cid, size_t n)
{
    struct quic_cid *e = find(t, cid, n);
    return e ? e->conn : NULL;
}
