/* tier_dht.c - see tier_dht.h. */
#include "name/tier_dht.h"

#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/clock.h"
#include "base/err.h"
#include "name/tier_direct.h"
#include "name/tier_network.h"
#include "net/timer.h"

struct asked { /* for one record */
    struct lookup *of;
    struct kad_request *get; /* NULL: it has ended */
    uint8_t key[NAME_RECORD_KEY];
};

struct lookup {
    struct lookup *prev, *next;
    struct tier_dht *tier;
    struct tier_query *query;
    struct asked records[NETWORK_RELAYS_MAX + 1]; /* of each relay, and of the peer itself */
    size_t nrecords;
    struct kad_request *find; /* of a peer that is named by its id */
    bool is_named;            /* a relay's record has said who it is */
    struct timer grace;       /* runs when there is an answer that may still become better */
    struct name_answer answer;
    const char *remark;
    unsigned servers; /* that answered */
    int err;          /* of the last that failed */
};

struct tier_dht {
    struct ev_loop *loop;
    struct kad *kad;
    const struct networks *networks;
    struct lookup *lookups;
};

static void forget(struct lookup *l)
{
    timer_stop(&l->grace);
    for (size_t i = 0; i < l->nrecords; i++)
        kad_cancel(l->records[i].get);
    kad_cancel(l->find);
    DL_DELETE(l->tier->lookups, l);
    free(l);
}

/* ---- the answer ---- */

static void succeed(struct lookup *l)
{
    struct tier_query *q = l->query;
    struct name_answer a = l->answer;
    const char *remark = l->remark;

    forget(l);
    tier_answer(q, 0, &a, remark);
}

static void fail(struct lookup *l)
{
    struct tier_query *q = l->query;
    char why[64];
    int err = l->err;

    if (err == GW_ENONAME)
        snprintf(why, sizeof why, "no record at %u servers", l->servers);
    else
        snprintf(why, sizeof why, "%s", gw_strerror(err));
    forget(l);
    tier_answer(q, err, NULL, why);
}

static bool is_under_way(const struct lookup *l)
{
    for (size_t i = 0; i < l->nrecords; i++)
        if (l->records[i].get)
            return true;
    return l->find != NULL;
}

/* One of those asked had nothing.  That all is well and nobody knows it says the most. */
static void note_failure(struct lookup *l, const struct kad_result *r)
{
    if (!l->err || r->err == GW_ENONAME)
        l->err = r->err;
    if (r->answered > l->servers)
        l->servers = r->answered;
    if (is_under_way(l))
        return;
    if (l->is_named || l->answer.naddrs)
        succeed(l);
    else
        fail(l);
}

static void add_addrs(struct name_answer *a, const struct multiaddr *v, size_t n)
{
    for (size_t i = 0; i < n && a->naddrs < RESOLVER_ADDRS_MAX; i++)
        a->addrs[a->naddrs++] = v[i];
}

/* An answer is not kept longer than its record. */
static uint64_t ttl_of(const struct name_record *r, uint64_t now_s)
{
    uint64_t left_ms = (r->expires_s - now_s) * 1000;
    return left_ms < RESOLVER_TTL_MS ? left_ms : RESOLVER_TTL_DEFAULT;
}

static void wait_a_little(struct lookup *l)
{
    ev_now_update(l->tier->loop);
    timer_start(&l->grace, TIER_DHT_GRACE_MS);
}

static void ask_record(struct lookup *l, const struct peerid *owner, struct bytes name);

/* The relay's record leads through that relay, which may be gone: where the peer says that it is
 * goes before. */
static void ask_the_peer_too(struct lookup *l)
{
    l->is_named = true;
    for (size_t i = 0; i < l->nrecords; i++) {
        kad_cancel(l->records[i].get);
        l->records[i].get = NULL;
    }
    ask_record(l, &l->answer.peer, (struct bytes){ 0 });
    if (is_under_way(l))
        wait_a_little(l);
    else
        succeed(l);
}

static void take_record(struct lookup *l, const struct name_record *r, uint64_t now_s)
{
    struct name_answer before = l->answer;

    l->answer.peer = r->peer;
    l->answer.ttl_ms = ttl_of(r, now_s);
    l->remark = "signed record";
    if (r->naddrs)
        l->answer.naddrs = 0;
    add_addrs(&l->answer, r->addrs, r->naddrs);
    if (!l->is_named)
        return;
    add_addrs(&l->answer, before.addrs, r->naddrs ? before.naddrs : 0);
    if (before.ttl_ms < l->answer.ttl_ms)
        l->answer.ttl_ms = before.ttl_ms;
}

static void on_record(void *arg, const struct kad_result *r)
{
    struct asked *q = arg;
    struct lookup *l = q->of;
    const struct bytes key = { q->key, sizeof q->key };
    uint64_t now_s = (uint64_t)clock_wall_s();
    struct kad_result failed = *r;
    struct name_record record;

    q->get = NULL;
    if (!r->err)
        failed.err = name_record_check(key, r->value, now_s, &record);
    if (!failed.err && l->answer.peer.n && !peerid_eq(&record.peer, &l->answer.peer))
        failed.err = GW_EPROTO; /* an id is no name for another peer */
    if (failed.err) {
        note_failure(l, &failed);
        return;
    }
    take_record(l, &record, now_s);
    if (*record.name)
        ask_the_peer_too(l);
    else
        succeed(l);
}

static void on_grace(void *arg)
{
    succeed(arg);
}

static void on_found(void *arg, const struct kad_result *r)
{
    struct lookup *l = arg;

    l->find = NULL;
    if (r->err || !r->npeers) {
        note_failure(l, r);
        return;
    }
    l->answer.ttl_ms = RESOLVER_TTL_DEFAULT;
    add_addrs(&l->answer, r->peers->addrs, r->peers->naddrs);
    l->remark = r->asked ? "from DHT servers" : "connected";
    if (is_under_way(l) && r->asked)
        wait_a_little(l);
    else
        succeed(l); /* also when nobody had to be asked: we are connected to it */
}

/* ---- the question ---- */

static struct lookup *begin(struct tier_dht *t, struct tier_query *q, struct bytes service)
{
    struct lookup *l = calloc(1, sizeof *l);
    if (!l)
        return NULL;
    l->tier = t;
    l->query = q;
    snprintf(l->answer.service, sizeof l->answer.service, "%.*s", (int)service.n,
             (const char *)service.p);
    timer_init(&l->grace, l->tier->loop, on_grace, l);
    DL_APPEND(t->lookups, l);
    return l;
}

static void ask_record(struct lookup *l, const struct peerid *owner, struct bytes name)
{
    struct asked *q = &l->records[l->nrecords++];

    q->of = l;
    name_record_key(owner, name, q->key);
    q->get = kad_get(l->tier->kad, (struct bytes){ q->key, sizeof q->key }, on_record, q);
}

static void ask_for_peer(struct lookup *l, const struct peerid *peer)
{
    l->answer.peer = *peer;
    ask_record(l, peer, (struct bytes){ 0 });
    l->find = kad_find(l->tier->kad, peer, on_found, l);
}

static void ask_for_host(struct lookup *l, const struct network *net, struct bytes host)
{
    for (size_t i = 0; i < net->nrelays; i++)
        ask_record(l, &net->relays[i].peer, host);
}

static bool knows_nobody(const struct tier_dht *t)
{
    struct kad_stats stats;

    kad_stats(t->kad, &stats);
    return !stats.contacts && !stats.is_joining;
}

/* Of the peer, when there is no network. */
static void ask(struct tier_dht *t, struct tier_query *q, const struct peerid *peer,
                const struct network *net, const struct network_name *name)
{
    struct lookup *l = begin(t, q, name->service);

    if (l && net)
        ask_for_host(l, net, name->host);
    else if (l)
        ask_for_peer(l, peer);
    if (l && is_under_way(l))
        return;
    if (l)
        forget(l);
    tier_answer(q, GW_ENOMEM, NULL, NULL);
}

static void lookup(void *tier, const struct name *n, struct tier_query *q)
{
    struct tier_dht *t = tier;
    struct network_name name = { 0 };
    struct peerid peer;
    const struct network *net = NULL;
    bool is_id = tier_direct_read(n, &peer, &name.service) == NULL;

    if (!is_id && !tier_direct_owns(n) && network_name_read(n, &name))
        net = networks_find(t->networks, name.network);
    if (!is_id && !net)
        tier_answer(q, GW_EUNSUP, NULL, NULL);
    else if (net && !net->nrelays)
        tier_answer(q, GW_ENONAME, NULL, "no relay of it is known");
    else if (knows_nobody(t))
        tier_answer(q, GW_ENETDOWN, NULL, "no DHT server is known");
    else
        ask(t, q, &peer, net, &name);
}

static void cancel(void *tier, struct tier_query *q)
{
    struct tier_dht *t = tier;
    struct lookup *l;

    DL_FOREACH (t->lookups, l)
        if (l->query == q) {
            forget(l);
            return;
        }
}

const struct tier_ops tier_dht_ops = {
    .name = "DHT", .timeout_ms = TIER_DHT_MS, .lookup = lookup, .cancel = cancel
};

struct tier_dht *tier_dht_new(struct ev_loop *loop, struct kad *k, const struct networks *n)
{
    struct tier_dht *t = calloc(1, sizeof *t);
    if (t)
        *t = (struct tier_dht){ .loop = loop, .kad = k, .networks = n };
    return t;
}

void tier_dht_free(struct tier_dht *t)
{
    if (!t)
        return;
    while (t->lookups)
        forget(t->lookups);
    free(t);
}
