/* kad_store.c - see kad_store.h. */
#include "p2p/kad_store.h"

#include <stdlib.h>

#include "base/err.h"
#include "id/name_record.h"
#include "id/pubkey.h"
#include "p2p/kad_shelf.h"

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

_Static_assert(NAME_RECORD_MAX <= KAD_MSG_VALUE_MAX, "what is stored can be told");

struct record {
    struct kad_shelf_item item;
    uint64_t received_s, expires_s;
    size_t n;
    uint8_t value[];
};

struct provider { /* a peer that provides at least one key */
    struct peerid peer;
    uint32_t keys;
    uint64_t addrs_s; /* when it told its addresses */
    size_t naddrs;
    struct multiaddr *addrs; /* owned */
    UT_hash_handle by_peer;
};

struct offer {
    struct provider *by; /* counted in its keys */
    uint64_t made_s;
};

struct provided {
    struct kad_shelf_item item;
    size_t n;
    struct offer offers[KAD_PROVIDERS_MAX]; /* the latest first */
};

struct kad_store {
    struct kad_shelf records, provided;
    struct provider *providers;
};

/* --- which values may stand under which keys */

static int check_name(struct bytes key, struct bytes value, uint64_t now_s, uint64_t *expires_s)
{
    struct name_record r;

    int err = name_record_check(key, value, now_s, &r);
    if (!err)
        *expires_s = r.expires_s;
    return err;
}

#define PK_PREFIX "/pk/"

static int check_pk(struct bytes key, struct bytes value, uint64_t now_s, uint64_t *expires_s)
{
    size_t skip = sizeof PK_PREFIX - 1;
    struct bytes named = { key.p + skip, key.n - skip };
    struct peerid id;
    (void)now_s;

    peerid_from_pubkey(value, &id);
    if (!bytes_eq(named, (struct bytes){ id.mh, id.n }))
        return GW_EINVAL;
    *expires_s = UINT64_MAX;
    return pubkey_check(value);
}

/* Only one value can stand under such a key. */
static int cmp_pk(struct bytes a, struct bytes b)
{
    (void)a, (void)b;
    return 0;
}

static const struct kind {
    const char *prefix;
    int (*check)(struct bytes key, struct bytes value, uint64_t now_s, uint64_t *expires_s);
    int (*cmp)(struct bytes a, struct bytes b);
} kinds[] = {
    { NAME_RECORD_PREFIX, check_name, name_record_cmp },
    { PK_PREFIX, check_pk, cmp_pk },
};

static const struct kind *kind_of(struct bytes key)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t n = strlen(kinds[i].prefix);
        if (key.n >= n && memcmp(key.p, kinds[i].prefix, n) == 0)
            return &kinds[i];
    }
    return NULL;
}

int kad_value_check(struct bytes key, struct bytes value, uint64_t now_s)
{
    const struct kind *kind = kind_of(key);
    uint64_t expires_s;
    return kind ? kind->check(key, value, now_s, &expires_s) : GW_EUNSUP;
}

int kad_value_cmp(struct bytes key, struct bytes a, struct bytes b)
{
    const struct kind *kind = kind_of(key);
    return kind ? kind->cmp(a, b) : 0;
}

/* --- records */

static struct bytes value_of(const struct record *r)
{
    return (struct bytes){ r->value, r->n };
}

static struct record *record_new(const struct kad_id *id, struct bytes value, uint64_t now_s,
                                 uint64_t expires_s)
{
    struct record *r = malloc(sizeof *r + value.n);
    if (!r)
        return NULL;
    *r = (struct record){ .item.id = *id, .received_s = now_s, .n = value.n };
    r->expires_s = expires_s < now_s + KAD_RECORD_LIFE_S ? expires_s : now_s + KAD_RECORD_LIFE_S;
    memcpy(r->value, value.p, value.n);
    return r;
}

int kad_store_put(struct kad_store *s, struct bytes key, struct bytes value, uint64_t now_s)
{
    const struct kind *kind = kind_of(key);
    struct kad_shelf_item **slot, *out = NULL;
    struct kad_id id;
    uint64_t expires_s;

    int err = kind ? kind->check(key, value, now_s, &expires_s) : GW_EUNSUP;
    if (err)
        return err;
    kad_id_of_key(key, &id);
    slot = kad_shelf_find(&s->records, &id);
    struct record *old = slot ? (struct record *)*slot : NULL;
    if (old && old->expires_s > now_s && kind->cmp(value, value_of(old)) < 0)
        return GW_EEXISTS;
    struct record *fresh = record_new(&id, value, now_s, expires_s);
    if (!fresh)
        return GW_ENOMEM;
    if (slot) {
        *slot = &fresh->item;
        out = &old->item;
    } else if ((err = kad_shelf_add(&s->records, &fresh->item, &out)) != 0) {
        out = &fresh->item;
    }
    free(out);
    return err;
}

bool kad_store_get(struct kad_store *s, struct bytes key, uint64_t now_s, struct bytes *value,
                   uint64_t *received_s)
{
    struct kad_id id;

    kad_id_of_key(key, &id);
    struct kad_shelf_item **slot = kad_shelf_find(&s->records, &id);
    const struct record *r = slot ? (struct record *)*slot : NULL;
    if (!r || r->expires_s <= now_s)
        return false;
    *value = value_of(r);
    *received_s = r->received_s;
    return true;
}

/* --- providers */

static struct provider *hold(struct kad_store *s, const struct peerid *peer)
{
    struct provider *p;

    HASH_FIND(by_peer, s->providers, peer, sizeof *peer, p);
    if (!p) {
        if (!(p = calloc(1, sizeof *p)))
            return NULL;
        p->peer = *peer;
        HASH_ADD(by_peer, s->providers, peer, sizeof p->peer, p);
        if (!p->by_peer.tbl) {
            free(p);
            return NULL;
        }
    }
    p->keys++;
    return p;
}

static void release(struct kad_store *s, struct provider *p)
{
    if (--p->keys)
        return;
    HASH_DELETE(by_peer, s->providers, p);
    free(p->addrs);
    free(p);
}

static void drop_offer(struct kad_store *s, struct provided *k, size_t i)
{
    release(s, k->offers[i].by);
    k->n--;
    memmove(k->offers + i, k->offers + i + 1, (k->n - i) * sizeof *k->offers);
}

static void drop_offer_of(struct kad_store *s, struct provided *k, const struct provider *p)
{
    for (size_t i = 0; i < k->n; i++) {
        if (k->offers[i].by == p) {
            drop_offer(s, k, i);
            return;
        }
    }
}

static void add_offer(struct kad_store *s, struct provided *k, struct provider *p, uint64_t now_s)
{
    if (k->n == KAD_PROVIDERS_MAX)
        drop_offer(s, k, k->n - 1);
    memmove(k->offers + 1, k->offers, k->n * sizeof *k->offers);
    k->offers[0] = (struct offer){ .by = p, .made_s = now_s };
    k->n++;
}

static void free_provided(struct kad_store *s, struct provided *k)
{
    while (k->n)
        drop_offer(s, k, k->n - 1);
    free(k);
}

/* Adds a key that nobody provides yet. */
static int add_provided(struct kad_store *s, const struct kad_id *id, struct provided **out)
{
    struct kad_shelf_item *furthest;
    struct provided *k = calloc(1, sizeof *k);

    if (!k)
        return GW_ENOMEM;
    k->item.id = *id;
    int err = kad_shelf_add(&s->provided, &k->item, &furthest);
    if (err) {
        free(k);
        return err;
    }
    if (furthest)
        free_provided(s, (struct provided *)furthest);
    *out = k;
    return 0;
}

static void forget_addrs(struct provider *p)
{
    free(p->addrs);
    p->addrs = NULL;
    p->naddrs = 0;
}

/* They are hints: without room for them the offer stands all the same. */
static void set_addrs(struct kad_store *s, struct provider *p, const struct multiaddr *addrs,
                      size_t naddrs, uint64_t now_s)
{
    size_t n = naddrs < KAD_ADDRS_MAX ? naddrs : KAD_ADDRS_MAX;

    forget_addrs(p);
    if (!n || HASH_CNT(by_peer, s->providers) > KAD_ADDRESSED_MAX)
        return;
    p->addrs = malloc(n * sizeof *p->addrs);
    if (!p->addrs)
        return;
    memcpy(p->addrs, addrs, n * sizeof *p->addrs);
    p->naddrs = n;
    p->addrs_s = now_s;
}

int kad_store_provide(struct kad_store *s, struct bytes key, const struct peerid *provider,
                      const struct multiaddr *addrs, size_t naddrs, uint64_t now_s)
{
    struct kad_id id;
    int err = 0;

    if (!key.n || key.n > KAD_MSG_KEY_MAX)
        return GW_EINVAL;
    struct provider *p = hold(s, provider);
    if (!p)
        return GW_ENOMEM;
    kad_id_of_key(key, &id);
    struct kad_shelf_item **slot = kad_shelf_find(&s->provided, &id);
    struct provided *k = slot ? (struct provided *)*slot : NULL;
    if (k)
        drop_offer_of(s, k, p);
    if (p->keys > KAD_PER_PEER_MAX)
        err = GW_ELIMIT;
    else if (!k)
        err = add_provided(s, &id, &k);
    if (err) {
        release(s, p);
        return err;
    }
    add_offer(s, k, p, now_s);
    set_addrs(s, p, addrs, naddrs, now_s);
    return 0;
}

static bool is_live(const struct offer *o, uint64_t now_s)
{
    return now_s < o->made_s + KAD_PROVIDER_LIFE_S;
}

static bool has_fresh_addrs(const struct provider *p, uint64_t now_s)
{
    return p->naddrs && now_s < p->addrs_s + KAD_PROVIDER_ADDRS_S;
}

size_t kad_store_providers(struct kad_store *s, struct bytes key, uint64_t now_s,
                           struct kad_contact *out, size_t max)
{
    struct kad_id id;
    size_t n = 0;

    kad_id_of_key(key, &id);
    struct kad_shelf_item **slot = kad_shelf_find(&s->provided, &id);
    const struct provided *k = slot ? (struct provided *)*slot : NULL;
    for (size_t i = 0; k && i < k->n && n < max; i++) {
        const struct provider *p = k->offers[i].by;
        if (!is_live(&k->offers[i], now_s))
            continue;
        out[n] = (struct kad_contact){ .peer = p->peer };
        kad_id_of_peer(&p->peer, &out[n].id);
        if (has_fresh_addrs(p, now_s)) {
            out[n].addrs = p->addrs;
            out[n].naddrs = p->naddrs;
        }
        n++;
    }
    return n;
}

/* --- the store */

struct kad_store *kad_store_new(const struct peerid *self)
{
    struct kad_store *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->records.max = KAD_RECORDS_MAX;
    s->provided.max = KAD_PROVIDED_MAX;
    kad_id_of_peer(self, &s->records.at);
    s->provided.at = s->records.at;
    return s;
}

struct expiry {
    struct kad_store *store;
    uint64_t now_s;
};

static bool record_stays(void *arg, struct kad_shelf_item *it)
{
    const struct expiry *e = arg;
    struct record *r = (struct record *)it;

    if (r->expires_s > e->now_s)
        return true;
    free(r);
    return false;
}

static bool provided_stays(void *arg, struct kad_shelf_item *it)
{
    const struct expiry *e = arg;
    struct provided *k = (struct provided *)it;

    for (size_t i = k->n; i-- > 0;) {
        if (!is_live(&k->offers[i], e->now_s))
            drop_offer(e->store, k, i);
    }
    if (k->n)
        return true;
    free(k);
    return false;
}

void kad_store_expire(struct kad_store *s, uint64_t now_s)
{
    struct expiry e = { s, now_s };
    struct provider *p, *next;

    kad_shelf_sift(&s->records, record_stays, &e);
    kad_shelf_sift(&s->provided, provided_stays, &e);
    HASH_ITER (by_peer, s->providers, p, next) {
        if (!has_fresh_addrs(p, now_s))
            forget_addrs(p);
    }
}

void kad_store_free(struct kad_store *s)
{
    if (!s)
        return;
    kad_store_expire(s, UINT64_MAX);
    kad_shelf_fini(&s->records);
    kad_shelf_fini(&s->provided);
    free(s);
}

size_t kad_store_records(const struct kad_store *s)
{
    return s->records.n;
}

size_t kad_store_provided(const struct kad_store *s)
{
    return s->provided.n;
}
