/* announce.c - see announce.h. */
#include "p2p/announce.h"

#include <stdlib.h>
#include <utlist.h>

#include "base/clock.h"
#include "base/container_of.h"
#include "base/err.h"
#include "base/log.h"
#include "host/dial_order.h"
#include "id/ipaddr.h"
#include "net/addr_scope.h"
#include "p2p/identify.h"

#define MAPPED_MAX   8
#define CIRCUITS_MAX 8

struct listener {
    void (*fn)(void *arg);
    void *arg;
    struct listener *next;
};

struct addrs { /* a set in order */
    size_t n;
    struct multiaddr v[ANNOUNCE_MAX];
};

struct announce {
    struct host *host;
    struct observed observed;
    size_t nmapped, ncircuits;
    struct multiaddr mapped[MAPPED_MAX], circuits[CIRCUITS_MAX];
    enum announce_reach reach;
    struct addrs proven;
    struct listener *listeners;
    struct turn_task task; /* something may have changed */
    struct addrs told;     /* as the listeners know it */
};

static void add(struct addrs *to, const struct multiaddr *a)
{
    if (to->n < ANNOUNCE_MAX && !multiaddr_is_among(a, to->v, to->n))
        to->v[to->n++] = *a;
}

static void add_all(struct addrs *to, const struct multiaddr *v, size_t n)
{
    for (size_t i = 0; i < n; i++)
        add(to, &v[i]);
}

static void add_observed(const struct announce *a, struct addrs *to, size_t observers)
{
    struct multiaddr v[OBSERVED_MAX];
    add_all(to, v, observed_addrs(&a->observed, observers, clock_mono_ms(), v, OBSERVED_MAX));
}

static void add_listening(const struct announce *a, struct addrs *to)
{
    struct multiaddr v[ANNOUNCE_MAX];
    add_all(to, v, host_listen_addrs(a->host, v, ANNOUNCE_MAX));
}

static void collect(const struct announce *a, struct addrs *to)
{
    to->n = 0;
    add_all(to, a->circuits, a->ncircuits); /* first, so that many interfaces cannot crowd it out */
    add_all(to, a->mapped, a->nmapped);
    add_observed(a, to, OBSERVED_CONFIRMED);
    add_all(to, a->proven.v, a->proven.n);
    add_listening(a, to);
}

static size_t copy(const struct addrs *from, struct multiaddr *out, size_t max)
{
    size_t n = from->n < max ? from->n : max;
    if (n)
        memcpy(out, from->v, n * sizeof *out);
    return n;
}

static size_t announced(void *arg, struct multiaddr *out, size_t max)
{
    return announce_addrs(arg, out, max);
}

size_t announce_addrs(const struct announce *a, struct multiaddr *out, size_t max)
{
    struct addrs all;
    collect(a, &all);
    return copy(&all, out, max);
}

/* What can be dialled directly: the public ones, then, if wanted, private ones. */
static size_t direct(const struct announce *a, bool with_private, struct multiaddr *out, size_t max)
{
    struct addrs all = { 0 };
    size_t n = 0;

    add_observed(a, &all, 1);
    add_all(&all, a->mapped, a->nmapped);
    add_listening(a, &all);
    for (size_t i = 0; i < all.n && n < max; i++)
        if (addr_scope_of(&all.v[i]) == ADDR_SCOPE_WORLD)
            out[n++] = all.v[i];
    for (size_t i = 0; with_private && i < all.n && n < max; i++)
        if (addr_scope_of(&all.v[i]) == ADDR_SCOPE_NETWORK)
            out[n++] = all.v[i];
    return n;
}

size_t announce_afar(const struct announce *a, struct multiaddr *out, size_t max)
{
    struct multiaddr all[ANNOUNCE_MAX];
    size_t nall = announce_addrs(a, all, ANNOUNCE_MAX), n = 0;

    for (int from = ADDR_SCOPE_WORLD; from <= ADDR_SCOPE_MACHINE && !n; from++)
        for (size_t i = 0; i < nall && n < max; i++)
            if ((int)addr_scope_of_way(&all[i]) == from)
                out[n++] = all[i];
    return n;
}

size_t announce_candidates(const struct announce *a, struct multiaddr *out, size_t max)
{
    return direct(a, true, out, max);
}

size_t announce_public(const struct announce *a, struct multiaddr *out, size_t max)
{
    return direct(a, false, out, max);
}

bool announce_is_fixed(const struct announce *a, const struct multiaddr *address)
{
    struct addrs fixed = { 0 };

    add_all(&fixed, a->mapped, a->nmapped);
    add_listening(a, &fixed);
    return multiaddr_is_among(address, fixed.v, fixed.n);
}

bool announce_is_claim(const struct announce *a, const struct multiaddr *address,
                       struct ipaddr *net)
{
    return !announce_is_fixed(a, address) &&
           observed_is_claim(&a->observed, address, clock_mono_ms(), net);
}

static void on_turn(struct turn_task *t)
{
    struct announce *a = container_of(t, struct announce, task);
    struct listener *l;
    struct addrs now;

    collect(a, &now);
    if (multiaddrs_eq(now.v, now.n, a->told.v, a->told.n))
        return;
    a->told = now;
    LL_FOREACH (a->listeners, l)
        l->fn(l->arg);
}

static void changed(struct announce *a)
{
    turn_add(host_turn(a->host), &a->task);
}

/* Does the connection leave from a port that others could dial?  All of QUIC do. */
static bool is_from_listener(const struct announce *a, const struct muxed_info *info)
{
    struct multiaddr at[ANNOUNCE_MAX];
    size_t n = host_listen_addrs(a->host, at, ANNOUNCE_MAX);
    struct ipaddr ip;
    uint16_t port, listening;

    if (!multiaddr_as_tcp(&info->local, &ip, &port))
        return true;
    for (size_t i = 0; i < n; i++)
        if (multiaddr_as_tcp(&at[i], &ip, &listening) && listening == port)
            return true;
    return false;
}

/* Who is on this machine sees us as nobody else does. */
static void on_identity(void *arg, struct conn *c)
{
    struct announce *a = arg;
    const struct multiaddr *seen = &conn_identity(c)->observed;
    struct muxed_info info;
    struct ipaddr from;
    uint16_t port;

    conn_info(c, &info);
    if (!multiaddr_as_socket(&info.remote, &from, &port) || ipaddr_is_loopback(&from) ||
        !is_from_listener(a, &info) || multiaddr_is_tcp(seen) != multiaddr_is_tcp(&info.remote))
        return;
    observed_note(&a->observed, seen, conn_peer(c), &from, clock_mono_ms());
    changed(a);
}

static const struct host_events host_events = { .on_identity = on_identity };

struct announce *announce_new(struct host *h)
{
    struct announce *a = calloc(1, sizeof *a);
    if (!a)
        return NULL;
    a->host = h;
    a->task.run = on_turn;
    if (host_observe(h, &host_events, a)) {
        free(a);
        return NULL;
    }
    host_set_announced(h, announced, a);
    return a;
}

void announce_free(struct announce *a)
{
    struct listener *l, *next;

    if (!a)
        return;
    LL_FOREACH_SAFE (a->listeners, l, next)
        free(l);
    free(a);
}

int announce_on_change(struct announce *a, void (*fn)(void *arg), void *arg)
{
    struct listener *l = calloc(1, sizeof *l);
    if (!l)
        return GW_ENOMEM;
    l->fn = fn;
    l->arg = arg;
    LL_APPEND(a->listeners, l);
    return 0;
}

void announce_mapped(struct announce *a, const struct multiaddr *outer)
{
    announce_unmapped(a, outer);
    if (a->nmapped < MAPPED_MAX)
        a->mapped[a->nmapped++] = *outer;
}

void announce_unmapped(struct announce *a, const struct multiaddr *outer)
{
    size_t n = 0;

    for (size_t i = 0; i < a->nmapped; i++)
        if (!multiaddr_eq(&a->mapped[i], outer))
            a->mapped[n++] = a->mapped[i];
    a->nmapped = n;
    changed(a);
}

size_t announce_mapped_addrs(const struct announce *a, struct multiaddr *out, size_t max)
{
    size_t n = a->nmapped < max ? a->nmapped : max;
    memcpy(out, a->mapped, n * sizeof *out);
    return n;
}

void announce_set_circuits(struct announce *a, const struct multiaddr *circuits, size_t n)
{
    a->ncircuits = n < CIRCUITS_MAX ? n : CIRCUITS_MAX;
    if (n)
        memcpy(a->circuits, circuits, a->ncircuits * sizeof *circuits);
    changed(a);
}

void announce_set_proven(struct announce *a, const struct multiaddr *v, size_t n)
{
    a->proven.n = 0;
    add_all(&a->proven, v, n);
    changed(a);
}

enum observed_mapping announce_mapping(const struct announce *a)
{
    struct multiaddr own[ANNOUNCE_MAX];
    size_t n = host_listen_addrs(a->host, own, ANNOUNCE_MAX);
    uint64_t now_ms = clock_mono_ms();
    enum observed_mapping m = observed_mapping(&a->observed, 4, own, n, now_ms);

    return m != OBSERVED_UNKNOWN ? m : observed_mapping(&a->observed, 6, own, n, now_ms);
}

void announce_set_reach(struct announce *a, enum announce_reach reach)
{
    static const char *const names[] = { "unknown", "public", "private" };

    if (a->reach == reach)
        return;
    log_info("announce reach=%s", names[reach]);
    a->reach = reach;
    changed(a);
}

enum announce_reach announce_reach(const struct announce *a)
{
    return a->reach;
}

static void ask_again(void *arg, struct conn *c)
{
    (void)arg;
    if (!conn_is_relayed(c))
        identify_ask(c);
}

void announce_refresh(const struct announce *a)
{
    host_each_conn(a->host, ask_again, NULL);
}

void announce_network_changed(struct announce *a)
{
    a->observed.n = 0;
    a->proven.n = 0;
    announce_refresh(a);
    a->reach = ANNOUNCE_REACH_UNKNOWN;
    changed(a);
}
