/* fake_discovery.c - see fake_discovery.h. */
#include "fake_discovery.h"

#include <stdio.h>

#include "vec.h"

struct fake_discovery fake_discovery;

/* ---- relays ---- */

struct names_ask *names_ask_start(struct host *h, const struct names_ask_req *req,
                                  names_asked_fn *done, void *arg)
{
    const struct names_question *q = req->question;
    struct names_ask *a = &fake_discovery.asks[fake_discovery.nasks++];

    (void)h;
    assert_in_range(fake_discovery.nasks, 1, FAKE_ASKS_MAX);
    *a = (struct names_ask){
        .is_pending = true, .relay = req->relay, .type = q->type, .done = done, .arg = arg
    };
    snprintf(a->network, sizeof a->network, "%.*s", (int)q->network.n, (const char *)q->network.p);
    snprintf(a->host, sizeof a->host, "%.*s", (int)q->host.n, (const char *)q->host.p);
    return a;
}

void names_ask_cancel(struct names_ask *a)
{
    if (!a)
        return;
    assert_true(a->is_pending);
    a->is_pending = false;
    a->is_cancelled = true;
}

void fake_names_answer(size_t i, int err, const struct names_answer *a)
{
    struct names_ask *ask = &fake_discovery.asks[i];

    assert_true(ask->is_pending);
    ask->is_pending = false;
    ask->done(ask->arg, err, a);
}

void names_claims_each(const struct names_claims *c,
                       void (*each)(void *arg, const struct names_claim_info *i), void *arg)
{
    (void)c;
    for (size_t i = 0; i < fake_discovery.nclaims; i++)
        each(arg, &fake_discovery.claims[i]);
}

/* ---- the DHT ---- */

static struct kad_request *start(const char *what, struct bytes key, kad_done_fn *done, void *arg)
{
    struct kad_request *q = &fake_discovery.request;

    assert_false(q->is_pending);
    assert_in_range(key.n, 1, sizeof q->key);
    *q = (struct kad_request){ .is_pending = true, .nkey = key.n, .done = done, .arg = arg };
    snprintf(q->what, sizeof q->what, "%s", what);
    memcpy(q->key, key.p, key.n);
    return q;
}

struct kad_request *kad_get(struct kad *k, struct bytes key, kad_done_fn *done, void *arg)
{
    (void)k;
    return start("get", key, done, arg);
}

struct kad_request *kad_put(struct kad *k, struct bytes key, struct bytes value, kad_done_fn *done,
                            void *arg)
{
    struct kad_request *q = start("put", key, done, arg);

    (void)k;
    snprintf(q->value, sizeof q->value, "%.*s", (int)value.n, (const char *)value.p);
    return q;
}

struct kad_request *kad_find(struct kad *k, const struct peerid *peer, kad_done_fn *done, void *arg)
{
    (void)k;
    return start("find", (struct bytes){ peer->mh, peer->n }, done, arg);
}

struct kad_request *kad_providers(struct kad *k, struct bytes key, kad_done_fn *done, void *arg)
{
    (void)k;
    return start("providers", key, done, arg);
}

struct kad_request *kad_provide(struct kad *k, struct bytes key, kad_done_fn *done, void *arg)
{
    (void)k;
    return start("provide", key, done, arg);
}

void kad_cancel(struct kad_request *q)
{
    assert_true(q->is_pending);
    q->is_pending = false;
    q->is_cancelled = true;
}

void fake_kad_answer(const struct kad_result *r)
{
    struct kad_request q = fake_discovery.request;

    assert_true(q.is_pending);
    fake_discovery.request.is_pending = false;
    q.done(q.arg, r);
}

void kad_stats(const struct kad *k, struct kad_stats *out)
{
    (void)k;
    *out = fake_discovery.stats;
}

void kad_each_contact(const struct kad *k,
                      void (*each)(void *arg, const struct kad_contact *c, uint64_t heard_ms),
                      void *arg)
{
    (void)k;
    (void)each;
    (void)arg;
}
