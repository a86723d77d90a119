/* tier_dnsaddr.c - see tier_dnsaddr.h. */
#include "name/tier_dnsaddr.h"

#include <stdlib.h>
#include <utlist.h>

#include "base/err.h"
#include "name/dnsaddr.h"
#include "name/tier_direct.h"

#define LOOKUP_MS 5000 /* all of a name */
#define TTL_MIN_S 10
#define TTL_MAX_S 86400

struct walk { /* a lookup */
    struct walk *prev, *next;
    struct tier_dnsaddr *tier;
    struct tier_query *query;
    struct dnsaddr *dnsaddr;
};

struct tier_dnsaddr {
    struct dns *dns;
    bool (*private_to_us)(void *arg, const struct name *n);
    void *arg;
    struct walk *walks; /* utlist DL */
};

/* May the DNS be asked for it? */
static bool is_public(void *arg, const struct name *n)
{
    const struct tier_dnsaddr *t = arg;
    struct bytes last = name_label(n, n->nlabels - 1);

    if (n->is_p2p || n->nlabels < 2 || tier_direct_owns(n) || bytes_eq(last, bytes_of("local")))
        return false;
    bool is_number = true; /* 127.0.0.1 */
    for (size_t i = 0; i < last.n; i++)
        is_number &= last.p[i] >= '0' && last.p[i] <= '9';
    return !is_number && !(t->private_to_us && t->private_to_us(t->arg, n));
}

static void forget(struct walk *w)
{
    DL_DELETE(w->tier->walks, w);
    dnsaddr_cancel(w->dnsaddr);
    free(w);
}

/* The first one's addresses; those of others are left out. */
static void read_answer(const struct dnsaddr_found *f, struct name_answer *out)
{
    struct peerid id;

    for (size_t i = 0; i < f->n && out->naddrs < RESOLVER_ADDRS_MAX; i++) {
        if (!multiaddr_peer(&f->addrs[i], &id) || (i && !peerid_eq(&id, &out->peer)))
            continue;
        out->peer = id;
        out->addrs[out->naddrs] = f->addrs[i];
        multiaddr_strip_peer(&out->addrs[out->naddrs++]);
    }
    uint32_t ttl_s = f->ttl_s < TTL_MIN_S ? TTL_MIN_S : f->ttl_s;
    out->ttl_ms = 1000 * (uint64_t)(ttl_s < TTL_MAX_S ? ttl_s : TTL_MAX_S);
}

/* What is said of a name that leads to no peer. */
static const char *why_none(int err, const struct dnsaddr_found *f)
{
    switch (err) {
    case GW_ENONAME:
        return f->nrecords ? "its dnsaddr= records lead to none" : "no dnsaddr= record";
    case GW_ETIMEOUT:
        return "no name server answers in time";
    case GW_ENETDOWN:
        return "no name server answers";
    case GW_EPROTO:
        return "an answer that cannot be read";
    default:
        return gw_strerror(err);
    }
}

static void on_found(void *arg, int err, const struct dnsaddr_found *f)
{
    struct walk *w = arg;
    struct tier_query *q = w->query;
    struct name_answer a = { .naddrs = 0 };

    w->dnsaddr = NULL;
    forget(w);
    if (!err)
        read_answer(f, &a);
    tier_answer(q, err, err ? NULL : &a, err ? why_none(err, f) : NULL);
}

static void lookup(void *tier, const struct name *n, struct tier_query *q)
{
    struct tier_dnsaddr *t = tier;
    const struct dnsaddr_req req = {
        .name = n, .timeout_ms = LOOKUP_MS, .may = is_public, .may_arg = t
    };
    struct walk *w;

    if (!is_public(t, n)) {
        tier_answer(q, GW_EUNSUP, NULL, NULL);
        return;
    }
    w = calloc(1, sizeof *w);
    if (!w || !(w->dnsaddr = dnsaddr_start(t->dns, &req, on_found, w))) {
        free(w);
        tier_answer(q, GW_ENOMEM, NULL, NULL);
        return;
    }
    w->tier = t;
    w->query = q;
    DL_APPEND(t->walks, w);
}

static void cancel(void *tier, struct tier_query *q)
{
    struct tier_dnsaddr *t = tier;
    struct walk *w;

    DL_FOREACH (t->walks, w) {
        if (w->query == q) {
            forget(w);
            return;
        }
    }
}

const struct tier_ops tier_dnsaddr_ops = {
    .name = "DNS", .timeout_ms = LOOKUP_MS + 500, .lookup = lookup, .cancel = cancel
};

struct tier_dnsaddr *
tier_dnsaddr_new(struct dns *d, bool (*private_to_us)(void *arg, const struct name *n), void *arg)
{
    struct tier_dnsaddr *t = calloc(1, sizeof *t);

    if (t)
        *t = (struct tier_dnsaddr){ .dns = d, .private_to_us = private_to_us, .arg = arg };
    return t;
}

void tier_dnsaddr_free(struct tier_dnsaddr *t)
{
    if (!t)
        return;
    while (t->walks)
        forget(t->walks);
    free(t);
}
