/* dht_run.c - see dht_run.h. */
#include "dht_run.h"

#include <assert.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "id/name_record.h"

#define BOOTSTRAPS    8 /* the first nodes: everybody knows them */
#define BOOTSTRAP_ASK 3
#define JOIN_EVERY_MS 50
#define LOOK_EVERY_MS 20

static struct bytes id_of(const struct dht_net *net, uint32_t node)
{
    const struct peerid *id = &net->nodes[node].c.peer;
    return (struct bytes){ id->mh, id->n };
}

/* ---- joining, and refreshing ---- */

struct member {
    struct dht_net *net;
    uint32_t node;
    unsigned pending;
    uint64_t began_ms;
};

static struct member *member_new(struct dht_net *net, uint32_t node)
{
    struct member *m = vtime_alloc(sizeof *m);
    *m = (struct member){ .net = net, .node = node };
    return m;
}

static void on_refreshed(void *arg, const struct dht_found *found)
{
    struct member *m = arg;
    const struct dht_node *n = &m->net->nodes[m->node];
    struct kad_id random, point;

    for (size_t i = 0; i < sizeof random.b; i++)
        random.b[i] = (uint8_t)vtime_random(&m->net->random);
    while (!found->is_gone &&
           kad_table_refresh(n->table, m->began_ms, m->net->time.now_ms, &random, &point)) {
        if (kad_id_shared(&n->c.id, &point) >= DHT_KEY_BITS)
            continue;
        dht_walk(m->net, m->node, DHT_WANT_NEAREST, dht_net_key(m->net, &point), on_refreshed, m);
        return;
    }
    free(m);
}

static void refresh(void *arg)
{
    struct member *m = arg;

    if (!m->net->nodes[m->node].is_up) {
        free(m);
        return;
    }
    m->began_ms = m->net->time.now_ms;
    dht_walk(m->net, m->node, DHT_WANT_NEAREST, id_of(m->net, m->node), on_refreshed, m);
}

static void on_bootstrap(void *arg, const struct kad_contact *from, const struct kad_msg *answer)
{
    struct member *m = arg;

    if (answer)
        dht_net_heard(m->net, m->node, from);
    if (!--m->pending)
        refresh(m);
}

static void join(void *arg)
{
    const struct kad_msg ping = { .type = KAD_PING };
    struct member *m = arg;
    uint32_t known = m->net->made < BOOTSTRAPS ? m->net->made : BOOTSTRAPS;

    m->node = dht_net_add(m->net);
    m->pending = known < BOOTSTRAP_ASK ? known : BOOTSTRAP_ASK;
    for (unsigned i = 0, n = m->pending; i < n; i++)
        dht_net_ask(m->net, m->node, &m->net->nodes[(m->node + i) % known].c, &ping, on_bootstrap,
                    m);
    if (!m->pending)
        free(m);
}

void dht_run_join(struct dht_net *net)
{
    for (uint32_t i = 0; i < net->cfg.nodes; i++)
        vtime_at(&net->time, i * JOIN_EVERY_MS, join, member_new(net, 0));
    vtime_run(&net->time, UINT64_MAX);
}

/* ---- values ---- */

struct value {
    struct dht_net *net;
    uint32_t owner;
    uint8_t key[NAME_RECORD_KEY];
    uint8_t sealed[NAME_RECORD_MAX];
    size_t n;
};

struct dht_values {
    unsigned n;
    struct value v[];
};

static void on_stored(void *arg, const struct kad_contact *from, const struct kad_msg *answer)
{
    (void)arg;
    (void)from;
    (void)answer;
}

static void on_holders(void *arg, const struct dht_found *found)
{
    struct value *v = arg;
    const struct bytes key = { v->key, sizeof v->key };
    const struct kad_msg put = { .type = KAD_PUT_VALUE,
                                 .key = key,
                                 .record = { .key = key, .value = { v->sealed, v->n } } };

    for (size_t i = 0; i < found->n && !found->is_gone; i++)
        dht_net_ask(v->net, v->owner, &found->nearest[i], &put, on_stored, NULL);
}

static void store(void *arg)
{
    struct value *v = arg;

    if (v->net->nodes[v->owner].is_up)
        dht_walk(v->net, v->owner, DHT_WANT_NEAREST, (struct bytes){ v->key, sizeof v->key },
                 on_holders, v);
}

static void make_value(struct value *v, const struct key *k, unsigned number)
{
    struct name_record r = { .peer = *key_peerid(k), .sequence = 1 };

    snprintf(r.name, sizeof r.name, "name-%u-%" PRIu64, number, v->net->time.now_ms);
    r.expires_s = dht_net_wall_s(v->net) + NAME_RECORD_LIFE_S;
    name_record_key(key_peerid(k), bytes_of(r.name), v->key);
    int n = name_record_seal(k, &r, v->sealed, sizeof v->sealed);
    assert(n > 0);
    v->n = (size_t)n;
}

/* ---- a key that is the same in each run of a seed ---- */

static uint64_t key_random;

static const char *name_seeded(void)
{
    return "seeded";
}

static uint32_t random_seeded(void)
{
    return (uint32_t)vtime_random(&key_random);
}

static void fill_seeded(void *const out, const size_t n)
{
    for (size_t i = 0; i < n; i++)
        ((uint8_t *)out)[i] = (uint8_t)random_seeded();
}

static struct key *make_key(uint64_t seed)
{
    static randombytes_implementation seeded = { .implementation_name = name_seeded,
                                                 .random = random_seeded,
                                                 .buf = fill_seeded };
    struct key *k = NULL;

    if (sodium_init() < 0)
        abort();
    key_random = seed;
    randombytes_set_implementation(&seeded);
    if (key_generate(&k) != 0)
        abort();
    randombytes_set_implementation(&randombytes_sysrandom_implementation);
    return k;
}

struct dht_values *dht_run_put(struct dht_net *net, unsigned count)
{
    struct dht_values *all = vtime_alloc(sizeof *all + count * sizeof all->v[0]);
    struct key *k = make_key(net->cfg.seed);

    all->n = count;
    for (unsigned i = 0; i < count; i++) {
        all->v[i].net = net;
        all->v[i].owner = dht_net_pick(net);
        make_value(&all->v[i], k, i);
        vtime_at(&net->time, net->time.now_ms + (uint64_t)i * LOOK_EVERY_MS, store, &all->v[i]);
    }
    key_free(k);
    vtime_run(&net->time, UINT64_MAX);
    return all;
}

void dht_values_free(struct dht_values *v)
{
    free(v);
}

/* ---- churn ---- */

static void leave(void *arg)
{
    struct member *m = arg;

    dht_net_leave(m->net, dht_net_pick(m->net));
    free(m);
}

static uint64_t some_time(struct dht_net *net, uint64_t ms)
{
    return net->time.now_ms + vtime_below(&net->random, (uint32_t)ms);
}

void dht_run_churn(struct dht_net *net, struct dht_values *v, unsigned percent, uint64_t ms)
{
    uint32_t made = net->made;

    for (uint32_t i = 0; i < net->cfg.nodes * percent / 100; i++) {
        vtime_at(&net->time, some_time(net, ms), leave, member_new(net, 0));
        vtime_at(&net->time, some_time(net, ms), join, member_new(net, 0));
    }
    for (uint32_t i = 0; i < made; i++)
        vtime_at(&net->time, some_time(net, ms), refresh, member_new(net, i));
    for (unsigned i = 0; i < v->n; i++)
        vtime_at(&net->time, some_time(net, ms), store, &v->v[i]);
    vtime_run(&net->time, UINT64_MAX);
}

/* ---- measuring ---- */

struct survey {
    unsigned found, ended;
    unsigned near; /* of the nearest that there are */
    uint64_t messages;
    uint32_t *hops, *took_ms; /* of those that found */
};

struct look {
    struct dht_net *net;
    struct survey *survey;
    enum dht_want want;
    uint32_t node;
    uint8_t key[KAD_MSG_KEY_MAX];
    size_t nkey;
};

/* The asker never asks itself. */
static unsigned count_near(const struct look *k, const struct dht_found *found)
{
    const struct peerid *self = &k->net->nodes[k->node].c.peer;
    struct kad_contact nearest[KAD_K];
    struct kad_id target;
    unsigned near = 0;

    kad_id_of_key((struct bytes){ k->key, k->nkey }, &target);
    for (size_t i = dht_net_nearest(k->net, &target, false, nearest); i-- > 0;) {
        bool is_there = peerid_eq(&nearest[i].peer, self);
        for (size_t j = 0; j < found->n && !is_there; j++)
            is_there = peerid_eq(&nearest[i].peer, &found->nearest[j].peer);
        near += is_there;
    }
    return near;
}

static void on_found(void *arg, const struct dht_found *found)
{
    struct look *k = arg;
    struct survey *s = k->survey;

    s->ended++;
    s->messages += found->asked + found->answered;
    if (k->want == DHT_WANT_NEAREST)
        s->near += count_near(k, found);
    if (found->is_found) {
        s->hops[s->found] = found->hops;
        s->took_ms[s->found++] = (uint32_t)found->took_ms;
    }
    free(k);
}

static void look(void *arg)
{
    struct look *k = arg;
    const struct bytes key = { k->key, k->nkey };

    do
        k->node = dht_net_pick(k->net);
    while (bytes_eq(key, id_of(k->net, k->node)));
    dht_walk(k->net, k->node, k->want, key, on_found, k);
}

static void look_later(struct dht_net *net, struct survey *s, enum dht_want want, struct bytes key,
                       unsigned number)
{
    struct look *k = vtime_alloc(sizeof *k);

    *k = (struct look){ .net = net, .survey = s, .want = want, .nkey = key.n };
    memcpy(k->key, key.p, key.n);
    vtime_at(&net->time, net->time.now_ms + (uint64_t)number * LOOK_EVERY_MS, look, k);
}

static int by_size(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static uint32_t percentile(const uint32_t *sorted, unsigned n, unsigned percent)
{
    return n ? sorted[(n - 1) * percent / 100] : 0;
}

static void begin_survey(struct survey *s, unsigned lookups)
{
    *s = (struct survey){ .hops = vtime_alloc(lookups * sizeof *s->hops),
                          .took_ms = vtime_alloc(lookups * sizeof *s->took_ms) };
}

static void end_survey(struct dht_net *net, struct survey *s, unsigned lookups,
                       struct dht_figures *out)
{
    vtime_run(&net->time, UINT64_MAX);
    assert(s->ended == lookups);
    qsort(s->hops, s->found, sizeof *s->hops, by_size);
    qsort(s->took_ms, s->found, sizeof *s->took_ms, by_size);
    *out = (struct dht_figures){
        .lookups = lookups,
        .found = s->near ? 100. * s->near / lookups / KAD_K : 100. * s->found / lookups,
        .hops_p50 = percentile(s->hops, s->found, 50),
        .hops_p99 = percentile(s->hops, s->found, 99),
        .messages = (double)s->messages / lookups,
        .rtts_p50 = (double)percentile(s->took_ms, s->found, 50) / DHT_RTT_MS,
        .rtts_p99 = (double)percentile(s->took_ms, s->found, 99) / DHT_RTT_MS,
    };
    free(s->hops);
    free(s->took_ms);
}

void dht_run_find(struct dht_net *net, unsigned lookups, struct dht_figures *out)
{
    struct survey s;

    begin_survey(&s, lookups);
    for (unsigned i = 0; i < lookups; i++)
        look_later(net, &s, DHT_WANT_PEER, id_of(net, dht_net_pick(net)), i);
    end_survey(net, &s, lookups, out);
}

void dht_run_get(struct dht_net *net, const struct dht_values *v, unsigned lookups,
                 struct dht_figures *out)
{
    struct survey s;

    begin_survey(&s, lookups);
    for (unsigned i = 0; i < lookups; i++) {
        const struct value *value = &v->v[i % v->n];
        look_later(net, &s, DHT_WANT_VALUE, (struct bytes){ value->key, sizeof value->key }, i);
    }
    end_survey(net, &s, lookups, out);
}

void dht_run_nearest(struct dht_net *net, unsigned lookups, struct dht_figures *out)
{
    struct survey s;

    begin_survey(&s, lookups);
    for (unsigned i = 0; i < lookups; i++) {
        uint64_t key = vtime_random(&net->random);
        look_later(net, &s, DHT_WANT_NEAREST, (struct bytes){ (const uint8_t *)&key, sizeof key },
                   i);
    }
    end_survey(net, &s, lookups, out);
}
