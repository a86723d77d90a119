/* dial.c - see dial.h. */
#include "host/dial.h"

#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>
#include <utlist.h>

#include "base/err.h"
#include "base/log.h"
#include "id/ipaddr.h"
#include "net/timer.h"

struct dial_key {
    struct peerid peer;
    uint8_t path; /* enum host_path; no padding: this is a hash key */
};

struct dial {
    struct dials *all;
    struct dial_key key;
    struct dial_wait *waiters; /* at least one until it is over */
    struct timer stagger, deadline;
    int err; /* the most telling failure so far */
    bool is_over;
    bool is_at_once;
    size_t n, next;                         /* addresses: all, the next one to try */
    struct muxed *attempts[DIAL_ADDRS_MAX]; /* as addrs; NULL: not begun, or failed */
    struct dial_place places[DIAL_ADDRS_MAX];
    struct multiaddr addrs[DIAL_ADDRS_MAX];
    UT_hash_handle by_key;
};

struct dials {
    struct ev_loop *loop;
    struct host_dialer dialers[DIAL_DIALERS_MAX];
    size_t ndialers;
    struct conns *conns;
    struct peers *peers;
    struct dial *by_key;
    uint64_t timeout_ms;
    uint32_t nbeaten; /* as dials_beaten */
    bool is_stopped;
};

/* Of dials: HOST_PATH_BOTH is tried as ANY. */
static const enum host_path paths[] = { HOST_PATH_ANY, HOST_PATH_DIRECT, HOST_PATH_RELAY };
#define NPATHS (sizeof paths / sizeof paths[0])

static int telling(int err)
{
    switch (err) {
    case GW_EDENIED:
        return 4;
    case GW_EIDENTITY:
        return 3;
    case 0:
        return 0;
    case GW_EOFFLINE:
    case GW_ETIMEOUT: /* of an address; the dial began as offline, and that stays its error */
        return 1;
    default:
        return 2;
    }
}

static void note_err(struct dial *d, int err)
{
    if (telling(err) > telling(d->err))
        d->err = err;
}

static struct dial *find(const struct dials *ds, const struct peerid *peer, enum host_path path)
{
    struct dial_key key = { .peer = *peer, .path = (uint8_t)path };
    struct dial *d;

    HASH_FIND(by_key, ds->by_key, &key, sizeof key, d);
    return d;
}

static bool may_dial(const struct dial *d, const struct multiaddr *addr)
{
    enum dial_rank rank = dial_rank(addr);
    struct peerid id;

    if (rank == DIAL_NEVER || (multiaddr_peer(addr, &id) && !peerid_eq(&id, &d->key.peer)))
        return false;
    return d->key.path == HOST_PATH_ANY ||
           (d->key.path == HOST_PATH_RELAY) == (rank == DIAL_CIRCUIT);
}

static uint64_t cost_of(const struct dials *ds, const struct multiaddr *addr)
{
    uint64_t sum = 0;

    for (size_t k = 0; k < ds->ndialers; k++)
        if (ds->dialers[k].cost)
            sum += ds->dialers[k].cost(ds->dialers[k].arg, addr);
    return sum;
}

/* Sorts it in among those that have not been tried. */
static void add_addr(struct dial *d, const struct multiaddr *addr)
{
    struct multiaddr a = *addr;

    if (d->n == DIAL_ADDRS_MAX || !may_dial(d, addr))
        return;
    multiaddr_strip_peer(&a);
    if (multiaddr_is_among(&a, d->addrs, d->n))
        return;
    struct dial_place place = dial_place(&a, d->places, d->n);
    place.cost = cost_of(d->all, &a);
    size_t at = d->n++;
    for (; at > d->next && dial_place_precedes(&place, &d->places[at - 1]); at--) {
        d->addrs[at] = d->addrs[at - 1];
        d->places[at] = d->places[at - 1];
    }
    d->addrs[at] = a;
    d->places[at] = place;
}

static void add_addrs(struct dial *d, const struct multiaddr *addrs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        add_addr(d, &addrs[i]);
}

static void abandon_all(struct dial *d)
{
    for (size_t i = 0; i < d->next; i++)
        if (d->attempts[i])
            muxed_drop(d->attempts[i], GW_ECANCELED);
}

/* Takes the dial out of the table: the next dials_join starts a new one. */
static void end(struct dial *d)
{
    struct dials *ds = d->all;

    d->is_over = true;
    timer_stop(&d->stagger);
    timer_stop(&d->deadline);
    HASH_DELETE(by_key, ds->by_key, d);
    abandon_all(d);
}

/* The dial is over and free: touch nothing after it. */
static void tell(struct dial *d, int err, struct conn *c)
{
    struct dial_wait *w;

    while ((w = d->waiters) != NULL) {
        DL_DELETE(d->waiters, w);
        w->on = NULL;
        w->tried = d->next;
        w->done(w, err, c);
    }
    free(d);
}

static void finish(struct dial *d, int err, struct conn *c)
{
    end(d);
    tell(d, err, c);
}

static bool has_attempt(const struct dial *d)
{
    for (size_t i = 0; i < d->next; i++)
        if (d->attempts[i])
            return true;
    return false;
}

static bool start_next(struct dial *d);

/* Goes on after an attempt failed, or ends. */
static void go_on(struct dial *d)
{
    if (!start_next(d) && !has_attempt(d))
        finish(d, d->err, NULL);
}

static size_t index_of(const struct dial *d, const struct muxed *m)
{
    size_t i = 0;
    while (d->attempts[i] != m)
        i++;
    return i;
}

/* Attempt `i` is ready over TCP; was QUIC tried before at the same IP address? */
static bool has_beaten_quic(const struct dial *d, size_t i)
{
    struct ipaddr ip, other;
    uint16_t port;

    if (!multiaddr_as_tcp(&d->addrs[i], &ip, &port) || ipaddr_is_loopback(&ip))
        return false;
    for (size_t k = 0; k < i; k++)
        if (multiaddr_as_quic(&d->addrs[k], &other, &port) && ipaddr_eq(&ip, &other))
            return true;
    return false;
}

static void on_ready(struct muxed *m)
{
    struct dial *d = m->owner;
    struct dials *ds = d->all;
    size_t i = index_of(d, m);
    struct conn *c = NULL;

    ds->nbeaten += has_beaten_quic(d, i);
    d->attempts[i] = NULL; /* conns owns it from here on */
    end(d);
    peers_learn(ds->peers, &d->key.peer, &d->addrs[i]);
    int err = conns_add(ds->conns, m, &c);
    tell(d, err, c);
}

static void on_close(struct muxed *m, int err)
{
    struct dial *d = m->owner;
    size_t i = index_of(d, m);
    char addr[MULTIADDR_STR_MAX];

    err = err ? err : GW_ECLOSED;
    log_debug("dial peer=%s addr=%s failed: %s", peerid_short(&d->key.peer),
              multiaddr_print(&d->addrs[i], addr), gw_strerror(err));
    d->attempts[i] = NULL;
    note_err(d, err);
    go_on(d);
}

static const struct muxed_events attempt_events = {
    .on_ready = on_ready,
    .on_stream = muxed_drop_stream,
    .on_moved = muxed_ignore,
    .on_close = on_close,
};

int dials_try(const struct dials *ds, const struct multiaddr *addr, const struct peerid *peer,
              struct muxed **out)
{
    for (size_t k = 0; k < ds->ndialers; k++) {
        const struct host_dialer *by = &ds->dialers[k];
        int err = by->dial(by->arg, addr, peer, out);
        if (err != GW_EUNSUP)
            return err;
    }
    return GW_EUNSUP;
}

/* Begins the next attempt that can be begun; false when there is none. */
static bool start_next(struct dial *d)
{
    struct dials *ds = d->all;

    while (d->next < d->n && !ds->is_stopped) {
        size_t i = d->next++;
        int err = dials_try(ds, &d->addrs[i], &d->key.peer, &d->attempts[i]);
        if (!err) {
            d->attempts[i]->ev = &attempt_events;
            d->attempts[i]->owner = d;
            timer_start(&d->stagger, d->is_at_once ? 1 : dial_gap_ms(&d->places[i]));
            return true;
        }
        d->attempts[i] = NULL;
        note_err(d, err);
    }
    timer_stop(&d->stagger);
    return false;
}

static void on_stagger(void *arg)
{
    start_next(arg);
}

static void on_deadline(void *arg)
{
    struct dial *d = arg;
    finish(d, d->err, NULL);
}

struct dials *dials_new(struct ev_loop *loop, struct conns *conns, struct peers *peers)
{
    struct dials *ds = calloc(1, sizeof *ds);
    if (ds)
        *ds = (struct dials){ .loop = loop, .conns = conns, .peers = peers };
    return ds;
}

void dials_free(struct dials *ds)
{
    struct dial *d, *tmp;

    if (!ds)
        return;
    HASH_ITER (by_key, ds->by_key, d, tmp) {
        struct dial_wait *w, *next;
        end(d);
        DL_FOREACH_SAFE (d->waiters, w, next)
            w->on = NULL;
        free(d);
    }
    free(ds);
}

int dials_add_dialer(struct dials *ds, const struct host_dialer *d)
{
    if (ds->ndialers == DIAL_DIALERS_MAX)
        return GW_ELIMIT;
    ds->dialers[ds->ndialers++] = *d;
    return 0;
}

void dials_set_timeout(struct dials *ds, uint64_t timeout_ms)
{
    ds->timeout_ms = timeout_ms;
}

void dials_stop(struct dials *ds)
{
    ds->is_stopped = true;
}

static struct dial *make(struct dials *ds, const struct dial_req *req)
{
    struct dial *d = calloc(1, sizeof *d);
    if (!d)
        return NULL;
    d->all = ds;
    d->key = (struct dial_key){ .peer = req->peer, .path = (uint8_t)req->path };
    d->is_at_once = req->is_at_once;
    d->err = GW_EOFFLINE;
    timer_init(&d->stagger, ds->loop, on_stagger, d);
    timer_init(&d->deadline, ds->loop, on_deadline, d);
    HASH_ADD(by_key, ds->by_key, key, sizeof d->key, d);
    if (d->by_key.tbl)
        return d;
    free(d);
    return NULL;
}

static int start(struct dials *ds, const struct dial_req *req, struct dial **out)
{
    size_t nknown;
    const struct multiaddr *known = peers_addrs(ds->peers, &req->peer, &nknown);
    struct dial *d = make(ds, req);

    if (!d)
        return GW_ENOMEM;
    add_addrs(d, req->addrs, req->naddrs);
    if (!req->is_at_once)
        add_addrs(d, known, nknown);
    if (start_next(d)) {
        timer_start(&d->deadline, ds->timeout_ms);
        *out = d;
        return 0;
    }
    int err = d->err;
    end(d);
    free(d);
    return err;
}

int dials_join(struct dials *ds, const struct dial_req *req, struct dial_wait *w)
{
    struct dial_req r = *req;
    int err;

    if (ds->is_stopped)
        return GW_ECLOSED;
    if (conns_is_self(ds->conns, &r.peer))
        return GW_ESELF;
    if (r.path == HOST_PATH_BOTH)
        r.path = HOST_PATH_ANY;
    struct dial *d = find(ds, &r.peer, r.path);
    if (d) {
        d->is_at_once |= r.is_at_once;
        add_addrs(d, r.addrs, r.naddrs);
    } else if ((err = start(ds, &r, &d)) != 0) {
        return err;
    }
    if (!timer_is_running(&d->stagger))
        timer_start(&d->stagger, 1); /* it may have run out of addresses before */
    w->on = d;
    DL_APPEND(d->waiters, w);
    return 0;
}

void dials_leave(struct dial_wait *w)
{
    struct dial *d = w->on;

    if (!d)
        return;
    DL_DELETE(d->waiters, w);
    w->on = NULL;
    if (d->waiters || d->is_over)
        return;
    end(d);
    free(d);
}

bool dials_has(const struct dials *ds, const struct peerid *peer)
{
    for (size_t i = 0; i < NPATHS; i++)
        if (find(ds, peer, paths[i]))
            return true;
    return false;
}

void dials_satisfy(struct dials *ds, struct conn *c)
{
    for (size_t i = 0; i < NPATHS; i++) {
        struct dial *d = find(ds, conn_peer(c), paths[i]);
        if (d && conn_fits(c, paths[i]))
            finish(d, 0, c);
    }
}

uint32_t dials_beaten(const struct dials *ds)
{
    return ds->nbeaten;
}
