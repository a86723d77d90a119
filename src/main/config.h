/* config.h - what gw.conf can say: one table (base/conf.h) and the struct that it fills.
 *
 * Values that stand in here are sound: addresses, targets and names have been read once, and what
 * two keys mean together has been checked.  So whoever reads them again may assert success. */
#ifndef GW_MAIN_CONFIG_H
#define GW_MAIN_CONFIG_H

#include "base/conf.h"
#include "base/log.h"
#include "gate/front.h"
#include "p2p/lan_peers.h"

enum config_protocol { CONFIG_TCP, CONFIG_UDP };

struct config_forward { /* [forward NAME] */
    char *name;
    char *listen; /* sockaddr_parse */
    char *target; /* front_target_parse */
    int protocol; /* enum config_protocol */
};

enum config_proxy_protocol { CONFIG_PROXY_NONE, CONFIG_PROXY_V2 };

struct config_service { /* [service NAME] */
    char *name;
    int64_t port;       /* 0: the target's */
    char *target;       /* sockaddr_parse; NULL: takes no connections */
    char *udp_target;   /* the same for datagrams */
    int proxy_protocol; /* enum config_proxy_protocol */
    bool http, is_exit;
    bool enabled;
    char *authorized_keys; /* path; NULL: the node's */
    uint64_t limit;        /* octets a second for each peer; 0: none */
};

struct config_peer { /* [peer NAME] */
    char *name;      /* name_parse; a peer id is one, too */
    int path;        /* enum host_path */
    bool keep;
};

struct config_network { /* [network NAME] */
    char *name;
    struct conf_list relays; /* as [node] relay */
    char *host;              /* a label; NULL: none */
    int trust;               /* enum network_trust */
};

#define CONFIG_RESOLVERS_MAX 4 /* programs of [node] resolver */

enum config_dht { CONFIG_DHT_OFF, CONFIG_DHT_CLIENT, CONFIG_DHT_SERVER, CONFIG_DHT_AUTO };

enum config_congestion { CONFIG_BBR, CONFIG_CUBIC };

struct config {
    /* [node] */
    struct conf_list listen; /* multiaddrs */
    int64_t max_peers, max_streams, half_open;
    uint64_t dial_timeout_ms, negotiate_timeout_ms, target_timeout_ms, resolve_timeout_ms;
    uint64_t name_ttl_ms;
    struct conf_list resolvers; /* exec:PATH, CONFIG_RESOLVERS_MAX at most */
    uint64_t idle_peer_ms;      /* 0: never */
    uint64_t window, memory;
    int congestion; /* enum config_congestion */
    bool gso;
    bool perf;
    struct conf_list relays; /* addresses that end in /p2p/ID, or names */
    bool port_map;
    bool mdns;
    char *name;        /* lan_name_ok; NULL: that of the machine */
    uint64_t probe_ms; /* 0: no probes */
    uint64_t probe_slow_ms;
    int64_t probe_failures;
    uint64_t autonat_delay_ms, autonat_retry_ms, autonat_refresh_ms;
    char *port_range; /* config_port_range; NULL: any */
    int log_level;    /* enum log_level */
    /* [proxy] */
    struct conf_list proxy_listen;
    char *user, *password; /* NULL: none */
    uint64_t handshake_timeout_ms, open_timeout_ms;
    int64_t proxy_half_open, max_opening;
    bool option_tags;
    char *other;       /* names that no tier may own: "refuse", "direct" or "via NAME" */
    char *virtual_net; /* loopback_parse_net; NULL: LOOPBACK_NET */
    uint64_t udp_idle_ms;
    int64_t max_udp; /* UDP associations */

    /* [relay] */
    bool relay_enabled, relay_public;
    int64_t relay_max_reservations, relay_max_reservations_per_ip;
    int64_t relay_max_circuits, relay_max_circuits_per_peer, relay_max_pending, relay_per_minute;
    uint64_t relay_reservation_ms, relay_circuit_ms;
    uint64_t relay_circuit_bytes, relay_rate, relay_monthly_bytes;

    char *relay_network; /* a label; NULL: none */
    uint64_t name_life_ms;
    int64_t max_names, max_names_per_peer;
    bool transit;

    /* [dht] */
    int dht_mode; /* enum config_dht */
    char *dht_protocol;
    struct conf_list dht_bootstrap; /* as [node] relay */
    char *dht_list, *dht_list_key;  /* both or neither */
    bool dht_publish;
    uint64_t dht_query_ms, dht_request_ms, dht_refresh_ms, dht_republish_ms;
    int64_t dht_paths;
    /* [dns] */
    bool dnsaddr;
    struct conf_list dns_listen, dns_forward; /* sockaddr_parse, with a port */
    /* [ethereum] */
    char *eth_rpc, *eth_contract; /* both or neither */

    struct conf_named networks; /* struct config_network */
    struct conf_named forwards; /* struct config_forward */
    struct conf_named peers;    /* struct config_peer */
    struct conf_named services; /* struct config_service */
};

extern const struct conf_schema config_schema;

/* One thing that the command line sets over the file. */
struct config_override {
    char *section, *name, *key, *value; /* as conf_set takes them */
};

/* Defaults, then the file at `path` (NULL: none; unless `must_exist` one that is missing is as good
 * as an empty one), then the overrides, then the checks of the whole.  Returns 0, or GW_E* with a
 * sentence in `err`; then there is nothing to free. */
int config_load(struct config *out, const char *path, bool must_exist,
                const struct config_override *over, size_t nover, char err[CONF_ERR_MAX]);
void config_free(struct config *c);

/* Adds every service to `r`; a relative authorized_keys lies in `dir`.  Returns 0, or GW_E* with a
 * sentence in `err`. */
int config_services(const struct config *c, const char *dir, struct registry *r,
                    char err[CONF_ERR_MAX]);

/* Our name on the LAN: [node] name, else the first label of the machine's; "": none that can be
 * one. */
void config_lan_name(const struct config *c, char out[LAN_LABEL_MAX + 1]);

/* What stands behind `via ` in [proxy] other; NULL: it says something else. */
const char *config_via_name(const char *other);
/* What [proxy] other says; of FRONT_VIA *via is the name, borrowed from c. */
enum front_other config_other(const struct config *c, const char **via);

/* Reads FIRST-LAST.  0 or GW_ESYNTAX. */
int config_port_range(const char *text, uint16_t *first, uint16_t *last);

/* [proxy] virtual-net: A.B.0.0. */
void config_virtual_net(const struct config *c, struct ipaddr *out);

#endif
