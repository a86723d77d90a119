/* kad_serve.c - see kad_serve.h. */
#include "p2p/kad_serve.h"

#include <stdlib.h>
#include <utlist.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "net/parting.h"
#include "p2p/ask_quota.h"
#include "p2p/kad_contacts.h"
#include "p2p/kad_server.h"
#include "wire/varint.h"

#define SWEEP_S    5.
#define WIRE_MAX   (KAD_MSG_MAX + VARINT_MAX)
#define FIRST_CAP  512 /* most questions are short */
#define ASKERS_MAX 256

struct served {
    struct served *prev, *next;
    struct kad_serve *all;
    struct peerid peer;
    struct stream *s;
    enum addr_scope scope; /* what the asker may be told */
    uint64_t busy_ms;      /* when it last asked */
    size_t queued;         /* octets of answers that have not left */
    size_t n, cap;         /* of what has come and is not answered */
    uint8_t *p;
};

struct kad_serve {
    const struct kad_env *env;
    struct kad_server server;
    bool is_serving;
    struct served *streams; /* the one quiet for longest first */
    unsigned nstreams;
    struct ask_quota quota;
    ev_timer sweep;                   /* runs while there are streams */
    enum addr_scope scope;            /* of who is being answered */
    struct peerid askers[ASKERS_MAX]; /* lately, a ring */
    unsigned naskers;
    uint8_t answer[WIRE_MAX];
};

/* ---- streams ---- */

static void release(struct served *v)
{
    struct kad_serve *all = v->all;

    DL_DELETE(all->streams, v);
    if (--all->nstreams == 0)
        ev_timer_stop(host_loop(all->env->host), &all->sweep);
    free(v->p);
    free(v);
}

static void cut(struct served *v, int err)
{
    log_debug("kad peer=%s cut off: %s", peerid_short(&v->peer), gw_strerror(err));
    stream_drop(v->s, err);
    release(v);
}

static void touch(struct served *v, uint64_t now_ms)
{
    v->busy_ms = now_ms;
    DL_DELETE(v->all->streams, v);
    DL_APPEND(v->all->streams, v);
}

/* 0 or GW_E*. */
static int answer(struct served *v, struct bytes body)
{
    struct kad_serve *all = v->all;
    uint64_t now_ms = clock_mono_ms();
    struct kad_msg m;

    if (!ask_quota_take(&all->quota, &v->peer, KAD_SERVE_PER_MINUTE, now_ms) ||
        v->queued > KAD_SERVE_QUEUE_MAX)
        return GW_ELIMIT;
    int err = kad_msg_decode(body, &m);
    if (err)
        return err;
    touch(v, now_ms);
    all->scope = v->scope;
    int n = kad_server_answer(&all->server, &v->peer, &m, (uint64_t)clock_wall_s(), all->answer,
                              sizeof all->answer);
    if (n <= 0)
        return n;
    ssize_t left = v->s->ops->write(v->s, (struct bytes){ all->answer, (size_t)n });
    if (left < 0)
        return (int)left;
    v->queued += (size_t)n - (size_t)left;
    return 0;
}

/* Answers each whole message.  0 or GW_E*. */
static int answer_all(struct served *v)
{
    struct bytes body;
    size_t at = 0;
    int used, err = 0;

    while (!err && (used = varint_decode_prefixed((struct bytes){ v->p + at, v->n - at },
                                                  KAD_MSG_MAX, &body)) != 0) {
        if (used < 0)
            return used;
        err = answer(v, body);
        at += (size_t)used;
    }
    v->n -= at;
    if (v->n)
        memmove(v->p, v->p + at, v->n);
    return err;
}

static bool grow(struct served *v)
{
    size_t cap = v->cap ? v->cap * 2 : FIRST_CAP;

    if (v->n < v->cap)
        return true;
    if (cap > WIRE_MAX)
        cap = WIRE_MAX;
    uint8_t *p = realloc(v->p, cap);
    if (!p)
        return false;
    v->p = p;
    v->cap = cap;
    return true;
}

/* A message that is too long is noticed by its length, so there is always room in WIRE_MAX. */
static void on_data(struct stream *s, struct bytes in)
{
    struct served *v = s->owner;

    s->ops->credit(s, in.n);
    while (in.n) {
        int err = grow(v) ? 0 : GW_ENOMEM;
        size_t room = v->cap - v->n, take = in.n < room ? in.n : room;
        if (!err) {
            memcpy(v->p + v->n, in.p, take);
            v->n += take;
            in.p += take;
            in.n -= take;
            err = answer_all(v);
        }
        if (err) {
            cut(v, err);
            return;
        }
    }
}

static void on_drained(struct stream *s, size_t n)
{
    struct served *v = s->owner;
    v->queued -= n < v->queued ? n : v->queued;
}

/* Who has asked all counts no more, while the last answers leave. */
static void on_eof(struct stream *s)
{
    struct served *v = s->owner;
    struct ev_loop *loop = host_loop(v->all->env->host);

    release(v);
    parting_start(loop, s, (struct bytes){ 0 }, PARTING_MS, GW_ETIMEOUT, NULL);
}

static void on_close(struct stream *s, int err)
{
    (void)err;
    release(s->owner);
}

static const struct stream_events stream_events = {
    .on_data = on_data,
    .on_drained = on_drained,
    .on_eof = on_eof,
    .on_close = on_close,
};

static void on_sweep(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct kad_serve *all = w->data;
    uint64_t now_ms = clock_mono_ms();
    (void)loop;
    (void)revents;

    while (all->streams && now_ms - all->streams->busy_ms >= KAD_SERVE_IDLE_S * 1000)
        cut(all->streams, GW_ETIMEOUT);
}

static unsigned streams_of(const struct kad_serve *all, const struct peerid *peer)
{
    const struct served *v;
    unsigned n = 0;

    DL_FOREACH (all->streams, v)
        n += peerid_eq(&v->peer, peer);
    return n;
}

static struct served *make(struct kad_serve *all, const struct conn *c)
{
    const struct peerid *peer = conn_peer(c);
    struct served *v = streams_of(all, peer) < KAD_SERVE_PER_PEER ? calloc(1, sizeof *v) : NULL;

    if (!v)
        return NULL;
    if (all->nstreams == KAD_SERVE_STREAMS_MAX)
        cut(all->streams, GW_ELIMIT);
    v->all = all;
    v->peer = *peer;
    v->scope = kad_scope_of_peer(all->env->host, peer, NULL, 0);
    v->busy_ms = clock_mono_ms();
    DL_APPEND(all->streams, v);
    if (all->nstreams++ == 0)
        ev_timer_again(host_loop(all->env->host), &all->sweep);
    return v;
}

static bool has_asked(const struct kad_serve *all, const struct peerid *peer)
{
    for (size_t i = 0; i < ASKERS_MAX; i++)
        if (peerid_eq(&all->askers[i], peer))
            return true;
    return false;
}

static void on_stream(void *arg, struct conn *c, struct stream *s, const char *protocol,
                      struct bytes early)
{
    struct kad_serve *all = arg;
    struct served *v = make(all, c);
    (void)protocol;

    if (!v) {
        stream_drop(s, GW_ELIMIT);
        return;
    }
    if (!has_asked(all, conn_peer(c)))
        all->askers[all->naskers++ % ASKERS_MAX] = *conn_peer(c);
    if (conn_is_inbound(c))
        conn_set_idle(c, KAD_SERVE_CONN_IDLE_MS);
    v->s = s;
    stream_own(s, &stream_events, v);
    on_data(s, early); /* also lifts the pause; v may be gone after it */
}

/* ---- what kad_server asks ---- */

/* Of who takes part in the DHT.  Where others are that we happen to be connected to, our services'
 * users for instance, is no stranger's business. */
static size_t addrs_of(void *arg, const struct peerid *peer, struct multiaddr *out, size_t max)
{
    const struct kad_serve *all = arg;
    const struct host *h = all->env->host;
    const struct conn *c = host_conn(h, peer);
    size_t n = 0;

    if (peerid_eq(peer, host_peerid(h)))
        return host_announced(h, out, max);
    if (!c || (!has_asked(all, peer) && !kad_table_has(all->env->table, peer)))
        return 0;
    const struct multiaddr *known = host_known_addrs(h, peer, &n);
    if (n > max)
        n = max;
    if (n)
        memcpy(out, known, n * sizeof *known);
    return n;
}

static bool may_tell(void *arg, const struct multiaddr *a)
{
    return addr_scope_of(a) <= ((const struct kad_serve *)arg)->scope;
}

struct kad_serve *kad_serve_new(const struct kad_env *env)
{
    struct kad_serve *all = calloc(1, sizeof *all);
    if (!all)
        return NULL;
    all->env = env;
    all->server = (struct kad_server){ .table = env->table,
                                       .store = env->store,
                                       .addrs_of = addrs_of,
                                       .may_tell = may_tell,
                                       .arg = all };
    ev_timer_init(&all->sweep, on_sweep, SWEEP_S, SWEEP_S);
    all->sweep.data = all;
    return all;
}

int kad_serve_start(struct kad_serve *all)
{
    int err = host_handle(all->env->host, all->env->cfg.protocol, NULL, on_stream, all);

    all->is_serving = !err;
    return err;
}

void kad_serve_stop(struct kad_serve *all)
{
    if (all->is_serving)
        host_unhandle(all->env->host, all->env->cfg.protocol);
    all->is_serving = false;
    while (all->streams)
        cut(all->streams, GW_ECANCELED);
}

void kad_serve_free(struct kad_serve *all)
{
    if (!all)
        return;
    kad_serve_stop(all);
    ask_quota_fini(&all->quota);
    free(all);
}
