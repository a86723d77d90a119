/* config_keys.c - the table of gw.conf: every section and key, and what their values may be. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "host/dial_order.h"
#include "main/config.h"
#include "name/dnsaddr.h"
#include "name/tier_eth.h"
#include "net/fetch.h"
#include "p2p/kad.h"
#include "p2p/kad_lookup.h"
#include "p2p/networks.h"

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
    struct name n;
    struct ipaddr ip;
    bool is_good = *value == '/'
                       ? multiaddr_parse(bytes_of(value), &a) == 0 && multiaddr_peer(&a, &id)
                       : name_parse(bytes_of(value), &n) == 0;

    if (is_good && *value != '/')
        is_good = sockaddr_parse_ip(value, &ip) != 0;
    if (is_good && *value == '/') {
        multiaddr_strip_peer(&a);
        is_good = !a.n || !dial_why_never(&a);
    }
    return is_good ? NULL : "is neither a name nor of the form /ip4/ADDR/udp/PORT/quic-v1/p2p/ID";
}

/* One DNS label, lower case. */
static const char *check_label(const char *value)
{
    return lan_name_ok(bytes_of(value)) ? NULL : "is not made of a-z, 0-9 and - within";
}

/* Also a name of the DNS that stands for several. */
static const char *check_bootstrap(const char *value)
{
    struct multiaddr a;
    struct name n;

    if (multiaddr_parse(bytes_of(value), &a) == 0 && dnsaddr_read(&a, &n) == 0)
        return NULL;
    return check_relay(value);
}

static const char *check_protocol(const char *value)
{
    return *value == '/' ? NULL : "is not of the form /NAME/kad/VERSION";
}

static const char *check_peer_id(const char *value)
{
    struct peerid id;
    return peerid_parse(bytes_of(value), &id) ? "is not a peer id" : NULL;
}

static const char *check_list(const char *value)
{
    return *value == '/' || fetch_url_ok(value) ? NULL
                                                : "is neither /PATH nor http:// nor https://";
}

static const char *check_url(const char *value)
{
    return fetch_url_ok(value) ? NULL : "is neither http:// nor https://";
}

static const char *check_contract(const char *value)
{
    return tier_eth_address_ok(value) ? NULL : "is not 0x and 40 hexadecimal digits";
}

static const char *check_resolver(const char *value)
{
    return !strncmp(value, "exec:/", 6) ? NULL : "is not exec:/PATH";
}

static const char *check_dns_server(const char *value)
{
    struct sockaddr_any a;
    return sockaddr_parse(value, &a) || !sockaddr_port(&a) ? "is not ADDR:PORT" : NULL;
}

static const char *check_dns_listen(const char *value)
{
    struct sockaddr_any a;
    return sockaddr_parse(value, &a) || a.sa.sa_family == AF_UNIX ? "is not [ADDR:]PORT" : NULL;
}

static const char *check_port_range(const char *value)
{
    uint16_t first, last;
    return config_port_range(value, &first, &last) ? "is not of the form FIRST-LAST" : NULL;
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

static const char *check_other(const char *value)
{
    const char *via = config_via_name(value);
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
static const char *const trust_names[] = { [NETWORK_TRUST_NONE] = "none",
                                           [NETWORK_TRUST_ONE_WAY] = "one-way",
                                           [NETWORK_TRUST_FULL] = "full",
                                           NULL };
static const char *const dht_names[] = { [CONFIG_DHT_OFF] = "off",
                                         [CONFIG_DHT_CLIENT] = "client",
                                         [CONFIG_DHT_SERVER] = "server",
                                         [CONFIG_DHT_AUTO] = "auto",
                                         NULL };
static const char *const log_level_names[] = { [LOG_LEVEL_ERROR] = "error",
                                               [LOG_LEVEL_WARN] = "warn",
                                               [LOG_LEVEL_INFO] = "info",
                                               [LOG_LEVEL_DEBUG] = "debug",
                                               NULL };

static const struct conf_section sections[] = {
    { .name = "node", .help = "This node: where it listens, and its limits" },
    { .name = "relay", .help = "The relay that this node is for others, if it is one" },
    { .name = "network",
      .help = "A network: names HOST.NAME are its members', its relays know them",
      CONF_NAMED(struct config, networks, struct config_network) },
    { .name = "dht", .help = "The distributed hash table: names and addresses without a server" },
    { .name = "dns", .help = "The DNS: asking it, and being a DNS server for this machine" },
    { .name = "ethereum", .help = "Names kept by a contract on an Ethereum chain" },
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
#define FIXED(field)   NODE(field), .is_fixed = true
#define FORWARD(field) CONF_AT(struct config_forward, field)
#define NETWORK(field) CONF_AT(struct config_network, field)
#define PEER(field)    CONF_AT(struct config_peer, field)
#define SERVICE(field) CONF_AT(struct config_service, field)

/* clang-format off */
static const struct conf_key keys[] = {
    { "node", "listen", CONF_LIST, FIXED(listen),
      .def = "/ip4/0.0.0.0/udp/0/quic-v1 /ip6/::/udp/0/quic-v1 /ip4/0.0.0.0/tcp/0 /ip6/::/tcp/0",
      .check = check_listen_addr,
      .help = "Multiaddr to listen on (-l); port 0: a random port that is kept in state/" },
    { "node", "port-range", CONF_STRING, FIXED(port_range), .check = check_port_range,
      .help = "FIRST-LAST: of these the random ports of listen are taken; empty: of all" },
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
    { "node", "target-timeout", CONF_DURATION, FIXED(target_timeout_ms),
      .def = "10s", .min = 500, .max = 600000,
      .help = "To connect to the target of a service" },
    { "node", "resolve-timeout", CONF_DURATION, FIXED(resolve_timeout_ms),
      .def = "10s", .min = 500, .max = 600000,
      .help = "To find a name in all tiers together" },
    { "node", "name-ttl", CONF_DURATION, NODE(name_ttl_ms),
      .def = "5m", .min = 1000, .max = 86400000,
      .help = "So long an answer is kept, across restarts, when its tier does not say" },
    { "node", "resolver", CONF_LIST, FIXED(resolvers), .check = check_resolver,
      .help = "exec:/PATH: a program that is asked for names, a tier behind the others" },
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
    { "node", "perf", CONF_BOOL, FIXED(perf), .def = "no",
      .help = "Answer /perf/1.0.0, a test of throughput, for any peer that may connect" },
    { "node", "log-level", CONF_ENUM, NODE(log_level), .def = "info", .names = log_level_names,
      .help = "Least weighty lines to log (-v: debug, -q: warn)" },

    { "node", "relay", CONF_LIST, NODE(relays), .check = check_relay,
      .help = "Relay to be reachable through (-r): its multiaddr with /p2p/ID, or its name" },
    { "node", "port-map", CONF_BOOL, FIXED(port_map), .def = "no",
      .help = "Ask the router to open our ports: PCP, NAT-PMP, UPnP" },
    { "node", "mdns", CONF_BOOL, FIXED(mdns), .def = "yes",
      .help = "Find peers on the LAN, and be found there (multicast DNS)" },
    { "node", "name", CONF_STRING, FIXED(name), .check = check_label,
      .help = "Our name on the LAN; empty: the machine's own" },
    { "node", "probe", CONF_DURATION, NODE(probe_ms), .def = "30s", .max = 86400000,
      .help = "Between pings to a peer that is in use or kept; 0: none" },
    { "node", "probe-slow", CONF_DURATION, NODE(probe_slow_ms),
      .def = "2s", .min = 10, .max = 60000, .help = "A ping that takes longer is a failure" },
    { "node", "probe-failures", CONF_INT, NODE(probe_failures),
      .def = "3", .min = 1, .max = 100,
      .help = "Failures in a row that make the path to a peer degraded" },

    { "node", "autonat-delay", CONF_DURATION, NODE(autonat_delay_ms),
      .def = "3s", .min = 100, .max = 3600000,
      .help = "From a change to asking others whether strangers can reach us (AutoNAT)" },
    { "node", "autonat-retry", CONF_DURATION, NODE(autonat_retry_ms),
      .def = "2m", .min = 1000, .max = 86400000,
      .help = "Until they are asked again while nothing is known; doubled each time" },
    { "node", "autonat-refresh", CONF_DURATION, NODE(autonat_refresh_ms),
      .def = "15m", .min = 1000, .max = 86400000, .help = "The same once it is known" },

    { "relay", "enabled", CONF_BOOL, FIXED(relay_enabled), .def = "no",
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

    { "relay", "network", CONF_STRING, FIXED(relay_network), .check = check_label,
      .help = "The network whose names this relay keeps; empty: none" },
    { "relay", "name-life", CONF_DURATION, FIXED(name_life_ms),
      .def = "90d", .min = 3600000, .max = 3650 * 86400000LL,
      .help = "A name that was not renewed for so long is free" },
    { "relay", "max-names", CONF_INT, FIXED(max_names), .def = "4096", .min = 1, .max = 65536,
      .help = "Names of the network" },
    { "relay", "max-names-per-peer", CONF_INT, FIXED(max_names_per_peer),
      .def = "16", .min = 1, .max = 65536, .help = "Of these one peer's" },
    { "relay", "transit", CONF_BOOL, NODE(transit), .def = "no",
      .help = "Members of one trusted network may pass through us to another one" },

    { "network", "relay", CONF_LIST, NETWORK(relays), .check = check_relay,
      .help = "A relay of the network: its multiaddr with /p2p/ID, or its name" },
    { "network", "host", CONF_STRING, NETWORK(host), .check = check_label,
      .help = "What we are called there: HOST.NAME; we are reachable through its relays then" },
    { "network", "trust", CONF_ENUM, NETWORK(trust), .def = "none", .names = trust_names,
      .help = "Of another network than our relay's: one-way: our members reach into it; "
              "full: its members into ours, too" },

    { "dht", "mode", CONF_ENUM, FIXED(dht_mode), .def = "client", .names = dht_names,
      .help = "Not at all, only asking, also answering anybody, "
              "or that when strangers can reach us" },
    { "dht", "protocol", CONF_STRING, FIXED(dht_protocol),
      .def = KAD_PROTOCOL, .check = check_protocol,
      .help = "Its protocol id: another id, another DHT" },
    { "dht", "bootstrap", CONF_LIST, NODE(dht_bootstrap), .check = check_bootstrap,
      .help = "A DHT server to begin with: its multiaddr with /p2p/ID, its name, "
              "or /dnsaddr/NAME for all that the DNS tells of NAME" },
    { "dht", "list", CONF_STRING, NODE(dht_list), .check = check_list,
      .help = "Signed list of such servers: a file, or an http(s) URL" },
    { "dht", "list-key", CONF_STRING, NODE(dht_list_key), .check = check_peer_id,
      .help = "Peer id of who signs it" },
    { "dht", "publish", CONF_BOOL, NODE(dht_publish), .def = "yes",
      .help = "Tell the DHT our addresses while we offer services, "
              "and as a relay the names of our network" },
    { "dht", "query-timeout", CONF_DURATION, FIXED(dht_query_ms),
      .def = "60s", .min = 1000, .max = 600000, .help = "One lookup as a whole" },
    { "dht", "request-timeout", CONF_DURATION, FIXED(dht_request_ms),
      .def = "5s", .min = 100, .max = 60000, .help = "One question to one server" },
    { "dht", "refresh", CONF_DURATION, FIXED(dht_refresh_ms),
      .def = "10m", .min = 10000, .max = 86400000,
      .help = "From one refresh of the routing table to the next" },
    { "dht", "republish", CONF_DURATION, FIXED(dht_republish_ms),
      .def = "12h", .min = 60000, .max = 86400000, .help = "From one publishing to the next" },
    { "dht", "paths", CONF_INT, FIXED(dht_paths), .def = "3", .min = 1, .max = KAD_PATHS_MAX,
      .help = "Disjoint paths of a lookup: more withstand more liars" },

    { "dns", "lookup", CONF_BOOL, FIXED(dnsaddr), .def = "yes",
      .help = "Ask the DNS for dnsaddr= records of names that nobody else knows" },
    { "dns", "listen", CONF_LIST, NODE(dns_listen), .check = check_dns_listen,
      .help = "[ADDR:]PORT at which to be a DNS server for this machine" },
    { "dns", "forward", CONF_LIST, NODE(dns_forward), .check = check_dns_server,
      .help = "DNS server, ADDR:PORT, for names that are nobody's here; none: they do not exist" },

    { "ethereum", "rpc", CONF_STRING, FIXED(eth_rpc), .check = check_url,
      .help = "JSON-RPC URL of a node to ask; empty: none" },
    { "ethereum", "contract", CONF_STRING, FIXED(eth_contract), .check = check_contract,
      .help = "Address of the contract: resolve(string) returns (string)" },

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
