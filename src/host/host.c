/* host.c - see host.h.  Puts the parts together: what each does is said in its own header. */
#include "host/host.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/random.h>
#include <utlist.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "host/connect.h"
#include "host/conns.h"
#include "host/dial.h"
#include "host/handlers.h"
#include "host/open.h"
#include "host/peers.h"
#include "host/probe.h"
#include "net/ifaces.h"
#include "transport/negotiate.h"
#include "transport/quic.h"
#include "transport/tcp.h"

#define LISTENS_MAX (2 + TCP_LISTENS_MAX) /* sockets */

struct observer {
    const struct host_events *ev;
    void *arg;
    struct observer *next;
};

struct host {
    struct ev_loop *loop;
    struct turn *turn;
    const struct key *key;
    host_admit_fn *admit;
    void *admit_arg;
    uint64_t negotiate_timeout_ms;
    struct quic *quic;
    struct tls_cred *cred; /* of TCP and circuits */
    struct upgrade_env upgrade;
    struct tcp *tcp;
    struct conns *conns;
    struct dials *dials;
    struct opens *opens;
    struct peers peers;
    struct handlers handlers;
    struct observer *observers;
    host_announced_fn *announced;
    void *announced_arg;
    uint64_t next_flow;
    uint32_t nquic;         /* connections over UDP since the last change of network */
    uint32_t beaten_before; /* dials_beaten then */
};

static bool on_admit(void *arg, const struct peerid *peer)
{
    const struct host *h = arg;
    return !h->admit || host_dialled(h, peer) || h->admit(h->admit_arg, peer);
}

static void on_accept(void *arg, struct muxed *m)
{
    struct host *h = arg;
    struct conn *c;
    conns_add(h->conns, m, &c);
}

static bool serves(void *arg, struct bytes protocol)
{
    return handlers_find(&conn_host(arg)->handlers, conn_peer(arg), protocol, NULL);
}

static void on_negotiated(void *arg, int err, struct stream *s, const char *protocol,
                          struct bytes early)
{
    struct conn *c = arg;
    struct handler_target to;

    if (err) {
        log_debug("stream peer=%s inbound negotiation failed: %s", peerid_short(conn_peer(c)),
                  gw_strerror(err));
        return;
    }
    if (handlers_find(&conn_host(c)->handlers, conn_peer(c), bytes_of(protocol), &to))
        to.fn(to.arg, c, s, protocol, early);
    else
        stream_drop(s, GW_ENOPROTO); /* what it wants has changed since it was asked */
}

static void on_stream(struct host *h, struct conn *c, struct stream *s)
{
    if (!negotiate_accept(h->loop, s, h->negotiate_timeout_ms, serves, on_negotiated, c))
        log_warn("stream peer=%s refused: %s", peerid_short(conn_peer(c)), gw_strerror(GW_ENOMEM));
}

static bool is_over_udp(struct conn *c)
{
    struct muxed_info info;

    conn_info(c, &info);
    return multiaddr_is_quic(&info.remote) && !multiaddr_is_loopback(&info.remote);
}

static void on_conn(struct host *h, struct conn *c)
{
    struct observer *o;

    h->nquic += is_over_udp(c);
    LL_FOREACH (h->observers, o)
        if (o->ev->on_conn)
            o->ev->on_conn(o->arg, c);
    dials_satisfy(h->dials, c);
}

void conn_identified(struct conn *c)
{
    struct observer *o;

    LL_FOREACH (conn_host(c)->observers, o)
        if (o->ev->on_identity)
            o->ev->on_identity(o->arg, c);
}

static void on_moved(struct host *h, struct conn *c)
{
    struct observer *o;

    LL_FOREACH (h->observers, o)
        if (o->ev->on_conn_moved)
            o->ev->on_conn_moved(o->arg, c);
}

static void on_silence(struct host *h, struct conn *c, bool is_silent)
{
    struct observer *o;

    LL_FOREACH (h->observers, o)
        if (o->ev->on_conn_silence)
            o->ev->on_conn_silence(o->arg, c, is_silent);
}

static void on_conn_close(struct host *h, struct conn *c, int err)
{
    struct observer *o;

    peers_saw(&h->peers, conn_peer(c), clock_mono_ms());
    opens_conn_closed(h->opens, c, err);
    LL_FOREACH (h->observers, o)
        if (o->ev->on_conn_close)
            o->ev->on_conn_close(o->arg, c, err);
}

static const struct conns_hooks hooks = {
    .on_open = on_conn,
    .on_stream = on_stream,
    .on_moved = on_moved,
    .on_silence = on_silence,
    .on_close = on_conn_close,
};

static struct quic_config quic_part(const struct host_config *cfg)
{
    return (struct quic_config){
        .max_half_open = cfg->max_half_open,
        .max_streams = cfg->max_streams,
        .max_peers = cfg->max_peers,
        .window = cfg->window,
        .handshake_timeout_ms = cfg->dial_timeout_ms,
        .use_cubic = cfg->use_cubic,
        .no_gso = cfg->no_gso,
    };
}

static int dial_quic(void *arg, const struct multiaddr *to, const struct peerid *expect,
                     struct muxed **out)
{
    return quic_dial(arg, to, expect, out);
}

static int dial_tcp(void *arg, const struct multiaddr *to, const struct peerid *expect,
                    struct muxed **out)
{
    return tcp_dial(arg, to, expect, out);
}

static void set_upgrade(struct host *h, const struct host_config *cfg)
{
    h->upgrade.mux.max_streams = cfg->max_streams;
    h->upgrade.mux.window = cfg->window;
    h->upgrade.timeout_ms = cfg->dial_timeout_ms;
    h->upgrade.max_half_open = cfg->max_half_open;
}

static bool make_transports(struct host *h, const struct host_config *cfg)
{
    struct quic_config qc = quic_part(cfg);

    if (!(h->quic = quic_new(h->loop, h->turn, h->key, &qc, on_admit, on_accept, h)) ||
        tls_cred_new(h->key, &h->cred))
        return false;
    h->upgrade = (struct upgrade_env){ .loop = h->loop,
                                       .first = upgrade_fastest(),
                                       .turn = h->turn,
                                       .key = h->key,
                                       .cred = h->cred,
                                       .admit = on_admit,
                                       .accept = on_accept,
                                       .arg = h };
    set_upgrade(h, cfg);
    return (h->tcp = tcp_new(&h->upgrade)) != NULL;
}

static bool draw_first_flow(struct host *h)
{
    uint32_t first;

    if (getrandom(&first, sizeof first, 0) != (ssize_t)sizeof first)
        return false;
    h->next_flow = first;
    return true;
}

static bool make_parts(struct host *h, const struct host_config *cfg)
{
    return draw_first_flow(h) && make_transports(h, cfg) &&
           (h->conns = conns_new(h->loop, host_peerid(h), &hooks, h)) != NULL &&
           (h->dials = dials_new(h->loop, h->conns, &h->peers)) != NULL &&
           dials_add_dialer(h->dials, &(struct host_dialer){ dial_quic, NULL, h->quic }) == 0 &&
           dials_add_dialer(h->dials, &(struct host_dialer){ dial_tcp, NULL, h->tcp }) == 0 &&
           (h->opens = opens_new(h->loop, h->turn, h->conns, h->dials)) != NULL;
}

struct host *host_new(struct ev_loop *loop, struct turn *turn, const struct key *key,
                      const struct host_config *cfg, host_admit_fn *admit, void *admit_arg)
{
    struct host *h = calloc(1, sizeof *h);
    if (!h)
        return NULL;
    h->loop = loop;
    h->turn = turn;
    h->key = key;
    h->admit = admit;
    h->admit_arg = admit_arg;
    if (!make_parts(h, cfg)) {
        host_free(h);
        return NULL;
    }
    host_set_config(h, cfg);
    return h;
}

void host_free(struct host *h)
{
    struct observer *o, *next;

    if (!h)
        return;
    opens_free(h->opens);
    dials_free(h->dials);
    quic_free(h->quic);
    tcp_free(h->tcp);
    tls_cred_free(h->cred);
    conns_free(h->conns);
    peers_fini(&h->peers);
    handlers_fini(&h->handlers);
    LL_FOREACH_SAFE (h->observers, o, next)
        free(o);
    free(h);
}

void host_stop(struct host *h, int err)
{
    dials_stop(h->dials);
    tcp_stop(h->tcp);
    conns_close_all(h->conns, err);
    quic_stop(h->quic, err);
}

void host_set_config(struct host *h, const struct host_config *cfg)
{
    struct quic_config qc = quic_part(cfg);

    h->negotiate_timeout_ms = cfg->negotiate_timeout_ms;
    quic_set_config(h->quic, &qc);
    set_upgrade(h, cfg);
    conns_set_limits(h->conns, cfg->idle_ms, cfg->max_peers);
    dials_set_timeout(h->dials, cfg->dial_timeout_ms);
    opens_set_timeout(h->opens, cfg->negotiate_timeout_ms);
}

int host_observe(struct host *h, const struct host_events *ev, void *arg)
{
    struct observer *o = calloc(1, sizeof *o);
    if (!o)
        return GW_ENOMEM;
    o->ev = ev;
    o->arg = arg;
    LL_APPEND(h->observers, o);
    return 0;
}

int host_listen(struct host *h, const struct multiaddr *at, struct multiaddr *bound)
{
    int err = tcp_listen(h->tcp, at, bound);
    return err == GW_EUNSUP ? quic_listen(h->quic, at, bound) : err;
}

/* One listen address as others can use it. */
static size_t expand(const struct multiaddr *bound, struct multiaddr *out, size_t max)
{
    struct ipaddr ip, local[IFACES_MAX];
    uint16_t port;
    bool is_tcp = multiaddr_as_tcp(bound, &ip, &port);

    if ((!is_tcp && !multiaddr_as_quic(bound, &ip, &port)) || !ipaddr_is_wildcard(&ip)) {
        if (max)
            *out = *bound;
        return max > 0;
    }
    size_t n = ifaces_addrs(ip.family, local, max < IFACES_MAX ? max : IFACES_MAX);
    for (size_t i = 0; i < n; i++)
        if (is_tcp)
            multiaddr_make_tcp(&local[i], port, &out[i]);
        else
            multiaddr_make_quic(&local[i], port, &out[i]);
    return n;
}

size_t host_listen_addrs(const struct host *h, struct multiaddr *out, size_t max)
{
    struct multiaddr bound[LISTENS_MAX];
    size_t nbound = quic_listen_addrs(h->quic, bound, LISTENS_MAX), n = 0;

    nbound += tcp_listen_addrs(h->tcp, bound + nbound, LISTENS_MAX - nbound);
    for (size_t i = 0; i < nbound; i++)
        n += expand(&bound[i], out + n, max - n);
    return n;
}

void host_set_announced(struct host *h, host_announced_fn *fn, void *arg)
{
    h->announced = fn;
    h->announced_arg = arg;
}

size_t host_announced(const struct host *h, struct multiaddr *out, size_t max)
{
    return h->announced ? h->announced(h->announced_arg, out, max) : host_listen_addrs(h, out, max);
}

struct upgrade_env *host_upgrade(struct host *h)
{
    return &h->upgrade;
}

int host_add_dialer(struct host *h, const struct host_dialer *d)
{
    return dials_add_dialer(h->dials, d);
}

int host_punch(struct host *h, const struct multiaddr *to)
{
    int err = tcp_punch(h->tcp, to);
    return err == GW_EUNSUP ? quic_punch(h->quic, to) : err;
}

const struct peerid *host_peerid(const struct host *h)
{
    return key_peerid(h->key);
}

const struct key *host_key(const struct host *h)
{
    return h->key;
}

struct ev_loop *host_loop(const struct host *h)
{
    return h->loop;
}

struct turn *host_turn(const struct host *h)
{
    return h->turn;
}

int host_handle(struct host *h, const char *protocol, host_wants_fn *wants, host_handler_fn *fn,
                void *arg)
{
    return handlers_add(&h->handlers, protocol, wants, fn, arg);
}

void host_unhandle(struct host *h, const char *protocol)
{
    handlers_remove(&h->handlers, protocol);
}

void host_protocols(const struct host *h, void (*each)(void *arg, const char *protocol), void *arg)
{
    handlers_each(&h->handlers, each, arg);
}

struct host_open *host_open(struct host *h, const struct host_open_req *req, host_opened_fn *done,
                            void *arg)
{
    assert(req->nproposals > 0 && req->nproposals <= HOST_PROPOSALS_MAX);
    return opens_start(h->opens, req, done, arg);
}

struct host_connect *host_connect(struct host *h, const struct host_connect_req *req,
                                  host_connected_fn *done, void *arg)
{
    return connect_start(h->turn, h->conns, h->dials, req, done, arg);
}

uint64_t host_new_flow(struct host *h)
{
    return h->next_flow++; /* never comes near FLOWS_ID_MAX */
}

int conn_open(struct conn *c, const char *protocol, struct bytes first, host_opened_fn *done,
              void *arg)
{
    return opens_on_conn(conn_host(c)->opens, c, protocol, first, done, arg);
}

struct conn *host_conn(const struct host *h, const struct peerid *peer)
{
    return conns_best(h->conns, peer, HOST_PATH_ANY);
}

struct conn *host_conn_by(const struct host *h, const struct peerid *peer, enum host_path path)
{
    return conns_best(h->conns, peer, path);
}

bool host_is_dialling(const struct host *h, const struct peerid *peer)
{
    return dials_has(h->dials, peer);
}

void host_each_conn(const struct host *h, void (*each)(void *arg, struct conn *c), void *arg)
{
    conns_each(h->conns, each, arg);
}

bool host_dialled(const struct host *h, const struct peerid *peer)
{
    return conns_has_dialled(h->conns, peer);
}

void host_udp(const struct host *h, struct host_udp *out)
{
    *out = (struct host_udp){ .ready = h->nquic,
                              .beaten = dials_beaten(h->dials) - h->beaten_before };
}

void host_network_changed(struct host *h)
{
    h->nquic = 0;
    h->beaten_before = dials_beaten(h->dials);
    conns_network_changed(h->conns);
}

void host_close_peer(struct host *h, const struct peerid *peer, int err)
{
    conns_close_peer(h->conns, peer, err);
}

uint64_t host_last_seen_ms(const struct host *h, const struct peerid *peer)
{
    return host_conn(h, peer) ? clock_mono_ms() : peers_seen_ms(&h->peers, peer);
}

void host_learn_addr(struct host *h, const struct peerid *peer, const struct multiaddr *addr)
{
    peers_learn(&h->peers, peer, addr);
}

const struct multiaddr *host_known_addrs(const struct host *h, const struct peerid *peer, size_t *n)
{
    return peers_addrs(&h->peers, peer, n);
}

int host_probe(struct host *h, const struct host_probe_req *req, host_probed_fn *done, void *arg,
               struct host_probe **out)
{
    return probe_start(h->loop, h->dials, req, done, arg, out);
}
