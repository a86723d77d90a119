/* node.c - see node.h. */
#include "main/node.h"

#include "base/clock.h"
#include "base/err.h"
#include "main/holder.h"
#include "net/chunkq.h"

#define STOP_MS 500

struct port_range {
    uint16_t first, last;
};

static struct host_config host_config_of(const struct config *c)
{
    return (struct host_config){
        .dial_timeout_ms = c->dial_timeout_ms,
        .negotiate_timeout_ms = c->negotiate_timeout_ms,
        .idle_ms = c->idle_peer_ms,
        .max_peers = (uint32_t)c->max_peers,
        .max_streams = (uint32_t)c->max_streams,
        .max_half_open = (uint32_t)c->half_open,
        .window = c->window,
        .use_cubic = c->congestion == CONFIG_CUBIC,
        .no_gso = !c->gso,
    };
}

/* The LAN's addresses of a peer that has a name here count for it, however it is reached. */
static void on_lan_news(void *arg, const struct lan_peer *p)
{
    const struct node *n = arg;
    struct multiaddr addrs[RESOLVER_ADDRS_MAX];

    if (!resolver_name_of(n->resolver, &p->peer))
        return;
    for (size_t i = tier_mdns_addrs(p, addrs, RESOLVER_ADDRS_MAX); i-- > 0;)
        host_learn_addr(n->host, &p->peer, &addrs[i]);
}

static bool is_placed(void *arg, const struct peerid *peer, bool was_lost)
{
    const struct node *n = arg;
    size_t naddrs;

    return host_conn(n->host, peer) || (!was_lost && host_known_addrs(n->host, peer, &naddrs));
}

static void learn_all(struct node *n)
{
    const struct lan_peer *p = NULL;

    while (n->mdns && (p = lan_peers_next(mdns_peers(n->mdns), p)) != NULL)
        on_lan_news(n, p);
}

static void on_names_changed(void *arg)
{
    struct node *n = arg;
    if (n->resolver)
        resolver_flush(n->resolver);
    learn_all(n);
    if (n->on_names)
        n->on_names(n->on_arg);
}

static int set_front(struct node *n, const struct config *c)
{
    const char *via;
    struct ipaddr net;
    enum front_other other = config_other(c, &via);

    config_virtual_net(c, &net);
    loopback_set_net(n->loopback, &net);
    front_set_limits(n->front, c->open_timeout_ms, (uint32_t)c->max_opening);
    front_set_udp_idle(n->front, c->udp_idle_ms);
    int rc = front_set_other(n->front, other, via);
    if (rc)
        front_set_other(n->front, FRONT_REFUSE, NULL);
    return rc;
}

/* Behind the names file, which is the user's own word. */
static int open_lan(struct node *n, const struct config *c)
{
    char name[LAN_LABEL_MAX + 1];

    if (!c->mdns)
        return 0;
    config_lan_name(c, name);
    if (!(n->mdns = mdns_new(n->host, name)) || !(n->lan = tier_mdns_new(n->loop, n->mdns)) ||
        mdns_on_news(n->mdns, on_lan_news, n))
        return GW_ENOMEM;
    return resolver_add_tier(n->resolver, &tier_mdns_ops, n->lan);
}

static int open_front(struct node *n, const struct config *c, const struct nodedir *d)
{
    int rc = nodedir_make_state(d);
    if (rc)
        log_warn("%s/state: %s", d->dir, gw_strerror(rc));
    resolver_set_placed(n->resolver, is_placed, n);
    if (!(n->loopback = loopback_new(d->loopback)) || !(n->dns = dns_new(n->loop)) ||
        !(n->front = front_new(n->host, n->resolver, c->open_timeout_ms, (uint32_t)c->max_opening)))
        return GW_ENOMEM;
    front_use(n->front, n->loopback, n->dns);
    return set_front(n, c);
}

int node_open(struct node *n, struct ev_loop *loop, const struct config *c, const struct nodedir *d,
              host_admit_fn *admit, void *arg, char err[CONF_ERR_MAX])
{
    struct host_config hc = host_config_of(c);

    *n = (struct node){ .loop = loop };
    chunkq_set_budget(c->memory);
    int rc = nodedir_key(d, &n->key, err);
    if (rc)
        return rc;
    rc = GW_ENOMEM;
    if (!(n->turn = turn_new(loop)) ||
        !(n->host = host_new(loop, n->turn, n->key, &hc, admit, arg)) ||
        !(n->announce = announce_new(n->host)) || !(n->identify = identify_new(n->host)) ||
        !(n->resolver = resolver_new(loop, c->resolve_timeout_ms)) ||
        !(n->names = tier_static_new(loop, d->names, on_names_changed, n)) ||
        (rc = resolver_add_tier(n->resolver, &tier_static_ops, n->names)) != 0 ||
        (rc = open_lan(n, c)) != 0 || (rc = open_front(n, c, d)) != 0)
        return conf_fail_plain(err, rc);
    return 0;
}

static int listen_at(struct node *n, const struct ipaddr *ip, bool is_tcp, uint16_t *port)
{
    struct multiaddr at, bound;
    struct ipaddr real;

    if (is_tcp)
        multiaddr_make_tcp(ip, *port, &at);
    else
        multiaddr_make_quic(ip, *port, &at);
    int rc = host_listen(n->host, &at, &bound);
    if (!rc)
        multiaddr_as_socket(&bound, &real, port);
    return rc;
}

/* On a port of the range, from a random one on. */
static int listen_within(struct node *n, const struct ipaddr *ip, bool is_tcp, uint16_t *port,
                         const struct port_range *range)
{
    unsigned size = range->last - range->first + 1u;
    unsigned start = (unsigned)(clock_mono_ns() % size);
    int rc = GW_EINUSE;

    for (unsigned i = 0; i < size && rc == GW_EINUSE; i++) {
        *port = (uint16_t)(range->first + (start + i) % size);
        rc = listen_at(n, ip, is_tcp, port);
    }
    return rc;
}

/* Listens on a random port: on `*kept` if it is set, of the range and free, else on another one,
 * which is put there. */
static int listen_kept(struct node *n, const struct ipaddr *ip, bool is_tcp, uint16_t *kept,
                       const struct port_range *range)
{
    int rc = GW_EINUSE;

    if (*kept >= range->first && *kept <= range->last) {
        rc = listen_at(n, ip, is_tcp, kept);
        if (rc == GW_EINUSE)
            log_warn("listen %s port=%u is in use, taking another", is_tcp ? "tcp" : "udp", *kept);
    }
    if (rc != GW_EINUSE)
        return rc;
    if (range->first > 1)
        return listen_within(n, ip, is_tcp, kept, range);
    *kept = 0; /* of all: the kernel knows which are free */
    return listen_at(n, ip, is_tcp, kept);
}

static int listen_one(struct node *n, const char *text, struct nodedir_ports *ports,
                      const struct port_range *range)
{
    struct multiaddr at;
    struct ipaddr ip;
    uint16_t port;
    int rc = multiaddr_parse(bytes_of(text), &at);

    if (rc)
        return rc;
    if (!multiaddr_as_socket(&at, &ip, &port) || port)
        return host_listen(n->host, &at, &at);
    uint16_t *udp = ip.family == 4 ? &ports->udp4 : &ports->udp6;
    uint16_t *tcp = ip.family == 4 ? &ports->tcp4 : &ports->tcp6;
    bool is_tcp = multiaddr_as_tcp(&at, &ip, &port);
    if (is_tcp && !*tcp)
        *tcp = *udp; /* one number for both is easier to open in a firewall */
    return listen_kept(n, &ip, is_tcp, is_tcp ? tcp : udp, range);
}

/* What is to be said behind the error of an address: " by NAME (pid N)" behind GW_EINUSE, when that
 * is known; what helps behind GW_EPERM; else "". */
static const char *print_holder(int rc, const char *text, char who[HOLDER_STR_MAX])
{
    struct sockaddr_any socket;
    struct multiaddr at;
    struct ipaddr ip;
    uint16_t port;

    who[0] = '\0';
    if (multiaddr_parse(bytes_of(text), &at) != 0 || !multiaddr_as_socket(&at, &ip, &port))
        return who;
    if (rc != GW_EINUSE)
        return holder_low_port(rc, port);
    sockaddr_from_ip(&ip, port, &socket);
    return holder_print(&socket, !multiaddr_is_tcp(&at), who);
}

static const char *explain(int rc)
{
    return rc == GW_EEXISTS ? "there is one for QUIC already, and it takes one of /ip4, one of /ip6"
                            : gw_strerror(rc);
}

int node_listen(struct node *n, const struct conf_list *addrs, const char *ports_of,
                const struct nodedir *d, char err[CONF_ERR_MAX])
{
    struct port_range range = { 1, UINT16_MAX };
    struct nodedir_ports old = { 0 }, ports;
    char who[HOLDER_STR_MAX];
    size_t good = 0;
    int rc = 0;

    if (ports_of)
        config_port_range(ports_of, &range.first, &range.last);
    if (d)
        nodedir_read_ports(d, &old);
    ports = old;
    for (size_t i = 0; i < addrs->n; i++) {
        rc = listen_one(n, addrs->v[i], &ports, &range);
        good += !rc;
        if (rc) {
            conf_fail(err, rc, "listen %.128s: %s%s", addrs->v[i], explain(rc),
                      print_holder(rc, addrs->v[i], who));
            if (!addrs->is_default)
                return rc;
            log_debug("%s", err);
        }
    }
    if (rc && !good)
        return rc;
    if (d && memcmp(&ports, &old, sizeof ports) != 0 && (rc = nodedir_write_ports(d, &ports)) != 0)
        log_warn("%s: %s: the next start will take other ports", d->ports, gw_strerror(rc));
    return 0;
}

int node_set_config(struct node *n, const struct config *c)
{
    struct host_config hc = host_config_of(c);

    host_set_config(n->host, &hc);
    chunkq_set_budget(c->memory);
    return set_front(n, c);
}

static void count_conn(void *arg, struct conn *c)
{
    (void)c;
    ++*(size_t *)arg;
}

static void on_tick(struct ev_loop *loop, ev_timer *w, int revents)
{
    (void)loop;
    (void)w;
    (void)revents;
}

void node_stop(struct node *n)
{
    uint64_t end_ms = clock_mono_ms() + STOP_MS;
    ev_timer tick;
    size_t left;

    front_free(n->front);
    n->front = NULL;
    if (!n->host)
        return;
    host_stop(n->host, GW_ECANCELED);
    ev_timer_init(&tick, on_tick, 0.01, 0.01); /* so that the loop never sleeps for long */
    ev_timer_start(n->loop, &tick);
    do {
        ev_run(n->loop, EVRUN_ONCE);
        left = 0;
        host_each_conn(n->host, count_conn, &left);
    } while (left && clock_mono_ms() < end_ms);
    host_stop(n->host, GW_ECANCELED);
    ev_run(n->loop, EVRUN_NOWAIT);
    ev_timer_stop(n->loop, &tick);
}

void node_close(struct node *n)
{
    front_free(n->front);
    dns_free(n->dns);
    loopback_free(n->loopback);
    host_free(n->host);
    identify_free(n->identify);
    announce_free(n->announce);
    resolver_free(n->resolver);
    tier_static_free(n->names);
    tier_mdns_free(n->lan);
    mdns_free(n->mdns);
    turn_free(n->turn);
    key_free(n->key);
    *n = (struct node){ 0 };
}
