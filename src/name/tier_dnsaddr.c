/* tier_dnsaddr.c - see tier_dnsaddr.h.  The names to read are a list that grows as records lead to
 * others: the first is the one looked up, and each is read once, so a loop ends by itself. */
#include "name/tier_dnsaddr.h"

#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/clock.h"
#include "base/err.h"
#include "name/tier_direct.h"

#define LOOKUP_MS 5000 /* all of a name */
#define NAMES_MAX 16   /* that one leads to, itself included */
#define TTL_MIN_S 10
#define TTL_MAX_S 86400

struct place { /* a name whose records are to be read */
    char host[NAME_MAX_OCTETS + 1];
    unsigned depth;
    struct peerid only; /* addresses of others are not meant; n == 0: all are */
};

struct walk { /* a lookup */
    struct walk *prev, *next;
    struct tier_dnsaddr *tier;
    struct tier_query *query;
    struct dns_query *dns; /* under way */
    uint64_t deadline_ms;
    struct place places[NAMES_MAX];
    size_t nplaces, at; /* `at` is the one that is being read */
    size_t nrecords;    /* looked at */
    int err;            /* of the names that could not be read, the last one's */
    uint32_t ttl_s;     /* the least */
    struct name_answer answer;
};

struct tier_dnsaddr {
    struct dns *dns;
    bool (*private_to_us)(void *arg, const struct name *n);
    void *arg;
    struct walk *walks; /* utlist DL */
};

/* May the DNS be asked for it? */
static bool is_public(const struct tier_dnsaddr *t, const struct name *n)
{
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
    dns_cancel(w->dns);
    free(w);
}

/* Adds a name to those that are read, unless it is there already, too deep or one too many. */
static void add_place(struct walk *w, const struct name *n, unsigned depth,
                      const struct peerid *only)
{
    if (depth > TIER_DNSADDR_DEPTH || w->nplaces == NAMES_MAX || !is_public(w->tier, n))
        return;
    for (size_t i = 0; i < w->nplaces; i++)
        if (!strcmp(w->places[i].host, n->text) && peerid_eq(&w->places[i].only, only))
            return;
    struct place *p = &w->places[w->nplaces++];
    *p = (struct place){ .depth = depth, .only = *only };
    memcpy(p->host, n->text, sizeof p->host);
}

/* Reads the name that an address of the form /dnsaddr/HOST leads to, alone or with /p2p/ID behind
 * it.  0; GW_EUNSUP: it begins with something else; GW_ESYNTAX: another form. */
static int read_lead(const struct multiaddr *a, struct name *n)
{
    struct bytes host, rest;
    uint32_t code;
    size_t at = 0;

    if (!multiaddr_next(a, &at, &code, &host) || code != MULTIADDR_DNSADDR)
        return GW_EUNSUP;
    bool is_more = multiaddr_next(a, &at, &code, &rest);
    if (is_more && (code != MULTIADDR_P2P || multiaddr_next(a, &at, &code, &rest)))
        return GW_ESYNTAX;
    return name_parse(host, n);
}

static void add_addr(struct name_answer *out, struct multiaddr a)
{
    multiaddr_strip_peer(&a);
    for (size_t i = 0; i < out->naddrs; i++)
        if (multiaddr_eq(&out->addrs[i], &a))
            return;
    if (out->naddrs < RESOLVER_ADDRS_MAX)
        out->addrs[out->naddrs++] = a;
}

/* A peer that is meant here: the one that the way here names, and the one found first. */
static bool is_meant(const struct walk *w, const struct peerid *id)
{
    const struct peerid *only = &w->places[w->at].only, *first = &w->answer.peer;
    return (!only->n || peerid_eq(id, only)) && (!first->n || peerid_eq(id, first));
}

static void take_text(struct walk *w, struct bytes text)
{
    static const char key[] = "dnsaddr=";
    const size_t n = sizeof key - 1;
    struct multiaddr a;
    struct peerid id = { 0 };
    struct name host;

    if (text.n < n || memcmp(text.p, key, n) != 0 || w->nrecords++ >= TIER_DNSADDR_TXT_MAX)
        return;
    if (multiaddr_parse((struct bytes){ text.p + n, text.n - n }, &a) != 0)
        return;
    bool has_peer = multiaddr_peer(&a, &id);
    if (has_peer && !is_meant(w, &id))
        return;
    int err = read_lead(&a, &host);
    if (!err) {
        const struct place *here = &w->places[w->at];
        add_place(w, &host, here->depth + 1, has_peer ? &id : &here->only);
    } else if (err == GW_EUNSUP && has_peer) {
        w->answer.peer = id;
        add_addr(&w->answer, a);
    }
}

/* What is said of a name that leads to no peer. */
static const char *why_none(const struct walk *w)
{
    switch (w->err) {
    case GW_ENONAME:
        return w->nrecords ? "its dnsaddr= records lead to none" : "no dnsaddr= record";
    case GW_ETIMEOUT:
        return "no name server answers in time";
    case GW_ENETDOWN:
        return "no name server answers";
    case GW_EPROTO:
        return "an answer that cannot be read";
    default:
        return gw_strerror(w->err);
    }
}

static void finish(struct walk *w)
{
    struct tier_query *q = w->query;
    struct name_answer a = w->answer;
    int err = w->err;
    const char *why = why_none(w);
    uint32_t ttl_s = w->ttl_s < TTL_MIN_S ? TTL_MIN_S : w->ttl_s;

    forget(w);
    a.ttl_ms = 1000 * (uint64_t)(ttl_s < TTL_MAX_S ? ttl_s : TTL_MAX_S);
    if (a.peer.n)
        tier_answer(q, 0, &a, NULL);
    else
        tier_answer(q, err, NULL, why);
}

static void on_texts(void *arg, int err, const struct dns_texts *t);

/* Reads the next name.  False: there is none, or no time for it. */
static bool read_next(struct walk *w)
{
    uint64_t now_ms = clock_mono_ms();
    char host[sizeof "_dnsaddr." + NAME_MAX_OCTETS];

    if (w->at == w->nplaces || w->answer.naddrs == RESOLVER_ADDRS_MAX || now_ms >= w->deadline_ms)
        return false;
    snprintf(host, sizeof host, "_dnsaddr.%s", w->places[w->at].host);
    w->dns = dns_lookup_texts(w->tier->dns, host, w->deadline_ms - now_ms, on_texts, w);
    if (!w->dns)
        w->err = GW_ENOMEM;
    return w->dns != NULL;
}

static void on_texts(void *arg, int err, const struct dns_texts *t)
{
    struct walk *w = arg;

    w->dns = NULL;
    if (err && (err != GW_ENONAME || !w->at))
        w->err = err;
    for (size_t i = 0; !err && i < t->n; i++)
        take_text(w, t->v[i]);
    if (!err && t->ttl_s < w->ttl_s)
        w->ttl_s = t->ttl_s;
    w->at++;
    if (!read_next(w))
        finish(w);
}

static void lookup(void *tier, const struct name *n, struct tier_query *q)
{
    static const struct peerid all;
    struct tier_dnsaddr *t = tier;
    struct walk *w;

    if (!is_public(t, n)) {
        tier_answer(q, GW_EUNSUP, NULL, NULL);
        return;
    }
    w = calloc(1, sizeof *w);
    if (!w) {
        tier_answer(q, GW_ENOMEM, NULL, NULL);
        return;
    }
    *w = (struct walk){ .tier = t,
                        .query = q,
                        .deadline_ms = clock_mono_ms() + LOOKUP_MS,
                        .err = GW_ENONAME,
                        .ttl_s = UINT32_MAX };
    DL_APPEND(t->walks, w);
    add_place(w, n, 0, &all);
    if (!read_next(w))
        finish(w);
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
