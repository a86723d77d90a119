/* autonat_server.c - see autonat_server.h: joins autonat_request.h to a stream and the dialer. */
#include "p2p/autonat_server.h"

#include <stdlib.h>
#include <sys/random.h>
#include <utlist.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "net/ifaces.h"
#include "net/parting.h"
#include "net/timer.h"
#include "p2p/autonat_dialer.h"
#include "p2p/autonat_request.h"

struct request;

struct dial {
    struct request *of;
    struct autonat_dialback *back; /* NULL: over */
};

struct request {
    struct autonat_server *v;
    struct request *prev, *next;
    struct autonat_request core;
    struct stream *s;
    struct timer deadline;
    size_t ndials; /* that were begun */
    struct dial dials[AUTONAT_REQUEST_DIALS];
    struct autonat_inbox in;
};

struct autonat_server {
    struct host *host;
    struct autonat_dialer *dialer;
    struct request *requests;
    size_t nrequests;
    struct autonat_quota quota;
};

static void release(struct request *r)
{
    for (size_t i = 0; i < r->ndials; i++)
        autonat_dialback_cancel(r->dials[i].back);
    timer_stop(&r->deadline);
    DL_DELETE(r->v->requests, r);
    r->v->nrequests--;
    free(r);
}

static void drop(struct request *r, int err)
{
    stream_drop(r->s, err);
    release(r);
}

static void answer(struct request *r)
{
    const struct autonat_request *c = &r->core;

    log_debug("autonat peer=%s v%d answer=%d dial=%d", peerid_short(&c->peer), c->is_v2 ? 2 : 1,
              c->status, c->dial_status);
    parting_start(host_loop(r->v->host), r->s, (struct bytes){ c->words, c->nwords }, PARTING_MS,
                  GW_ETIMEOUT, NULL);
    release(r);
}

static bool run(struct request *r);

static void on_back(void *arg, enum autonat_back back)
{
    struct dial *d = arg;
    struct request *r = d->of;

    d->back = NULL;
    autonat_request_dialled(&r->core, (size_t)(d - r->dials), back);
    run(r);
}

static void start_dials(struct request *r)
{
    const struct autonat_request *c = &r->core;

    timer_stop(&r->deadline);
    for (; r->ndials < c->ndials && c->state == AUTONAT_REQUEST_DIALLING; r->ndials++) {
        struct dial *d = &r->dials[r->ndials];
        d->of = r;
        if (autonat_dialback_start(r->v->dialer, &c->dials[r->ndials], &c->peer,
                                   c->is_v2 ? &c->nonce : NULL, on_back, d, &d->back))
            autonat_request_dialled(&r->core, r->ndials, AUTONAT_BACK_NONE);
    }
}

/* Does what the core wants.  False: the request is over, and gone. */
static bool run(struct request *r)
{
    struct autonat_request *c = &r->core;

    if (c->state == AUTONAT_REQUEST_DIALLING)
        start_dials(r);
    if (c->state == AUTONAT_REQUEST_PAYING && c->nwords) {
        if (r->s->ops->write(r->s, (struct bytes){ c->words, c->nwords }) < 0)
            autonat_request_failed(c, GW_ENOMEM);
        c->nwords = 0;
    }
    if (c->state != AUTONAT_REQUEST_OVER)
        return true;
    if (c->err)
        drop(r, c->err);
    else
        answer(r);
    return false;
}

/* ---- the stream ---- */

/* Without randomness the highest price. */
static uint32_t draw(void)
{
    uint32_t v;
    return getrandom(&v, sizeof v, 0) == (ssize_t)sizeof v ? v
                                                           : AUTONAT_DATA_MAX - AUTONAT_DATA_MIN;
}

static size_t take(struct request *r)
{
    struct ipaddr own[2 * IFACES_MAX];
    struct autonat_request_env env = { .quota = &r->v->quota, .own = own };

    if (r->core.state == AUTONAT_REQUEST_ASKED) {
        env.nown = ifaces_addrs(4, own, IFACES_MAX);
        env.nown += ifaces_addrs(6, own + env.nown, IFACES_MAX);
        env.random = draw();
    }
    return autonat_request_input(&r->core, autonat_inbox_view(&r->in), &env, clock_mono_ms());
}

static void on_data(struct stream *s, struct bytes v)
{
    struct request *r = s->owner;
    size_t used;

    if (r->core.state == AUTONAT_REQUEST_DIALLING)
        return; /* and gets no credit */
    s->ops->credit(s, v.n);
    do {
        autonat_inbox_fill(&r->in, &v);
        used = take(r);
        autonat_inbox_drop(&r->in, used);
    } while (run(r) && used);
}

static void on_eof(struct stream *s)
{
    struct request *r = s->owner;

    autonat_request_failed(&r->core, GW_EPROTO);
    run(r);
}

static void on_close(struct stream *s, int err)
{
    (void)err;
    release(s->owner);
}

static const struct stream_events stream_events = {
    .on_data = on_data,
    .on_drained = stream_ignore_drained,
    .on_eof = on_eof,
    .on_close = on_close,
};

static void wait(struct request *r)
{
    timer_start_at(&r->deadline, r->core.due_ms);
}

static void on_deadline(void *arg)
{
    struct request *r = arg;

    autonat_request_tick(&r->core, clock_mono_ms());
    if (run(r))
        wait(r);
}

/* A request that is not looked at: we are busy, or know not where the asker is. */
static void turn_away(struct conn *c, struct stream *s, struct bytes early, bool is_v2)
{
    uint8_t out[AUTONAT_WORDS_MAX];
    struct bytes words = { out, autonat_request_refuse(is_v2, out) };

    s->ops->credit(s, early.n);
    parting_start(host_loop(conn_host(c)), s, words, PARTING_MS, GW_ETIMEOUT, NULL);
}

static bool may_ask(const struct autonat_server *v, const struct conn *c)
{
    const struct request *r;

    if (conn_is_relayed(c) || v->nrequests == AUTONAT_REQUESTS_MAX)
        return false;
    DL_FOREACH (v->requests, r)
        if (peerid_eq(&r->core.peer, conn_peer(c)))
            return false;
    return true;
}

static void on_request(void *arg, struct conn *c, struct stream *s, const char *protocol,
                       struct bytes early)
{
    struct autonat_server *v = arg;
    bool is_v2 = strcmp(protocol, AUTONAT2_DIAL_PROTOCOL) == 0;
    struct muxed_info info;
    struct ipaddr from;
    uint16_t port;

    conn_info(c, &info);
    if (!may_ask(v, c) || !multiaddr_as_socket(&info.remote, &from, &port)) {
        turn_away(c, s, early, is_v2);
        return;
    }
    struct request *r = calloc(1, sizeof *r);
    if (!r) {
        stream_drop(s, GW_ENOMEM);
        return;
    }
    r->v = v;
    r->s = s;
    autonat_request_init(&r->core, is_v2, conn_peer(c), &from, clock_mono_ms());
    DL_APPEND(v->requests, r);
    v->nrequests++;
    timer_init(&r->deadline, host_loop(r->v->host), on_deadline, r);
    wait(r);
    stream_own(s, &stream_events, r);
    on_data(s, early); /* also lifts the pause */
}

struct autonat_server *autonat_server_new(struct host *h)
{
    struct autonat_server *v = calloc(1, sizeof *v);
    if (!v)
        return NULL;
    v->host = h;
    v->dialer = autonat_dialer_new(host_loop(h), host_turn(h));
    if (v->dialer && host_handle(h, AUTONAT_PROTOCOL, NULL, on_request, v) == 0 &&
        host_handle(h, AUTONAT2_DIAL_PROTOCOL, NULL, on_request, v) == 0)
        return v;
    autonat_server_free(v);
    return NULL;
}

void autonat_server_free(struct autonat_server *v)
{
    if (!v)
        return;
    while (v->requests)
        drop(v->requests, GW_ECANCELED);
    autonat_dialer_free(v->dialer);
    free(v);
}
