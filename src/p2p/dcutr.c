/* dcutr.c - see dcutr.h.
 *
 *   the end that was called              the end that called
 *   opens the stream, CONNECT  ------->
 *                              <-------  CONNECT
 *   SYNC                       ------->  punches
 *   half a round trip later: punches
 */
#include "p2p/dcutr.h"

#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "host/dial_order.h"
#include "net/addr_scope.h"
#include "net/parting.h"
#include "p2p/punch.h"
#include "wire/dcutr_msg.h"

/* A peer that there is a relayed connection to. */
struct effort {
    struct dcutr *d;
    struct peerid peer;
    struct dcutr_core core;
    ev_timer timer; /* what the core has due */
    struct host_open *opening;
    struct stream *s;
    struct punch *punch;
    struct host_connect *dial;
    struct host_connect *call; /* by a relay */
    size_t nin;
    uint8_t in[DCUTR_MSG_WIRE_MAX];
    UT_hash_handle by_peer;
};

struct dcutr {
    struct host *host;
    const struct announce *announce;
    struct effort *efforts;
};

static uint64_t now_us(void)
{
    return clock_mono_ns() / 1000;
}

static struct effort *find(const struct dcutr *d, const struct peerid *peer)
{
    struct effort *e;
    HASH_FIND(by_peer, d->efforts, peer, sizeof *peer, e);
    return e;
}

static void wait(struct effort *e)
{
    struct ev_loop *loop = host_loop(e->d->host);
    uint64_t now = now_us(), due = dcutr_core_due(&e->core);

    ev_timer_stop(loop, &e->timer);
    if (due == UINT64_MAX)
        return;
    ev_timer_set(&e->timer, due > now ? (double)(due - now) / 1e6 : 0., 0.);
    ev_timer_start(loop, &e->timer);
}

/* Ends the try under way, without a word to anybody. */
static void drop_try(struct effort *e)
{
    host_open_cancel(e->opening);
    e->opening = NULL;
    punch_cancel(e->punch);
    e->punch = NULL;
    host_connect_cancel(e->dial);
    e->dial = NULL;
    if (e->s)
        stream_drop(e->s, GW_ECANCELED);
    e->s = NULL;
    e->nin = 0;
}

static void fail(struct effort *e, int err);
static void succeed(struct effort *e);
static void drop(struct effort *e);

/* ---- what the core wants done: each returns 0 or GW_E* ---- */

static void on_opened(void *arg, int err, struct conn *c, struct stream *s, const char *protocol,
                      struct bytes early);

/* Returns the octets put; < 0: GW_E*. */
static int write_message(const struct effort *e, enum dcutr_msg_type type,
                         uint8_t out[DCUTR_MSG_WIRE_MAX])
{
    struct multiaddr own[DCUTR_CANDIDATES_MAX];
    struct dcutr_msg m = { .type = type };
    size_t n = 0;

    if (type == DCUTR_CONNECT)
        n = announce_candidates(e->d->announce, own, DCUTR_CANDIDATES_MAX);
    for (size_t i = 0; i < n; i++)
        pb_list_add(&m.addrs, (struct bytes){ own[i].b, own[i].n });
    return dcutr_msg_encode(out, DCUTR_MSG_WIRE_MAX, &m);
}

static int open_stream(struct effort *e)
{
    uint8_t first[DCUTR_MSG_WIRE_MAX];
    int n = write_message(e, DCUTR_CONNECT, first);
    if (n < 0)
        return n;
    const struct host_proposal p = { .protocol = DCUTR_PROTOCOL, .first = { first, (size_t)n } };
    const struct host_open_req req = {
        .peer = e->peer, .path = HOST_PATH_RELAY, .proposals = &p, .nproposals = 1
    };
    e->opening = host_open(e->d->host, &req, on_opened, e);
    return e->opening ? 0 : GW_ENOMEM;
}

static int say(struct effort *e, enum dcutr_msg_type type)
{
    uint8_t out[DCUTR_MSG_WIRE_MAX];
    int n = write_message(e, type, out);

    if (n > 0 && e->s->ops->write(e->s, (struct bytes){ out, (size_t)n }) < 0)
        n = GW_ENOMEM;
    return n < 0 ? n : 0;
}

static void part(struct effort *e)
{
    struct stream *s = e->s;

    e->s = NULL;
    parting_start(host_loop(e->d->host), s, (struct bytes){ 0 }, PARTING_MS, GW_ETIMEOUT, NULL);
}

static void on_punched(void *arg, int err, struct conn *c)
{
    struct effort *e = arg;
    (void)c;

    e->punch = NULL;
    if (err)
        fail(e, err);
    else
        succeed(e);
}

static int punch(struct effort *e)
{
    const struct dcutr_info *i = &e->core.info;

    e->punch = punch_start(e->d->host, &e->peer, i->candidates, i->ncandidates, e->core.is_ours,
                           on_punched, e);
    return e->punch ? 0 : GW_ENOMEM;
}

static void on_dialled(void *arg, int err, struct conn *c)
{
    struct effort *e = arg;
    (void)c;

    e->dial = NULL;
    if (err)
        fail(e, err);
    else
        succeed(e);
}

static bool is_public(const struct multiaddr *a)
{
    return dial_rank(a) < DIAL_CIRCUIT && addr_scope_of(a) == ADDR_SCOPE_WORLD;
}

static int dial(struct effort *e)
{
    struct multiaddr addrs[DCUTR_CANDIDATES_MAX];
    size_t nknown;
    const struct multiaddr *known = host_known_addrs(e->d->host, &e->peer, &nknown);
    struct host_connect_req req = {
        .peer = e->peer, .addrs = addrs, .path = HOST_PATH_DIRECT, .is_at_once = true
    };

    for (size_t i = 0; i < nknown && req.naddrs < DCUTR_CANDIDATES_MAX; i++)
        if (is_public(&known[i]))
            addrs[req.naddrs++] = known[i];
    if (!req.naddrs)
        return GW_EOFFLINE;
    e->dial = host_connect(e->d->host, &req, on_dialled, e);
    return e->dial ? 0 : GW_ENOMEM;
}

static void on_call_ended(void *arg, int err, struct conn *c)
{
    struct effort *e = arg;
    (void)err;
    (void)c;

    e->call = NULL;
    if (!e->core.called && !e->core.calling)
        drop(e);
}

static int call(struct effort *e)
{
    const struct host_connect_req req = { .peer = e->peer, .path = HOST_PATH_RELAY };

    if (!e->call)
        e->call = host_connect(e->d->host, &req, on_call_ended, e);
    return e->call ? 0 : GW_ENOMEM;
}

static int act(struct effort *e, unsigned todo)
{
    int err = 0;

    if (todo & DCUTR_DROP)
        drop_try(e);
    if (todo & DCUTR_REFRESH)
        announce_refresh(e->d->announce);
    if (todo & DCUTR_OPEN)
        err = open_stream(e);
    if (todo & DCUTR_SAY_CONNECT)
        err = say(e, DCUTR_CONNECT);
    if (todo & DCUTR_SAY_SYNC)
        err = say(e, DCUTR_SYNC);
    if (todo & DCUTR_PART && !err)
        part(e);
    if (todo & DCUTR_PUNCH && !err)
        err = punch(e);
    if (todo & DCUTR_DIAL && !err)
        err = dial(e);
    if (todo & DCUTR_CALL)
        err = call(e);
    return err;
}

static void run(struct effort *e, unsigned todo)
{
    int err = act(e, todo);

    if (err)
        fail(e, err);
    else
        wait(e);
}

static void fail(struct effort *e, int err)
{
    log_debug("dcutr peer=%s try=%u failed: %s", peerid_short(&e->peer), e->core.info.tries,
              gw_strerror(err));
    act(e, dcutr_core_failed(&e->core, err, now_us())); /* which never asks for what may fail */
    wait(e);
}

/* A direct connection stands, whoever dialled it. */
static void succeed(struct effort *e)
{
    if (e->core.step != DCUTR_STEP_NONE)
        log_info("dcutr peer=%s try=%u direct", peerid_short(&e->peer), e->core.info.tries);
    run(e, dcutr_core_direct(&e->core, now_us()));
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct effort *e = w->data;
    (void)loop;
    (void)revents;
    run(e, dcutr_core_tick(&e->core, now_us()));
}

/* ---- the stream ---- */

static void on_data(struct stream *s, struct bytes v)
{
    struct effort *e = s->owner;
    struct dcutr_msg m;

    s->ops->credit(s, v.n);
    while (v.n && e->s == s) {
        size_t n = v.n < sizeof e->in - e->nin ? v.n : sizeof e->in - e->nin;
        memcpy(e->in + e->nin, v.p, n);
        e->nin += n;
        v.p += n;
        v.n -= n;
        int used = dcutr_msg_decode((struct bytes){ e->in, e->nin }, &m);
        if (used < 0 || (!used && e->nin == sizeof e->in)) {
            fail(e, GW_EPROTO);
            return;
        }
        if (!used)
            continue;
        run(e, dcutr_core_message(&e->core, &m, now_us()));
        if (e->s != s)
            return;
        e->nin -= (size_t)used;
        memmove(e->in, e->in + used, e->nin);
    }
}

static void on_eof(struct stream *s)
{
    fail(s->owner, GW_EPROTO);
}

static void on_close(struct stream *s, int err)
{
    struct effort *e = s->owner;

    e->s = NULL;
    fail(e, err ? err : GW_ECLOSED);
}

static const struct stream_events stream_events = {
    .on_data = on_data,
    .on_drained = stream_ignore_drained,
    .on_eof = on_eof,
    .on_close = on_close,
};

static void take_stream(struct effort *e, struct stream *s, struct bytes early)
{
    e->s = s;
    stream_own(s, &stream_events, e);
    wait(e);
    if (early.n)
        on_data(s, early);
    else
        s->ops->credit(s, 0);
}

static void on_opened(void *arg, int err, struct conn *c, struct stream *s, const char *protocol,
                      struct bytes early)
{
    struct effort *e = arg;
    (void)c;
    (void)protocol;

    e->opening = NULL;
    if (err) {
        fail(e, err);
        return;
    }
    dcutr_core_opened(&e->core, now_us());
    take_stream(e, s, early);
}

/* ---- the host ---- */

static struct effort *make(struct dcutr *d, const struct peerid *peer)
{
    struct effort *e = calloc(1, sizeof *e);
    if (!e)
        return NULL;
    e->d = d;
    e->peer = *peer;
    dcutr_core_init(&e->core, memcmp(host_peerid(d->host), peer, sizeof *peer) < 0);
    ev_init(&e->timer, on_timer);
    e->timer.data = e;
    HASH_ADD(by_peer, d->efforts, peer, sizeof e->peer, e);
    if (e->by_peer.tbl)
        return e;
    free(e);
    return NULL;
}

static void drop(struct effort *e)
{
    ev_timer_stop(host_loop(e->d->host), &e->timer);
    drop_try(e);
    host_connect_cancel(e->call);
    HASH_DELETE(by_peer, e->d->efforts, e);
    free(e);
}

static void on_conn(void *arg, struct conn *c)
{
    struct dcutr *d = arg;
    struct effort *e = find(d, conn_peer(c));

    if (!conn_is_relayed(c)) {
        if (e)
            succeed(e);
        return;
    }
    if (!e && !(e = make(d, conn_peer(c))))
        return;
    dcutr_core_relayed(&e->core, conn_is_inbound(c));
    struct conn *direct = host_conn_by(d->host, conn_peer(c), HOST_PATH_DIRECT);
    if (direct) /* if a NAT has forgotten us, the relay sees us elsewhere now */
        announce_refresh(d->announce);
    if (direct && (conn_is_inbound(c) || e->call)) /* nobody would call if it worked */
        conn_doubt(direct);
    else if (direct)
        succeed(e);
}

static void on_identity(void *arg, struct conn *c)
{
    struct dcutr *d = arg;
    struct effort *e = find(d, conn_peer(c));

    if (e && conn_is_relayed(c))
        run(e, dcutr_core_identified(&e->core, conn_speaks(c, DCUTR_PROTOCOL), now_us()));
}

static void on_conn_close(void *arg, struct conn *c, int err)
{
    struct dcutr *d = arg;
    struct effort *e = find(d, conn_peer(c));
    (void)err;

    if (!e)
        return;
    if (conn_is_relayed(c)) {
        unsigned todo = dcutr_core_unrelayed(&e->core, conn_is_inbound(c), now_us());
        if (e->core.called || e->core.calling)
            run(e, todo);
        else
            drop(e);
        return;
    }
    struct conn *left = host_conn(d->host, conn_peer(c));
    if (!left || conn_is_relayed(left))
        run(e, dcutr_core_indirect(&e->core, now_us()));
}

/* It may be a NAT that has forgotten us, or a router that has restarted.  A punch opens the way for
 * the connection as it stands: it comes from the same socket (RFC 9000 s.9.3). */
static void on_conn_silence(void *arg, struct conn *c, bool is_silent)
{
    struct dcutr *d = arg;
    struct effort *e = find(d, conn_peer(c));

    if (conn_is_relayed(c))
        return;
    if (!is_silent && e)
        succeed(e);
    if (!is_silent || (!e && !(e = make(d, conn_peer(c)))))
        return;
    if (e->core.called || e->core.calling) /* else as soon as one of them stands */
        conn_doubt(c);
    run(e, dcutr_core_silent(&e->core, now_us()));
}

static const struct host_events host_events = {
    .on_conn = on_conn,
    .on_conn_silence = on_conn_silence,
    .on_identity = on_identity,
    .on_conn_close = on_conn_close,
};

static bool wants(void *arg, const struct peerid *peer, struct bytes protocol)
{
    const struct dcutr *d = arg;
    (void)protocol;
    return find(d, peer) != NULL;
}

/* The end that we called begins a try. */
static void on_inbound(void *arg, struct conn *c, struct stream *s, const char *protocol,
                       struct bytes early)
{
    struct dcutr *d = arg;
    struct effort *e = find(d, conn_peer(c));
    unsigned todo = 0;
    (void)protocol;

    if (e && conn_is_relayed(c) && !conn_is_inbound(c))
        todo = dcutr_core_called(&e->core, now_us());
    if (!todo) {
        stream_drop(s, GW_EDENIED);
        return;
    }
    run(e, todo);
    take_stream(e, s, early);
}

struct dcutr *dcutr_new(struct host *h, const struct announce *a)
{
    struct dcutr *d = calloc(1, sizeof *d);
    if (!d)
        return NULL;
    d->host = h;
    d->announce = a;
    if (host_handle(h, DCUTR_PROTOCOL, wants, on_inbound, d) == 0 &&
        host_observe(h, &host_events, d) == 0)
        return d;
    free(d);
    return NULL;
}

void dcutr_free(struct dcutr *d)
{
    struct effort *e, *tmp;

    if (!d)
        return;
    HASH_ITER (by_peer, d->efforts, e, tmp)
        drop(e);
    free(d);
}

void dcutr_network_changed(struct dcutr *d)
{
    for (struct effort *e = d->efforts; e; e = e->by_peer.next)
        run(e, dcutr_core_network_changed(&e->core, now_us()));
}

bool dcutr_info(const struct dcutr *d, const struct peerid *peer, struct dcutr_info *out)
{
    const struct effort *e = find(d, peer);

    if (e)
        *out = e->core.info;
    return e != NULL;
}
