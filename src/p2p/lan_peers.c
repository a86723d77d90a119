/* lan_peers.c - see lan_peers.h. */
#include "p2p/lan_peers.h"

#include <stdlib.h>
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "base/log.h"

#define SAME_NEWS_MS 1000 /* messages within this belong together, RFC 6762 s.10.2 */

struct entry {
    struct lan_peer p; /* first: a lan_peer of the table is an entry */
    UT_hash_handle by_id;
    UT_hash_handle by_name; /* when p.name is not empty */
};

struct lan_peers {
    struct entry *peers, *names;
    lan_peers_fn *on_news;
    void *arg;
};

struct lan_peers *lan_peers_new(lan_peers_fn *on_news, void *arg)
{
    struct lan_peers *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->on_news = on_news;
    t->arg = arg;
    return t;
}

static void leave_name(struct lan_peers *t, struct entry *e)
{
    if (!*e->p.name)
        return;
    HASH_DELETE(by_name, t->names, e);
    e->p.name[0] = '\0';
}

static void drop(struct lan_peers *t, struct entry *e)
{
    leave_name(t, e);
    HASH_DELETE(by_id, t->peers, e);
    free(e);
}

void lan_peers_free(struct lan_peers *t)
{
    if (!t)
        return;
    while (t->peers)
        drop(t, t->peers);
    free(t);
}

static bool is_taken(struct bytes name)
{
    static const char *const taken[] = { "arpa", "invalid", "local", "localhost", "p2p" };

    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
        if (bytes_eq(name, bytes_of(taken[i])))
            return true;
    return false;
}

bool lan_name_ok(struct bytes name)
{
    if (name.n == 0 || name.n > LAN_LABEL_MAX || name.p[0] == '-' || name.p[name.n - 1] == '-' ||
        is_taken(name))
        return false;
    for (size_t i = 0; i < name.n; i++) {
        uint8_t c = name.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
            return false;
    }
    return true;
}

bool lan_name_read(const char *typed, char out[LAN_LABEL_MAX + 1])
{
    size_t n = strlen(typed);

    if (n > LAN_LABEL_MAX)
        return false;
    for (size_t i = 0; i <= n; i++)
        out[i] = (char)(typed[i] >= 'A' && typed[i] <= 'Z' ? typed[i] + ('a' - 'A') : typed[i]);
    return lan_name_ok(bytes_of(out));
}

/* --- addresses */

static void drop_addr(struct lan_peer *p, size_t i)
{
    p->naddrs--;
    memmove(&p->addrs[i], &p->addrs[i + 1], (p->naddrs - i) * sizeof p->addrs[0]);
}

static size_t said_by(const struct lan_peer *p, const struct ipaddr *from)
{
    size_t n = 0;
    for (size_t i = 0; i < p->naddrs; i++)
        n += ipaddr_eq(&p->addrs[i].from, from);
    return n;
}

/* The oldest address of the source that has most; of equals it is the newcomer that gives way,
 * which is `naddrs`. */
static size_t victim(const struct lan_peer *p, const struct ipaddr *newcomer)
{
    size_t most = said_by(p, newcomer), at = p->naddrs;

    for (size_t i = 0; i < p->naddrs; i++) {
        size_t n = said_by(p, &p->addrs[i].from);
        if (n > most) {
            most = n;
            at = i;
        }
    }
    return at;
}

/* Makes room for one more address; false: there is none for this source. */
static bool make_room(struct lan_peer *p, const struct ipaddr *from)
{
    if (p->naddrs < LAN_ADDRS_MAX)
        return true;
    size_t i = victim(p, from);
    if (i == p->naddrs)
        return false;
    drop_addr(p, i);
    return true;
}

/* True: it was not known.  One that is stays its first teller's. */
static bool take_addr(struct lan_peer *p, const struct multiaddr *a, const struct lan_news *n,
                      uint64_t now_ms)
{
    struct lan_addr fresh = { .addr = *a, .from = n->from };
    bool is_new = true;

    for (size_t i = 0; i < p->naddrs && is_new; i++) {
        if (multiaddr_eq(&p->addrs[i].addr, a)) {
            fresh = p->addrs[i];
            drop_addr(p, i);
            is_new = false;
        }
    }
    if (!make_room(p, &n->from))
        return false;
    if (ipaddr_eq(&fresh.from, &n->from))
        memcpy(fresh.label, n->label, sizeof fresh.label);
    fresh.heard_ms = now_ms;
    fresh.expires_ms = now_ms + n->ttl_s * UINT64_C(1000);
    p->addrs[p->naddrs++] = fresh;
    return is_new;
}

static void forget_older(struct lan_peer *p, const struct ipaddr *from, uint64_t now_ms)
{
    for (size_t i = p->naddrs; i-- > 0;)
        if (now_ms - p->addrs[i].heard_ms > SAME_NEWS_MS && ipaddr_eq(&p->addrs[i].from, from))
            drop_addr(p, i);
}

static void expire_addrs(struct lan_peer *p, uint64_t now_ms)
{
    for (size_t i = p->naddrs; i-- > 0;)
        if (p->addrs[i].expires_ms <= now_ms)
            drop_addr(p, i);
}

uint64_t lan_peer_expires_ms(const struct lan_peer *p)
{
    uint64_t last = 0;
    for (size_t i = 0; i < p->naddrs; i++)
        last = p->addrs[i].expires_ms > last ? p->addrs[i].expires_ms : last;
    return last;
}

/* --- names */

static bool may_rename(const struct lan_peer *p, const struct ipaddr *from)
{
    return !*p->name || ipaddr_eq(&p->name_from, from) || said_by(p, &p->name_from) == 0;
}

/* True: the name is its own from now on. */
static bool claim(struct lan_peers *t, struct entry *e, const struct lan_news *news,
                  uint64_t now_ms)
{
    const char *name = news->name;
    size_t n = strlen(name);
    struct entry *holder;

    if (strcmp(e->p.name, name) == 0 || !lan_name_ok(bytes_of(name)) ||
        !may_rename(&e->p, &news->from))
        return false;
    HASH_FIND(by_name, t->names, name, n, holder);
    if (holder && lan_peer_expires_ms(&holder->p) > now_ms) {
        if (!e->p.is_contested)
            log_warn("mdns peer=%s name=%s is that of peer=%s, which was here first",
                     peerid_short(&e->p.peer), name, peerid_short(&holder->p.peer));
        e->p.is_contested = true;
        return false;
    }
    if (holder)
        leave_name(t, holder);
    leave_name(t, e);
    memcpy(e->p.name, name, n + 1);
    e->p.name_from = news->from;
    HASH_ADD_KEYPTR(by_name, t->names, e->p.name, n, e);
    if (!e->by_name.tbl) {
        e->p.name[0] = '\0';
        return false;
    }
    e->p.is_contested = false;
    return true;
}

/* --- the table */

static struct entry *find(const struct lan_peers *t, const struct peerid *peer)
{
    struct entry *e;
    HASH_FIND(by_id, t->peers, peer, sizeof *peer, e);
    return e;
}

static bool has_room(const struct lan_peers *t, const struct ipaddr *from)
{
    size_t n = 0;

    if (HASH_CNT(by_id, t->peers) >= LAN_PEERS_MAX)
        return false;
    for (const struct entry *e = t->peers; e; e = e->by_id.next)
        n += ipaddr_eq(&e->p.first_from, from);
    return n < LAN_PEERS_PER_SOURCE;
}

static struct entry *add(struct lan_peers *t, const struct lan_news *n, uint64_t now_ms)
{
    if (!has_room(t, &n->from)) {
        lan_peers_expire(t, now_ms);
        if (!has_room(t, &n->from))
            return NULL;
    }
    struct entry *e = calloc(1, sizeof *e);
    if (!e)
        return NULL;
    e->p.peer = n->peer;
    e->p.first_from = n->from;
    HASH_ADD(by_id, t->peers, p.peer, sizeof e->p.peer, e);
    if (!e->by_id.tbl) {
        free(e);
        return NULL;
    }
    return e;
}

void lan_peers_hear(struct lan_peers *t, const struct lan_news *n, uint64_t now_ms)
{
    struct entry *e = find(t, &n->peer);
    struct lan_news bounded = *n;
    bool is_news = false;

    if (n->naddrs == 0 || (!e && !(e = add(t, n, now_ms))))
        return;
    if (n->ttl_s > LAN_TTL_MAX_S)
        bounded.ttl_s = LAN_TTL_MAX_S;
    expire_addrs(&e->p, now_ms);
    if (n->is_all)
        forget_older(&e->p, &n->from, now_ms);
    for (size_t i = 0; i < n->naddrs; i++)
        is_news |= take_addr(&e->p, &n->addrs[i], &bounded, now_ms);
    e->p.ttl_s = bounded.ttl_s;
    is_news |= claim(t, e, n, now_ms);
    if (is_news && t->on_news)
        t->on_news(t->arg, &e->p);
}

void lan_peers_bye(struct lan_peers *t, struct bytes label, const struct ipaddr *from,
                   uint64_t now_ms)
{
    struct entry *e, *next;

    HASH_ITER (by_id, t->peers, e, next)
        for (size_t i = e->p.naddrs; i-- > 0;)
            if (ipaddr_eq(&e->p.addrs[i].from, from) &&
                bytes_eq(bytes_of(e->p.addrs[i].label), label))
                drop_addr(&e->p, i);
    lan_peers_expire(t, now_ms);
}

void lan_peers_expire(struct lan_peers *t, uint64_t now_ms)
{
    struct entry *e, *next;

    HASH_ITER (by_id, t->peers, e, next) {
        expire_addrs(&e->p, now_ms);
        if (e->p.naddrs == 0)
            drop(t, e);
    }
}

static const struct lan_peer *alive(const struct entry *e, uint64_t now_ms)
{
    return e && lan_peer_expires_ms(&e->p) > now_ms ? &e->p : NULL;
}

const struct lan_peer *lan_peers_find(const struct lan_peers *t, const struct peerid *peer,
                                      uint64_t now_ms)
{
    return alive(find(t, peer), now_ms);
}

const struct lan_peer *lan_peers_named(const struct lan_peers *t, struct bytes name,
                                       uint64_t now_ms)
{
    struct entry *e;
    HASH_FIND(by_name, t->names, name.p, name.n, e);
    return alive(e, now_ms);
}

const struct lan_peer *lan_peers_next(const struct lan_peers *t, const struct lan_peer *p)
{
    const struct entry *e = (const struct entry *)p;
    e = e ? e->by_id.next : t->peers;
    return e ? &e->p : NULL;
}

size_t lan_peers_count(const struct lan_peers *t)
{
    return HASH_CNT(by_id, t->peers);
}
