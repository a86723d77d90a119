/* paths.c - see paths.h. */
#include "p2p/paths.h"

#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "base/clock.h"
#include "base/draw.h"
#include "base/err.h"
#include "base/log.h"
#include "net/timer.h"
#include "p2p/backoff.h"
#include "p2p/ping.h"

struct kept {
    enum host_path path;
    struct backoff backoff;
    uint64_t next_ms; /* the next try; 0: none is due */
    int err;          /* of the last */
    size_t naddrs;
    struct multiaddr addrs[];
};

struct path { /* of a peer that is connected or kept */
    struct paths *all;
    struct peerid peer;
    struct conn *conn; /* in use; NULL: none */
    uint64_t up_ms;    /* since when */
    struct path_health health;
    struct ping *ping;         /* the probe under way */
    struct host_connect *dial; /* ours */
    struct kept *kept;         /* owned; NULL: the peer is not kept */
    struct timer timer;        /* with a connection the next probe, else the next try */
    UT_hash_handle by_peer;
};

struct paths {
    struct host *host;
    const struct dcutr *dcutr;
    struct path_rules rules;
    struct path *by_peer;
};

static const char *const state_names[] = {
    [PATH_DOWN] = "down",       [PATH_CONNECTING] = "connecting", [PATH_DIRECT] = "direct",
    [PATH_RELAYED] = "relayed", [PATH_UPGRADING] = "upgrading",   [PATH_DEGRADED] = "degraded",
};

const char *path_state_name(enum path_state s)
{
    return state_names[s];
}

static struct path *find(const struct paths *all, const struct peerid *peer)
{
    struct path *p;
    HASH_FIND(by_peer, all->by_peer, peer, sizeof *peer, p);
    return p;
}

static void disarm(struct path *p)
{
    timer_stop(&p->timer);
    if (p->kept)
        p->kept->next_ms = 0;
}

/* Which connection to the peer counts. */
static enum host_path path_wanted(const struct path *p)
{
    return p->kept ? p->kept->path : HOST_PATH_ANY;
}

/* ---- dialling ---- */

static void follow(struct path *p);

static void wait_for_next_try(struct path *p)
{
    uint64_t pause_ms = backoff_next_ms(&p->kept->backoff, draw_bits());

    timer_start(&p->timer, pause_ms);
    p->kept->next_ms = clock_mono_ms() + pause_ms;
}

static void drop_if_idle(struct path *p)
{
    if (p->conn || p->kept || p->dial)
        return;
    disarm(p);
    HASH_DELETE(by_peer, p->all->by_peer, p);
    free(p);
}

static void on_dialled(void *arg, int err, struct conn *c)
{
    struct path *p = arg;
    (void)c;

    p->dial = NULL;
    if (p->kept)
        p->kept->err = err;
    if (err)
        log_debug("path peer=%s not reached: %s", peerid_short(&p->peer), gw_strerror(err));
    follow(p);
}

static void dial(struct path *p, enum host_path path)
{
    const struct host_connect_req req = { .peer = p->peer,
                                          .addrs = p->kept ? p->kept->addrs : NULL,
                                          .naddrs = p->kept ? p->kept->naddrs : 0,
                                          .path = path };

    disarm(p);
    if (!p->dial)
        p->dial = host_connect(p->all->host, &req, on_dialled, p);
    if (!p->dial && p->kept)
        wait_for_next_try(p);
}

/* ---- probes ---- */

static void wait_for_probe(struct path *p)
{
    const struct path_rules *r = &p->all->rules;

    if (r->probe_ms)
        timer_start(&p->timer, path_health_pause_ms(&p->health, r, draw_bits()));
    else
        disarm(p);
}

/* Closes the connection in use, which does not answer, and looks for a better one. */
static void renew(struct path *p)
{
    enum host_path path = conn_is_relayed(p->conn) ? path_wanted(p) : HOST_PATH_DIRECT;

    conn_close(p->conn, GW_ETIMEOUT);
    dial(p, path);
    follow(p);
}

static void tell_change(const struct path *p, bool was_degraded)
{
    bool is_degraded = path_health_is_degraded(&p->health, &p->all->rules);

    if (is_degraded && !was_degraded)
        log_info("path peer=%s degraded: %u probes %s", peerid_short(&p->peer), p->health.bad,
                 p->health.lost ? "without an answer" : "answered late");
    else if (was_degraded && !is_degraded)
        log_info("path peer=%s good again rtt_ms=%.1f", peerid_short(&p->peer),
                 (double)p->health.rtt_us / 1e3);
}

/* Only silence is a failure: a peer that refuses the stream is there, too. */
static void on_answer(void *arg, int err, uint64_t rtt_us)
{
    struct path *p = arg;
    const struct path_rules *r = &p->all->rules;
    bool was_degraded = path_health_is_degraded(&p->health, r);

    p->ping = NULL;
    path_health_note(&p->health, r, err == GW_ETIMEOUT ? err : 0, rtt_us);
    tell_change(p, was_degraded);
    if (path_health_is_dead(&p->health, r))
        renew(p);
    else
        wait_for_probe(p);
}

static bool is_worth_a_probe(const struct path *p)
{
    struct muxed_info info;

    conn_info(p->conn, &info);
    return (p->kept || info.streams) && conn_speaks(p->conn, PING_PROTOCOL);
}

static void probe(struct path *p)
{
    const struct ping_round once = { .count = 1,
                                     .timeout_ms = path_health_timeout_ms(&p->all->rules) };

    if (is_worth_a_probe(p))
        p->ping = ping_start(p->conn, &once, on_answer, p);
    if (!p->ping)
        wait_for_probe(p);
}

static void on_timer(void *arg)
{
    struct path *p = arg;

    if (p->conn)
        probe(p);
    else if (p->kept)
        dial(p, p->kept->path);
}

/* ---- the connection in use ---- */

static void leave(struct path *p)
{
    ping_cancel(p->ping);
    p->ping = NULL;
    if (p->conn && p->kept) {
        conn_unhold(p->conn);
        if (clock_mono_ms() - p->up_ms >= PATHS_SETTLED_MS)
            p->kept->backoff.failures = 0;
    }
    p->conn = NULL;
}

static void take(struct path *p, struct conn *c)
{
    p->conn = c;
    p->up_ms = clock_mono_ms();
    p->health = (struct path_health){ 0 };
    if (p->kept) {
        conn_hold(c);
        p->kept->err = 0;
    }
    disarm(p);
    wait_for_probe(p);
}

/* Sees which connection is in use now.  p may be gone afterwards. */
static void follow(struct path *p)
{
    struct conn *c = host_conn_by(p->all->host, &p->peer, path_wanted(p));

    if (c != p->conn) {
        leave(p);
        if (c)
            take(p, c);
        else
            disarm(p);
    }
    if (c || p->dial) {
        return;
    } else if (!p->kept) {
        drop_if_idle(p);
    } else if (!timer_is_running(&p->timer)) {
        wait_for_next_try(p);
    }
}

static struct path *make(struct paths *all, const struct peerid *peer)
{
    struct path *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->all = all;
    p->peer = *peer;
    timer_init(&p->timer, host_loop(all->host), on_timer, p);
    HASH_ADD(by_peer, all->by_peer, peer, sizeof p->peer, p);
    if (p->by_peer.tbl)
        return p;
    free(p);
    return NULL;
}

/* Without memory the peer is not watched. */
static void on_conn(void *arg, struct conn *c)
{
    struct paths *all = arg;
    struct path *p = find(all, conn_peer(c));

    if (p || (p = make(all, conn_peer(c))))
        follow(p);
}

/* The peer has not said that it goes: it was the path that died. */
static bool is_to_be_mended(const struct path *p, const struct conn *c, int err)
{
    return err == GW_ETIMEOUT && p->conn == c &&
           (p->kept || (conn_is_used(c) && !conn_is_inbound(c)));
}

static void on_conn_close(void *arg, struct conn *c, int err)
{
    struct path *p = find(arg, conn_peer(c));

    if (!p)
        return;
    if (is_to_be_mended(p, c, err) && !host_conn_by(p->all->host, &p->peer, path_wanted(p)))
        dial(p, path_wanted(p));
    follow(p);
}

static const struct host_events host_events = {
    .on_conn = on_conn,
    .on_conn_close = on_conn_close,
};

/* ---- kept peers ---- */

static void stop_keeping(struct path *p)
{
    host_connect_cancel(p->dial);
    p->dial = NULL;
    disarm(p);
    leave(p);
    free(p->kept);
    p->kept = NULL;
}

static bool is_listed(const struct peerid *peer, const struct path_kept *peers, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (peerid_eq(&peers[i].peer, peer))
            return true;
    return false;
}

static bool is_same_way(const struct kept *a, const struct kept *b)
{
    return a->path == b->path && multiaddrs_eq(a->addrs, a->naddrs, b->addrs, b->naddrs);
}

static struct kept *copy_kept(const struct path_kept *k)
{
    struct kept *kept = calloc(1, sizeof *kept + k->naddrs * sizeof *k->addrs);
    if (!kept)
        return NULL;
    kept->path = k->path;
    kept->backoff = (struct backoff){ PATHS_AGAIN_MIN_MS, PATHS_AGAIN_MAX_MS, 0 };
    kept->naddrs = k->naddrs;
    if (k->naddrs)
        memcpy(kept->addrs, k->addrs, k->naddrs * sizeof *k->addrs);
    return kept;
}

static void begin_keeping(struct path *p, struct kept *kept)
{
    stop_keeping(p);
    p->kept = kept;
    struct conn *c = host_conn_by(p->all->host, &p->peer, kept->path);
    if (c)
        take(p, c);
    else
        dial(p, kept->path);
}

static int keep(struct paths *all, const struct path_kept *k)
{
    struct path *p = find(all, &k->peer);
    struct kept *kept = copy_kept(k);

    if (!kept || (!p && !(p = make(all, &k->peer)))) {
        free(kept);
        return GW_ENOMEM;
    }
    if (p->kept && is_same_way(p->kept, kept))
        free(kept); /* what is under way goes on */
    else
        begin_keeping(p, kept);
    return 0;
}

int paths_keep(struct paths *p, const struct path_kept *peers, size_t n)
{
    struct path *at, *tmp;
    int err = 0;

    HASH_ITER (by_peer, p->by_peer, at, tmp)
        if (at->kept && !is_listed(&at->peer, peers, n)) {
            stop_keeping(at);
            follow(at);
        }
    for (size_t i = 0; i < n; i++) {
        int rc = keep(p, &peers[i]);
        err = err ? err : rc;
    }
    return err;
}

void paths_each_kept(const struct paths *p, void (*each)(void *arg, const struct peerid *peer),
                     void *arg)
{
    for (const struct path *at = p->by_peer; at; at = at->by_peer.next)
        if (at->kept)
            each(arg, &at->peer);
}

/* ---- the rest ---- */

struct paths *paths_new(struct host *h, const struct dcutr *d, const struct path_rules *rules)
{
    struct paths *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->host = h;
    p->dcutr = d;
    p->rules = *rules;
    if (host_observe(h, &host_events, p) == 0)
        return p;
    free(p);
    return NULL;
}

void paths_free(struct paths *p)
{
    struct path *at, *tmp;

    if (!p)
        return;
    HASH_ITER (by_peer, p->by_peer, at, tmp) {
        stop_keeping(at);
        drop_if_idle(at);
    }
    free(p);
}

void paths_set_rules(struct paths *p, const struct path_rules *rules)
{
    p->rules = *rules;
    for (struct path *at = p->by_peer; at; at = at->by_peer.next)
        if (at->conn && !at->ping)
            wait_for_probe(at);
}

/* A dial that began before may try what leads nowhere now. */
void paths_network_changed(struct paths *p)
{
    for (struct path *at = p->by_peer; at; at = at->by_peer.next) {
        if (at->conn && !at->ping && p->rules.probe_ms) {
            timer_start(&at->timer,
                        backoff_jitter_ms(p->rules.probe_ms / PATH_HEALTH_SOON, 100, draw_bits()));
        } else if (!at->conn && at->kept) {
            host_connect_cancel(at->dial);
            at->dial = NULL;
            at->kept->backoff.failures = 0;
            dial(at, at->kept->path);
        }
    }
}

static enum path_state state_of(const struct paths *p, const struct path *at,
                                const struct peerid *peer, const struct conn *c)
{
    struct dcutr_info dcutr;

    if (!c)
        return (at && at->dial) || host_is_dialling(p->host, peer) ? PATH_CONNECTING : PATH_DOWN;
    if (at && at->conn == c && path_health_is_degraded(&at->health, &p->rules))
        return PATH_DEGRADED;
    if (!conn_is_relayed(c))
        return PATH_DIRECT;
    if (dcutr_info(p->dcutr, peer, &dcutr) && dcutr.state == DCUTR_UPGRADING)
        return PATH_UPGRADING;
    return PATH_RELAYED;
}

void paths_info(const struct paths *p, const struct peerid *peer, struct path_info *out)
{
    const struct path *at = find(p, peer);
    const struct conn *c = host_conn(p->host, peer);

    *out = (struct path_info){ .state = state_of(p, at, peer, c) };
    if (at && at->conn) {
        out->failures = at->health.bad;
        out->rtt_us = at->health.rtt_us;
    }
    if (at && at->kept) {
        out->next_try_ms = at->kept->next_ms;
        out->err = at->kept->err;
    }
    if (c && !out->rtt_us) {
        struct muxed_info info;
        conn_info(c, &info);
        out->rtt_us = info.rtt_us;
    }
}
