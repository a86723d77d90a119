/* dnsaddr.c - see dnsaddr.h.  The names to read are a list that grows as records lead to others:
 * the first is the one looked up, and each is read once, so a loop ends by itself. */
#include "name/dnsaddr.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"

#define NAMES_MAX 16 /* that one leads to, itself included */

struct place { /* a name whose records are to be read */
    char host[NAME_MAX_OCTETS + 1];
    unsigned depth;
    struct peerid only; /* addresses of others are not meant; n == 0: all are */
};

struct dnsaddr {
    struct dns *dns;
    dnsaddr_may_fn *may;
    void *may_arg;
    dnsaddr_done_fn *done;
    void *arg;
    struct dns_query *query; /* under way */
    uint64_t deadline_ms;
    struct place places[NAMES_MAX];
    size_t nplaces, at; /* `at` is the one that is being read */
    int err;            /* of the names that could not be read, the last one's */
    struct dnsaddr_found found;
};

/* Adds a name to those that are read, unless it is there already, too deep or one too many. */
static void add_place(struct dnsaddr *w, const struct name *n, unsigned depth,
                      const struct peerid *only)
{
    if (depth > DNSADDR_DEPTH || w->nplaces == NAMES_MAX)
        return;
    for (size_t i = 0; i < w->nplaces; i++)
        if (!strcmp(w->places[i].host, n->text) && peerid_eq(&w->places[i].only, only))
            return;
    struct place *p = &w->places[w->nplaces++];
    *p = (struct place){ .depth = depth, .only = *only };
    memcpy(p->host, n->text, sizeof p->host);
}

int dnsaddr_read(const struct multiaddr *a, struct name *out)
{
    struct bytes host, rest;
    uint32_t code;
    size_t at = 0;

    if (!multiaddr_next(a, &at, &code, &host) || code != MULTIADDR_DNSADDR)
        return GW_EUNSUP;
    bool is_more = multiaddr_next(a, &at, &code, &rest);
    if (is_more && (code != MULTIADDR_P2P || multiaddr_next(a, &at, &code, &rest)))
        return GW_ESYNTAX;
    return name_parse(host, out);
}

static void add_addr(struct dnsaddr_found *f, const struct multiaddr *a)
{
    if (f->n < DNSADDR_MAX && !multiaddr_is_among(a, f->addrs, f->n))
        f->addrs[f->n++] = *a;
}

static void take_text(struct dnsaddr *w, struct bytes text)
{
    static const char key[] = "dnsaddr=";
    const size_t n = sizeof key - 1;
    const struct place *here = &w->places[w->at];
    struct multiaddr a;
    struct peerid id;
    struct name host;

    if (text.n < n || memcmp(text.p, key, n) != 0 || w->found.nrecords++ >= DNSADDR_TXT_MAX)
        return;
    if (multiaddr_parse((struct bytes){ text.p + n, text.n - n }, &a) != 0)
        return;
    bool has_peer = multiaddr_peer(&a, &id);
    if (has_peer && here->only.n && !peerid_eq(&id, &here->only))
        return;
    int err = dnsaddr_read(&a, &host);
    if (err == GW_EUNSUP && has_peer)
        add_addr(&w->found, &a);
    else if (!err && (!w->may || w->may(w->may_arg, &host)))
        add_place(w, &host, here->depth + 1, has_peer ? &id : &here->only);
}

static void on_texts(void *arg, int err, const struct dns_texts *t);

/* Reads the next name.  False: there is none, or no time or room for it. */
static bool read_next(struct dnsaddr *w)
{
    uint64_t now_ms = clock_mono_ms();
    char host[sizeof "_dnsaddr." + NAME_MAX_OCTETS];

    if (w->at == w->nplaces || w->found.n == DNSADDR_MAX || now_ms >= w->deadline_ms)
        return false;
    snprintf(host, sizeof host, "_dnsaddr.%s", w->places[w->at].host);
    w->query = dns_lookup_texts(w->dns, host, w->deadline_ms - now_ms, on_texts, w);
    if (!w->query)
        w->err = GW_ENOMEM;
    return w->query != NULL;
}

static void on_texts(void *arg, int err, const struct dns_texts *t)
{
    struct dnsaddr *w = arg;

    w->query = NULL;
    if (err && (err != GW_ENONAME || !w->at))
        w->err = err;
    for (size_t i = 0; !err && i < t->n; i++)
        take_text(w, t->v[i]);
    if (!err && t->ttl_s < w->found.ttl_s)
        w->found.ttl_s = t->ttl_s;
    w->at++;
    if (read_next(w))
        return;
    w->done(w->arg, w->found.n ? 0 : w->err, &w->found);
    free(w);
}

struct dnsaddr *dnsaddr_start(struct dns *d, const struct dnsaddr_req *req, dnsaddr_done_fn *done,
                              void *arg)
{
    static const struct peerid all;
    struct dnsaddr *w = calloc(1, sizeof *w);

    if (!w)
        return NULL;
    *w = (struct dnsaddr){ .dns = d,
                           .may = req->may,
                           .may_arg = req->may_arg,
                           .done = done,
                           .arg = arg,
                           .deadline_ms = clock_mono_ms() + req->timeout_ms,
                           .err = GW_ENONAME,
                           .found.ttl_s = UINT32_MAX };
    add_place(w, req->name, 0, &all);
    if (read_next(w))
        return w;
    free(w);
    return NULL;
}

void dnsaddr_cancel(struct dnsaddr *w)
{
    if (!w)
        return;
    dns_cancel(w->query);
    free(w);
}
