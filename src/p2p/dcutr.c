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
#include "net/ifaces.h"
#include "net/parting.h"
#include "p2p/punch.h"
#include "wire/dcutr_msg.h"

#define ANSWER_MS 10000 /* for each message of the other end */
#define RETRY_MS  500   /* between the tries of one round */

enum step { STEP_NONE, STEP_OPENING, STEP_CONNECT, STEP_SYNC, STEP_WAITING, STEP_PUNCHING };

/* A peer that there is a relayed connection to. */
struct effort {
    struct dcutr *d;
    struct peerid peer;
    unsigned nrelayed; /* connections */
    bool was_called;   /* so we begin */
    bool has_direct;   /* it came before: nothing is to be done */
    enum step step;    /* of the try under way */
    unsigned left;     /* tries of this round */
    uint64_t again_ms; /* pause before the next round */
    uint64_t sent_ns;  /* our CONNECT */
    struct dcutr_info info;
    ev_timer timer; /* the other end's deadline, half a round trip, or the pause */
    struct host_open *opening;
    struct stream *s;
    struct punch *punch;
    size_t nin;
    uint8_t in[DCUTR_MSG_WIRE_MAX];
    UT_hash_handle by_peer;
};

struct dcutr {
    struct host *host;
    const struct announce *announce;
    struct effort *efforts;
};

static struct effort *find(const struct dcutr *d, const struct peerid *peer)
{
    struct effort *e;
    HASH_FIND(by_peer, d->efforts, peer, sizeof *peer, e);
    return e;
}

static void arm(struct effort *e, uint64_t ms)
{
    struct ev_loop *loop = host_loop(e->d->host);

    ev_timer_stop(loop, &e->timer);
    ev_timer_set(&e->timer, (double)ms / 1e3, 0.);
    ev_timer_start(loop, &e->timer);
}

/* Ends the try under way, without a word to anybody. */
static void drop_try(struct effort *e)
{
    ev_timer_stop(host_loop(e->d->host), &e->timer);
    host_open_cancel(e->opening);
    e->opening = NULL;
    punch_cancel(e->punch);
    e->punch = NULL;
    if (e->s)
        stream_drop(e->s, GW_ECANCELED);
    e->s = NULL;
    e->nin = 0;
    e->step = STEP_NONE;
}

static void begin(struct effort *e);

/* The try has failed: the next one, or the next round. */
static void fail(struct effort *e, int err)
{
    drop_try(e);
    e->info.err = err;
    e->info.last_ms = clock_mono_ms();
    announce_refresh(e->d->announce); /* the candidates we told may be old */
    log_debug("dcutr peer=%s try=%u failed: %s", peerid_short(&e->peer), e->info.tries,
              gw_strerror(err));
    if (!e->was_called) {
        e->info.state = DCUTR_FAILED;
        return;
    }
    if (err == GW_ENOPROTO) /* it will not learn it */
        e->left = 0;
    if (e->left) {
        arm(e, RETRY_MS);
        return;
    }
    e->info.state = DCUTR_FAILED;
    if (err == GW_ENOPROTO)
        return;
    arm(e, e->again_ms);
    e->again_ms = e->again_ms * 2 < DCUTR_AGAIN_MAX_MS ? e->again_ms * 2 : DCUTR_AGAIN_MAX_MS;
}

/* A direct connection stands, whoever dialled it. */
static void succeed(struct effort *e)
{
    if (e->step != STEP_NONE)
        log_info("dcutr peer=%s try=%u direct", peerid_short(&e->peer), e->info.tries);
    drop_try(e);
    e->has_direct = true;
    e->info.state = DCUTR_IDLE;
    e->info.err = 0;
    e->info.last_ms = clock_mono_ms();
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

static void punch(struct effort *e)
{
    e->step = STEP_PUNCHING;
    ev_timer_stop(host_loop(e->d->host), &e->timer);
    e->punch = punch_start(e->d->host, &e->peer, e->info.candidates, e->info.ncandidates,
                           e->was_called, on_punched, e);
    if (!e->punch)
        fail(e, GW_ENOMEM);
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct effort *e = w->data;
    (void)loop;
    (void)revents;

    if (e->step == STEP_WAITING)
        punch(e);
    else if (e->step == STEP_NONE)
        begin(e);
    else
        fail(e, GW_ETIMEOUT);
}

/* ---- messages ---- */

static void add_candidate(struct effort *e, struct bytes v)
{
    struct multiaddr *a = &e->info.candidates[e->info.ncandidates];
    struct ipaddr ip = { 0 };
    uint16_t port;

    if (e->info.ncandidates == DCUTR_CANDIDATES_MAX || multiaddr_from_bytes(v, a) != 0)
        return;
    multiaddr_strip_peer(a);
    if (dial_rank(a) >= DIAL_CIRCUIT || !multiaddr_as_socket(a, &ip, &port))
        return;
    if (!ifaces_is_loopback(&ip))
        e->info.ncandidates++;
}

static void take_candidates(struct effort *e, const struct dcutr_msg *m)
{
    e->info.ncandidates = 0;
    for (size_t i = 0; i < m->addrs.n; i++)
        add_candidate(e, m->addrs.v[i]);
}

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

static int send_message(struct effort *e, enum dcutr_msg_type type)
{
    uint8_t out[DCUTR_MSG_WIRE_MAX];
    int n = write_message(e, type, out);

    if (n > 0 && e->s->ops->write(e->s, (struct bytes){ out, (size_t)n }) < 0)
        n = GW_ENOMEM;
    return n < 0 ? n : 0;
}

/* The stream has done its work. */
static void part(struct effort *e)
{
    struct stream *s = e->s;

    e->s = NULL;
    parting_start(host_loop(e->d->host), s, (struct bytes){ 0 }, PARTING_MS, GW_ETIMEOUT, NULL);
}

static void on_message(struct effort *e, const struct dcutr_msg *m)
{
    int err = 0;

    if (e->step == STEP_CONNECT && m->type == DCUTR_CONNECT && e->was_called) {
        uint64_t rtt_ns = clock_mono_ns() - e->sent_ns;
        take_candidates(e, m);
        e->info.rtt_us = rtt_ns / 1000;
        err = send_message(e, DCUTR_SYNC);
        if (!err) {
            part(e);
            e->step = STEP_WAITING;
            arm(e, rtt_ns / 2000000);
        }
    } else if (e->step == STEP_CONNECT && m->type == DCUTR_CONNECT) {
        take_candidates(e, m);
        err = send_message(e, DCUTR_CONNECT);
        e->step = STEP_SYNC;
        arm(e, ANSWER_MS);
    } else if (e->step == STEP_SYNC && m->type == DCUTR_SYNC) {
        part(e);
        punch(e);
    } else {
        err = GW_EPROTO;
    }
    if (err)
        fail(e, err);
}

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
        on_message(e, &m);
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
    e->step = STEP_CONNECT;
    stream_own(s, &stream_events, e);
    arm(e, ANSWER_MS);
    if (early.n)
        on_data(s, early);
    else
        s->ops->credit(s, 0);
}

/* ---- the end that was called ---- */

static void on_opened(void *arg, int err, struct conn *c, struct stream *s, const char *protocol,
                      struct bytes early)
{
    struct effort *e = arg;
    (void)c;
    (void)protocol;

    e->opening = NULL;
    if (err)
        fail(e, err);
    else
        take_stream(e, s, early);
}

static void begin(struct effort *e)
{
    uint8_t first[DCUTR_MSG_WIRE_MAX];

    if (e->info.state == DCUTR_FAILED) { /* a new round */
        e->left = DCUTR_TRIES;
        e->info.tries = 0;
    }
    int n = write_message(e, DCUTR_CONNECT, first);
    const struct host_proposal p = { .protocol = DCUTR_PROTOCOL,
                                     .first = { first, n > 0 ? (size_t)n : 0 } };
    const struct host_open_req req = {
        .peer = e->peer, .path = HOST_PATH_RELAY, .proposals = &p, .nproposals = 1
    };
    e->info.state = DCUTR_UPGRADING;
    e->info.tries++;
    e->left--;
    e->step = STEP_OPENING;
    e->sent_ns = clock_mono_ns();
    arm(e, ANSWER_MS);
    e->opening = n > 0 ? host_open(e->d->host, &req, on_opened, e) : NULL;
    if (!e->opening)
        fail(e, n > 0 ? GW_ENOMEM : n);
}

static void begin_round(struct effort *e)
{
    e->left = DCUTR_TRIES;
    e->again_ms = DCUTR_AGAIN_MIN_MS;
    e->info.tries = 0;
    begin(e);
}

/* ---- the host ---- */

static struct effort *make(struct dcutr *d, const struct peerid *peer)
{
    struct effort *e = calloc(1, sizeof *e);
    if (!e)
        return NULL;
    e->d = d;
    e->peer = *peer;
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
    drop_try(e);
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
    e->nrelayed++;
    if (!conn_is_inbound(c))
        return;
    /* It would not call by the relay if our direct connection worked. */
    struct conn *direct = host_conn_by(d->host, conn_peer(c), HOST_PATH_DIRECT);
    if (direct)
        conn_doubt(direct);
    e->was_called = true;
    e->has_direct = false;
    e->info.tries = 0;
}

/* When it is known that the peer speaks the protocol.  A push is no reason to begin again. */
static void on_identity(void *arg, struct conn *c)
{
    struct dcutr *d = arg;
    struct effort *e = find(d, conn_peer(c));

    if (e && conn_is_relayed(c) && e->was_called && !e->has_direct && e->step == STEP_NONE &&
        !e->info.tries && conn_speaks(c, DCUTR_PROTOCOL))
        begin_round(e);
}

static void on_conn_close(void *arg, struct conn *c, int err)
{
    struct dcutr *d = arg;
    struct effort *e = find(d, conn_peer(c));
    (void)err;

    if (!e)
        return;
    if (conn_is_relayed(c)) {
        if (--e->nrelayed == 0)
            drop(e);
        return;
    }
    struct conn *left = host_conn(d->host, conn_peer(c));
    e->has_direct = left && !conn_is_relayed(left);
    if (!e->has_direct && e->was_called && e->step == STEP_NONE)
        begin_round(e);
}

static const struct host_events host_events = {
    .on_conn = on_conn,
    .on_identity = on_identity,
    .on_conn_close = on_conn_close,
};

static bool wants(void *arg, const struct peerid *peer, struct bytes protocol)
{
    const struct dcutr *d = arg;
    (void)protocol;
    return find(d, peer) != NULL;
}

/* The end that we called begins a try; an older one of its is over. */
static void on_inbound(void *arg, struct conn *c, struct stream *s, const char *protocol,
                       struct bytes early)
{
    struct dcutr *d = arg;
    struct effort *e = find(d, conn_peer(c));
    (void)protocol;

    if (!e || !conn_is_relayed(c) || conn_is_inbound(c)) {
        stream_drop(s, GW_EDENIED);
        return;
    }
    drop_try(e);
    e->was_called = false;
    e->info.state = DCUTR_UPGRADING;
    e->info.tries++;
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
        if (e->was_called && !e->has_direct && e->nrelayed) {
            drop_try(e);
            begin_round(e);
        }
}

bool dcutr_info(const struct dcutr *d, const struct peerid *peer, struct dcutr_info *out)
{
    const struct effort *e = find(d, peer);

    if (e)
        *out = e->info;
    return e != NULL;
}
