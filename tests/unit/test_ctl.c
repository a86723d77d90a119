/* test_ctl.c - the control socket from the outside, with everything behind ctl_deps faked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "ctl/ctl.h"
#include "ctl/ctl_doctor.h"
#include "ctl/ctl_netcheck.h"
#include "ctl/ctl_status.h"
#include "id/circuit_addr.h"
#include "name/tier_direct.h"
#include "p2p/perf.h"
#include "p2p/ping.h"
#include "svc/svc_query.h"

#define RELAY   "12D3KooWCryG7Mon9orvQxcS1rYZjotPgpwoJNHHKcLLfE4Hf5mV"
#define CIRCUIT "/ip4/203.0.113.9/udp/4001/quic-v1/p2p/" RELAY "/p2p-circuit"

/* 12D3KooW... ids are those of the libp2p peer-id spec's kind: any 38-octet identity multihash
 * will do here. */
static struct peerid make_id(uint8_t last)
{
    struct peerid id = { .n = 38, .mh = { 0x00, 0x24, 0x08, 0x01, 0x12, 0x20 } };
    id.mh[37] = last;
    return id;
}

/* What stands behind the deps. */

struct conn {
    struct peerid peer;
    struct muxed_info info;
    struct conn_identity identity;
};

struct host {
    struct peerid self;
    struct conn conns[2];
    size_t nconns;
};

struct relay {
    struct relay_stats stats;
};

static struct world {
    struct host host;
    struct name_answer answer; /* of the resolver, when known */
    bool knows;
    struct resolver_trace trace;
    int forgotten; /* how often the answer's peer was */
    bool can_dial;
    host_connected_fn *dialled;
    void *dialled_arg;
    int edit_err;      /* of authz_allow and authz_deny */
    char allowed[256]; /* "ID ssh,db #comment" as authz_allow was called */
    int denied, reloads, stops;
    int reload_err;
    front_opened_fn *opened;
    void *opened_arg;
    struct front_target target;
    int front_canceled;
    char sent[64]; /* to the remote ahead of the bridge */
    struct stream *joined;
    bridge_done_fn *bridge_done;
    void *bridge_arg;
    ping_answer_fn *ping_answer;
    void *ping_arg;
    svc_query_done_fn *queried;
    void *queried_arg;
    struct path_info path; /* of every peer */
    size_t nkept;
    struct reservation_info reservations[2];
    size_t nreservations;
} w;

size_t host_listen_addrs(const struct host *h, struct multiaddr *out, size_t max)
{
    const char *text = "/ip4/192.0.2.7/udp/4001/quic-v1";
    (void)h;
    (void)max;
    assert_int_equal(multiaddr_parse(bytes_of(text), &out[0]), 0);
    assert_int_equal(multiaddr_append_peer(&out[0], &w.host.self), 0);
    return 1;
}

size_t announce_afar(const struct announce *a, struct multiaddr *out, size_t max)
{
    (void)a;
    (void)out;
    (void)max;
    return 0;
}

void host_learn_addr(struct host *h, const struct peerid *peer, const struct multiaddr *addr)
{
    (void)h;
    (void)peer;
    (void)addr;
}

const struct peerid *host_peerid(const struct host *h)
{
    return &h->self;
}

void host_each_conn(const struct host *h, void (*each)(void *arg, struct conn *c), void *arg)
{
    for (size_t i = 0; i < h->nconns; i++)
        each(arg, (struct conn *)&h->conns[i]);
}

struct conn *host_conn(const struct host *h, const struct peerid *peer)
{
    for (size_t i = 0; i < h->nconns; i++)
        if (peerid_eq(&h->conns[i].peer, peer))
            return (struct conn *)&h->conns[i];
    return NULL;
}

const struct peerid *conn_peer(const struct conn *c)
{
    return &c->peer;
}

bool conn_is_relayed(const struct conn *c)
{
    return circuit_addr_is(&c->info.remote);
}

size_t host_announced(const struct host *h, struct multiaddr *out, size_t max)
{
    (void)h;
    assert_true(max >= 2);
    assert_int_equal(multiaddr_parse(bytes_of("/ip4/203.0.113.1/udp/4001/quic-v1"), &out[0]), 0);
    assert_int_equal(multiaddr_parse(bytes_of(CIRCUIT), &out[1]), 0);
    return 2;
}

const char *path_state_name(enum path_state s)
{
    return s == PATH_DEGRADED ? "degraded" : s == PATH_DOWN ? "down" : "direct";
}

void paths_info(const struct paths *p, const struct peerid *peer, struct path_info *out)
{
    (void)p;
    (void)peer;
    *out = w.path;
}

void paths_each_kept(const struct paths *p, void (*each)(void *arg, const struct peerid *peer),
                     void *arg)
{
    (void)p;
    for (size_t i = 0; i < w.nkept; i++)
        each(arg, &w.host.conns[i].peer);
}

enum announce_reach announce_reach(const struct announce *a)
{
    (void)a;
    return ANNOUNCE_REACH_PRIVATE;
}

enum observed_mapping announce_mapping(const struct announce *a)
{
    (void)a;
    return OBSERVED_DEPENDENT;
}

void reservations_each(const struct reservations *r,
                       void (*each)(void *arg, const struct reservation_info *i), void *arg)
{
    (void)r;
    for (size_t i = 0; i < w.nreservations; i++)
        each(arg, &w.reservations[i]);
}

void relay_stats(const struct relay *r, struct relay_stats *out)
{
    *out = r->stats;
}

bool conn_is_inbound(const struct conn *c)
{
    (void)c;
    return true;
}

void conn_info(const struct conn *c, struct muxed_info *out)
{
    *out = c->info;
}

struct conn_identity *conn_identity(struct conn *c)
{
    return &c->identity;
}

struct host_connect *host_connect(struct host *h, const struct host_connect_req *req,
                                  host_connected_fn *done, void *arg)
{
    (void)h;
    (void)req;
    w.dialled = done;
    w.dialled_arg = arg;
    return w.can_dial ? (struct host_connect *)&w : NULL;
}

void host_connect_cancel(struct host_connect *k)
{
    (void)k;
}

struct ping *ping_start(struct conn *c, const struct ping_round *round, ping_answer_fn *answer,
                        void *arg)
{
    assert_int_equal(round->count, 2);
    w.ping_answer = answer;
    w.ping_arg = arg;
    return (struct ping *)c;
}

void ping_cancel(struct ping *p)
{
    (void)p;
}

struct perf *perf_start(struct conn *c, uint64_t up, uint64_t down, perf_done_fn *done, void *arg)
{
    (void)c;
    (void)up;
    (void)down;
    (void)done;
    (void)arg;
    return NULL;
}

void perf_cancel(struct perf *p)
{
    (void)p;
}

int front_open(struct front *f, const char *kind, const struct front_target *t,
               front_opened_fn *done, void *arg, struct front_open **out)
{
    (void)f;
    assert_string_equal(kind, "nc");
    w.target = *t;
    w.opened = done;
    w.opened_arg = arg;
    *out = (struct front_open *)&w;
    return 0;
}

void front_cancel(struct front_open *o, int err)
{
    (void)o;
    (void)err;
    w.front_canceled++;
}

int front_send(struct front_open *o, struct bytes v, bool is_last)
{
    (void)o;
    (void)is_last;
    snprintf(w.sent, sizeof w.sent, "%.*s", (int)v.n, (const char *)v.p);
    return 0;
}

void front_join(struct front_open *o, struct stream *client, bridge_done_fn *done, void *arg)
{
    (void)o;
    w.joined = client;
    w.bridge_done = done;
    w.bridge_arg = arg;
}

void front_get_stats(const struct front *f, struct front_stats *out)
{
    (void)f;
    *out = (struct front_stats){ .opened = 5000000000, .failed = 2, .active = 3, .opening = 1 };
}

size_t front_failures(const struct front *f, struct front_failure *out, size_t max)
{
    (void)f;
    assert_true(max >= 1);
    *out = (struct front_failure){
        .at_ms = clock_mono_ms() - 61000,
        .kind = "socks5",
        .target = { .host = "no\xff"
                            "body",
                    .port = 22 },
        .err = GW_ENONAME,
        .why = "nobody who was asked knows the name (names file: no line)"
    };
    return 1;
}

void svc_in_get_stats(const struct svc_in *in, struct svc_in_stats *out)
{
    (void)in;
    *out = (struct svc_in_stats){ .opened = 7, .denied = 8, .failed = 9, .active = 4 };
}

const char *tier_static_name_of(const struct tier_static *t, const struct peerid *peer)
{
    (void)t;
    return peer->mh[37] == 1 ? "alice" : NULL;
}

const char *tier_static_fault(const struct tier_static *t)
{
    (void)t;
    return "/names:1: bad";
}

void authz_each_fault(const struct authz *a, void (*each)(void *arg, const char *text), void *arg)
{
    (void)a;
    each(arg, "/keys:2: bad");
}

const struct tier_ops tier_static_ops = { .name = "names file" };
const struct tier_ops tier_direct_ops = { .name = "peer id" };

struct resolver_req *resolver_lookup(struct resolver *r, const char *host, resolver_done_fn *done,
                                     void *arg)
{
    (void)r;
    (void)host;
    done(arg, w.knows ? 0 : GW_ENONAME, &w.answer, w.knows ? "" : "names file: no line");
    return NULL;
}

void resolver_cancel(struct resolver_req *q)
{
    (void)q;
}

void resolver_forget(struct resolver *r, const struct peerid *peer)
{
    (void)r;
    w.forgotten += peerid_eq(peer, &w.answer.peer);
}

const struct resolver_trace *resolver_trace(const struct resolver *r)
{
    (void)r;
    return &w.trace;
}

int authz_allow(struct authz *a, const struct peerid *peer, const char *const *services,
                const char *comment, char *err, size_t cap)
{
    char *p = w.allowed, *end = w.allowed + sizeof w.allowed;

    (void)a;
    if (w.edit_err) {
        snprintf(err, cap, "authorized_keys:3: bad");
        return w.edit_err;
    }
    p += snprintf(p, (size_t)(end - p), "%s", peerid_short(peer));
    for (; services && *services; services++)
        p += snprintf(p, (size_t)(end - p), " %s", *services);
    snprintf(p, (size_t)(end - p), " #%s", comment ? comment : "");
    return 0;
}

int authz_allows(struct authz *a, const struct peerid *peer, const struct service *s,
                 struct limit **limit)
{
    (void)a;
    assert_true(peerid_eq(peer, &w.answer.peer));
    assert_null(limit);
    return s->is_exit ? GW_EDENIED : 0;
}

int authz_deny(struct authz *a, const struct peerid *peer, char *err, size_t cap)
{
    (void)a;
    (void)peer;
    snprintf(err, cap, "authorized_keys:3: bad");
    if (w.edit_err)
        return w.edit_err;
    return w.denied++ ? GW_ENOTFOUND : 0;
}

struct svc_query *svc_query_start(struct host *h, const struct peerid *peer,
                                  const struct multiaddr *addrs, size_t naddrs, uint64_t timeout_ms,
                                  svc_query_done_fn *done, void *arg)
{
    (void)h;
    (void)peer;
    (void)addrs;
    (void)naddrs;
    (void)timeout_ms;
    w.queried = done;
    w.queried_arg = arg;
    return (struct svc_query *)&w;
}

void svc_query_cancel(struct svc_query *q)
{
    (void)q;
}

/* test_ctl_doctor.c has the real ones. */
void ctl_doctor_run(const struct ctl_deps *d, struct ctl_session *s, json_t *req)
{
    (void)d;
    ctl_session_reply(s, json_pack("{s:O}", "doctor", json_object_get(req, "name")));
}

void ctl_netcheck_run(const struct ctl_deps *d, struct ctl_session *s, json_t *req)
{
    (void)d;
    (void)req;
    ctl_session_reply(s, json_pack("{s:b}", "netcheck", 1));
}

static void each_proxy(void *arg, ctl_each_listener_fn *each, void *each_arg)
{
    (void)arg;
    each(each_arg, "127.0.0.1:1080");
}

static void each_dns(void *arg, ctl_each_listener_fn *each, void *each_arg)
{
    (void)arg;
    each(each_arg, "127.0.0.1:5353");
}

static void each_forward(void *arg, ctl_each_forward_fn *each, void *each_arg)
{
    (void)arg;
    each(each_arg, "127.0.0.1:5432", "db.alice:5432", "tcp");
}

static int do_reload(void *arg, char *said, size_t cap)
{
    (void)arg;
    w.reloads++;
    snprintf(said, cap, "%s", w.reload_err ? "gw.conf:3: no such key" : "[node] listen");
    return w.reload_err;
}

static void do_stop(void *arg)
{
    (void)arg;
    w.stops++;
}

/* One daemon, one client. */

struct fixture {
    struct ctl_deps deps;
    struct ctl *ctl;
    char dir[64], path[96];
    int fd;
    char got[8192];
};

static void spin(struct fixture *f)
{
    for (int i = 0; i < 20; i++)
        ev_run(f->deps.loop, EVRUN_NOWAIT);
}

static void fill_world(void)
{
    memset(&w, 0, sizeof w);
    w.host.self = make_id(9);
    w.host.nconns = 1;
    w.host.conns[0].peer = make_id(1);
    w.host.conns[0].info = (struct muxed_info){ .transport = "quic-v1",
                                                .rtt_us = 12500,
                                                .rx_bytes = 6000000000,
                                                .tx_bytes = 11,
                                                .streams = 2 };
    multiaddr_parse(bytes_of("/ip4/198.51.100.3/udp/9/quic-v1"), &w.host.conns[0].info.remote);
    snprintf(w.host.conns[0].identity.agent, sizeof w.host.conns[0].identity.agent, "x\x1b[0m\xff");
    w.answer = (struct name_answer){ .peer = make_id(1), .tier = "names file", .ttl_ms = 60000 };
    w.knows = true;
    w.path = (struct path_info){ .state = PATH_DIRECT, .rtt_us = 99000 };
}

static int connect_to(const char *path)
{
    struct sockaddr_any a;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

    assert_int_equal(sockaddr_parse(path, &a), 0);
    assert_int_equal(connect(fd, &a.sa, a.len), 0);
    return fd;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct service ssh = { .name = "ssh", .port = 22, .is_enabled = true };

    fill_world();
    snprintf(f->dir, sizeof f->dir, "/tmp/gw-ctl-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->path, sizeof f->path, "%s/ctl.sock", f->dir);
    struct ev_loop *loop = ev_loop_new(0);
    f->deps = (struct ctl_deps){ .loop = loop,
                                 .turn = turn_new(loop),
                                 .host = &w.host,
                                 .registry = registry_new(),
                                 .version = "1.2.3",
                                 .start_ms = clock_mono_ms() - 5000,
                                 .proxies = each_proxy,
                                 .dns = each_dns,
                                 .forwards = each_forward,
                                 .reload = do_reload,
                                 .check = do_reload,
                                 .stop = do_stop };
    assert_int_equal(sockaddr_parse("127.0.0.1:22", &ssh.target), 0);
    assert_int_equal(registry_add(f->deps.registry, &ssh), 0);
    assert_int_equal(ctl_open(&f->deps, f->path, &f->ctl), 0);
    f->fd = connect_to(f->path);
    spin(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    ctl_close(f->ctl);
    spin(f);
    close(f->fd);
    registry_free(f->deps.registry);
    turn_free(f->deps.turn);
    ev_loop_destroy(f->deps.loop);
    rmdir(f->dir);
    free(f);
    return 0;
}

/* Sends text and returns what has come back by then. */
static const char *ask(struct fixture *f, const char *text)
{
    assert_int_equal(write(f->fd, text, strlen(text)), strlen(text));
    spin(f);
    ssize_t n = read(f->fd, f->got, sizeof f->got - 1);
    f->got[n < 0 ? 0 : n] = '\0';
    return f->got;
}

static void test_socket_is_private(void **state)
{
    struct fixture *f = *state;
    struct stat st;

    assert_int_equal(stat(f->path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
}

static void test_close_removes_the_socket(void **state)
{
    struct fixture *f = *state;

    ctl_close(f->ctl);
    f->ctl = NULL;
    assert_int_not_equal(access(f->path, F_OK), 0);
}

static void test_clients_are_bounded(void **state)
{
    struct fixture *f = *state;
    int fd[CTL_CLIENTS_MAX];
    char got[128] = "";

    for (size_t i = 0; i < CTL_CLIENTS_MAX; i++) {
        fd[i] = connect_to(f->path);
        spin(f);
    }
    assert_true(read(fd[CTL_CLIENTS_MAX - 1], got, sizeof got - 1) > 0);
    assert_non_null(strstr(got, "too many clients"));
    assert_int_equal(read(fd[CTL_CLIENTS_MAX - 1], got, sizeof got), 0);
    close(fd[0]);
    spin(f);
    close(fd[CTL_CLIENTS_MAX - 1]);
    fd[0] = fd[CTL_CLIENTS_MAX - 1] = -1;
    int again = connect_to(f->path);
    spin(f);
    assert_true(read(again, got, sizeof got) < 0); /* let in: nothing to say yet */
    close(again);
    for (size_t i = 1; i < CTL_CLIENTS_MAX - 1; i++)
        close(fd[i]);
}

static void test_unknown_command_is_an_error(void **state)
{
    struct fixture *f = *state;

    assert_string_equal(ask(f, "{\"cmd\":\"fly\"}\n"),
                        "{\"ok\":false,\"error\":\"unknown command fly\"}\n");
    assert_string_equal(ask(f, "{\"cmd\":7}\n"),
                        "{\"ok\":false,\"error\":\"the request has no cmd\"}\n");
}

static void check_string(const json_t *v, const char *key, const char *want)
{
    const char *is = json_string_value(json_object_get(v, key));
    assert_non_null(is);
    assert_string_equal(is, want);
}

static void check_int(const json_t *v, const char *key, json_int_t want)
{
    assert_true(json_is_integer(json_object_get(v, key)));
    assert_int_equal(json_integer_value(json_object_get(v, key)), want);
}

/* The one element of an array member. */
static const json_t *only(const json_t *v, const char *key)
{
    const json_t *list = json_object_get(v, key);
    assert_int_equal(json_array_size(list), 1);
    return json_array_get(list, 0);
}

/* The names and forms are fixed by DESIGN, "Command line". */
static void test_status_has_the_fixed_shape(void **state)
{
    struct fixture *f = *state;
    char id[PEERID_STR_MAX];
    json_t *v = json_loads(ask(f, "{\"cmd\":\"status\"}\n"), 0, NULL);

    assert_true(json_is_true(json_object_get(v, "ok")));
    check_string(v, "version", "1.2.3");
    check_string(v, "peer_id", peerid_print(&w.host.self, id));
    check_int(v, "pid", getpid());
    check_int(v, "uptime_s", 5);
    assert_string_equal(json_string_value(only(v, "listen")), "/ip4/192.0.2.7/udp/4001/quic-v1");
    assert_string_equal(json_string_value(only(v, "proxy")), "127.0.0.1:1080");
    assert_string_equal(json_string_value(only(v, "dns")), "127.0.0.1:5353");
    check_string(only(v, "forwards"), "listen", "127.0.0.1:5432");
    check_string(only(v, "forwards"), "target", "db.alice:5432");
    check_string(only(v, "forwards"), "protocol", "tcp");
    check_string(only(v, "services"), "name", "ssh");
    check_int(only(v, "services"), "port", 22);
    check_string(only(v, "services"), "target", "127.0.0.1:22");
    assert_null(json_object_get(only(v, "services"), "udp_target"));
    assert_true(json_is_false(json_object_get(only(v, "services"), "exit")));

    const json_t *p = only(v, "peers");
    check_string(p, "id", peerid_print(&w.host.conns[0].peer, id));
    check_string(p, "name", "alice");
    check_string(p, "state", "direct");
    check_string(p, "path", "direct");
    assert_null(json_object_get(p, "relay"));
    check_string(p, "transport", "quic-v1");
    check_string(p, "addr", "/ip4/198.51.100.3/udp/9/quic-v1");
    check_string(p, "agent", "x\\x1b[0m\\xff");
    assert_float_equal(json_real_value(json_object_get(p, "rtt_ms")), 12.5, 0.0001);
    check_int(p, "streams", 2);
    check_int(p, "rx_bytes", 6000000000);
    check_int(p, "tx_bytes", 11);

    const json_t *streams = json_object_get(v, "streams");
    check_int(json_object_get(streams, "out"), "opened", 5000000000);
    check_int(json_object_get(streams, "in"), "denied", 8);
    assert_true(json_integer_value(json_object_get(json_object_get(v, "memory"), "rss_bytes")) > 0);
    json_decref(v);
}

/* Both sides dialled: for a while there are two connections. */
static void test_status_says_what_could_not_be_opened(void **state)
{
    struct fixture *f = *state;
    json_t *v = ctl_status_make(&f->deps);
    const json_t *faults = json_object_get(v, "faults");
    assert_string_equal(json_string_value(json_array_get(faults, 0)), "/names:1: bad");
    assert_string_equal(json_string_value(json_array_get(faults, 1)), "/keys:2: bad");
    const json_t *e = only(v, "failures");

    check_int(e, "age_s", 61);
    check_string(e, "kind", "socks5");
    check_string(e, "target", "no\\xffbody:22");
    check_string(e, "error", gw_strerror(GW_ENONAME));
    check_string(e, "why", "nobody who was asked knows the name (names file: no line)");
    json_decref(v);
}

static void test_services_tell_datagrams_and_exit(void **state)
{
    struct fixture *f = *state;
    struct service dns = { .name = "dns", .port = 53, .is_enabled = true };
    struct service way_out = { .name = "exit", .is_exit = true, .is_enabled = true };

    assert_int_equal(sockaddr_parse("127.0.0.1:5353", &dns.udp_target), 0);
    assert_int_equal(registry_add(f->deps.registry, &dns), 0);
    assert_int_equal(registry_add(f->deps.registry, &way_out), 0);
    json_t *v = ctl_status_services(&f->deps);
    const json_t *list = json_object_get(v, "services");
    check_string(json_array_get(list, 1), "target", "");
    check_string(json_array_get(list, 1), "udp_target", "127.0.0.1:5353");
    check_string(json_array_get(list, 2), "target", "");
    assert_true(json_is_true(json_object_get(json_array_get(list, 2), "exit")));
    json_decref(v);
}

static void test_status_lists_a_peer_once(void **state)
{
    struct fixture *f = *state;

    w.host.nconns = 2;
    w.host.conns[1] = w.host.conns[0];
    json_t *v = ctl_status_peers(&f->deps);
    assert_int_equal(json_array_size(json_object_get(v, "peers")), 1);
    json_decref(v);
}

static void test_status_tells_the_relay_of_a_relayed_peer(void **state)
{
    struct fixture *f = *state;
    struct muxed_info *info = &w.host.conns[0].info;

    assert_int_equal(multiaddr_parse(bytes_of(CIRCUIT), &info->remote), 0);
    info->rtt_us = 0; /* a transport that does not measure it; a probe does */
    w.path.state = PATH_DEGRADED;
    json_t *v = ctl_status_make(&f->deps);
    const json_t *p = only(v, "peers");
    check_string(p, "state", "degraded");
    check_string(p, "path", "relayed");
    check_string(p, "relay", RELAY);
    assert_float_equal(json_real_value(json_object_get(p, "rtt_ms")), 99, 0.0001);
    json_decref(v);
}

static void test_status_tells_how_we_are_reached(void **state)
{
    struct fixture *f = *state;
    json_t *v = ctl_status_make(&f->deps);

    check_string(v, "reach", "private");
    check_string(v, "nat", "dependent");
    assert_int_equal(json_array_size(json_object_get(v, "reservations")), 0);
    assert_null(json_object_get(v, "relay"));
    const json_t *addresses = json_object_get(v, "addresses");
    assert_int_equal(json_array_size(addresses), 2);
    assert_string_equal(json_string_value(json_array_get(addresses, 1)), CIRCUIT);
    json_decref(v);
}

static void test_status_tells_our_reservations(void **state)
{
    struct fixture *f = *state;
    struct reservation_info *held = &w.reservations[0], *down = &w.reservations[1];

    w.nreservations = 2;
    assert_int_equal(peerid_parse(bytes_of(RELAY), &held->relay), 0);
    held->state = RESERVATION_HELD;
    held->expires_s = 1700003600;
    held->rtt_us = 20100;
    held->load = RELAY_LOAD_BUSY;
    assert_int_equal(multiaddr_parse(bytes_of(CIRCUIT), &held->address), 0);
    *down = (struct reservation_info){ .relay = make_id(5),
                                       .state = RESERVATION_DOWN,
                                       .err = GW_EOFFLINE };
    json_t *v = ctl_status_make(&f->deps);
    const json_t *list = json_object_get(v, "reservations"), *r = json_array_get(list, 0);
    check_string(r, "relay", RELAY);
    check_string(r, "state", "held");
    check_string(r, "address", CIRCUIT);
    check_string(r, "error", "");
    check_int(r, "expires", 1700003600);
    assert_float_equal(json_real_value(json_object_get(r, "rtt_ms")), 20.1, 0.0001);
    check_string(r, "load", "busy");
    r = json_array_get(list, 1);
    check_string(r, "state", "down");
    check_string(r, "address", "");
    check_string(r, "error", gw_strerror(GW_EOFFLINE));
    json_decref(v);
}

static void test_status_of_a_relay_counts(void **state)
{
    struct fixture *f = *state;
    struct relay relay = { { .reservations = 3,
                             .circuits = 2,
                             .bytes = 5000000000,
                             .month_bytes = 6000000000,
                             .refused = 7 } };
    f->deps.relay = &relay;
    json_t *v = ctl_status_make(&f->deps);
    const json_t *r = json_object_get(v, "relay");
    check_int(r, "reservations", 3);
    check_int(r, "circuits", 2);
    check_int(r, "bytes", 5000000000);
    check_int(r, "month_bytes", 6000000000);
    check_int(r, "refused", 7);
    f->deps.relay = NULL;
    json_decref(v);
}

static void test_peers_tell_who_is_kept_and_not_there(void **state)
{
    struct fixture *f = *state;
    char id[PEERID_STR_MAX];

    w.host.nconns = 0;
    w.nkept = 1;
    w.path = (struct path_info){ .state = PATH_DOWN,
                                 .next_try_ms = clock_mono_ms() + 11500,
                                 .err = GW_EREFUSED };
    json_t *v = ctl_status_peers(&f->deps);
    assert_int_equal(json_array_size(json_object_get(v, "peers")), 0);
    const json_t *k = only(v, "kept");
    check_string(k, "id", peerid_print(&w.host.conns[0].peer, id));
    check_string(k, "name", "alice");
    check_string(k, "state", "down");
    check_string(k, "error", gw_strerror(GW_EREFUSED));
    check_int(k, "next_try_s", 12);
    json_decref(v);
}

static void test_resolve_tells_who_knew_and_what_failed(void **state)
{
    struct fixture *f = *state;
    char id[PEERID_STR_MAX];

    w.answer.nmaps = 1;
    w.answer.maps[0] = (struct name_map){ 22, "/x/ssh" };
    json_t *v = json_loads(ask(f, "{\"cmd\":\"resolve\",\"name\":\"alice\"}\n"), 0, NULL);
    check_string(v, "peer", peerid_print(&w.answer.peer, id));
    check_string(v, "tier", "names file");
    check_string(json_object_get(v, "protocols"), "22", "/x/ssh");
    json_decref(v);

    w.knows = false;
    assert_string_equal(ask(f, "{\"cmd\":\"resolve\",\"name\":\"bob\"}\n"),
                        "{\"ok\":false,\"error\":\"bob: nobody who was asked knows the name "
                        "(names file: no line)\"}\n");
    assert_string_equal(ask(f, "{\"cmd\":\"resolve\"}\n"),
                        "{\"ok\":false,\"error\":\"the request names no peer\"}\n");
}

static void test_verbose_resolve_tells_of_every_tier_found_or_not(void **state)
{
    struct fixture *f = *state;

    w.trace = (struct resolver_trace){
        .source = RESOLVER_FROM_DISK,
        .took_us = 7,
        .left_ms = 61000,
        .nsteps = 2,
        .steps = { { "names file", RESOLVER_FAILED, "no line", 5 }, { .tier = "LAN" } },
    };
    json_t *v = json_loads(ask(f, "{\"cmd\":\"resolve\",\"name\":\"alice\",\"verbose\":true}\n"), 0,
                           NULL);
    assert_true(json_is_true(json_object_get(v, "found")));
    check_string(v, "cached", "disk");
    check_int(v, "took_us", 7);
    check_int(v, "left_s", 61);
    json_t *tiers = json_object_get(v, "tiers");
    assert_int_equal(json_array_size(tiers), 2);
    check_string(json_array_get(tiers, 0), "asked", "failed");
    check_string(json_array_get(tiers, 0), "why", "no line");
    check_int(json_array_get(tiers, 0), "took_us", 5);
    check_string(json_array_get(tiers, 1), "asked", "no");
    json_decref(v);

    w.knows = false;
    w.trace.source = RESOLVER_FROM_TIER;
    v = json_loads(ask(f, "{\"cmd\":\"resolve\",\"name\":\"bob\",\"verbose\":true}\n"), 0, NULL);
    assert_true(json_is_false(json_object_get(v, "found")));
    check_string(v, "error", "nobody who was asked knows the name");
    check_string(v, "cached", "");
    assert_int_equal(json_array_size(json_object_get(v, "tiers")), 2);
    json_decref(v);
}

static void test_allow_gives_rights_to_who_is_known_for_certain(void **state)
{
    struct fixture *f = *state;
    char want[64];

    snprintf(want, sizeof want, "%s ssh db #alice", peerid_short(&w.answer.peer));
    assert_non_null(
        strstr(ask(f, "{\"cmd\":\"allow\",\"peer\":\"alice\",\"services\":[\"ssh\",\"db\"]}\n"),
               "\"ok\":true"));
    assert_string_equal(w.allowed, want);
    snprintf(want, sizeof want, "%s #alice", peerid_short(&w.answer.peer));
    ask(f, "{\"cmd\":\"allow\",\"peer\":\"alice\",\"services\":[]}\n");
    assert_string_equal(w.allowed, want);
}

static void test_allow_says_which_services_are_not_there(void **state)
{
    struct fixture *f = *state;

    assert_non_null(strstr(
        ask(f, "{\"cmd\":\"allow\",\"peer\":\"alice\",\"services\":[\"ssh\",\"sss\",\"dbb\"]}\n"),
        "\"not_offered\":[\"sss\",\"dbb\"]"));
    assert_non_null(
        strstr(ask(f, "{\"cmd\":\"allow\",\"peer\":\"alice\"}\n"), "\"not_offered\":[]"));
}

static void test_allow_says_what_the_peer_may_use_then(void **state)
{
    struct fixture *f = *state;
    struct service off = { .name = "off" };
    struct service way_out = { .name = "exit", .is_exit = true, .is_enabled = true };

    assert_int_equal(registry_add(f->deps.registry, &off), 0);
    assert_int_equal(registry_add(f->deps.registry, &way_out), 0);
    assert_non_null(
        strstr(ask(f, "{\"cmd\":\"allow\",\"peer\":\"alice\"}\n"), "\"may_use\":[\"ssh\"]"));
}

static void test_edit_of_a_bad_file_says_where_it_is_bad(void **state)
{
    struct fixture *f = *state;

    w.edit_err = GW_ESYNTAX;
    assert_string_equal(ask(f, "{\"cmd\":\"allow\",\"peer\":\"alice\"}\n"),
                        "{\"ok\":false,\"error\":\"authorized_keys:3: bad\"}\n");
    assert_string_equal(ask(f, "{\"cmd\":\"deny\",\"peer\":\"alice\"}\n"),
                        "{\"ok\":false,\"error\":\"authorized_keys:3: bad\"}\n");
}

static void test_allow_refuses_all_else(void **state)
{
    struct fixture *f = *state;

    assert_non_null(
        strstr(ask(f, "{\"cmd\":\"allow\",\"peer\":\"alice\",\"services\":[\"No Good\"]}\n"),
               "\"ok\":false"));
    assert_non_null(strstr(ask(f, "{\"cmd\":\"allow\",\"peer\":\"alice\",\"services\":[7]}\n"),
                           "\"ok\":false"));
    assert_non_null(strstr(ask(f, "{\"cmd\":\"allow\",\"peer\":\"alice\",\"services\":\"ssh\"}\n"),
                           "\"ok\":false"));
    w.answer.tier = "LAN";
    assert_non_null(strstr(ask(f, "{\"cmd\":\"allow\",\"peer\":\"alice\"}\n"), "names file"));
    w.answer.tier = "peer id";
    snprintf(w.answer.service, sizeof w.answer.service, "db");
    assert_non_null(strstr(ask(f, "{\"cmd\":\"allow\",\"peer\":\"db.alice\"}\n"), "\"ok\":false"));
    assert_string_equal(w.allowed, "");
}

static void test_deny_of_a_stranger_is_an_error(void **state)
{
    struct fixture *f = *state;

    assert_non_null(strstr(ask(f, "{\"cmd\":\"deny\",\"peer\":\"alice\"}\n"), "\"ok\":true"));
    assert_non_null(
        strstr(ask(f, "{\"cmd\":\"deny\",\"peer\":\"alice\"}\n"), "is not in authorized_keys"));
}

static void test_reload_reports_the_first_error(void **state)
{
    struct fixture *f = *state;

    assert_string_equal(ask(f, "{\"cmd\":\"reload\"}\n"),
                        "{\"later\":\"[node] listen\",\"ok\":true}\n");
    w.reload_err = GW_ESYNTAX;
    assert_string_equal(ask(f, "{\"cmd\":\"reload\"}\n"),
                        "{\"ok\":false,\"error\":\"gw.conf:3: no such key\"}\n");
    assert_int_equal(w.reloads, 2);
}

static void test_stop_answers_first(void **state)
{
    struct fixture *f = *state;

    assert_string_equal(ask(f, "{\"cmd\":\"stop\"}\n"), "{\"ok\":true}\n");
    assert_int_equal(w.stops, 1);
}

static void test_ping_streams_a_line_per_answer(void **state)
{
    struct fixture *f = *state;

    assert_string_equal(ask(f, "{\"cmd\":\"ping\",\"name\":\"alice\",\"count\":2}\n"), "");
    w.ping_answer(w.ping_arg, 0, 1000);
    assert_non_null(strstr(ask(f, ""), "\"seq\":1,\"rtt_ms\":1.0,\"more\":true}\n"));
    w.ping_answer(w.ping_arg, 0, 3000);
    assert_non_null(strstr(ask(f, ""), "\"sent\":2,\"received\":2,\"min_ms\":1.0,\"avg_ms\":2.0,"
                                       "\"max_ms\":3.0,\"ok\":true}\n"));
}

static void test_ping_without_an_answer_fails(void **state)
{
    struct fixture *f = *state;

    ask(f, "{\"cmd\":\"ping\",\"name\":\"alice\",\"count\":2}\n");
    w.ping_answer(w.ping_arg, GW_ETIMEOUT, 0);
    assert_string_equal(ask(f, ""), "{\"ok\":false,\"error\":\"alice: deadline passed\"}\n");
    assert_string_equal(ask(f, "{\"cmd\":\"ping\",\"name\":\"alice\",\"count\":-1}\n"),
                        "{\"ok\":false,\"error\":\"count is a number from 1 to 1000\"}\n");
}

static void test_a_peer_that_is_not_reached_is_looked_up_anew(void **state)
{
    struct fixture *f = *state;

    w.host.nconns = 0;
    w.can_dial = true;
    ask(f, "{\"cmd\":\"ping\",\"name\":\"alice\"}\n");
    assert_int_equal(w.forgotten, 0);
    w.dialled(w.dialled_arg, GW_EOFFLINE, NULL);
    assert_string_equal(ask(f, ""), "{\"ok\":false,\"error\":\"alice: peer is not reachable\"}\n");
    assert_int_equal(w.forgotten, 1);
}

static void test_services_of_a_peer_have_their_ports_and_are_filtered(void **state)
{
    struct fixture *f = *state;
    static const char theirs[] =
        "[{\"name\":\"ssh\",\"protocol\":\"/shurli/ssh/1.0.0\",\"enabled\":true},"
        "{\"name\":\"dns\",\"port\":5353,\"udp\":true,\"enabled\":true},"
        "{\"name\":\"\\u001b[2J\"},{\"name\":\"off\",\"enabled\":false},7]";

    ask(f, "{\"cmd\":\"services\",\"peer\":\"alice\"}\n");
    w.queried(w.queried_arg, 0, bytes_of(theirs));
    json_t *v = json_loads(ask(f, ""), 0, NULL),
           *want = json_loads("[{\"name\":\"ssh\",\"port\":22,\"tcp\":true,\"udp\":false},"
                              "{\"name\":\"dns\",\"port\":5353,\"tcp\":false,\"udp\":true}]",
                              0, NULL);
    assert_true(json_equal(json_object_get(v, "services"), want));
    json_decref(v);
    json_decref(want);

    ask(f, "{\"cmd\":\"services\",\"peer\":\"alice\"}\n");
    w.queried(w.queried_arg, 0, bytes_of("not json"));
    assert_string_equal(ask(f, ""),
                        "{\"ok\":false,\"error\":\"alice answered with something else than a "
                        "list\"}\n");
    ask(f, "{\"cmd\":\"services\",\"peer\":\"alice\"}\n");
    w.queried(w.queried_arg, GW_EDENIED, (struct bytes){ 0 });
    assert_string_equal(ask(f, ""), "{\"ok\":false,\"error\":\"alice: denied by the peer\"}\n");
}

static void test_doctor_and_netcheck_are_commands(void **state)
{
    struct fixture *f = *state;

    assert_string_equal(ask(f, "{\"cmd\":\"doctor\",\"name\":\"alice\"}\n"),
                        "{\"doctor\":\"alice\",\"ok\":true}\n");
    assert_string_equal(ask(f, "{\"cmd\":\"netcheck\"}\n"), "{\"netcheck\":true,\"ok\":true}\n");
}

static void test_nc_hands_the_stream_to_the_front(void **state)
{
    struct fixture *f = *state;

    assert_string_equal(ask(f, "{\"cmd\":\"nc\",\"name\":\"alice\",\"port\":\"ssh\"}\nSSH-2.0"),
                        "");
    assert_string_equal(w.target.host, "alice");
    assert_string_equal(w.target.service, "ssh");
    w.opened(w.opened_arg, 0, "");
    assert_string_equal(ask(f, ""), "{\"ok\":true}\n");
    assert_string_equal(w.sent, "SSH-2.0");
    assert_non_null(w.joined);
    stream_drop(w.joined, GW_ECANCELED);
    assert_int_equal(w.front_canceled, 0);
}

/* From the opening to the end of a stream with this ticket; returns what nc-end says of it. */
static const char *end_of_nc(struct fixture *f, const char *ticket, int err, bool by_client)
{
    char line[128];

    snprintf(line, sizeof line,
             "{\"cmd\":\"nc\",\"name\":\"alice\",\"port\":\"22\",\"ticket\":\"%s\"}\n", ticket);
    ask(f, line);
    w.opened(w.opened_arg, 0, "");
    ask(f, "");
    stream_drop(w.joined, GW_ECANCELED);
    w.bridge_done(w.bridge_arg, err, &(struct bridge_stats){ .a_failed = by_client });
    close(f->fd);
    f->fd = connect_to(f->path);
    snprintf(line, sizeof line, "{\"cmd\":\"nc-end\",\"ticket\":\"%s\"}\n", ticket);
    return ask(f, line);
}

static void test_nc_that_broke_is_told_once_to_who_has_the_ticket(void **state)
{
    struct fixture *f = *state;

    assert_string_equal(end_of_nc(f, "a", 0, false), "{\"ok\":true}\n");
    assert_string_equal(end_of_nc(f, "b", GW_ERESET, true), "{\"ok\":true}\n");
    assert_string_equal(end_of_nc(f, "c", GW_ERESET, false),
                        "{\"ok\":false,\"error\":\"alice 22: reset by the other end\"}\n");
    assert_string_equal(ask(f, "{\"cmd\":\"nc-end\",\"ticket\":\"c\"}\n"), "{\"ok\":true}\n");
    assert_non_null(strstr(ask(f, "{\"cmd\":\"nc-end\"}\n"), "needs the ticket"));
}

static void test_nc_tells_why_it_failed(void **state)
{
    struct fixture *f = *state;

    ask(f, "{\"cmd\":\"nc\",\"name\":\"alice\",\"port\":\"22\"}\n");
    assert_int_equal(w.target.port, 22);
    w.opened(w.opened_arg, GW_EDENIED, "denied by abcdefgh");
    assert_string_equal(ask(f, ""), "{\"ok\":false,\"error\":\"alice 22: denied by abcdefgh\"}\n");
    assert_non_null(strstr(ask(f, "{\"cmd\":\"nc\",\"name\":\"alice\"}\n"), "\"ok\":false"));
    assert_non_null(
        strstr(ask(f, "{\"cmd\":\"nc\",\"name\":\"a\",\"port\":\"0\"}\n"), "\"ok\":false"));
}

static void test_close_gives_up_what_is_under_way(void **state)
{
    struct fixture *f = *state;

    ask(f, "{\"cmd\":\"nc\",\"name\":\"alice\",\"port\":\"22\"}\n");
    ctl_close(f->ctl);
    f->ctl = NULL;
    assert_int_equal(w.front_canceled, 1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_socket_is_private),
        T(test_close_removes_the_socket),
        T(test_clients_are_bounded),
        T(test_unknown_command_is_an_error),
        T(test_status_has_the_fixed_shape),
        T(test_status_says_what_could_not_be_opened),
        T(test_services_tell_datagrams_and_exit),
        T(test_status_lists_a_peer_once),
        T(test_status_tells_the_relay_of_a_relayed_peer),
        T(test_status_tells_how_we_are_reached),
        T(test_status_tells_our_reservations),
        T(test_status_of_a_relay_counts),
        T(test_peers_tell_who_is_kept_and_not_there),
        T(test_resolve_tells_who_knew_and_what_failed),
        T(test_verbose_resolve_tells_of_every_tier_found_or_not),
        T(test_allow_gives_rights_to_who_is_known_for_certain),
        T(test_allow_says_which_services_are_not_there),
        T(test_allow_says_what_the_peer_may_use_then),
        T(test_edit_of_a_bad_file_says_where_it_is_bad),
        T(test_allow_refuses_all_else),
        T(test_deny_of_a_stranger_is_an_error),
        T(test_reload_reports_the_first_error),
        T(test_stop_answers_first),
        T(test_ping_streams_a_line_per_answer),
        T(test_ping_without_an_answer_fails),
        T(test_a_peer_that_is_not_reached_is_looked_up_anew),
        T(test_services_of_a_peer_have_their_ports_and_are_filtered),
        T(test_doctor_and_netcheck_are_commands),
        T(test_nc_hands_the_stream_to_the_front),
        T(test_nc_that_broke_is_told_once_to_who_has_the_ticket),
        T(test_nc_tells_why_it_failed),
        T(test_close_gives_up_what_is_under_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
