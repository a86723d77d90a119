/* wholenode.c - see wholenode.h. */
#include "wholenode.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "p2p/checkup.h"
#include "p2p/circuit.h"
#include "p2p/identify.h"
#include "p2p/kad.h"
#include "p2p/loss.h"
#include "p2p/names_claims.h"
#include "p2p/names_server.h"
#include "p2p/networks.h"
#include "p2p/paths.h"
#include "p2p/perf.h"
#include "p2p/ping.h"
#include "p2p/relay.h"
#include "svc/svc_in.h"

struct wholenode {
    struct host *host;
    struct announce *announce;
    struct identify *identify;
    struct relay_scores scores;
    struct reservations *reservations;
    struct circuit *circuit;
    struct relay *relay;
    struct dcutr *dcutr;
    struct paths *paths;
    struct autonat *autonat;
    struct checkup *checkup;
    struct loss_server *loss;
    struct kad *kad;
    struct networks networks;
    struct names_book *book;
    struct names_server *names;
    struct names_claims *claims;
    struct registry *services;
    struct authz *authz;
    struct svc_in *svc_in;
};

static const struct host_config host_config = { .dial_timeout_ms = 2000,
                                                .negotiate_timeout_ms = 1000,
                                                .max_peers = WHOLENODE_PEERS_MAX,
                                                .max_streams = 16,
                                                .max_half_open = 16,
                                                .window = 1u << 20 };

static const struct relay_config relay_config = { .max_reservations = 4,
                                                  .max_reservations_per_ip = 4,
                                                  .max_circuits = 4,
                                                  .max_circuits_per_peer = 2,
                                                  .max_pending = 2,
                                                  .per_minute = 60,
                                                  .reservation_ms = 3600000 };

static const struct path_rules path_rules = { .probe_ms = 15000, .slow_ms = 2000, .failures = 3 };

static const struct kad_config kad_config = { .protocol = KAD_PROTOCOL,
                                              .query_ms = 20000,
                                              .request_ms = 5000,
                                              .refresh_ms = 600000,
                                              .republish_ms = 3600000,
                                              .paths = 2 };

static char authorized_keys[64],
    names_file[64];                      /* made once; the program's last act removes them */
static int target = -1, udp_target = -1; /* of the services; nobody answers there */

static void remove_files(void)
{
    unlink(authorized_keys);
    unlink(names_file);
    *strrchr(names_file, '/') = '\0';
    rmdir(names_file);
}

static void make_files(const struct peerid *friend)
{
    char dir[] = "/tmp/gw-fuzz-XXXXXX", id[PEERID_STR_MAX];

    assert(mkdtemp(dir));
    snprintf(authorized_keys, sizeof authorized_keys, "%s/keys", dir);
    snprintf(names_file, sizeof names_file, "%s/names", dir);
    FILE *f = fopen(authorized_keys, "w");
    assert(f && fprintf(f, "%s\n", peerid_print(friend, id)) > 0);
    assert(fchmod(fileno(f), 0600) == 0 && fclose(f) == 0);
    atexit(remove_files);
}

static int bind_target(int type, struct sockaddr_any *out)
{
    socklen_t n = sizeof out->un;
    int fd = socket(AF_INET, type | SOCK_NONBLOCK, 0);

    assert(sockaddr_parse("127.0.0.1:0", out) == 0);
    assert(fd >= 0 && bind(fd, &out->sa, out->len) == 0);
    assert(getsockname(fd, &out->sa, &n) == 0);
    assert(type == SOCK_DGRAM || listen(fd, 64) == 0);
    return fd;
}

static bool admit(void *arg, const struct peerid *peer)
{
    (void)arg;
    (void)peer;
    return true;
}

static bool may_relay(void *arg, const struct relay_wish *w)
{
    (void)arg;
    return w->use != RELAY_CHAIN;
}

static bool holds_slot(void *arg, const struct peerid *relay)
{
    (void)arg;
    (void)relay;
    return true;
}

static void ignore_rights(void *arg)
{
    (void)arg;
}

static void offer_services(struct wholenode *n, struct turn *turn)
{
    struct service web = { .name = "web", .port = 80, .is_http = true, .is_enabled = true };
    struct service db = { .name = "db", .port = 5432, .proxy_v2 = true, .is_enabled = true };
    struct service dns = { .name = "dns", .port = 53, .is_enabled = true };
    (void)turn;

    target = bind_target(SOCK_STREAM, &web.target);
    udp_target = bind_target(SOCK_DGRAM, &dns.udp_target);
    db.target = web.target;
    n->services = registry_new();
    assert(n->services && registry_add(n->services, &web) == 0);
    assert(registry_add(n->services, &db) == 0 && registry_add(n->services, &dns) == 0);
    n->authz = authz_new(host_loop(n->host), authorized_keys, n->services, ignore_rights, NULL);
    assert(n->authz && (n->svc_in = svc_in_new(n->host, n->services, n->authz, 2000)));
}

static void be_reachable(struct wholenode *n, const struct wholenode_peer *friend)
{
    struct multiaddr relay = friend->addr;

    n->circuit = circuit_new(n->host, &n->scores, holds_slot, NULL);
    n->dcutr = dcutr_new(n->host, n->announce);
    assert(n->circuit && n->dcutr);
    n->paths = paths_new(n->host, n->dcutr, &path_rules);
    n->reservations = reservations_new(n->host, n->announce, &n->scores);
    n->autonat = autonat_new(n->host, n->announce, true);
    n->relay = relay_new(n->host, n->announce, &relay_config, may_relay, NULL, NULL);
    assert(n->paths && n->reservations && n->autonat && n->relay);
    assert(multiaddr_append_peer(&relay, &friend->id) == 0);
    assert(reservations_set(n->reservations, &relay, 1) == 0);
}

static void know_names(struct wholenode *n, const struct wholenode_peer *friend)
{
    const struct names_book_config book = { "home", 86400, 64, 8, NULL, NULL };
    struct network far = { .name = "far",
                           .host = "us",
                           .trust = NETWORK_TRUST_FULL,
                           .relays = { { friend->id, { friend->addr }, 1 } },
                           .nrelays = 1 };

    n->networks.v[n->networks.n++] = far;
    strcpy(n->networks.own, "home");
    n->book = names_book_new(&book, names_file);
    assert(n->book);
    const struct names_server_parts parts = { n->host, n->book, &n->networks, admit, NULL };
    n->names = names_server_new(&parts);
    n->claims = names_claims_new(n->host, n->announce, &n->networks, n->book);
    n->kad = kad_new(n->host, &kad_config, NULL);
    assert(n->names && n->claims && n->kad && kad_set_server(n->kad, true) == 0);
    kad_bootstrap(n->kad, &friend->id, &friend->addr, 1);
}

struct wholenode *wholenode_new(struct ev_loop *loop, struct turn *turn, const struct key *key,
                                const struct multiaddr *at, const struct wholenode_peer *friend)
{
    struct wholenode *n = calloc(1, sizeof *n);

    assert(n && (n->host = host_new(loop, turn, key, &host_config, admit, NULL)));
    if (!*authorized_keys)
        make_files(&friend->id);
    assert(host_listen(n->host, at, NULL) == 0);
    n->announce = announce_new(n->host);
    n->identify = identify_new(n->host);
    assert(n->announce && n->identify);
    assert(ping_serve(n->host) == 0 && perf_serve(n->host) == 0);
    offer_services(n, turn);
    be_reachable(n, friend);
    know_names(n, friend);
    n->loss = loss_serve(n->host, admit, NULL);
    const struct checkup_parts parts = { .host = n->host,
                                         .announce = n->announce,
                                         .autonat = n->autonat,
                                         .dcutr = n->dcutr,
                                         .reservations = n->reservations,
                                         .version = "1" };
    n->checkup = checkup_new(&parts, admit, NULL);
    assert(n->loss && n->checkup);
    return n;
}

void wholenode_stop(struct wholenode *n)
{
    reservations_set(n->reservations, NULL, 0);
    host_stop(n->host, GW_ECANCELED);
}

/* In the order of main/daemon.c. */
void wholenode_free(struct wholenode *n)
{
    loss_server_free(n->loss);
    checkup_free(n->checkup);
    autonat_free(n->autonat);
    paths_free(n->paths);
    dcutr_free(n->dcutr);
    relay_free(n->relay);
    circuit_free(n->circuit);
    reservations_free(n->reservations);
    names_claims_free(n->claims);
    names_server_free(n->names);
    kad_free(n->kad);
    names_book_free(n->book);
    svc_in_free(n->svc_in);
    host_free(n->host);
    identify_free(n->identify);
    announce_free(n->announce);
    authz_free(n->authz);
    registry_free(n->services);
    close(target);
    close(udp_target);
    unlink(names_file);
    free(n);
}

static void count_conn(void *arg, struct conn *c)
{
    (void)c;
    ++*(size_t *)arg;
}

size_t wholenode_conns(const struct wholenode *n)
{
    size_t count = 0;
    host_each_conn(n->host, count_conn, &count);
    return count;
}
