/* open.c - see open.h.
 *
 *   start -> (dial) -> propose -> done
 *              ^          | na: the next protocol, on a new stream
 *              +----------+ the connection died: once more, unless the peer refused us
 *
 * HOST_PATH_BOTH without a connection: two opens of their own, on a direct path and through a
 * relay; the first that has a stream decides, and the other is cancelled.
 *
 * A proposal that is not answered in time raises a doubt about its connection: it may be dead, and
 * nobody has noticed yet.  Then a second open begins, which does not use it, and whichever has a
 * stream first decides.
 *
 * A stream ends before its connection does, so a failed proposal is judged at the end of the turn,
 * when it is known whether the connection went with it.  This matters right after a dial: in
 * TLS 1.3 the client is ready before the server has looked at its certificate, and a peer that does
 * not admit us closes then. */
#include "host/open.h"

#include <assert.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/container_of.h"
#include "base/err.h"
#include "net/timer.h"
#include "transport/negotiate.h"

struct proposal {
    char protocol[NEGOTIATE_PROTOCOL_MAX + 1];
    uint8_t *first; /* owned */
    size_t nfirst;
};

#define DOUBT_MS 1000 /* and four round trips: how long an answer may take */

struct way { /* of an open with several: a race, or a second one beside a proposal */
    struct host_open *of;
    struct host_open *open; /* NULL: it has failed, or was not begun */
};

#define WAYS 2

struct host_open {
    struct opens *all;
    struct host_open *prev, *next;
    struct turn_task task; /* start, or judge a failure */
    struct dial_wait wait;
    struct negotiate *negotiate; /* NULL when none is under way */
    struct conn *conn;           /* in use; NULL: none yet, or it has ended */
    int err;                     /* why the proposal failed, or the connection ended */
    bool has_proposed;           /* `err` is to be judged */
    bool is_to_judge;            /* at the end of this turn */
    struct timer doubt;          /* runs while a proposal is not answered */
    bool has_redialled;
    host_opened_fn *done;
    void *arg;
    struct peerid peer;
    struct multiaddr *addrs; /* owned */
    size_t naddrs;
    enum host_path path;
    struct way ways[WAYS];
    size_t at, nproposals;
    struct proposal proposals[HOST_PROPOSALS_MAX];
};

struct opens {
    struct ev_loop *loop;
    struct turn *turn;
    struct conns *conns;
    struct dials *dials;
    struct host_open *list;
    uint64_t timeout_ms;
};

/* A stream on c that negotiates. */
static int propose_on(const struct opens *os, struct conn *c, const char *protocol,
                      struct bytes first, negotiate_done_fn *done, void *arg,
                      struct negotiate **out)
{
    struct stream *s;
    int err = conns_open_stream(c, &s);
    if (err)
        return err;
    *out = negotiate_dial(os->loop, s, protocol, first, os->timeout_ms, done, arg);
    return *out ? 0 : GW_ENOMEM;
}

static void release(struct host_open *o)
{
    for (size_t i = 0; i < o->nproposals; i++)
        free(o->proposals[i].first);
    free(o->addrs);
    free(o);
}

static void give_up_ways(struct host_open *o)
{
    for (size_t i = 0; i < WAYS; i++) {
        host_open_cancel(o->ways[i].open);
        o->ways[i].open = NULL;
    }
}

static void detach(struct host_open *o)
{
    timer_stop(&o->doubt);
    give_up_ways(o);
    turn_del(o->all->turn, &o->task);
    dials_leave(&o->wait);
    DL_DELETE(o->all->list, o);
}

static void finish(struct host_open *o, int err)
{
    detach(o);
    o->done(o->arg, err, NULL, NULL, NULL, (struct bytes){ 0 });
    release(o);
}

static void judge_later(struct host_open *o, int err)
{
    timer_stop(&o->doubt);
    o->err = err;
    o->is_to_judge = true;
    turn_add(o->all->turn, &o->task);
}

static void on_negotiated(void *arg, int err, struct stream *s, struct bytes early)
{
    struct host_open *o = arg;

    o->negotiate = NULL;
    if (err) {
        judge_later(o, err);
        return;
    }
    detach(o);
    o->done(o->arg, 0, o->conn, s, o->proposals[o->at].protocol, early);
    release(o);
}

static void start_doubt(struct host_open *o)
{
    struct muxed_info info;

    conn_info(o->conn, &info);
    timer_start(&o->doubt, DOUBT_MS + 4 * info.rtt_us / 1000);
}

static void propose(struct host_open *o, struct conn *c)
{
    while (o->at < o->nproposals && !conn_speaks(c, o->proposals[o->at].protocol))
        o->at++;
    if (o->at == o->nproposals) {
        finish(o, o->has_proposed ? o->err : GW_ENOPROTO);
        return;
    }
    const struct proposal *p = &o->proposals[o->at];
    o->conn = c;
    o->has_proposed = true;
    int err = propose_on(o->all, c, p->protocol, (struct bytes){ p->first, p->nfirst },
                         on_negotiated, o, &o->negotiate);
    if (!err) {
        start_doubt(o);
        return;
    }
    if (err == GW_ECLOSED)
        o->conn = NULL;
    judge_later(o, err);
}

static void on_dialled(struct dial_wait *w, int err, struct conn *c)
{
    struct host_open *o = container_of(w, struct host_open, wait);
    if (err)
        finish(o, err);
    else
        propose(o, c);
}

/* That a way has no address says nothing when the other one says more. */
static void on_way_failed(struct host_open *o, int err)
{
    if (!o->err || o->err == GW_EOFFLINE)
        o->err = err;
    if (!o->ways[0].open && !o->ways[1].open && !o->negotiate && !o->is_to_judge)
        finish(o, o->err);
}

static void on_way(void *arg, int err, struct conn *c, struct stream *s, const char *protocol,
                   struct bytes early)
{
    struct way *w = arg;
    struct host_open *o = w->of;

    o->wait.tried += host_open_tried(w->open);
    w->open = NULL;
    if (err) {
        on_way_failed(o, err);
        return;
    }
    negotiate_cancel(o->negotiate, GW_ECANCELED);
    detach(o);
    o->done(o->arg, 0, c, s, protocol, early);
    release(o);
}

/* The ways stand behind `o` in the list, so opens_free ends it, and them with it, first. */
static void begin_way(struct host_open *o, struct way *w, enum host_path path)
{
    struct host_proposal proposals[HOST_PROPOSALS_MAX];
    const struct host_open_req req = { .peer = o->peer,
                                       .addrs = o->addrs,
                                       .naddrs = o->naddrs,
                                       .path = path,
                                       .proposals = proposals,
                                       .nproposals = o->nproposals };

    for (size_t i = 0; i < o->nproposals; i++)
        proposals[i] = (struct host_proposal){ o->proposals[i].protocol,
                                               { o->proposals[i].first, o->proposals[i].nfirst } };
    w->of = o;
    w->open = opens_start(o->all, &req, on_way, w);
}

static void race(struct host_open *o)
{
    o->err = 0;
    begin_way(o, &o->ways[0], HOST_PATH_DIRECT);
    begin_way(o, &o->ways[1], HOST_PATH_RELAY);
    if (!o->ways[0].open && !o->ways[1].open)
        finish(o, GW_ENOMEM);
}

static void on_doubt(void *arg)
{
    struct host_open *o = arg;

    if (!o->conn)
        return;
    conn_doubt(o->conn);
    begin_way(o, &o->ways[0], o->path);
}

static void start(struct host_open *o)
{
    struct opens *os = o->all;
    struct conn *c = conns_find(os->conns, &o->peer, o->path);

    if (c) {
        propose(o, c);
        return;
    }
    if (o->path == HOST_PATH_BOTH) {
        race(o);
        return;
    }
    const struct dial_req req = {
        .peer = o->peer, .addrs = o->addrs, .naddrs = o->naddrs, .path = o->path
    };
    int err = dials_join(os->dials, &req, &o->wait);
    if (err)
        finish(o, err);
}

/* A peer that does not know the protocol may also choke on the first octets behind it. */
static bool may_try_next(const struct host_open *o)
{
    return o->at + 1 < o->nproposals &&
           (o->err == GW_ENOPROTO || o->err == GW_ERESET || o->err == GW_EPROTO);
}

static void judge(struct host_open *o)
{
    if (o->ways[0].open) /* the second open decides */
        return;
    if (o->conn && may_try_next(o)) {
        o->at++;
        propose(o, o->conn);
    } else if (o->conn || o->has_redialled || o->err == GW_EDENIED || o->err == GW_ELIMIT) {
        finish(o, o->err);
    } else {
        o->has_redialled = true;
        o->has_proposed = false;
        start(o);
    }
}

static void on_turn(struct turn_task *task)
{
    struct host_open *o = container_of(task, struct host_open, task);
    o->is_to_judge = false;
    if (o->has_proposed)
        judge(o);
    else
        start(o);
}

struct opens *opens_new(struct ev_loop *loop, struct turn *turn, struct conns *conns,
                        struct dials *dials)
{
    struct opens *os = calloc(1, sizeof *os);
    if (os)
        *os = (struct opens){ .loop = loop, .turn = turn, .conns = conns, .dials = dials };
    return os;
}

void opens_free(struct opens *os)
{
    if (!os)
        return;
    while (os->list)
        host_open_cancel(os->list);
    free(os);
}

void opens_set_timeout(struct opens *os, uint64_t negotiate_timeout_ms)
{
    os->timeout_ms = negotiate_timeout_ms;
}

static bool copy_proposal(struct proposal *to, const struct host_proposal *from)
{
    size_t len = strlen(from->protocol);
    assert(len <= NEGOTIATE_PROTOCOL_MAX);

    to->first = malloc(from->first.n + 1);
    if (!to->first)
        return false;
    if (from->first.n)
        memcpy(to->first, from->first.p, from->first.n);
    to->nfirst = from->first.n;
    memcpy(to->protocol, from->protocol, len + 1);
    return true;
}

static bool copy_req(struct host_open *o, const struct host_open_req *req)
{
    o->peer = req->peer;
    o->path = req->path;
    if (req->naddrs) {
        o->addrs = calloc(req->naddrs, sizeof *o->addrs);
        if (!o->addrs)
            return false;
        memcpy(o->addrs, req->addrs, req->naddrs * sizeof *o->addrs);
        o->naddrs = req->naddrs;
    }
    for (; o->nproposals < req->nproposals; o->nproposals++)
        if (!copy_proposal(&o->proposals[o->nproposals], &req->proposals[o->nproposals]))
            return false;
    return true;
}

struct host_open *opens_start(struct opens *os, const struct host_open_req *req,
                              host_opened_fn *done, void *arg)
{
    struct host_open *o = calloc(1, sizeof *o);
    if (!o)
        return NULL;
    o->all = os;
    o->task.run = on_turn;
    o->wait.done = on_dialled;
    timer_init(&o->doubt, os->loop, on_doubt, o);
    o->done = done;
    o->arg = arg;
    if (!copy_req(o, req)) {
        release(o);
        return NULL;
    }
    DL_APPEND(os->list, o);
    turn_add(os->turn, &o->task);
    return o;
}

void host_open_cancel(struct host_open *o)
{
    if (!o)
        return;
    negotiate_cancel(o->negotiate, GW_ECANCELED);
    detach(o);
    release(o);
}

size_t host_open_tried(const struct host_open *o)
{
    return o->wait.tried;
}

void opens_conn_closed(struct opens *os, const struct conn *c, int err)
{
    struct host_open *o;

    DL_FOREACH (os->list, o)
        if (o->conn == c) {
            o->conn = NULL;
            o->err = err ? err : GW_ECLOSED;
        }
}

/* conn_open: one protocol on one connection, no second try. */
struct single {
    struct conn *conn;
    host_opened_fn *done;
    void *arg;
    char protocol[];
};

static void on_single(void *arg, int err, struct stream *s, struct bytes early)
{
    struct single *o = arg;
    o->done(o->arg, err, err ? NULL : o->conn, s, err ? NULL : o->protocol, early);
    free(o);
}

int opens_on_conn(struct opens *os, struct conn *c, const char *protocol, struct bytes first,
                  host_opened_fn *done, void *arg)
{
    size_t len = strlen(protocol);
    struct single *o = malloc(sizeof *o + len + 1);
    struct negotiate *n;

    if (!o)
        return GW_ENOMEM;
    *o = (struct single){ .conn = c, .done = done, .arg = arg };
    memcpy(o->protocol, protocol, len + 1);
    int err = propose_on(os, c, protocol, first, on_single, o, &n);
    if (err)
        free(o);
    return err;
}
