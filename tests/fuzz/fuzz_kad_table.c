/* fuzz_kad_table.c - the routing table does what a naive one does: a list of all contacts in the
 * order in which they were heard from, counted and sorted anew for every question.
 *
 * Three octets are one call: which one, of which peer, and how. */
#include <stdlib.h>

#include "fuzz.h"
#include "p2p/kad_table.h"

#define PEERS      256
#define CALLS_MAX  1024
#define REFRESH_MS 40

/* Where a peer may be: nowhere, at home, and in the world; what it counts for. */
static const struct {
    const char *addr;
    unsigned group; /* 0: none */
} places[] = {
    { NULL, 0 },
    { "/ip4/192.168.1.1/tcp/1", 0 },
    { "/ip6/fd00::1/tcp/1", 0 },
    { "/dns4/example.com/tcp/1", 0 },
    { "/ip4/8.1.0.1/tcp/1", 1 },
    { "/ip4/8.1.255.2/udp/1/quic-v1", 1 },
    { "/ip4/8.2.0.1/tcp/1", 2 },
    { "/ip6/801::1/tcp/1", 3 },
    { "/ip6/801:0:1::1/tcp/1", 3 },
    { "/ip6/801:1::1/tcp/1", 4 },
};
#define PLACES (sizeof places / sizeof places[0])

static struct {
    struct kad_contact c;
    unsigned bucket;
} peers[PEERS]; /* the first one is ourselves */
static struct multiaddr addrs[PLACES];

static struct {
    unsigned peer, place, failures;
    uint64_t heard_ms;
} model[PEERS]; /* heard from longest ago first */
static unsigned nmodel;
static uint64_t refreshed_ms[KAD_ID_BITS]; /* 0: never */

static struct kad_table *t;
static uint64_t now_ms;

static void make_world(void)
{
    for (unsigned i = 0; i < PEERS; i++) {
        struct kad_contact *c = &peers[i].c;
        c->peer = (struct peerid){ .n = 38, .mh = { 0, 36, 8, 1, 18, 32, (uint8_t)i } };
        kad_id_of_peer(&c->peer, &c->id);
        peers[i].bucket = kad_id_shared(&c->id, &peers[0].c.id);
    }
    for (unsigned i = 1; i < PLACES; i++)
        assert(multiaddr_parse(bytes_of(places[i].addr), &addrs[i]) == 0);
}

static unsigned model_find(unsigned peer)
{
    unsigned i = 0;
    while (i < nmodel && model[i].peer != peer)
        i++;
    return i;
}

static void model_remove(unsigned at)
{
    nmodel--;
    memmove(&model[at], &model[at + 1], (nmodel - at) * sizeof model[0]);
}

/* Contacts in this bucket (KAD_ID_BITS: in all) of this group (0: of all). */
static unsigned model_count(unsigned bucket, unsigned group)
{
    unsigned n = 0;
    for (unsigned i = 0; i < nmodel; i++)
        n += (bucket == KAD_ID_BITS || peers[model[i].peer].bucket == bucket) &&
             (!group || places[model[i].place].group == group);
    return n;
}

static bool is_crowd(unsigned bucket, unsigned group)
{
    return group && (model_count(bucket, group) >= KAD_GROUP_BUCKET ||
                     model_count(KAD_ID_BITS, group) >= KAD_GROUP_TABLE);
}

static enum kad_heard model_heard(unsigned peer, unsigned place)
{
    unsigned at = model_find(peer), bucket = peers[peer].bucket;
    bool is_known = at < nmodel;

    if (!peer)
        return KAD_HEARD_NOT;
    if (is_known) {
        unsigned was = model[at].place;
        model_remove(at);
        if (place && places[place].group != places[was].group &&
            is_crowd(bucket, places[place].group))
            return KAD_HEARD_CROWD;
        place = place ? place : was;
    } else if (is_crowd(bucket, places[place].group)) {
        return KAD_HEARD_CROWD;
    } else if (model_count(bucket, 0) == KAD_K) {
        return KAD_HEARD_FULL;
    }
    model[nmodel].peer = peer;
    model[nmodel].place = place;
    model[nmodel].failures = 0;
    model[nmodel++].heard_ms = now_ms;
    return is_known ? KAD_HEARD_AGAIN : KAD_HEARD_ADDED;
}

static void hear(unsigned peer, unsigned place)
{
    struct kad_contact c = peers[peer].c;
    c.addrs = &addrs[place];
    c.naddrs = place ? 1 : 0;
    assert(kad_table_heard(t, &c, now_ms) == model_heard(peer, place));
}

static void fail(unsigned peer)
{
    unsigned at = model_find(peer);
    if (at < nmodel && ++model[at].failures == KAD_FAILURES_MAX)
        model_remove(at);
    kad_table_failed(t, &peers[peer].c.peer);
}

static void drop(unsigned peer)
{
    unsigned at = model_find(peer);
    if (at < nmodel)
        model_remove(at);
    kad_table_remove(t, &peers[peer].c.peer);
}

static void doubt(unsigned peer, unsigned ago_ms)
{
    uint64_t before_ms = now_ms > ago_ms ? now_ms - ago_ms : 0;
    struct kad_contact c;
    unsigned at = 0;

    while (at < nmodel && peers[model[at].peer].bucket != peers[peer].bucket)
        at++;
    bool is_old = at < nmodel && model[at].heard_ms < before_ms;
    assert(kad_table_doubtful(t, &peers[peer].c.peer, before_ms, &c) == is_old);
    assert(!is_old || peerid_eq(&c.peer, &peers[model[at].peer].c.peer));
}

static const struct kad_id *sort_target;

static int by_distance(const void *a, const void *b)
{
    const unsigned *x = a, *y = b;
    return kad_id_cmp(sort_target, &peers[*x].c.id, &peers[*y].c.id);
}

static void ask_nearest(unsigned peer, unsigned max)
{
    static struct kad_contact got[PEERS];
    unsigned all[PEERS];

    for (unsigned i = 0; i < nmodel; i++)
        all[i] = model[i].peer;
    sort_target = &peers[peer].c.id;
    qsort(all, nmodel, sizeof all[0], by_distance);
    size_t n = kad_table_nearest(t, sort_target, got, max);
    assert(n == (max < nmodel ? max : nmodel));
    for (size_t i = 0; i < n; i++) {
        unsigned place = model[model_find(all[i])].place;
        assert(peerid_eq(&got[i].peer, &peers[all[i]].c.peer));
        assert(got[i].naddrs == (place ? 1 : 0));
        assert(!place || multiaddr_eq(got[i].addrs, &addrs[place]));
    }
}

static void refresh(unsigned peer)
{
    uint64_t before_ms = now_ms > REFRESH_MS ? now_ms - REFRESH_MS : 0;
    unsigned oldest = 0, deepest = 0;
    struct kad_id point;

    for (unsigned i = 0; i < nmodel; i++) {
        unsigned beyond = peers[model[i].peer].bucket + 1;
        deepest = beyond > deepest ? beyond : deepest;
    }
    for (unsigned i = 1; i <= deepest; i++)
        oldest = refreshed_ms[i] < refreshed_ms[oldest] ? i : oldest;
    bool is_due = !refreshed_ms[oldest] || refreshed_ms[oldest] < before_ms;
    assert(kad_table_refresh(t, before_ms, now_ms, &peers[peer].c.id, &point) == is_due);
    if (!is_due)
        return;
    assert(kad_id_shared(&point, &peers[0].c.id) == oldest);
    refreshed_ms[oldest] = now_ms;
}

static void check_each(void *arg, const struct kad_contact *c, uint64_t heard_ms)
{
    unsigned peer = c->peer.mh[6], at = model_find(peer), *n = arg;
    assert(at < nmodel && model[at].heard_ms == heard_ms);
    ++*n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned n = 0;

    if (!peers[0].c.peer.n)
        make_world();
    t = kad_table_new(&peers[0].c.peer);
    assert(t);
    nmodel = 0;
    now_ms = 0;
    memset(refreshed_ms, 0, sizeof refreshed_ms);
    for (size_t i = 0; i + 3 <= size && i < CALLS_MAX * 3; i += 3) {
        unsigned peer = data[i + 1], how = data[i + 2];
        now_ms++;
        switch (data[i] % 8) {
        case 0:
            fail(peer);
            break;
        case 1:
            drop(peer);
            break;
        case 2:
            doubt(peer, how);
            break;
        case 3:
            ask_nearest(peer, how);
            break;
        case 4:
            refresh(peer);
            break;
        default:
            hear(peer, how % PLACES);
        }
        assert(kad_table_count(t) == nmodel);
        assert(kad_table_has(t, &peers[peer].c.peer) == (model_find(peer) < nmodel));
    }
    kad_table_each(t, check_each, &n);
    assert(n == nmodel);
    kad_table_free(t);
    return 0;
}
