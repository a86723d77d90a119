/* tier_mdns.c - see tier_mdns.h. */
#include "name/tier_mdns.h"

#include <stdlib.h>
#include <utlist.h>

#include "base/clock.h"
#include "base/err.h"
#include "name/tier_direct.h"
#include "net/timer.h"
#include "svc/registry.h"

static const char not_seen[] = "not seen";

struct waiting { /* for an answer of the LAN */
    struct waiting *prev, *next;
    struct tier_mdns *tier;
    struct tier_query *query;
    struct name name;
    struct timer deadline;
};

struct tier_mdns {
    struct ev_loop *loop;
    struct mdns *mdns;
    struct waiting *waiting;
};

/* How many later addresses are of the same source. */
static size_t later_ones(const struct lan_peer *p, size_t i)
{
    size_t n = 0;
    for (size_t k = i + 1; k < p->naddrs; k++)
        n += ipaddr_eq(&p->addrs[k].from, &p->addrs[i].from);
    return n;
}

size_t tier_mdns_addrs(const struct lan_peer *p, struct multiaddr *out, size_t max)
{
    size_t n = 0;

    for (size_t turn = 0; turn < p->naddrs; turn++)
        for (size_t i = p->naddrs; i-- > 0 && n < max;)
            if (later_ones(p, i) == turn)
                out[n++] = p->addrs[i].addr;
    return n;
}

static bool is_local(const struct name *n)
{
    return n->nlabels > 1 && n->nlabels <= 3 &&
           bytes_eq(name_label(n, n->nlabels - 1), bytes_of("local"));
}

/* A name without dots, or one that says that it is of the LAN: any other may be somebody's. */
static bool is_lan_name(const struct name *n)
{
    return (n->nlabels == 1 || is_local(n)) && lan_name_ok(name_label(n, 0));
}

/* The peer that a name leads to, and the service before it; NULL: none that is here. */
static const struct lan_peer *find(const struct tier_mdns *t, const struct name *n,
                                   struct bytes *service)
{
    const struct lan_peers *all = mdns_peers(t->mdns);
    const struct lan_peer *p = NULL;
    uint64_t now_ms = clock_mono_ms();
    struct peerid id;

    if (!tier_direct_read(n, &id, service))
        return lan_peers_find(all, &id, now_ms);
    *service = (struct bytes){ 0 };
    if (!is_lan_name(n))
        return NULL;
    if (n->nlabels == 3 && service_name_ok(name_label(n, 0))) {
        p = lan_peers_named(all, name_label(n, 1), now_ms);
        if (p)
            *service = name_label(n, 0);
    }
    return p ? p : lan_peers_named(all, name_label(n, 0), now_ms);
}

/* Nothing is cached: to look again costs nothing, and the table knows how long records hold. */
static void answer(struct tier_query *q, const struct lan_peer *p, struct bytes service)
{
    struct name_answer a = { .peer = p->peer, .tier = tier_mdns_ops.name };

    if (service.n)
        memcpy(a.service, service.p, service.n);
    a.naddrs = tier_mdns_addrs(p, a.addrs, RESOLVER_ADDRS_MAX);
    tier_answer(q, 0, &a, NULL);
}

static void forget(struct waiting *w)
{
    timer_stop(&w->deadline);
    DL_DELETE(w->tier->waiting, w);
    free(w);
}

static void on_deadline(void *arg)
{
    struct waiting *w = arg;
    struct tier_query *q = w->query;
    forget(w);
    tier_answer(q, GW_ENONAME, NULL, not_seen);
}

/* Answers one of those who wait for this; it may start and cancel lookups. */
static bool answer_one(struct tier_mdns *t)
{
    struct waiting *w;
    struct bytes service;

    DL_FOREACH (t->waiting, w) {
        struct name name = w->name;
        const struct lan_peer *p = find(t, &name, &service);
        if (p) {
            struct tier_query *q = w->query;
            forget(w);
            answer(q, p, service);
            return true;
        }
    }
    return false;
}

static void on_news(void *arg, const struct lan_peer *p)
{
    (void)p;
    while (answer_one(arg)) {
    }
}

static bool wait_for(struct tier_mdns *t, const struct name *n, struct tier_query *q)
{
    struct waiting *w = mdns_ask(t->mdns) ? calloc(1, sizeof *w) : NULL;
    if (!w)
        return false;
    *w = (struct waiting){ .tier = t, .query = q, .name = *n };
    ev_now_update(t->loop);
    timer_init(&w->deadline, w->tier->loop, on_deadline, w);
    timer_start(&w->deadline, TIER_MDNS_WAIT_MS);
    DL_APPEND(t->waiting, w);
    return true;
}

static void lookup(void *tier, const struct name *n, struct tier_query *q)
{
    struct tier_mdns *t = tier;
    struct bytes service;
    const struct lan_peer *p = find(t, n, &service);

    if (p)
        answer(q, p, service);
    else if (tier_direct_owns(n))
        tier_answer(q, GW_ENONAME, NULL, not_seen); /* it may be known elsewhere: no wait */
    else if (!is_lan_name(n))
        tier_answer(q, GW_EUNSUP, NULL, NULL);
    else if (!wait_for(t, n, q))
        tier_answer(q, GW_ENONAME, NULL, "not connected to one");
}

static void cancel(void *tier, struct tier_query *q)
{
    struct tier_mdns *t = tier;
    struct waiting *w;

    DL_FOREACH (t->waiting, w) {
        if (w->query == q) {
            forget(w);
            return;
        }
    }
}

const struct tier_ops tier_mdns_ops = { .name = "LAN", .lookup = lookup, .cancel = cancel };

struct tier_mdns *tier_mdns_new(struct ev_loop *loop, struct mdns *m)
{
    struct tier_mdns *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->loop = loop;
    t->mdns = m;
    if (mdns_on_news(m, on_news, t) != 0) {
        free(t);
        return NULL;
    }
    return t;
}

void tier_mdns_free(struct tier_mdns *t)
{
    if (!t)
        return;
    while (t->waiting)
        forget(t->waiting);
    free(t);
}
