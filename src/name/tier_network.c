/* tier_network.c - see tier_network.h. */
#include "name/tier_network.h"

#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/clock.h"
#include "base/err.h"
#include "id/circuit_addr.h"
#include "name/tier_direct.h"
#include "p2p/lan_peers.h"
#include "p2p/names_poll.h"
#include "svc/registry.h"

#define POLL_MS       (TIER_NETWORK_MS - 200) /* so that what was said is told */
#define CIRCUITS_MAX  4                       /* of an answer */
#define WAYS_MAX      2                       /* of them that lead through one relay */
#define RECENT_MAX    64                      /* names remembered for name_of */
#define UNKNOWN_MAX   32                      /* networks that nobody knows */
#define FULL_NAME_MAX (2 * NETWORK_LABEL_MAX + 2)

struct lookup { /* that relays are asked for */
    struct tier_network *tier;
    struct tier_query *query;
    struct names_poll *poll;
    char service[NETWORK_LABEL_MAX + 1];
    char network[NETWORK_LABEL_MAX + 1];
    struct lookup *prev, *next;
};

struct recent {
    struct peerid peer;
    char name[FULL_NAME_MAX];
};

struct unknown {
    char network[NETWORK_LABEL_MAX + 1];
    uint64_t until_ms;
};

struct tier_network {
    struct host *host;
    const struct networks *networks;
    const struct names_book *book;
    struct lookup *lookups;
    struct recent recent[RECENT_MAX];
    struct unknown unknown[UNKNOWN_MAX];
    size_t next_recent, next_unknown; /* to be overwritten */
    bool is_discreet;
};

bool network_name_read(const struct name *n, struct network_name *out)
{
    *out = (struct network_name){ 0 };
    if (n->nlabels != 2 && n->nlabels != 3)
        return false;
    out->host = name_label(n, n->nlabels - 2);
    out->network = name_label(n, n->nlabels - 1);
    if (n->nlabels == 3)
        out->service = name_label(n, 0);
    return lan_name_ok(out->host) && lan_name_ok(out->network) &&
           (n->nlabels == 2 || service_name_ok(out->service));
}

static void copy_text(char *dst, size_t cap, struct bytes v)
{
    snprintf(dst, cap, "%.*s", (int)v.n, (const char *)v.p);
}

/* ---- networks that nobody knows ---- */

static bool is_unknown(const struct tier_network *t, struct bytes network)
{
    for (size_t i = 0; i < UNKNOWN_MAX; i++)
        if (t->unknown[i].until_ms > clock_mono_ms() &&
            bytes_eq(bytes_of(t->unknown[i].network), network))
            return true;
    return false;
}

static void note_unknown(struct tier_network *t, const char *network)
{
    struct unknown *u = &t->unknown[t->next_unknown++ % UNKNOWN_MAX];
    memcpy(u->network, network, sizeof u->network);
    u->until_ms = clock_mono_ms() + TIER_NETWORK_FORGET_MS;
}

/* ---- answers ---- */

static void add_addr(struct name_answer *a, const struct multiaddr *addr, size_t max)
{
    if (a->naddrs < max && !multiaddr_is_among(addr, a->addrs, a->naddrs))
        a->addrs[a->naddrs++] = *addr;
}

static void add_direct(struct name_answer *a, const struct multiaddr *v, size_t n, size_t max)
{
    for (size_t i = 0; i < n; i++)
        if (!circuit_addr_is(&v[i]))
            add_addr(a, &v[i], max);
}

static size_t read_addrs(const struct pb_list *from, struct multiaddr out[PB_LIST_MAX])
{
    size_t n = 0;
    for (size_t i = 0; i < from->n; i++)
        if (multiaddr_from_bytes(from->v[i], &out[n]) == 0)
            n++;
    return n;
}

struct circuits {
    struct multiaddr v[CIRCUITS_MAX];
    size_t n;
};

/* VIA/p2p/RELAY/p2p-circuit for the first of its addresses; one without VIA when it has none. */
static void add_circuits(struct circuits *c, const struct peerid *relay,
                         const struct multiaddr *via, size_t n)
{
    static const struct multiaddr nowhere;

    for (size_t i = 0; (i < n || (!n && !i)) && i < WAYS_MAX && c->n < CIRCUITS_MAX; i++)
        c->n += circuit_addr_make(n ? &via[i] : &nowhere, relay, &c->v[c->n]) == 0;
}

/* Circuits through the last relay by its own addresses, when they are told, and behind them the
 * chain.  A relay that is itself the peer is no hop of it, but its addresses are direct ones.
 * Nothing is to be had of a route that cannot be read. */
static void list_ways(const struct names_polled *p, struct circuits *out, struct name_answer *a)
{
    struct circuits chain = { .n = 0 };
    struct peerid relay = p->relay->peer;
    struct multiaddr told[PB_LIST_MAX];
    size_t nroute = p->answer->nroute, n = p->relay->naddrs;

    memcpy(told, p->relay->addrs, n * sizeof *told);
    for (size_t i = 0;; i++) {
        if (peerid_eq(&relay, &p->record->peer)) {
            add_direct(a, told, n, WAYS_MAX);
            break;
        }
        const struct circuits before = chain;
        if (i && i == nroute && n)
            add_circuits(out, &relay, told, n);
        chain.n = 0;
        add_circuits(&chain, &relay, i ? before.v : told, i ? before.n : n);
        if (i == nroute)
            break;
        if (peerid_from_bytes(p->answer->route[i].id, &relay) != 0)
            return;
        n = read_addrs(&p->answer->route[i].addrs, told);
    }
    for (size_t i = 0; i < chain.n && out->n < CIRCUITS_MAX; i++)
        out->v[out->n++] = chain.v[i];
}

/* An answer must not outlive the claim; that it does not know of the resolver's own TTL matters
 * only when it is close to its end. */
static uint64_t ttl_of(const struct name_record *r)
{
    uint64_t now_s = (uint64_t)clock_wall_s(),
             left_s = r->expires_s > now_s ? r->expires_s - now_s : 0;
    return left_s * 1000 < RESOLVER_TTL_MS ? left_s * 1000 : RESOLVER_TTL_DEFAULT;
}

static void remember(struct tier_network *t, const struct name_record *r)
{
    struct recent *to = &t->recent[t->next_recent % RECENT_MAX];

    for (size_t i = 0; i < RECENT_MAX; i++)
        if (peerid_eq(&t->recent[i].peer, &r->peer))
            to = &t->recent[i];
    if (to == &t->recent[t->next_recent % RECENT_MAX])
        t->next_recent++;
    to->peer = r->peer;
    snprintf(to->name, sizeof to->name, "%.*s", FULL_NAME_MAX - 1, r->name);
}

static void answer(struct tier_network *t, struct tier_query *q, const struct name_record *r,
                   struct name_answer *a, const char *remark)
{
    a->peer = r->peer;
    remember(t, r);
    tier_answer(q, 0, a, remark);
}

/* "relay Wk3aQz7p", "relays Wk3aQz7p, 9fTr2LmB"; and who had nothing to say. */
static void print_route(const struct names_polled *p, char out[RESOLVER_WHY_MAX])
{
    struct peerid relay;
    int n = snprintf(out, RESOLVER_WHY_MAX, "relay%s %s", p->answer->nroute ? "s" : "",
                     peerid_short(&p->relay->peer));

    for (size_t i = 0; i < p->answer->nroute; i++)
        if (peerid_from_bytes(p->answer->route[i].id, &relay) == 0)
            n += snprintf(out + n, RESOLVER_WHY_MAX - (size_t)n, ", %s", peerid_short(&relay));
    if (*p->said)
        snprintf(out + n, RESOLVER_WHY_MAX - (size_t)n, " (%s)", p->said);
}

/* ---- asking relays ---- */

static void forget(struct lookup *l)
{
    DL_DELETE(l->tier->lookups, l);
    free(l);
}

static void on_found(struct lookup *l, const struct names_polled *p)
{
    struct name_answer a = { .naddrs = 0 };
    struct multiaddr told[PB_LIST_MAX];
    struct circuits circuits = { .n = 0 };
    char remark[RESOLVER_WHY_MAX];
    struct tier_network *t = l->tier;
    struct tier_query *q = l->query;

    list_ways(p, &circuits, &a);
    size_t n = read_addrs(&p->answer->entries[0].addrs, told),
           max = RESOLVER_ADDRS_MAX - circuits.n;
    add_direct(&a, told, n, max);
    add_direct(&a, p->record->addrs, p->record->naddrs, max);
    for (size_t i = 0; i < circuits.n; i++)
        add_addr(&a, &circuits.v[i], RESOLVER_ADDRS_MAX);
    memcpy(a.service, l->service, sizeof l->service);
    print_route(p, remark);
    a.ttl_ms = ttl_of(p->record);
    forget(l);
    answer(t, q, p->record, &a, remark);
}

static void on_polled(void *arg, const struct names_polled *p)
{
    struct lookup *l = arg;
    struct tier_query *q = l->query;

    if (p->relay) {
        on_found(l, p);
        return;
    }
    if (p->status == NAMES_NO_NETWORK)
        note_unknown(l->tier, l->network);
    int err = p->status == NAMES_UNREACHABLE ? GW_EUNREACH : GW_ENONAME;
    forget(l);
    tier_answer(q, err, NULL, p->said);
}

static size_t add_relays(const struct network *net, const struct network_relay **out, size_t n)
{
    for (size_t i = 0; i < net->nrelays && n < NAMES_POLL_MAX; i++) {
        size_t k = 0;
        while (k < n && !peerid_eq(&out[k]->peer, &net->relays[i].peer))
            k++;
        if (k == n)
            out[n++] = &net->relays[i];
    }
    return n;
}

/* Who may know the network: its relays, or if it is a stranger all. */
static size_t list_relays(const struct tier_network *t, struct bytes network,
                          const struct network_relay *out[NAMES_POLL_MAX])
{
    const struct network *net = networks_find(t->networks, network);
    size_t n = 0;

    if (net)
        return add_relays(net, out, 0);
    for (size_t i = 0; i < t->networks->n; i++)
        n = add_relays(&t->networks->v[i], out, n);
    return n;
}

static void ask(struct tier_network *t, const struct network_name *name,
                const struct network_relay *const *relays, size_t n, struct tier_query *q)
{
    const struct names_poll_req req = { .host = name->host,
                                        .network = name->network,
                                        .relays = relays,
                                        .nrelays = n,
                                        .timeout_ms = POLL_MS };
    struct lookup *l = calloc(1, sizeof *l);

    if (l && !(l->poll = names_poll_start(t->host, &req, on_polled, l))) {
        free(l);
        l = NULL;
    }
    if (!l) {
        tier_answer(q, GW_ENOMEM, NULL, NULL);
        return;
    }
    l->tier = t;
    l->query = q;
    copy_text(l->service, sizeof l->service, name->service);
    copy_text(l->network, sizeof l->network, name->network);
    DL_APPEND(t->lookups, l);
}

/* ---- our own book ---- */

static bool is_ours(const struct tier_network *t, struct bytes network)
{
    return t->book && network.n && bytes_eq(network, bytes_of(t->networks->own));
}

/* False: it is not there. */
static bool answer_from_book(struct tier_network *t, const struct network_name *name,
                             struct tier_query *q)
{
    uint64_t now_s = (uint64_t)clock_wall_s();
    const struct names_book_entry *e = names_book_find(t->book, name->host, now_s);
    struct name_answer a = { .ttl_ms = 0 }; /* to look again costs nothing */
    struct name_record r;
    size_t n = 0;

    if (!e || names_claim_open(e->claim, name->host, name->network, now_s, &r) != 0)
        return false;
    const struct multiaddr *known = host_known_addrs(t->host, &r.peer, &n);
    add_direct(&a, known, n, RESOLVER_ADDRS_MAX);
    add_direct(&a, r.addrs, r.naddrs, RESOLVER_ADDRS_MAX);
    copy_text(a.service, sizeof a.service, name->service);
    answer(t, q, &r, &a, "our own book");
    return true;
}

/* ---- the tier ---- */

static void lookup(void *tier, const struct name *n, struct tier_query *q)
{
    struct tier_network *t = tier;
    const struct network_relay *relays[NAMES_POLL_MAX];
    struct network_name name;

    if (!network_name_read(n, &name) || tier_direct_owns(n)) {
        tier_answer(q, GW_EUNSUP, NULL, NULL);
        return;
    }
    bool is_our_own = is_ours(t, name.network);
    bool is_known = is_our_own || networks_find(t->networks, name.network);
    if (is_our_own && answer_from_book(t, &name, q))
        return;
    if (!is_known && t->is_discreet && !n->is_p2p) {
        tier_answer(q, GW_EUNSUP, NULL, NULL);
        return;
    }
    size_t nrelays = list_relays(t, name.network, relays);
    if (!is_known && (!nrelays || is_unknown(t, name.network)))
        tier_answer(q, nrelays ? GW_ENONAME : GW_EUNSUP, NULL, "our relays know no such network");
    else if (!nrelays)
        tier_answer(q, GW_ENONAME, NULL,
                    is_our_own ? names_status_text(NAMES_UNKNOWN) : "no relay of it is known");
    else
        ask(t, &name, relays, nrelays, q);
}

static void cancel(void *tier, struct tier_query *q)
{
    struct tier_network *t = tier;
    struct lookup *l, *next;

    DL_FOREACH_SAFE (t->lookups, l, next) {
        if (l->query == q) {
            names_poll_cancel(l->poll);
            forget(l);
        }
    }
}

static void domains(void *tier, void (*each)(void *arg, const char *domain), void *arg)
{
    const struct networks *n = ((const struct tier_network *)tier)->networks;

    if (*n->own && !networks_find(n, bytes_of(n->own)))
        each(arg, n->own);
    for (size_t i = 0; i < n->n; i++)
        each(arg, n->v[i].name);
}

static const char *name_of(void *tier, const struct peerid *peer)
{
    static char name[FULL_NAME_MAX];
    const struct tier_network *t = tier;
    const struct names_book_entry *e = t->book
                                           ? names_book_of(t->book, peer, (uint64_t)clock_wall_s())
                                           : NULL;

    if (e) {
        snprintf(name, sizeof name, "%s.%s", e->host, t->networks->own);
        return name;
    }
    for (size_t i = 0; i < RECENT_MAX; i++)
        if (peerid_eq(&t->recent[i].peer, peer))
            return t->recent[i].name;
    return NULL;
}

const struct tier_ops tier_network_ops = { .name = "network",
                                           .timeout_ms = TIER_NETWORK_MS,
                                           .lookup = lookup,
                                           .cancel = cancel,
                                           .domains = domains,
                                           .name_of = name_of };

struct tier_network *tier_network_new(struct host *h, const struct networks *n,
                                      const struct names_book *book)
{
    struct tier_network *t = calloc(1, sizeof *t);

    if (!t)
        return NULL;
    t->host = h;
    t->networks = n;
    t->book = book;
    return t;
}

void tier_network_set_discreet(struct tier_network *t, bool is_discreet)
{
    t->is_discreet = is_discreet;
}

void tier_network_free(struct tier_network *t)
{
    struct lookup *l, *next;

    if (!t)
        return;
    DL_FOREACH_SAFE (t->lookups, l, next) {
        names_poll_cancel(l->poll);
        free(l);
    }
    free(t);
}
