/* dht_walk.c - see dht_walk.h. */
#include "dht_walk.h"

#include <assert.h>
#include <stdlib.h>

struct walk {
    struct dht_net *net;
    uint32_t node;
    enum dht_want want;
    uint8_t key[KAD_MSG_KEY_MAX];
    size_t nkey;
    struct kad_lookup *lookup; /* NULL: it is over */
    uint64_t began_ms, timer_ms;
    unsigned refs; /* timers, and questions under way */
    unsigned votes, hops;
    dht_found_fn *done;
    void *arg;
};

static struct bytes key_of(const struct walk *w)
{
    return (struct bytes){ w->key, w->nkey };
}

static void unref(struct walk *w)
{
    if (!--w->refs && !w->lookup)
        free(w);
}

static void finish(struct walk *w)
{
    struct kad_contact nearest[KAD_K];
    struct kad_lookup_stats stats;
    struct dht_found found = { .is_gone = !w->net->nodes[w->node].is_up,
                               .nearest = nearest,
                               .hops = w->hops };

    kad_lookup_stats(w->lookup, &stats);
    found.n = kad_lookup_nearest(w->lookup, nearest, KAD_K);
    found.asked = stats.asked;
    found.answered = stats.answered;
    found.took_ms = w->net->time.now_ms - w->began_ms;
    if (w->want == DHT_WANT_NEAREST)
        found.hops = stats.hops;
    found.is_found = w->want == DHT_WANT_NEAREST ? found.n > 0 : w->votes > 0;
    w->done(w->arg, &found);
    kad_lookup_free(w->lookup);
    w->lookup = NULL;
}

static bool is_wanted(const struct walk *w, const struct kad_contact *from,
                      const struct kad_msg *answer)
{
    if (w->want == DHT_WANT_PEER)
        return bytes_eq(key_of(w), (struct bytes){ from->peer.mh, from->peer.n });
    return w->want == DHT_WANT_VALUE && bytes_eq(answer->record.key, key_of(w)) &&
           kad_value_check(key_of(w), answer->record.value, dht_net_wall_s(w->net)) == 0;
}

static void pump(struct walk *w);

static void on_answer(void *arg, const struct kad_contact *from, const struct kad_msg *answer)
{
    struct kad_contact closer[KAD_K];
    struct walk *w = arg;

    if (w->lookup && answer) {
        dht_net_heard(w->net, w->node, from);
        if (is_wanted(w, from, answer) && !w->votes++)
            w->hops = kad_lookup_hops(w->lookup, &from->peer);
        kad_lookup_answer(w->lookup, &from->peer, closer,
                          dht_net_contacts(w->net, &answer->closer, closer));
        pump(w);
    }
    unref(w);
}

static void on_late(void *arg, const struct peerid *peer)
{
    struct walk *w = arg;
    dht_net_failed(w->net, w->node, peer);
}

static void on_timer(void *arg)
{
    struct walk *w = arg;

    if (w->timer_ms <= w->net->time.now_ms)
        w->timer_ms = UINT64_MAX;
    if (w->lookup) {
        kad_lookup_tick(w->lookup, w->net->time.now_ms, on_late, w);
        pump(w);
    }
    unref(w);
}

static void set_timer(struct walk *w)
{
    uint64_t due = kad_lookup_due(w->lookup);

    if (due >= w->timer_ms)
        return;
    w->timer_ms = due;
    w->refs++;
    vtime_at(&w->net->time, due, on_timer, w);
}

static void pump(struct walk *w)
{
    struct kad_msg question = { .type = w->want == DHT_WANT_VALUE ? KAD_GET_VALUE : KAD_FIND_NODE,
                                .key = key_of(w) };
    bool has_enough = w->votes >= (w->want == DHT_WANT_VALUE ? DHT_QUORUM : 1);
    struct kad_contact next;

    if (!w->net->nodes[w->node].is_up || has_enough) {
        finish(w);
        return;
    }
    while (kad_lookup_next(w->lookup, w->net->time.now_ms, &next)) {
        w->refs++;
        dht_net_ask(w->net, w->node, &next, &question, on_answer, w);
    }
    if (kad_lookup_is_done(w->lookup))
        finish(w);
    else
        set_timer(w);
}

void dht_walk(struct dht_net *net, uint32_t node, enum dht_want want, struct bytes key,
              dht_found_fn *done, void *arg)
{
    struct kad_lookup_config cfg = {
        .alpha = 3, .k = KAD_K, .paths = net->cfg.paths, .answer_ms = DHT_ANSWER_MS
    };
    struct walk *w = vtime_alloc(sizeof *w);
    const struct dht_node *self = &net->nodes[node];
    struct kad_contact seeds[KAD_K];
    struct kad_id target;

    kad_id_of_key(key, &target);
    *w = (struct walk){ .net = net,
                        .node = node,
                        .want = want,
                        .nkey = key.n,
                        .lookup = kad_lookup_new(&target, &self->c.peer, &cfg),
                        .began_ms = net->time.now_ms,
                        .timer_ms = UINT64_MAX,
                        .refs = 1,
                        .done = done,
                        .arg = arg };
    assert(w->lookup && key.n <= sizeof w->key);
    memcpy(w->key, key.p, key.n);
    kad_lookup_seed(w->lookup, seeds, kad_table_nearest(self->table, &target, seeds, KAD_K));
    pump(w);
    unref(w);
}
