/* discovery.c - see discovery.h. */
#include "main/discovery.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "id/circuit_addr.h"
#include "name/tier_direct.h"

/* ---- networks ---- */

static struct network_relay *relay_of(struct network *net, const struct peerid *peer)
{
    for (size_t i = 0; i < net->nrelays; i++)
        if (peerid_eq(&net->relays[i].peer, peer))
            return &net->relays[i];
    net->relays[net->nrelays] = (struct network_relay){ .peer = *peer };
    return &net->relays[net->nrelays++];
}

/* The relays of the networks as far as their names are known by now; several may be names, or
 * addresses, of one. */
static void on_relays(void *arg, const struct named_peer *peers, size_t n)
{
    struct discovery *d = arg;

    for (size_t i = 0; i < d->networks->n; i++)
        d->networks->v[i].nrelays = 0;
    for (size_t i = 0; i < n; i++) {
        const struct named_peer *p = &peers[i];
        if (!p->is_known || peerid_eq(&p->peer, host_peerid(d->node->host)))
            continue;
        struct network_relay *r = relay_of(&d->networks->v[d->network_of[i]], &p->peer);
        for (size_t k = 0; k < p->naddrs && r->naddrs < NETWORK_ADDRS_MAX; k++)
            r->addrs[r->naddrs++] = p->addrs[k];
        if (d->kad)
            kad_bootstrap(d->kad, &p->peer, p->addrs, p->naddrs);
    }
    if (d->claims)
        names_claims_refresh(d->claims);
    if (d->on_relays)
        d->on_relays(d->arg);
}

static void copy_label(char *dst, const char *label)
{
    snprintf(dst, NETWORK_LABEL_MAX + 1, "%s", label ? label : "");
}

static int set_networks(struct discovery *d, const struct config *c)
{
    char *names[NAMED_MAX];
    size_t n = 0;

    d->networks->n = 0;
    d->networks->transit = c->transit;
    for (size_t i = 0; i < c->networks.n; i++) {
        const struct config_network *from = c->networks.v[i];
        struct network *net = &d->networks->v[d->networks->n++];
        *net = (struct network){ .trust = (enum network_trust)from->trust };
        copy_label(net->name, from->name);
        copy_label(net->host, from->host);
        for (size_t k = 0; k < from->relays.n && n < NAMED_MAX; k++) {
            d->network_of[n] = i;
            names[n++] = from->relays.v[k];
        }
    }
    return named_set(d->relays, names, n);
}

/* A name of one of our networks is nobody else's business.  Where other names go through an exit,
 * the DNS here is not to hear of them either. */
static bool is_private(void *arg, const struct name *n)
{
    const struct discovery *d = arg;
    struct bytes network = name_label(n, n->nlabels - 1); /* however long or wrong the name is */

    return d->has_exit || networks_find(d->networks, network) ||
           bytes_eq(network, bytes_of(d->networks->own));
}

/* ---- the DHT ---- */

static bool wants_to_serve(const struct discovery *d)
{
    return d->dht_mode == CONFIG_DHT_SERVER ||
           (d->dht_mode == CONFIG_DHT_AUTO &&
            announce_reach(d->node->announce) == ANNOUNCE_REACH_PUBLIC);
}

static void publish_self(struct discovery *d)
{
    struct name_record self = { .peer = *host_peerid(d->node->host) };

    self.naddrs = announce_afar(d->node->announce, self.addrs, NAME_MSG_ADDRS_MAX);
    bool wanted = d->publishes && d->offers && self.naddrs > 0;
    int err = wanted ? kad_publish(d->kad, &self) : 0;
    if (!wanted && d->is_published)
        kad_unpublish(d->kad, "");
    d->is_published = wanted;
    if (err)
        log_warn("dht publish: %s", gw_strerror(err));
}

/* A name of the network that we are a relay of: its holder is reached through us. */
static void publish_name(void *arg, const char *host)
{
    struct discovery *d = arg;
    uint64_t now_s = (uint64_t)clock_wall_s();
    const struct names_book_entry *e = names_book_find(d->book, bytes_of(host), now_s);
    struct name_record r = { .naddrs = 0 };
    struct multiaddr own[ANNOUNCE_MAX];

    if (!d->kad)
        return;
    if (!e || e->expires_s <= now_s || !d->publishes) {
        kad_unpublish(d->kad, host);
        return;
    }
    snprintf(r.name, sizeof r.name, "%s", host);
    r.peer = e->holder;
    size_t n = announce_afar(d->node->announce, own, ANNOUNCE_MAX);
    for (size_t i = 0; i < n && r.naddrs < NAME_MSG_ADDRS_MAX; i++)
        if (!circuit_addr_is(&own[i]) &&
            circuit_addr_make(&own[i], host_peerid(d->node->host), &r.addrs[r.naddrs]) == 0)
            r.naddrs++;
    int err = kad_publish(d->kad, &r);
    if (err)
        log_warn("dht publish %s: %s", host, gw_strerror(err));
}

static void publish_names(struct discovery *d)
{
    const struct names_book_entry *e;
    char host[NAMES_HOST_MAX + 1] = "";

    while (d->book && (e = names_book_next(d->book, bytes_of(host), (uint64_t)clock_wall_s()))) {
        snprintf(host, sizeof host, "%s", e->host);
        publish_name(d, host);
    }
}

/* Our addresses, or what strangers can reach, are others. */
static void on_announced(void *arg)
{
    struct discovery *d = arg;

    if (wants_to_serve(d) != kad_is_server(d->kad) &&
        kad_set_server(d->kad, wants_to_serve(d)) == 0) {
        log_info("dht mode=%s", kad_is_server(d->kad) ? "server" : "client");
        identify_push_all(d->node->identify);
    }
    publish_self(d);
    publish_names(d);
}

static struct kad_config kad_part(const struct config *c)
{
    return (struct kad_config){ .protocol = c->dht_protocol,
                                .query_ms = c->dht_query_ms,
                                .request_ms = c->dht_request_ms,
                                .refresh_ms = c->dht_refresh_ms,
                                .republish_ms = c->dht_republish_ms,
                                .paths = (unsigned)c->dht_paths };
}

static int open_dht(struct discovery *d, const struct config *c, const struct nodedir *dir)
{
    struct node *n = d->node;
    struct kad_config kc = kad_part(c);

    d->dht_mode = c->dht_mode;
    if (c->dht_mode == CONFIG_DHT_OFF)
        return 0;
    if (!(d->kad = kad_new(n->host, &kc, dir ? dir->dht : NULL)) ||
        !(d->bootstrap = bootstrap_new(n, d->kad)) ||
        (dir && announce_on_change(n->announce, on_announced, d)))
        return GW_ENOMEM;
    if (dir)
        on_announced(d);
    return 0;
}

/* ---- names of the network that we are a relay of ---- */

static bool ask_member(void *arg, const struct peerid *peer)
{
    const struct discovery *d = arg;
    return d->is_member(d->arg, peer);
}

static int open_book(struct discovery *d, const struct config *c, const struct nodedir *dir)
{
    const struct names_book_config bc = { .network = c->relay_network,
                                          .life_s = c->name_life_ms / 1000,
                                          .max_names = (uint32_t)c->max_names,
                                          .max_per_peer = (uint32_t)c->max_names_per_peer,
                                          .changed = publish_name,
                                          .arg = d };

    copy_label(d->networks->own, c->relay_enabled ? c->relay_network : NULL);
    if (!dir || !*d->networks->own)
        return 0;
    d->book = names_book_new(&bc, dir->names_book);
    if (!d->book)
        return GW_ENOMEM;
    const struct names_server_parts parts = { .host = d->node->host,
                                              .book = d->book,
                                              .networks = d->networks,
                                              .is_member = ask_member,
                                              .arg = d };
    d->server = names_server_new(&parts);
    return d->server ? 0 : GW_ENOMEM;
}

/* ---- the tiers ---- */

static int add_programs(struct discovery *d, const struct config *c)
{
    static const char exec[] = "exec:";
    int rc = 0;

    for (size_t i = 0; i < c->resolvers.n && !rc; i++) {
        d->programs[i] = tier_exec_new(d->node->loop, c->resolvers.v[i] + strlen(exec));
        rc = d->programs[i] ? resolver_add_tier(d->node->resolver, &tier_exec_ops, d->programs[i])
                            : GW_ENOMEM;
    }
    return rc;
}

/* The order in which a name is looked for, behind the names file and the LAN. */
static int add_tiers(struct discovery *d, const struct config *c)
{
    struct node *n = d->node;
    struct resolver *r = n->resolver;

    if (!(d->tier_network = tier_network_new(n->host, d->networks, d->book)) ||
        resolver_add_tier(r, &tier_network_ops, d->tier_network))
        return GW_ENOMEM;
    tier_network_set_discreet(d->tier_network, d->is_discreet);
    if (d->kad && (!(d->tier_dht = tier_dht_new(n->loop, d->kad, d->networks)) ||
                   resolver_add_tier(r, &tier_dht_ops, d->tier_dht)))
        return GW_ENOMEM;
    if (c->dnsaddr && (!(d->tier_dnsaddr = tier_dnsaddr_new(n->dns, is_private, d)) ||
                       resolver_add_tier(r, &tier_dnsaddr_ops, d->tier_dnsaddr)))
        return GW_ENOMEM;
    if (add_programs(d, c))
        return GW_ENOMEM;
    if (c->eth_rpc && (!(d->tier_eth = tier_eth_new(n->loop, c->eth_rpc, c->eth_contract)) ||
                       resolver_add_tier(r, &tier_eth_ops, d->tier_eth)))
        return GW_ENOMEM;
    return resolver_add_tier(r, &tier_direct_ops, NULL);
}

/* Answers of before a person changed what decides them are worth nothing. */
static int keep_answers(struct discovery *d, const struct nodedir *dir)
{
    if (!dir)
        return 0;
    if (nodedir_is_newer(dir->conf, dir->names_cache) ||
        nodedir_is_newer(dir->names, dir->names_cache))
        unlink(dir->names_cache);
    return resolver_keep(d->node->resolver, dir->names_cache);
}

/* What holds at once. */
static void apply(struct discovery *d, const struct config *c)
{
    const char *via;

    d->publishes = c->dht_publish;
    d->offers = c->services.n > 0;
    enum front_other other = config_other(c, &via);
    d->has_exit = other == FRONT_VIA;
    d->is_discreet = other != FRONT_REFUSE;
    if (d->tier_network)
        tier_network_set_discreet(d->tier_network, d->is_discreet);
    resolver_set_ttl(d->node->resolver, c->name_ttl_ms);
}

/* ---- all of it ---- */

int discovery_open(struct discovery *d, struct node *n, const struct config *c,
                   const struct nodedir *dir, names_member_fn *is_member, void *arg)
{
    *d = (struct discovery){ .node = n, .is_member = is_member, .arg = arg };
    apply(d, c);
    if (!(d->networks = calloc(1, sizeof *d->networks)) ||
        !(d->relays = named_new(n->loop, n->resolver, on_relays, d)) || open_book(d, c, dir) ||
        open_dht(d, c, dir) || add_tiers(d, c) ||
        (dir && !(d->claims = names_claims_new(n->host, n->announce, d->networks, d->book))) ||
        keep_answers(d, dir) || set_networks(d, c) ||
        (d->bootstrap && bootstrap_set(d->bootstrap, c)))
        return GW_ENOMEM;
    return 0;
}

void discovery_set_config(struct discovery *d, const struct config *c)
{
    apply(d, c);
    if (set_networks(d, c) != 0 || (d->bootstrap && bootstrap_set(d->bootstrap, c) != 0))
        log_error("reload [network], [dht]: %s", gw_strerror(GW_ENOMEM));
    if (d->kad)
        on_announced(d);
}

void discovery_names_changed(struct discovery *d)
{
    named_refresh(d->relays);
    if (d->bootstrap)
        bootstrap_names_changed(d->bootstrap);
}

void discovery_network_changed(struct discovery *d)
{
    if (d->kad)
        kad_network_changed(d->kad);
    if (d->claims)
        names_claims_refresh(d->claims);
}

bool discovery_is_public(const struct discovery *d)
{
    return d->kad && kad_is_server(d->kad);
}

void discovery_close(struct discovery *d)
{
    if (!d->node)
        return;
    named_free(d->relays);
    bootstrap_free(d->bootstrap);
    resolver_stop(d->node->resolver);
    tier_eth_free(d->tier_eth);
    for (size_t i = 0; i < CONFIG_RESOLVERS_MAX; i++)
        tier_exec_free(d->programs[i]);
    tier_dnsaddr_free(d->tier_dnsaddr);
    tier_dht_free(d->tier_dht);
    tier_network_free(d->tier_network);
    names_claims_free(d->claims);
    names_server_free(d->server);
    kad_free(d->kad);
    names_book_free(d->book);
    free(d->networks);
    *d = (struct discovery){ 0 };
}
