/* named.c - see named.h. */
#include "main/named.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/log.h"
#include "net/timer.h"

struct entry {
    struct named *all;
    struct resolver_req *asking;
    bool is_told; /* that it is unknown */
};

struct named {
    struct resolver *resolver;
    named_fn *fn;
    void *arg;
    struct timer timer; /* begins a round */
    size_t n, waiting;
    bool is_starting;      /* answers that come at once do not end the round */
    struct entry *entries; /* n of them */
    struct named_peer *peers;
};

static void finish_round(struct named *n)
{
    bool is_complete = true;

    for (size_t i = 0; i < n->n; i++)
        is_complete = is_complete && n->peers[i].is_known;
    if (!is_complete)
        timer_start(&n->timer, NAMED_AGAIN_S * UINT64_C(1000));
    n->fn(n->arg, n->peers, n->n);
}

static void on_answer(void *arg, int err, const struct name_answer *a, const char *trail)
{
    struct entry *e = arg;
    struct named *n = e->all;
    struct named_peer *p = &n->peers[e - n->entries];

    e->asking = NULL;
    if (err && !e->is_told)
        log_warn("name %s: %s (%s)", p->name, gw_strerror(err), trail);
    e->is_told = err != 0;
    if (!err) { /* one that was known stays so */
        p->is_known = true;
        p->peer = a->peer;
        p->naddrs = a->naddrs;
        memcpy(p->addrs, a->addrs, a->naddrs * sizeof a->addrs[0]);
    }
    if (--n->waiting == 0 && !n->is_starting)
        finish_round(n);
}

/* False: it is no address, but a name. */
static bool take_address(struct named_peer *p)
{
    if (multiaddr_parse(bytes_of(p->name), &p->addrs[0]) != 0 ||
        !multiaddr_peer(&p->addrs[0], &p->peer))
        return false;
    multiaddr_strip_peer(&p->addrs[0]);
    p->naddrs = p->addrs[0].n > 0;
    p->is_known = true;
    return true;
}

static void begin_round(struct named *n)
{
    n->is_starting = true;
    for (size_t i = 0; i < n->n; i++) {
        struct entry *e = &n->entries[i];
        if (take_address(&n->peers[i]))
            continue;
        n->waiting++;
        e->asking = resolver_lookup(n->resolver, n->peers[i].name, on_answer, e);
    }
    n->is_starting = false;
    if (!n->waiting)
        finish_round(n);
}

static void on_timer(void *arg)
{
    begin_round(arg);
}

static void stop(struct named *n)
{
    timer_stop(&n->timer);
    for (size_t i = 0; i < n->n; i++) {
        resolver_cancel(n->entries[i].asking);
        n->entries[i].asking = NULL;
    }
    n->waiting = 0;
}

static void free_peers(struct named_peer *peers, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(peers[i].name);
    free(peers);
}

static void clear(struct named *n)
{
    stop(n);
    free_peers(n->peers, n->n);
    free(n->entries);
    n->peers = NULL;
    n->entries = NULL;
    n->n = 0;
}

struct named *named_new(struct ev_loop *loop, struct resolver *r, named_fn *fn, void *arg)
{
    struct named *n = calloc(1, sizeof *n);
    if (!n)
        return NULL;
    n->resolver = r;
    n->fn = fn;
    n->arg = arg;
    timer_init(&n->timer, loop, on_timer, n);
    return n;
}

void named_free(struct named *n)
{
    if (!n)
        return;
    clear(n);
    free(n);
}

/* Adds a name, and what was known of it before.  Returns whether anything was, or GW_ENOMEM. */
static int add(struct named *n, const char *name, const struct named_peer *old, size_t nold)
{
    struct named_peer *p = &n->peers[n->n];
    char *copy = strdup(name);

    if (!copy)
        return GW_ENOMEM;
    *p = (struct named_peer){ .is_known = false };
    for (size_t i = 0; i < nold && !p->is_known; i++)
        if (strcmp(old[i].name, name) == 0)
            *p = old[i];
    p->name = copy;
    n->entries[n->n++] = (struct entry){ .all = n };
    return p->is_known;
}

int named_set(struct named *n, char *const *names, size_t count)
{
    struct named_peer *old = n->peers;
    size_t nold = n->n;
    int err, known = 0;

    stop(n);
    free(n->entries);
    if (count > NAMED_MAX)
        count = NAMED_MAX;
    n->n = 0;
    n->entries = calloc(count, sizeof *n->entries);
    n->peers = calloc(count, sizeof *n->peers);
    err = count && (!n->entries || !n->peers) ? GW_ENOMEM : 0;
    for (size_t i = 0; i < count && err >= 0; i++, known += err)
        err = add(n, names[i], old, nold);
    free_peers(old, nold);
    if (err < 0) {
        clear(n);
        return err;
    }
    begin_round(n);
    if (n->waiting && known)
        n->fn(n->arg, n->peers, n->n);
    return 0;
}

void named_refresh(struct named *n)
{
    stop(n); /* what is under way may have passed by the news already */
    if (n->n)
        timer_start(&n->timer, 0);
}
