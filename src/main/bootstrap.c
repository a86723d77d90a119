/* bootstrap.c - see bootstrap.h. */
#include "main/bootstrap.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/fileio.h"
#include "id/peer_list.h"
#include "main/named.h"
#include "name/dnsaddr.h"
#include "net/fetch.h"
#include "net/timer.h"

struct seed { /* a name of the DNS that stands for DHT peers: /dnsaddr/NAME */
    struct bootstrap *all;
    struct dnsaddr *lookup; /* under way; NULL: none */
    struct name name;
    bool is_told; /* that it cannot be read */
};

struct bootstrap {
    struct node *node;
    struct kad *kad;
    struct named *named;
    bool uses_lan;
    char *list;           /* a path or URL; NULL: none */
    struct peerid keeper; /* who signs it */
    struct fetch *fetch;  /* under way; NULL: none */
    struct timer again;   /* reads the list */
    struct seed seeds[BOOTSTRAP_SEEDS_MAX];
    size_t nseeds;
    struct timer seeds_again;
};

/* Each with its peer's id at the end. */
static void take_addrs(struct bootstrap *b, const struct multiaddr *addrs, size_t n)
{
    struct peerid peer;

    for (size_t i = 0; i < n; i++) {
        struct multiaddr a = addrs[i];
        if (!multiaddr_peer(&a, &peer))
            continue;
        multiaddr_strip_peer(&a);
        kad_bootstrap(b->kad, &peer, &a, a.n > 0);
    }
}

static void on_named(void *arg, const struct named_peer *peers, size_t n)
{
    struct bootstrap *b = arg;

    for (size_t i = 0; i < n; i++)
        if (peers[i].is_known)
            kad_bootstrap(b->kad, &peers[i].peer, peers[i].addrs, peers[i].naddrs);
}

static void on_lan_news(void *arg, const struct lan_peer *p)
{
    struct bootstrap *b = arg;
    struct multiaddr addrs[RESOLVER_ADDRS_MAX];

    if (b->uses_lan)
        kad_bootstrap(b->kad, &p->peer, addrs, tier_mdns_addrs(p, addrs, RESOLVER_ADDRS_MAX));
}

/* ---- the signed list ---- */

static int take_list(struct bootstrap *b, struct bytes text)
{
    struct multiaddr *all = calloc(PEER_LIST_MAX, sizeof *all);
    unsigned line = 0;

    if (!all)
        return GW_ENOMEM;
    int n = peer_list_read(text, &b->keeper, (uint64_t)clock_wall_s(), all, PEER_LIST_MAX, &line);
    if (n > 0)
        take_addrs(b, all, (size_t)n);
    free(all);
    if (n == GW_ESYNTAX && line)
        log_warn("dht list %s:%u: %s", b->list, line, gw_strerror(n));
    else if (n == GW_ESYNTAX)
        log_warn("dht list %s: its last line is no signature", b->list);
    return n < 0 ? n : 0;
}

static void on_list(void *arg, int err, struct bytes text)
{
    struct bootstrap *b = arg;

    b->fetch = NULL;
    if (!err)
        err = take_list(b, text);
    if (err && err != GW_ESYNTAX)
        log_warn("dht list %s: %s", b->list, gw_strerror(err));
    timer_start(&b->again, err ? BOOTSTRAP_SOON_MS : BOOTSTRAP_AGAIN_MS);
}

static void read_file(struct bootstrap *b)
{
    char *text = NULL;
    size_t n = 0;
    int err = fileio_read(b->list, &text, &n);

    on_list(b, err, (struct bytes){ (const uint8_t *)text, n });
    free(text);
}

static void read_list(struct bootstrap *b)
{
    const struct fetch_req req = { .url = b->list,
                                   .max = PEER_LIST_TEXT_MAX,
                                   .timeout_ms = BOOTSTRAP_FETCH_MS };

    if (!fetch_url_ok(b->list)) {
        read_file(b);
        return;
    }
    fetch_cancel(b->fetch);
    b->fetch = fetch_start(b->node->loop, &req, on_list, b);
    if (!b->fetch)
        timer_start(&b->again, BOOTSTRAP_SOON_MS);
}

static void on_again(void *arg)
{
    read_list(arg);
}

static int set_list(struct bootstrap *b, const struct config *c)
{
    fetch_cancel(b->fetch);
    b->fetch = NULL;
    timer_stop(&b->again);
    free(b->list);
    b->list = NULL;
    if (!c->dht_list)
        return 0;
    peerid_parse(bytes_of(c->dht_list_key), &b->keeper);
    b->list = strdup(c->dht_list);
    if (!b->list)
        return GW_ENOMEM;
    read_list(b);
    return 0;
}

/* ---- names of the DNS ---- */

static void on_seed(void *arg, int err, const struct dnsaddr_found *found)
{
    struct seed *s = arg;
    struct bootstrap *b = s->all;

    s->lookup = NULL;
    take_addrs(b, found->addrs, found->n);
    if (err && !s->is_told)
        log_warn("dht /dnsaddr/%s: %s", s->name.text, gw_strerror(err));
    s->is_told = err != 0;
    if (err)
        timer_start(&b->seeds_again, BOOTSTRAP_SOON_MS);
}

static void read_seeds(struct bootstrap *b)
{
    timer_start(&b->seeds_again, BOOTSTRAP_AGAIN_MS);
    for (size_t i = 0; i < b->nseeds; i++) {
        struct seed *s = &b->seeds[i];
        const struct dnsaddr_req req = { .name = &s->name, .timeout_ms = BOOTSTRAP_FETCH_MS };
        if (!s->lookup)
            s->lookup = dnsaddr_start(b->node->dns, &req, on_seed, s);
    }
}

static void on_seeds_again(void *arg)
{
    read_seeds(arg);
}

static void drop_seeds(struct bootstrap *b)
{
    for (size_t i = 0; i < b->nseeds; i++)
        dnsaddr_cancel(b->seeds[i].lookup);
    b->nseeds = 0;
    timer_stop(&b->seeds_again);
}

/* Is it one?  Those beyond BOOTSTRAP_SEEDS_MAX are left out. */
static bool add_seed(struct bootstrap *b, const char *value)
{
    struct multiaddr a;
    struct name name;

    if (multiaddr_parse(bytes_of(value), &a) != 0 || dnsaddr_read(&a, &name) != 0)
        return false;
    if (b->nseeds < BOOTSTRAP_SEEDS_MAX)
        b->seeds[b->nseeds++] = (struct seed){ .all = b, .name = name };
    return true;
}

/* ---- */

struct bootstrap *bootstrap_new(struct node *n, struct kad *k)
{
    struct bootstrap *b = calloc(1, sizeof *b);
    if (!b)
        return NULL;
    *b = (struct bootstrap){ .node = n, .kad = k };
    timer_init(&b->again, n->loop, on_again, b);
    timer_init(&b->seeds_again, n->loop, on_seeds_again, b);
    b->named = named_new(n->loop, n->resolver, on_named, b);
    if (b->named && (!n->mdns || mdns_on_news(n->mdns, on_lan_news, b) == 0))
        return b;
    bootstrap_free(b);
    return NULL;
}

void bootstrap_free(struct bootstrap *b)
{
    if (!b)
        return;
    named_free(b->named);
    drop_seeds(b);
    fetch_cancel(b->fetch);
    timer_stop(&b->again);
    free(b->list);
    free(b);
}

/* Who has said nothing of a DHT does not knock at every door of the LAN for one. */
static bool wants_lan(const struct config *c)
{
    return c->dht_bootstrap.n > 0 || c->dht_list || c->dht_mode == CONFIG_DHT_SERVER ||
           c->dht_mode == CONFIG_DHT_AUTO;
}

int bootstrap_set(struct bootstrap *b, const struct config *c)
{
    char *names[NAMED_MAX];
    size_t n = 0;

    drop_seeds(b);
    for (size_t i = 0; i < c->dht_bootstrap.n && n < NAMED_MAX; i++)
        if (!add_seed(b, c->dht_bootstrap.v[i]))
            names[n++] = c->dht_bootstrap.v[i];
    b->uses_lan = wants_lan(c);
    if (b->nseeds)
        read_seeds(b);
    int err = named_set(b->named, names, n);
    return err ? err : set_list(b, c);
}

void bootstrap_names_changed(struct bootstrap *b)
{
    named_refresh(b->named);
}
