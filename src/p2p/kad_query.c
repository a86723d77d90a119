/* kad_query.c - see kad_query.h.
 *
 *   LOOKING (the lookup) -> TELLING (PUT, PROVIDE: those nearest; GET: the nearest that had none or
 *   an older one, after `done`) -> gone
 */
#include "p2p/kad_query.h"

#include <stdlib.h>
#include <utlist.h>

#include "base/clock.h"
#include "base/container_of.h"
#include "base/err.h"
#include "base/log.h"
#include "p2p/kad_contacts.h"
#include "p2p/kad_spread.h"

struct place { /* a peer that answered a GET */
    bool is_known;
    struct peerid peer;
    struct kad_id id;
};

struct kad_request {
    struct kad_request *prev, *next;
    struct kad_queries *all;
    enum kad_query_kind kind;
    int err; /* known before the lookup */
    struct bytes key;
    struct kad_id target;
    struct kad_run *run;
    struct kad_spread *spread;
    struct turn_task task; /* when no lookup is needed */
    kad_done_fn *done;     /* NULL: was called */
    void *arg;
    unsigned hops;
    unsigned votes;            /* GET: peers with this value */
    struct place best, behind; /* GET: the nearest that has it, and the nearest that is to get it */
    struct kad_contacts found; /* FIND, PROVIDERS */
    uint8_t *value;            /* owned; PUT: to be stored, GET: the best so far; NULL: none */
    size_t nvalue;
    uint8_t octets[KAD_MSG_KEY_MAX]; /* key */
};

static const struct kad_env *env_of(const struct kad_request *q)
{
    return q->all->env;
}

static uint64_t now_s(void)
{
    return (uint64_t)clock_wall_s();
}

static struct bytes value_of(const struct kad_request *q)
{
    return (struct bytes){ q->value, q->nvalue };
}

static bool set_value(struct kad_request *q, struct bytes v)
{
    uint8_t *p = malloc(v.n + 1);
    if (!p)
        return false;
    if (v.n)
        memcpy(p, v.p, v.n);
    free(q->value);
    q->value = p;
    q->nvalue = v.n;
    return true;
}

static void release(struct kad_request *q)
{
    turn_del(host_turn(env_of(q)->host), &q->task);
    kad_run_free(q->run);
    kad_spread_cancel(q->spread);
    DL_DELETE(q->all->list, q);
    free(q->value);
    free(q);
}

/* ---- the answer ---- */

static const char *const kind_names[] = {
    [KAD_QUERY_GET] = "get",         [KAD_QUERY_PUT] = "put",
    [KAD_QUERY_FIND] = "find",       [KAD_QUERY_PROVIDERS] = "providers",
    [KAD_QUERY_PROVIDE] = "provide",
};

/* From here on nobody outside knows q: who calls this releases it, or lets it go on telling. */
static void tell(struct kad_request *q, struct kad_result *r)
{
    struct kad_lookup_stats stats = { 0 };
    kad_done_fn *done = q->done;

    if (q->run)
        kad_run_stats(q->run, &stats);
    r->asked = stats.asked;
    r->answered = stats.answered;
    r->hops = q->hops ? q->hops : stats.hops;
    q->all->found += !r->err;
    log_debug("kad %s asked=%u answered=%u hops=%u %s", kind_names[q->kind], r->asked, r->answered,
              r->hops, r->err ? gw_strerror(r->err) : "found");
    q->done = NULL;
    done(q->arg, r);
}

/* Why there is nothing. */
static int failure(const struct kad_request *q, bool is_late)
{
    struct kad_lookup_stats stats;

    kad_run_stats(q->run, &stats);
    if (!stats.asked && !is_late)
        return GW_ENETDOWN;
    return is_late || !stats.answered ? GW_ETIMEOUT : GW_ENONAME;
}

/* ---- telling ---- */

static void on_told(void *arg, const struct kad_contact *took, size_t n)
{
    struct kad_request *q = arg;
    bool is_here = env_of(q)->is_server && !q->err; /* we keep one ourselves */
    struct kad_result r = { .err = n || is_here ? 0 : GW_EREFUSED, .peers = took, .npeers = n };

    q->spread = NULL; /* frees itself */
    if (q->done)
        tell(q, &r);
    release(q);
}

static bool spread_to(struct kad_request *q, const struct kad_contact *to, size_t n)
{
    struct kad_msg m = { .type = KAD_PUT_VALUE, .key = q->key };

    if (q->kind == KAD_QUERY_PROVIDE)
        m.type = KAD_ADD_PROVIDER;
    else
        m.record = (struct kad_record){ .key = q->key, .value = value_of(q) };
    q->spread = kad_spread_start(env_of(q), &m, to, n, on_told, q);
    return q->spread != NULL;
}

static int keep_here(const struct kad_request *q)
{
    const struct kad_env *env = env_of(q);
    struct multiaddr own[KAD_ADDRS_MAX];

    if (!env->is_server)
        return 0;
    if (q->kind == KAD_QUERY_PUT)
        return kad_store_put(env->store, q->key, value_of(q), now_s());
    return kad_store_provide(env->store, q->key, host_peerid(env->host), own,
                             host_announced(env->host, own, KAD_ADDRS_MAX), now_s());
}

static void end_of_lookup_to_tell(struct kad_request *q, bool is_late)
{
    struct kad_contact to[KAD_K];
    size_t n = kad_run_nearest(q->run, to, KAD_K);

    q->err = keep_here(q);
    if (n && spread_to(q, to, n))
        return;
    struct kad_result r = { .err = n ? GW_ENOMEM : failure(q, is_late) };
    if (!n && env_of(q)->is_server)
        r.err = q->err;
    tell(q, &r);
    release(q);
}

/* ---- GET ---- */

static void note_place(const struct kad_request *q, struct place *at, const struct peerid *peer)
{
    struct kad_id id;

    kad_id_of_peer(peer, &id);
    if (!at->is_known || kad_id_cmp(&q->target, &id, &at->id) < 0)
        *at = (struct place){ true, *peer, id };
}

/* Returns whether it is valid; `from` NULL: our own store. */
static bool take_value(struct kad_request *q, const struct peerid *from, struct bytes v)
{
    int order = q->value ? kad_value_cmp(q->key, v, value_of(q)) : 1;

    if (order < 0) {
        if (from)
            note_place(q, &q->behind, from);
        return true;
    }
    if (order > 0) {
        if (!set_value(q, v))
            return false;
        if (q->best.is_known)
            note_place(q, &q->behind, &q->best.peer);
        q->best.is_known = false;
        q->votes = 0;
        q->hops = from ? kad_run_hops(q->run, from) : 0;
    }
    q->votes++;
    if (from)
        note_place(q, &q->best, from);
    return true;
}

static bool hear_value(struct kad_request *q, const struct peerid *from, const struct kad_msg *m)
{
    const struct kad_record *r = &m->record;
    int err = GW_ENOTFOUND;

    if (r->key.n)
        err = bytes_eq(r->key, q->key) ? kad_value_check(q->key, r->value, now_s()) : GW_EINVAL;
    if (err && err != GW_ENOTFOUND)
        log_debug("kad peer=%s value not taken: %s", peerid_short(from), gw_strerror(err));
    if (err || !take_value(q, from, r->value))
        note_place(q, &q->behind, from);
    return q->votes < KAD_QUORUM;
}

static void look_at_own_value(struct kad_request *q)
{
    struct bytes v;
    uint64_t received_s;

    if (env_of(q)->is_server && kad_store_get(env_of(q)->store, q->key, now_s(), &v, &received_s) &&
        kad_value_check(q->key, v, now_s()) == 0)
        take_value(q, NULL, v);
}

static void end_of_get(struct kad_request *q, bool is_late)
{
    struct kad_result r = { .err = q->value ? 0 : failure(q, is_late), .value = value_of(q) };
    const struct kad_contact to = { .peer = q->behind.peer, .id = q->behind.id };

    tell(q, &r);
    if (r.err || !q->behind.is_known || !spread_to(q, &to, 1))
        release(q);
}

/* ---- FIND, PROVIDERS ---- */

static bool is_sought(const struct kad_request *q, const struct peerid *peer)
{
    return bytes_eq((struct bytes){ peer->mh, peer->n }, q->key);
}

/* It is there: its addresses are those that we reached it by. */
static bool take_itself(struct kad_request *q, const struct peerid *peer)
{
    const struct host *h = env_of(q)->host;
    size_t n;
    const struct multiaddr *addrs = host_known_addrs(h, peer, &n);
    struct muxed_info info;
    struct conn *c = n ? NULL : host_conn_by(h, peer, HOST_PATH_DIRECT);

    if (c) {
        conn_info(c, &info);
        addrs = &info.remote;
        n = 1;
    }
    kad_contacts_add(&q->found, peer, addrs, n, ADDR_SCOPE_MACHINE);
    return n > 0;
}

static bool hear_of_peer(struct kad_request *q, const struct peerid *from, const struct kad_msg *m)
{
    struct kad_contacts *closer;

    if (is_sought(q, from))
        return !take_itself(q, from);
    if (!(closer = calloc(1, sizeof *closer)))
        return true;
    kad_contacts_read(closer, &m->closer, kad_scope_of_peer(env_of(q)->host, from, NULL, 0));
    for (size_t i = 0; i < closer->n && !q->found.n; i++)
        if (is_sought(q, &closer->v[i].peer) && closer->v[i].naddrs)
            kad_contacts_add(&q->found, &closer->v[i].peer, closer->v[i].addrs, closer->v[i].naddrs,
                             ADDR_SCOPE_MACHINE);
    free(closer);
    if (q->found.n)
        q->hops = kad_run_hops(q->run, from);
    return q->found.n == 0;
}

static bool hear_of_providers(struct kad_request *q, const struct peerid *from,
                              const struct kad_msg *m)
{
    kad_contacts_read(&q->found, &m->providers, kad_scope_of_peer(env_of(q)->host, from, NULL, 0));
    return q->found.n < KAD_MSG_PEERS_MAX;
}

static void look_at_own_providers(struct kad_request *q)
{
    struct kad_contact v[KAD_MSG_PEERS_MAX];
    size_t n = 0;

    if (env_of(q)->is_server)
        n = kad_store_providers(env_of(q)->store, q->key, now_s(), v, KAD_MSG_PEERS_MAX);
    for (size_t i = 0; i < n; i++)
        kad_contacts_add(&q->found, &v[i].peer, v[i].addrs, v[i].naddrs, ADDR_SCOPE_MACHINE);
}

static void end_of_find(struct kad_request *q, bool is_late)
{
    struct kad_result r = { .err = q->found.n ? 0 : failure(q, is_late),
                            .peers = q->found.v,
                            .npeers = q->found.n };

    tell(q, &r);
    release(q);
}

/* ---- one lookup of each kind ---- */

static bool hear_nothing(struct kad_request *q, const struct peerid *from, const struct kad_msg *m)
{
    (void)q;
    (void)from;
    (void)m;
    return true;
}

static const struct {
    enum kad_type asks;
    bool (*hear)(struct kad_request *q, const struct peerid *from, const struct kad_msg *m);
    void (*end)(struct kad_request *q, bool is_late);
} kinds[] = {
    [KAD_QUERY_GET] = { KAD_GET_VALUE, hear_value, end_of_get },
    [KAD_QUERY_PUT] = { KAD_FIND_NODE, hear_nothing, end_of_lookup_to_tell },
    [KAD_QUERY_FIND] = { KAD_FIND_NODE, hear_of_peer, end_of_find },
    [KAD_QUERY_PROVIDERS] = { KAD_GET_PROVIDERS, hear_of_providers, end_of_find },
    [KAD_QUERY_PROVIDE] = { KAD_FIND_NODE, hear_nothing, end_of_lookup_to_tell },
};

static bool on_answer(void *arg, const struct peerid *from, const struct kad_msg *m)
{
    struct kad_request *q = arg;
    return kinds[q->kind].hear(q, from, m);
}

static void on_end(void *arg, bool is_late)
{
    struct kad_request *q = arg;
    kinds[q->kind].end(q, is_late);
}

static const struct kad_run_events run_events = { .on_answer = on_answer, .on_end = on_end };

static void on_turn(struct turn_task *t)
{
    struct kad_request *q = container_of(t, struct kad_request, task);
    struct kad_result r = { .err = q->err, .peers = q->found.v, .npeers = q->found.n };

    tell(q, &r);
    release(q);
}

/* A peer that we are connected to need not be looked for. */
static bool is_here(struct kad_request *q)
{
    struct peerid peer;

    return peerid_from_bytes(q->key, &peer) == 0 &&
           host_conn_by(env_of(q)->host, &peer, HOST_PATH_DIRECT) && take_itself(q, &peer);
}

/* True: nobody need be asked. */
static bool look_here(struct kad_request *q)
{
    switch (q->kind) {
    case KAD_QUERY_GET:
        look_at_own_value(q);
        return false;
    case KAD_QUERY_PUT:
        q->err = kad_value_check(q->key, value_of(q), now_s()) ? GW_EINVAL : 0;
        return q->err != 0;
    case KAD_QUERY_FIND:
        return is_here(q);
    case KAD_QUERY_PROVIDERS:
        look_at_own_providers(q);
        return false;
    case KAD_QUERY_PROVIDE:
        break;
    }
    return false;
}

static bool begin(struct kad_request *q, struct bytes value)
{
    const struct kad_msg m = { .type = kinds[q->kind].asks, .key = q->key };

    if (q->kind == KAD_QUERY_PUT && !set_value(q, value))
        return false;
    if (look_here(q)) {
        turn_add(host_turn(env_of(q)->host), &q->task);
        return true;
    }
    q->run = kad_run_new(env_of(q), &q->all->runs, &m, &q->target, &run_events, q);
    return q->run != NULL;
}

struct kad_request *kad_query(struct kad_queries *all, enum kad_query_kind kind, struct bytes key,
                              struct bytes value, kad_done_fn *done, void *arg)
{
    struct kad_request *q = key.n && key.n <= KAD_MSG_KEY_MAX ? calloc(1, sizeof *q) : NULL;
    if (!q)
        return NULL;
    q->all = all;
    q->kind = kind;
    memcpy(q->octets, key.p, key.n);
    q->key = (struct bytes){ q->octets, key.n };
    kad_id_of_key(q->key, &q->target);
    q->task.run = on_turn;
    q->done = done;
    q->arg = arg;
    DL_APPEND(all->list, q);
    if (begin(q, value))
        return q;
    release(q);
    return NULL;
}

void kad_cancel(struct kad_request *q)
{
    if (q)
        release(q);
}

void kad_queries_fini(struct kad_queries *all)
{
    while (all->list)
        release(all->list);
}
