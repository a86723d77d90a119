/* config.c - see config.h. */
#include "main/config.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "gate/front.h"
#include "main/named.h"
#include "svc/registry.h"

#define MB (1024 * 1024)

static const char *check_listen_addr(const char *value)
{
    struct multiaddr a;
    struct ipaddr ip;
    uint16_t port;

    if (multiaddr_parse(bytes_of(value), &a) != 0 || !multiaddr_as_socket(&a, &ip, &port))
        return "is not of the form /ip4/ADDR/udp/PORT/quic-v1, /ip4/ADDR/tcp/PORT or /ip6/...";
    return NULL;
}

/* A name is looked up later, like every name. */
static const char *check_relay(const char *value)
{
    struct multiaddr a;
    struct peerid id;

    if (*value == '/' && (multiaddr_parse(bytes_of(value), &a) != 0 || !multiaddr_peer(&a, &id)))
        return "is neither a name nor of the form /ip4/ADDR/udp/PORT/quic-v1/p2p/ID";
    return NULL;
}

static const char *check_lan_name(const char *value)
{
    return lan_name_ok(bytes_of(value)) ? NULL : "is not made of a-z, 0-9 and - within";
}

static const char *check_socket_addr(const char *value)
{
    struct sockaddr_any a;
    return sockaddr_parse(value, &a) ? "is not [ADDR:]PORT, a path or unix:PATH" : NULL;
}

static const char *check_service_target(const char *value)
{
    struct sockaddr_any a;
    if (sockaddr_parse(value, &a) != 0 || (a.sa.sa_family != AF_UNIX && !sockaddr_port(&a)))
        return "is not [ADDR:]PORT, a path or unix:PATH";
    return NULL;
}

static const char *check_udp_target(const char *value)
{
    struct sockaddr_any a;
    if (sockaddr_parse(value, &a) != 0 || !sockaddr_port(&a))
        return "is not [ADDR:]PORT";
    return NULL;
}

static const char *check_forward_target(const char *value)
{
    struct front_target t;
    return front_target_parse(value, &t) ? "is not NAME:PORT or NAME:SERVICE" : NULL;
}

/* What stands behind `via `, or NULL: it says something else. */
static const char *via_name(const char *other)
{
    static const char via[] = "via ";

    if (strncmp(other, via, sizeof via - 1) != 0)
        return NULL;
    return other + strspn(other + sizeof via - 1, " \t") + sizeof via - 1;
}

static const char *check_other(const char *value)
{
    const char *via = via_name(value);
    struct name n;

    if (!strcmp(value, "refuse") || !strcmp(value, "direct") ||
        (via && name_parse(bytes_of(via), &n) == 0))
        return NULL;
    return "is not refuse, direct or via NAME";
}

static const char *check_virtual_net(const char *value)
{
    struct ipaddr net;
    int err = loopback_parse_net(value, &net);

    if (err == GW_EINVAL)
        return "has no addresses to give";
    return err ? "is not of the form A.B.0.0/16" : NULL;
}

_Static_assert(CONF_LINE_MAX <= 255, "RFC 1929 s.2 gives user and password a length of one octet");

static const char *const congestion_names[] = { "bbr", "cubic", NULL };
static const char *const protocol_names[] = { [CONFIG_TCP] = "tcp", [CONFIG_UDP] = "udp", NULL };
static const char *const proxy_protocol_names[] = { "none", "v2", NULL };
static const char *const path_names[] = { [HOST_PATH_ANY] = "any",
                                          [HOST_PATH_DIRECT] = "direct",
                                          [HOST_PATH_RELAY] = "relay",
                                          [HOST_PATH_BOTH] = "both",
                                          NULL };
static const char *const log_level_names[] = { [LOG_LEVEL_ERROR] = "error",
                                               [LOG_LEVEL_WARN] = "warn",
                                               [LOG_LEVEL_INFO] = "info",
                                               [LOG_LEVEL_DEBUG] = "debug",
                                               NULL };

static const struct conf_section sections[] = {
    { .name = "node", .help = "This node: where it listens, and its limits" },
    { .name = "relay", .help = "The relay that this node is for others, if it is one" },
    { .name = "proxy",
      .help = "The proxy for programs on this machine: SOCKS5, SOCKS4a and HTTP on one port" },
    { .name = "forward",
      .help = "A static forward: a local port that leads to one service of a peer (-L, -U)",
      CONF_NAMED(struct config, forwards, struct config_forward) },
    { .name = "peer",
      .help = "How a peer is reached; NAME is a name of it, or its id",
      CONF_NAMED(struct config, peers, struct config_peer) },
    { .name = "service",
      .help = "A service that peers named in authorized_keys may use (-S)",
      CONF_NAMED(struct config, services, struct config_service) },
    { 0 },
};

#define NODE(field)    CONF_AT(struct config, field)
#define FORWARD(field) CONF_AT(struct config_forward, field)
#define PEER(field)    CONF_AT(struct config_peer, field)
#define SERVICE(field) CONF_AT(struct config_service, field)

/* clang-format off */
static const struct conf_key keys[] = {
    { "node", "listen", CONF_LIST, NODE(listen),
      .def = "/ip4/0.0.0.0/udp/0/quic-v1 /ip6/::/udp/0/quic-v1 /ip4/0.0.0.0/tcp/0 /ip6/::/tcp/0",
      .check = check_listen_addr,
      .help = "Multiaddr to listen on (-l); port 0: a random port that is kept in state/" },
    { "node", "max-peers", CONF_INT, NODE(max_peers), .def = "1024", .min = 1, .max = 65536,
      .help = "Connections to peers at a time" },
    { "node", "max-streams", CONF_INT, NODE(max_streams), .def = "1024", .min = 1, .max = 65536,
      .help = "Streams that one peer may have open here" },
    { "node", "half-open", CONF_INT, NODE(half_open), .def = "256", .min = 2, .max = 65536,
      .help = "Inbound handshakes at a time; "
              "above half of it new peers have to prove their address" },
    { "node", "dial-timeout", CONF_DURATION, NODE(dial_timeout_ms),
      .def = "10s", .min = 500, .max = 600000,
      .help = "To reach a peer, all of its addresses together" },
    { "node", "negotiate-timeout", CONF_DURATION, NODE(negotiate_timeout_ms),
      .def = "10s", .min = 500, .max = 600000,
      .help = "To agree on the protocol of a stream" },
    { "node", "target-timeout", CONF_DURATION, NODE(target_timeout_ms),
      .def = "10s", .min = 500, .max = 600000,
      .help = "To connect to the target of a service" },
    { "node", "resolve-timeout", CONF_DURATION, NODE(resolve_timeout_ms),
      .def = "10s", .min = 500, .max = 600000,
      .help = "To find a name in all tiers together" },
    { "node", "idle-peer", CONF_DURATION, NODE(idle_peer_ms), .def = "5m", .max = 7 * 86400000LL,
      .help = "A connection without streams is closed after so long; 0: never" },
    { "node", "window", CONF_SIZE, NODE(window), .def = "16M", .min = 64 * 1024, .max = 256 * MB,
      .help = "Largest receive window of one stream" },
    { "node", "memory", CONF_SIZE, NODE(memory),
      .def = "256M", .min = 4 * MB, .max = 1024LL * 1024 * MB,
      .help = "What all queues together may hold" },
    { "node", "congestion", CONF_ENUM, NODE(congestion), .def = "bbr", .names = congestion_names,
      .help = "Congestion control" },
    { "node", "gso", CONF_BOOL, NODE(gso), .def = "yes",
      .help = "UDP segmentation offload, where the system has it" },
    { "node", "perf", CONF_BOOL, NODE(perf), .def = "no",
      .help = "Answer /perf/1.0.0, a test of throughput, for any peer that may connect" },
    { "node", "log-level", CONF_ENUM, NODE(log_level), .def = "info", .names = log_level_names,
      .help = "Least weighty lines to log (-v: debug, -q: warn)" },

    { "node", "relay", CONF_LIST, NODE(relays), .check = check_relay,
      .help = "Relay to be reachable through (-r): its multiaddr with /p2p/ID, or its name" },
    { "node", "port-map", CONF_BOOL, NODE(port_map), .def = "no",
      .help = "Ask the router to open our ports: PCP, NAT-PMP, UPnP" },
    { "node", "mdns", CONF_BOOL, NODE(mdns), .def = "yes",
      .help = "Find peers on the LAN, and be found there (multicast DNS)" },
    { "node", "name", CONF_STRING, NODE(name), .check = check_lan_name,
      .help = "Our name on the LAN; empty: the machine's own" },
    { "node", "probe", CONF_DURATION, NODE(probe_ms), .def = "30s", .max = 86400000,
      .help = "Between pings to a peer that is in use or kept; 0: none" },
    { "node", "probe-slow", CONF_DURATION, NODE(probe_slow_ms),
      .def = "2s", .min = 10, .max = 60000, .help = "A ping that takes longer is a failure" },
    { "node", "probe-failures", CONF_INT, NODE(probe_failures),
      .def = "3", .min = 1, .max = 100,
      .help = "Failures in a row that make the path to a peer degraded" },

    { "relay", "enabled", CONF_BOOL, NODE(relay_enabled), .def = "no",
      .help = "Be a relay (-R) for peers that may use the service `relay`" },
    { "relay", "public", CONF_BOOL, NODE(relay_public), .def = "no",
      .help = "Be one for everybody; set limits then" },
    { "relay", "max-reservations", CONF_INT, NODE(relay_max_reservations),
      .def = "1024", .min = 1, .max = 65536, .help = "Peers that hold a slot at a time" },
    { "relay", "max-reservations-per-ip", CONF_INT, NODE(relay_max_reservations_per_ip),
      .def = "64", .min = 1, .max = 65536,
      .help = "Of these from one IP address, or one /64 of IPv6" },
    { "relay", "max-circuits", CONF_INT, NODE(relay_max_circuits),
      .def = "512", .min = 1, .max = 65536, .help = "Relayed connections at a time" },
    { "relay", "max-circuits-per-peer", CONF_INT, NODE(relay_max_circuits_per_peer),
      .def = "32", .min = 1, .max = 65536,
      .help = "Of these by one peer, and to one peer" },
    { "relay", "max-pending", CONF_INT, NODE(relay_max_pending),
      .def = "128", .min = 1, .max = 65536,
      .help = "Calls that the peer called has not answered yet" },
    { "relay", "per-minute", CONF_INT, NODE(relay_per_minute),
      .def = "60", .min = 1, .max = 65536, .help = "Requests of one peer in a minute" },
    { "relay", "reservation-time", CONF_DURATION, NODE(relay_reservation_ms),
      .def = "1h", .min = 60000, .max = 86400000, .help = "How long a slot lasts unless renewed" },
    { "relay", "circuit-time", CONF_DURATION, NODE(relay_circuit_ms), .def = "0",
      .max = 365 * 86400000LL, .help = "Longest life of a relayed connection; 0: no limit" },
    { "relay", "circuit-data", CONF_SIZE, NODE(relay_circuit_bytes), .def = "0",
      .help = "Octets each way in a relayed connection; 0: no limit" },
    { "relay", "rate", CONF_SIZE, NODE(relay_rate), .def = "0",
      .help = "Octets a second of a relayed connection, both ways; 0: no limit" },
    { "relay", "monthly-data", CONF_SIZE, NODE(relay_monthly_bytes), .def = "0",
      .help = "Octets relayed in a calendar month (UTC), both ways; 0: no limit" },

    { "proxy", "listen", CONF_LIST, NODE(proxy_listen),
      .def = "127.0.0.1:1080", .check = check_socket_addr,
      .help = "[ADDR:]PORT or a path (-D); empty: no proxy" },
    { "proxy", "user", CONF_STRING, NODE(user),
      .help = "User name that clients must give; empty: anybody may use the proxy" },
    { "proxy", "password", CONF_STRING, NODE(password), .is_secret = true,
      .help = "Password of that user" },
    { "proxy", "handshake-timeout", CONF_DURATION, NODE(handshake_timeout_ms),
      .def = "15s", .min = 100, .max = 600000,
      .help = "From accepting a client to its complete request" },
    { "proxy", "half-open", CONF_INT, NODE(proxy_half_open), .def = "1024", .min = 1, .max = 65536,
      .help = "Clients without a complete request; one more closes the oldest" },
    { "proxy", "open-timeout", CONF_DURATION, NODE(open_timeout_ms),
      .def = "2m", .min = 500, .max = 3600000,
      .help = "To open a service for a client, forwards included" },
    { "proxy", "max-opening", CONF_INT, NODE(max_opening), .def = "1024", .min = 1, .max = 65536,
      .help = "Services being opened at a time, forwards included" },
    { "proxy", "other", CONF_STRING, NODE(other), .def = "refuse", .check = check_other,
      .help = "Names that are nobody's here: refuse, direct (from this machine), or via NAME, "
              "a peer that offers the service exit" },
    { "proxy", "virtual-net", CONF_STRING, NODE(virtual_net),
      .def = LOOPBACK_NET, .check = check_virtual_net,
      .help = "IPv4 /16 of the stable addresses of peers; outside 127.0.0.0/8 for torsocks" },
    { "proxy", "option-tags", CONF_BOOL, NODE(option_tags), .def = "no",
      .help = "Ask every SOCKS5 client that can give a user name for it: it may be an option tag" },
    { "proxy", "udp-idle", CONF_DURATION, NODE(udp_idle_ms),
      .def = "2m", .min = 1000, .max = 86400000,
      .help = "A flow of datagrams ends after so long without one, "
              "forwards and services included" },
    { "proxy", "max-udp", CONF_INT, NODE(max_udp), .def = "256", .max = 65536,
      .help = "UDP associations of SOCKS5 clients at a time; 0: none" },

    { "forward", "listen", CONF_STRING, FORWARD(listen), .check = check_socket_addr,
      .help = "[ADDR:]PORT, ADDR being 127.0.0.1 unless given, or a path; port 0: a free one" },
    { "forward", "target", CONF_STRING, FORWARD(target), .check = check_forward_target,
      .help = "NAME:PORT or NAME:SERVICE" },
    { "forward", "protocol", CONF_ENUM, FORWARD(protocol), .def = "tcp", .names = protocol_names,
      .help = "Connections, or datagrams" },

    { "peer", "path", CONF_ENUM, PEER(path), .def = "any", .names = path_names,
      .help = "The best there is, no relay, only through relays, or both tried at once" },
    { "peer", "keep", CONF_BOOL, PEER(keep), .def = "no",
      .help = "Stay connected to it, and connect again when it is lost" },

    { "service", "target", CONF_STRING, SERVICE(target), .check = check_service_target,
      .help = "Where connections go: [ADDR:]PORT, a path or unix:PATH" },
    { "service", "udp-target", CONF_STRING, SERVICE(udp_target), .check = check_udp_target,
      .help = "Where datagrams go: [ADDR:]PORT" },
    { "service", "port", CONF_INT, SERVICE(port), .def = "0", .max = 65535,
      .help = "The port that peers ask for; 0: that of target, else of udp-target" },
    { "service", "enabled", CONF_BOOL, SERVICE(enabled),
      .def = "yes", .help = "Whether it is offered" },
    { "service", "authorized_keys", CONF_STRING, SERVICE(authorized_keys),
      .help = "File that takes the place of authorized_keys for this service" },
    { "service", "proxy-protocol", CONF_ENUM, SERVICE(proxy_protocol), .def = "none",
      .names = proxy_protocol_names,
      .help = "Tell the target who called by a PROXY protocol header" },
    { "service", "http", CONF_BOOL, SERVICE(http), .def = "no",
      .help = "Tell the target who called by X-Gw-Peer in every HTTP request" },
    { "service", "exit", CONF_BOOL, SERVICE(is_exit), .def = "no",
      .help = "Of [service exit], in place of targets: lead peers to the internet" },
    { "service", "limit", CONF_SIZE, SERVICE(limit), .def = "0", .unit = "octets a second",
      .help = "Most for all streams of one peer together (0: no limit)" },
    { 0 },
};
/* clang-format on */

const struct conf_schema config_schema = { sections, keys };

static int check_forwards(const struct config *c, char err[CONF_ERR_MAX])
{
    for (size_t i = 0; i < c->forwards.n; i++) {
        const struct config_forward *f = c->forwards.v[i];
        struct sockaddr_any at;
        if (!f->listen || !f->target)
            return conf_fail(err, GW_EINVAL, "[forward %s] has no %s", f->name,
                             f->listen ? "target" : "listen");
        if (f->protocol == CONFIG_UDP && sockaddr_parse(f->listen, &at) == 0 &&
            at.sa.sa_family == AF_UNIX)
            return conf_fail(err, GW_EINVAL, "[forward %s]: datagrams come to a port, not to %.80s",
                             f->name, f->listen);
    }
    return 0;
}

static int check_peers(const struct config *c, char err[CONF_ERR_MAX])
{
    struct name name;

    if (c->peers.n > NAMED_MAX)
        return conf_fail(err, GW_ELIMIT, "there are more than %d sections [peer]", NAMED_MAX);
    for (size_t i = 0; i < c->peers.n; i++) {
        const struct config_peer *p = c->peers.v[i];
        if (name_parse(bytes_of(p->name), &name) != 0)
            return conf_fail(err, GW_EINVAL, "[peer %s] is neither a name nor a peer id", p->name);
    }
    return 0;
}

/* A relative path lies in `dir`. */
static int absolute(const char *dir, const char *path, char **out)
{
    int n = *path == '/' ? asprintf(out, "%s", path) : asprintf(out, "%s/%s", dir, path);
    if (n < 0)
        *out = NULL;
    return n < 0 ? GW_ENOMEM : 0;
}

/* What the keys of one service mean together. */
static int check_service(const struct config_service *s, char err[CONF_ERR_MAX])
{
    bool has_target = s->target || s->udp_target;

    if (!s->is_exit)
        return has_target ? 0 : conf_fail(err, GW_EINVAL, "[service %s] has no target", s->name);
    if (strcmp(s->name, SERVICE_EXIT) != 0)
        return conf_fail(err, GW_EINVAL, "[service %s]: exit = yes belongs to [service %s]",
                         s->name, SERVICE_EXIT);
    if (has_target || s->proxy_protocol || s->http)
        return conf_fail(err, GW_EINVAL,
                         "[service %s]: with exit = yes it has no targets, no "
                         "proxy-protocol and no http",
                         s->name);
    return 0;
}

static int read_targets(const struct config_service *from, struct service *out)
{
    int rc = from->target ? sockaddr_parse(from->target, &out->target) : 0;

    if (!rc && from->udp_target)
        rc = sockaddr_parse(from->udp_target, &out->udp_target);
    if (!out->port && from->target)
        out->port = sockaddr_port(&out->target);
    if (!out->port && from->udp_target)
        out->port = sockaddr_port(&out->udp_target);
    return rc;
}

static int add_service(const struct config_service *from, const char *dir, struct registry *r,
                       char err[CONF_ERR_MAX])
{
    const char *path = from->authorized_keys;
    struct service s = { .port = (uint16_t)from->port,
                         .is_exit = from->is_exit,
                         .proxy_v2 = from->proxy_protocol == CONFIG_PROXY_V2,
                         .is_http = from->http,
                         .limit = from->limit,
                         .is_enabled = from->enabled };

    int rc = check_service(from, err);
    if (rc)
        return rc;
    snprintf(s.name, sizeof s.name, "%s", from->name);
    rc = read_targets(from, &s);
    if (!rc && path)
        rc = absolute(dir, path, &s.authorized_keys);
    if (!rc)
        rc = registry_add(r, &s);
    free(s.authorized_keys);
    if (rc == GW_EEXISTS)
        snprintf(err, CONF_ERR_MAX, "[service %s]: port %u is another service's", from->name,
                 s.port);
    else if (rc == GW_EINVAL)
        snprintf(err, CONF_ERR_MAX, "[service %s]: a name is made of a-z, 0-9 and -", from->name);
    return rc;
}

/* The registry knows which services go together. */
static int check_services(const struct config *c, char err[CONF_ERR_MAX])
{
    struct registry *r = registry_new();
    int rc = r ? config_services(c, "", r, err) : GW_ENOMEM;

    registry_free(r);
    return rc;
}

static int check_whole(const struct config *c, char err[CONF_ERR_MAX])
{
    if (!c->user != !c->password)
        return conf_fail(err, GW_EINVAL, "[proxy] has a %s without a %s",
                         c->user ? "user" : "password", c->user ? "password" : "user");
    int rc = check_forwards(c, err);
    if (!rc)
        rc = check_peers(c, err);
    return rc ? rc : check_services(c, err);
}

int config_load(struct config *out, const char *path, bool must_exist,
                const struct config_override *over, size_t nover, char err[CONF_ERR_MAX])
{
    int rc = conf_init(out, &config_schema);
    if (rc)
        return conf_fail(err, rc, "%s", gw_strerror(rc));
    if (path)
        rc = conf_read(out, &config_schema, path, err);
    if (rc == GW_ENOTFOUND && !must_exist)
        rc = 0;
    for (size_t i = 0; i < nover && !rc; i++)
        rc = conf_set(out, &config_schema, over[i].section, over[i].name, over[i].key,
                      over[i].value, err);
    if (!rc && (rc = check_whole(out, err)) != 0 && path) {
        char why[CONF_ERR_MAX];
        snprintf(why, sizeof why, "%s", err);
        snprintf(err, CONF_ERR_MAX, "%s: %.200s", path, why);
    }
    if (rc)
        config_free(out);
    return rc;
}

void config_free(struct config *c)
{
    conf_free(c, &config_schema);
}

int config_services(const struct config *c, const char *dir, struct registry *r,
                    char err[CONF_ERR_MAX])
{
    int rc = 0;

    conf_fail(err, GW_ENOMEM, "%s", gw_strerror(GW_ENOMEM));
    for (size_t i = 0; i < c->services.n && !rc; i++)
        rc = add_service(c->services.v[i], dir, r, err);
    return rc;
}

void config_lan_name(const struct config *c, char out[LAN_LABEL_MAX + 1])
{
    char host[256] = "";
    size_t n = 0;

    if (!c->name)
        gethostname(host, sizeof host - 1);
    for (const char *p = c->name ? c->name : host; *p && *p != '.' && n < LAN_LABEL_MAX; p++)
        out[n++] = (char)tolower((unsigned char)*p);
    out[n] = '\0';
    if (!lan_name_ok(bytes_of(out)))
        out[0] = '\0';
}

enum front_other config_other(const struct config *c, const char **via)
{
    *via = c->other ? via_name(c->other) : NULL;
    if (*via)
        return FRONT_VIA;
    return c->other && !strcmp(c->other, "direct") ? FRONT_DIRECT : FRONT_REFUSE;
}

void config_virtual_net(const struct config *c, struct ipaddr *out)
{
    int err = loopback_parse_net(c->virtual_net ? c->virtual_net : LOOPBACK_NET, out);
    assert(!err);
    (void)err;
}
