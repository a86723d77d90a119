/* reachable.c - see reachable.h. */
#include "main/reachable.h"

#include <netinet/in.h>

#include "base/err.h"
#include "id/ipaddr.h"
#include "p2p/networks.h"

static struct relay_config relay_part(const struct config *c)
{
    return (struct relay_config){
        .max_reservations = (uint32_t)c->relay_max_reservations,
        .max_reservations_per_ip = (uint32_t)c->relay_max_reservations_per_ip,
        .max_circuits = (uint32_t)c->relay_max_circuits,
        .max_circuits_per_peer = (uint32_t)c->relay_max_circuits_per_peer,
        .max_pending = (uint32_t)c->relay_max_pending,
        .per_minute = (uint32_t)c->relay_per_minute,
        .reservation_ms = c->relay_reservation_ms,
        .circuit_ms = c->relay_circuit_ms,
        .circuit_bytes = c->relay_circuit_bytes,
        .rate = c->relay_rate,
        .monthly_bytes = c->relay_monthly_bytes,
    };
}

static struct path_rules path_part(const struct config *c)
{
    return (struct path_rules){ .probe_ms = c->probe_ms,
                                .slow_ms = c->probe_slow_ms,
                                .failures = (uint32_t)c->probe_failures };
}

static struct autonat_pace autonat_part(const struct config *c)
{
    return (struct autonat_pace){ .delay_ms = c->autonat_delay_ms,
                                  .retry_ms = c->autonat_retry_ms,
                                  .refresh_ms = c->autonat_refresh_ms };
}

static bool holds_slot(void *arg, const struct peerid *relay)
{
    const struct reachable *r = arg;
    return r->reservations && reservations_holds(r->reservations, relay);
}

/* ---- our relays ---- */

static void on_relays(void *arg, const struct named_peer *peers, size_t n)
{
    struct reachable *r = arg;
    struct multiaddr all[RESERVATIONS_MAX * 2];
    size_t count = 0;

    for (size_t i = 0; i < n; i++) {
        size_t naddrs = peers[i].naddrs ? peers[i].naddrs : 1; /* by its id alone, too */
        for (size_t k = 0; peers[i].is_known && k < naddrs; k++) {
            struct multiaddr a = peers[i].naddrs ? peers[i].addrs[k] : (struct multiaddr){ 0 };
            if (count < sizeof all / sizeof *all && multiaddr_append_peer(&a, &peers[i].peer) == 0)
                all[count++] = a;
        }
    }
    int err = reservations_set(r->reservations, all, count);
    if (err)
        log_warn("reservations %s", gw_strerror(err));
}

/* Those of [node] relay, of the networks in which we have a name, and, for a relay, of the networks
 * whose members may be led to ours: their relays lead them to us by that slot. */
static int want_relays(struct reachable *r, const struct config *c)
{
    char *names[NAMED_MAX];
    size_t n = 0;

    for (size_t i = 0; i < c->relays.n && n < NAMED_MAX; i++)
        names[n++] = c->relays.v[i];
    for (size_t i = 0; i < c->networks.n; i++) {
        const struct config_network *net = c->networks.v[i];
        bool is_wanted = net->host || (c->relay_enabled && net->trust == NETWORK_TRUST_FULL);
        for (size_t k = 0; is_wanted && k < net->relays.n && n < NAMED_MAX; k++)
            names[n++] = net->relays.v[k];
    }
    return named_set(r->relays, names, n);
}

/* ---- port mapping ---- */

static void outer_of(const struct mapping *m, struct multiaddr *out)
{
    if (m->internal.proto == IPPROTO_TCP)
        multiaddr_make_tcp(&m->addr, m->port, out);
    else
        multiaddr_make_quic(&m->addr, m->port, out);
}

static void on_mapped(void *arg, const struct mapping *m, const char *how)
{
    struct reachable *r = arg;
    struct multiaddr outer;
    char text[MULTIADDR_STR_MAX];

    outer_of(m, &outer);
    log_info("portmap addr=%s by=%s%s", multiaddr_print(&outer, text), how,
             m->is_public ? "" : " private: the router is behind another one");
    if (m->is_public)
        announce_mapped(r->node->announce, &outer);
}

static void on_lost(void *arg, const struct mapping *m)
{
    struct reachable *r = arg;
    struct multiaddr outer;

    outer_of(m, &outer);
    announce_unmapped(r->node->announce, &outer);
}

static const struct portmap_events portmap_events = {
    .on_mapped = on_mapped,
    .on_lost = on_lost,
};

static int want_ports(struct reachable *r)
{
    struct multiaddr at[ANNOUNCE_MAX];
    size_t n = host_listen_addrs(r->node->host, at, ANNOUNCE_MAX);
    int err = 0;

    for (size_t i = 0; i < n && !err; i++) {
        struct ipaddr ip;
        uint16_t port;
        bool is_tcp = multiaddr_as_tcp(&at[i], &ip, &port);
        if ((is_tcp || multiaddr_as_quic(&at[i], &ip, &port)) && !ipaddr_is_loopback(&ip))
            err = portmap_want(r->portmap, ip.family, is_tcp ? IPPROTO_TCP : IPPROTO_UDP, port);
    }
    return err;
}

/* ---- changes ---- */

static void on_announced(void *arg)
{
    const struct reachable *r = arg;
    identify_push_all(r->node->identify);
}

static void on_network(void *arg, enum netwatch_why why)
{
    struct reachable *r = arg;

    if (why == NETWATCH_CLOCK)
        return;
    log_info("network %s", why == NETWATCH_WAKE ? "woke up" : "changed");
    host_network_changed(r->node->host);
    announce_network_changed(r->node->announce);
    if (r->node->mdns)
        mdns_network_changed(r->node->mdns);
    if (r->portmap)
        portmap_network_changed(r->portmap);
    relay_scores_moved(&r->relay_scores);
    reservations_network_changed(r->reservations);
    dcutr_network_changed(r->dcutr);
    paths_network_changed(r->paths);
    autonat_network_changed(r->autonat);
    if (r->node->on_network)
        r->node->on_network(r->node->on_arg);
}

void reachable_names_changed(struct reachable *r)
{
    if (r->relays)
        named_refresh(r->relays);
    if (r->policy)
        peer_policy_names_changed(r->policy);
}

void reachable_rights_changed(struct reachable *r)
{
    if (r->relay)
        relay_recheck(r->relay);
}

void reachable_set_config(struct reachable *r, const struct config *c)
{
    struct relay_config rc = relay_part(c);
    struct path_rules rules = path_part(c);
    struct autonat_pace pace = autonat_part(c);

    if (r->relay)
        relay_set_config(r->relay, &rc);
    autonat_set_pace(r->autonat, &pace);
    paths_set_rules(r->paths, &rules);
    if (peer_policy_set_config(r->policy, c) != 0)
        log_error("reload [peer]: %s", gw_strerror(GW_ENOMEM));
    if (want_relays(r, c) != 0)
        log_error("reload relays: %s", gw_strerror(GW_ENOMEM));
}

static int open_relay(struct reachable *r, const struct config *c, const struct nodedir *d,
                      relay_may_fn *may, void *arg)
{
    struct relay_config rc = relay_part(c);

    if (!c->relay_enabled)
        return 0;
    r->relay = relay_new(r->node->host, r->node->announce, &rc, may, arg, d->relay_state);
    return r->relay ? 0 : GW_ENOMEM;
}

static int open_portmap(struct reachable *r, const struct config *c)
{
    if (!c->port_map)
        return 0;
    r->portmap = portmap_new(r->node->loop, &portmap_events, r);
    return r->portmap ? want_ports(r) : GW_ENOMEM;
}

/* The policy counts for who only dials, too; without `d` nobody is kept or probed. */
static int open_paths(struct reachable *r, const struct config *c, const struct nodedir *d)
{
    struct node *n = r->node;
    struct path_rules rules = path_part(c);

    if (d && !(r->paths = paths_new(n->host, r->dcutr, &rules)))
        return GW_ENOMEM;
    r->policy = peer_policy_new(n->loop, n->resolver, host_peerid(n->host), r->paths);
    if (!r->policy)
        return GW_ENOMEM;
    front_set_paths(n->front, peer_policy_path, r->policy);
    return peer_policy_set_config(r->policy, c);
}

/* Who only dials may look for somebody, and is not there for others. */
static void start_mdns(struct mdns *m, bool is_daemon)
{
    if (m && is_daemon)
        mdns_start(m);
    else if (m)
        mdns_start_asking(m);
}

int reachable_open(struct reachable *r, struct node *n, const struct config *c,
                   const struct nodedir *d, relay_may_fn *may, void *arg)
{
    struct host *h = n->host;

    *r = (struct reachable){ .node = n };
    if (!(r->circuit = circuit_new(h, &r->relay_scores, holds_slot, r)) ||
        !(r->dcutr = dcutr_new(h, n->announce)) || open_paths(r, c, d))
        return GW_ENOMEM;
    start_mdns(n->mdns, d != NULL);
    if (!d)
        return 0;
    if (announce_on_change(n->announce, on_announced, r) ||
        !(r->reservations = reservations_new(h, n->announce, &r->relay_scores)) ||
        !(r->relays = named_new(n->loop, n->resolver, on_relays, r)) ||
        !(r->autonat = autonat_new(h, n->announce, c->relay_enabled)) ||
        !(r->netwatch = netwatch_new(n->loop, on_network, r)) || open_relay(r, c, d, may, arg) ||
        open_portmap(r, c))
        return GW_ENOMEM;
    struct autonat_pace pace = autonat_part(c);
    autonat_set_pace(r->autonat, &pace);
    return want_relays(r, c);
}

void reachable_close(struct reachable *r)
{
    portmap_free(r->portmap);
    netwatch_free(r->netwatch);
    autonat_free(r->autonat);
    peer_policy_free(r->policy);
    paths_free(r->paths);
    dcutr_free(r->dcutr);
    relay_free(r->relay);
    named_free(r->relays);
    circuit_free(r->circuit);
    reservations_free(r->reservations);
    *r = (struct reachable){ 0 };
}
