/* conns.c - see conns.h. */
#include "host/conns.h"

#include <stdio.h>
#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>
#include <utlist.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "host/flows.h"
#include "net/ifaces.h"

#define SWEEP_MS    1000 /* how often idle connections are looked for */
#define IDLE_OF_ALL UINT64_MAX

struct conn {
    struct host *host;
    struct conns *all;
    struct muxed *m;
    struct conn *prev, *next; /* to the same peer, youngest first */
    struct conn_identity identity;
    struct flows flows;
    uint64_t opened_ms;
    uint64_t busy_ms;     /* when it was last seen with a stream */
    uint64_t own_idle_ms; /* its own limit; IDLE_OF_ALL: that of all */
    uint32_t holds;
    bool is_near;   /* on an address of our own network */
    bool is_silent; /* as on_conn_silence */
    bool is_doubted;
    uint64_t doubted_at; /* octets received by then */
    bool is_closing;
    bool is_stray_told; /* a datagram of no flow came, and is in the log */
};

struct group { /* every connection to one peer, at least one */
    struct peerid peer;
    struct conn *list;
    UT_hash_handle by_peer;
};

struct conns {
    struct ev_loop *loop;
    struct host *host;
    const struct peerid *self;
    const struct conns_hooks *hooks;
    struct group *groups;
    ev_timer sweep; /* runs while there are connections */
    uint64_t idle_ms;
    uint32_t n, max;
};

static struct group *find_group(const struct conns *cs, const struct peerid *peer)
{
    struct group *g;
    HASH_FIND(by_peer, cs->groups, peer, sizeof *peer, g);
    return g;
}

static struct group *make_group(struct conns *cs, const struct peerid *peer)
{
    struct group *g = calloc(1, sizeof *g);
    if (!g)
        return NULL;
    g->peer = *peer;
    HASH_ADD(by_peer, cs->groups, peer, sizeof g->peer, g);
    if (g->by_peer.tbl)
        return g;
    free(g);
    return NULL;
}

static void drop_group_if_empty(struct conns *cs, struct group *g)
{
    if (g->list)
        return;
    HASH_DELETE(by_peer, cs->groups, g);
    free(g);
}

static bool is_dialled_by_smaller(const struct conn *c)
{
    int order = memcmp(&c->m->peer, c->all->self, sizeof c->m->peer);
    return c->m->is_inbound ? order < 0 : order > 0;
}

bool conn_fits(const struct conn *c, enum host_path path)
{
    if (path == HOST_PATH_DIRECT)
        return !c->m->is_relayed;
    return path != HOST_PATH_RELAY || c->m->is_relayed;
}

void conn_doubt(struct conn *c)
{
    struct muxed_info info;

    c->m->ops->info(c->m, &info);
    if (!c->is_doubted)
        log_debug("conn peer=%s transport=%s doubted", peerid_short(&c->m->peer), info.transport);
    c->is_doubted = true;
    c->doubted_at = info.rx_bytes;
    if (c->m->ops->probe)
        c->m->ops->probe(c->m);
}

/* Has nothing come since it was doubted? */
static bool is_doubtful(struct conn *c)
{
    struct muxed_info info;

    if (!c->is_doubted)
        return false;
    c->m->ops->info(c->m, &info);
    c->is_doubted = info.rx_bytes == c->doubted_at;
    return c->is_doubted;
}

/* The better the higher; of equals the youngest is used. */
static int worth(struct conn *c)
{
    return (is_doubtful(c) ? 0 : 8) + (c->m->is_relayed ? 0 : 4) + (c->is_near ? 2 : 0) +
           is_dialled_by_smaller(c);
}

static struct conn *in_use(const struct group *g, enum host_path path)
{
    struct conn *c, *best = NULL;

    DL_FOREACH (g->list, c)
        if (!c->is_closing && conn_fits(c, path) && (!best || worth(c) > worth(best)))
            best = c;
    return best;
}

void conn_close(struct conn *c, int err)
{
    if (c->is_closing)
        return;
    c->is_closing = true;
    c->m->ops->close(c->m, err);
}

static void log_conn(const struct conn *c, const char *outcome)
{
    struct muxed_info info;
    char addr[MULTIADDR_STR_MAX];

    if (!log_enabled(LOG_LEVEL_INFO))
        return;
    c->m->ops->info(c->m, &info);
    log_info("conn peer=%s dir=%s addr=%s %s", peerid_short(&c->m->peer),
             c->m->is_inbound ? "in" : "out", multiaddr_print(&info.remote, addr), outcome);
}

static void release(struct conn *c)
{
    for (size_t i = 0; i < c->identity.nprotocols; i++)
        free(c->identity.protocols[i]);
    free(c->identity.protocols);
    flows_fini(&c->flows);
    free(c);
}

static void on_stream(struct muxed *m, struct stream *s)
{
    struct conn *c = m->owner;
    c->busy_ms = clock_mono_ms();
    c->all->hooks->on_stream(c->host, c, s);
}

static void on_moved(struct muxed *m)
{
    struct conn *c = m->owner;
    struct muxed_info info;
    char addr[MULTIADDR_STR_MAX];

    m->ops->info(m, &info);
    log_debug("conn peer=%s addr=%s moved", peerid_short(&m->peer),
              multiaddr_print(&info.remote, addr));
    c->all->hooks->on_moved(c->host, c);
}

/* Late ones of a flow that has just ended are nothing unusual. */
static void on_datagram(struct muxed *m, struct bytes v)
{
    struct conn *c = m->owner;

    if (flows_deliver(&c->flows, v) || c->is_stray_told)
        return;
    c->is_stray_told = true;
    log_debug("conn peer=%s datagram of no flow len=%zu dropped", peerid_short(&m->peer), v.n);
}

static const char *why_closed(const struct conn *c, int err)
{
    if (err == GW_EDENIED && c->is_closing) /* by us */
        return "right taken away";
    return err ? gw_strerror(err) : "in order";
}

static void on_close(struct muxed *m, int err)
{
    struct conn *c = m->owner;
    struct conns *cs = c->all;
    struct group *g = find_group(cs, &m->peer);
    char outcome[160];

    snprintf(outcome, sizeof outcome, "age_s=%llu closed: %s",
             (unsigned long long)((clock_mono_ms() - c->opened_ms) / 1000), why_closed(c, err));
    log_conn(c, outcome);
    DL_DELETE(g->list, c);
    drop_group_if_empty(cs, g);
    if (--cs->n == 0)
        ev_timer_stop(cs->loop, &cs->sweep);
    cs->hooks->on_close(cs->host, c, err);
    release(c);
}

static const struct muxed_events conn_events = {
    .on_ready = muxed_ignore,
    .on_stream = on_stream,
    .on_moved = on_moved,
    .on_datagram = on_datagram,
    .on_close = on_close,
};

/* After how long without a stream the connection is closed; 0: never.  The end that dialled
 * decides, but a spare one is closed by either. */
static uint64_t idle_limit(const struct conn *c, bool is_in_use)
{
    if (c->holds)
        return 0;
    if (!is_in_use)
        return CONNS_SPARE_IDLE_S * 1000;
    if (c->own_idle_ms != IDLE_OF_ALL)
        return c->own_idle_ms;
    return c->m->is_inbound ? 0 : c->all->idle_ms;
}

/* While it is silent it is asked, since the way may be open again at any time. */
static void follow_silence(struct conn *c, const struct muxed_info *info)
{
    bool is_silent = info->streams &&
                     info->unanswered_ms > CONNS_SILENT_MS + 4 * info->rtt_us / 1000;

    if (is_silent && c->m->ops->probe)
        c->m->ops->probe(c->m);
    if (is_silent == c->is_silent)
        return;
    c->is_silent = is_silent;
    log_debug("conn peer=%s transport=%s %s", peerid_short(&c->m->peer), info->transport,
              is_silent ? "silent" : "heard again");
    c->all->hooks->on_silence(c->host, c, is_silent);
}

static void sweep_group(const struct group *g, uint64_t now_ms)
{
    const struct conn *used = in_use(g, HOST_PATH_ANY);
    struct conn *c;

    DL_FOREACH (g->list, c) {
        struct muxed_info info;
        uint64_t limit = idle_limit(c, c == used);
        c->m->ops->info(c->m, &info);
        if (info.streams)
            c->busy_ms = now_ms;
        else if (limit && now_ms - c->busy_ms >= limit)
            conn_close(c, 0);
        follow_silence(c, &info);
    }
}

static void on_sweep(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct conns *cs = w->data;
    uint64_t now_ms = clock_mono_ms();
    (void)loop;
    (void)revents;

    for (struct group *g = cs->groups; g; g = g->by_peer.next)
        sweep_group(g, now_ms);
}

struct conns *conns_new(struct ev_loop *loop, const struct peerid *self,
                        const struct conns_hooks *hooks, struct host *h)
{
    struct conns *cs = calloc(1, sizeof *cs);
    if (!cs)
        return NULL;
    cs->loop = loop;
    cs->host = h;
    cs->self = self;
    cs->hooks = hooks;
    ev_timer_init(&cs->sweep, on_sweep, SWEEP_MS / 1e3, SWEEP_MS / 1e3);
    cs->sweep.data = cs;
    return cs;
}

void conns_free(struct conns *cs)
{
    struct group *g, *tmp;

    if (!cs)
        return;
    HASH_ITER (by_peer, cs->groups, g, tmp) {
        struct conn *c, *next;
        DL_FOREACH_SAFE (g->list, c, next)
            release(c);
        g->list = NULL;
        drop_group_if_empty(cs, g);
    }
    ev_timer_stop(cs->loop, &cs->sweep);
    free(cs);
}

void conns_set_limits(struct conns *cs, uint64_t idle_ms, uint32_t max)
{
    cs->idle_ms = idle_ms;
    cs->max = max;
}

static uint32_t count(const struct conn *list)
{
    const struct conn *c;
    uint32_t n = 0;
    DL_COUNT(list, c, n);
    return n;
}

static bool is_near(const struct muxed *m)
{
    struct muxed_info info;
    struct ipaddr ip;
    uint16_t port;

    m->ops->info(m, &info);
    return multiaddr_as_socket(&info.remote, &ip, &port) && ipaddr_is_private(&ip);
}

/* 0 and a conn that stands in the table. */
static int insert(struct conns *cs, struct muxed *m, struct conn **out)
{
    struct group *g = find_group(cs, &m->peer);
    if (cs->n >= cs->max || (g && count(g->list) >= CONNS_PER_PEER_MAX))
        return GW_ELIMIT;
    struct conn *c = calloc(1, sizeof *c);
    if (!c)
        return GW_ENOMEM;
    if (!g && !(g = make_group(cs, &m->peer))) {
        free(c);
        return GW_ENOMEM;
    }
    c->host = cs->host;
    c->all = cs;
    c->m = m;
    c->opened_ms = c->busy_ms = clock_mono_ms();
    c->own_idle_ms = IDLE_OF_ALL;
    c->is_near = is_near(m);
    DL_PREPEND(g->list, c);
    *out = c;
    return 0;
}

int conns_add(struct conns *cs, struct muxed *m, struct conn **out)
{
    int err = insert(cs, m, out);
    if (err) {
        log_info("conn peer=%s dir=%s refused: %s", peerid_short(&m->peer),
                 m->is_inbound ? "in" : "out", gw_strerror(err));
        muxed_drop(m, err);
        return err;
    }
    m->ev = &conn_events;
    m->owner = *out;
    if (cs->n++ == 0)
        ev_timer_again(cs->loop, &cs->sweep);
    log_conn(*out, "open");
    cs->hooks->on_open(cs->host, *out);
    return 0;
}

struct conn *conns_find(const struct conns *cs, const struct peerid *peer, enum host_path path)
{
    struct conn *c = conns_best(cs, peer, path);
    return c && !is_doubtful(c) ? c : NULL;
}

struct conn *conns_best(const struct conns *cs, const struct peerid *peer, enum host_path path)
{
    const struct group *g = find_group(cs, peer);
    return g ? in_use(g, path) : NULL;
}

bool conns_is_self(const struct conns *cs, const struct peerid *peer)
{
    return peerid_eq(peer, cs->self);
}

bool conns_has_dialled(const struct conns *cs, const struct peerid *peer)
{
    const struct group *g = find_group(cs, peer);
    const struct conn *c;

    if (g)
        DL_FOREACH (g->list, c)
            if (!c->m->is_inbound && !c->is_closing)
                return true;
    return false;
}

void conns_each(const struct conns *cs, void (*each)(void *arg, struct conn *c), void *arg)
{
    for (struct group *g = cs->groups; g; g = g->by_peer.next) {
        struct conn *c;
        DL_FOREACH (g->list, c)
            each(arg, c);
    }
}

static bool is_ours(const struct ipaddr *ip)
{
    struct ipaddr own[IFACES_MAX];
    size_t n = ifaces_addrs(ip->family, own, IFACES_MAX);

    for (size_t i = 0; i < n; i++)
        if (ipaddr_eq(&own[i], ip))
            return true;
    return n == 0; /* the system does not tell */
}

static void probe(void *arg, struct conn *c)
{
    struct muxed_info info;
    struct ipaddr local;
    uint16_t port;
    (void)arg;

    c->m->ops->info(c->m, &info);
    if (multiaddr_as_tcp(&info.local, &local, &port) && !is_ours(&local))
        conn_close(c, GW_ETIMEOUT);
    else if (c->m->ops->probe)
        c->m->ops->probe(c->m);
}

void conns_network_changed(struct conns *cs)
{
    conns_each(cs, probe, NULL);
}

static void close_one(void *arg, struct conn *c)
{
    conn_close(c, *(const int *)arg);
}

void conns_close_all(struct conns *cs, int err)
{
    conns_each(cs, close_one, &err);
}

void conns_close_peer(struct conns *cs, const struct peerid *peer, int err)
{
    struct group *g = find_group(cs, peer);
    struct conn *c;

    if (g)
        DL_FOREACH (g->list, c)
            conn_close(c, err);
}

int conns_open_stream(struct conn *c, struct stream **out)
{
    int err = c->is_closing ? GW_ECLOSED : c->m->ops->open(c->m, out);
    if (err == GW_ECLOSED)
        c->is_closing = true;
    c->busy_ms = clock_mono_ms();
    return err;
}

struct host *conn_host(const struct conn *c)
{
    return c->host;
}

const struct peerid *conn_peer(const struct conn *c)
{
    return &c->m->peer;
}

bool conn_is_inbound(const struct conn *c)
{
    return c->m->is_inbound;
}

bool conn_is_used(const struct conn *c)
{
    return clock_mono_ms() - c->busy_ms < 2 * SWEEP_MS;
}

bool conn_is_relayed(const struct conn *c)
{
    return c->m->is_relayed;
}

void conn_hold(struct conn *c)
{
    c->holds++;
}

void conn_unhold(struct conn *c)
{
    c->holds--;
}

void conn_set_idle(struct conn *c, uint64_t idle_ms)
{
    c->own_idle_ms = idle_ms;
}

void conn_info(const struct conn *c, struct muxed_info *out)
{
    c->m->ops->info(c->m, out);
}

int conn_bind_flow(struct conn *c, uint64_t id, bool is_opener, conn_datagram_fn *fn, void *arg)
{
    return flows_bind(&c->flows, id, is_opener, fn, arg);
}

void conn_unbind_flow(struct conn *c, uint64_t id, bool is_opener)
{
    flows_unbind(&c->flows, id, is_opener);
}

int conn_send_datagram(struct conn *c, uint64_t id, bool is_opener, struct bytes v)
{
    uint8_t head[FLOWS_HEAD_MAX];
    size_t n = flows_head(id, is_opener, head);

    if (!c->m->ops->send_datagram)
        return GW_EUNSUP;
    return c->m->ops->send_datagram(c->m, (struct bytes){ head, n }, v);
}

struct conn_identity *conn_identity(struct conn *c)
{
    return &c->identity;
}

bool conn_speaks(const struct conn *c, const char *protocol)
{
    if (!c->identity.is_known)
        return true;
    for (size_t i = 0; i < c->identity.nprotocols; i++)
        if (strcmp(c->identity.protocols[i], protocol) == 0)
            return true;
    return false;
}
