/* ctl_doctor.c - see ctl_doctor.h.
 *
 *   RESOLVING -> CONNECTING -> ASKING -> PROBING -> SETTLING -> MEASURING -> the report
 *        `-----------`-----------`----------`-----------`--- the deadline, or nothing more to do
 *
 * SETTLING waits for a hole that is being punched.  Without a connection ASKING is left out. */
#include "ctl/ctl_doctor.h"

#include <stdlib.h>

#include "base/err.h"
#include "ctl/doctor_report.h"
#include "p2p/ping.h"

#define TICK_MS       200
#define PING_PAUSE_MS 50
#define PING_MS       2000

struct doctor {
    const struct ctl_deps *deps;
    struct ctl_session *session;
    json_t *req; /* counted: the name is in it */
    ev_timer deadline, stage_deadline, tick;
    struct resolver_req *lookup;
    struct host_connect *connect;
    struct checkup_ask *ask;
    struct ping *ping;
    struct loss *loss;
    struct name_answer answer;
    size_t nprobing;
    bool has_measured; /* or begun to */
    struct probing {
        struct doctor *doctor;
        struct host_probe *probe;
    } probes[DOCTOR_ADDRS_MAX]; /* as report.tries */
    struct doctor_report report;
};

/* Gives up what is under way. */
static void release(struct doctor *d)
{
    struct ev_loop *loop = d->deps->loop;

    ev_timer_stop(loop, &d->deadline);
    ev_timer_stop(loop, &d->stage_deadline);
    ev_timer_stop(loop, &d->tick);
    resolver_cancel(d->lookup);
    host_connect_cancel(d->connect);
    checkup_ask_cancel(d->ask);
    ping_cancel(d->ping);
    loss_cancel(d->loss);
    for (size_t i = 0; i < DOCTOR_ADDRS_MAX; i++)
        host_probe_cancel(d->probes[i].probe);
    json_decref(d->req);
    free(d);
}

static void on_cancel(void *arg)
{
    release(arg);
}

/* The end. */
static void finish(struct doctor *d)
{
    struct ctl_session *s = d->session;

    for (size_t i = 0; i < d->report.ntries; i++)
        if (d->probes[i].probe)
            d->report.tries[i].err = GW_ETIMEOUT;
    checkup_look(d->deps->checkup, d->report.is_resolved ? &d->report.peer : NULL, &d->report.here);
    json_t *v = doctor_report_json(d->deps, &d->report);
    release(d);
    ctl_session_reply(s, v);
}

static void on_deadline(struct ev_loop *loop, ev_timer *w, int revents)
{
    (void)loop;
    (void)revents;
    finish(w->data);
}

/* ---- settling ---- */

/* A peer that is about to be reached directly is not told of as one that is not. */
static bool is_settled(struct doctor *d)
{
    struct conn *c = host_conn(d->deps->host, &d->report.peer);

    if (!c || !conn_is_relayed(c))
        return true;
    checkup_look(d->deps->checkup, &d->report.peer, &d->report.here);
    return d->report.here.punch.state != CHECKUP_PUNCH_UPGRADING;
}

/* ---- measuring ---- */

static void on_measured(void *arg, int err, const struct loss_result *r)
{
    struct doctor *d = arg;

    d->loss = NULL;
    d->report.loss_err = err;
    if (!err)
        d->report.loss = *r;
}

/* Begins the measurement when it has not been made. */
static bool is_measuring(struct doctor *d)
{
    struct conn *c = host_conn(d->deps->host, &d->report.peer);

    if (d->has_measured)
        return d->loss != NULL;
    d->has_measured = true;
    d->report.loss_err = GW_EUNSUP;
    if (c && !conn_is_relayed(c))
        d->report.loss_err = loss_start(c, on_measured, d, &d->loss);
    if (d->loss)
        d->report.loss_err = GW_ETIMEOUT; /* until more is known */
    return d->loss != NULL;
}

static void on_tick(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct doctor *d = w->data;
    (void)loop;
    (void)revents;

    if (!d->nprobing && !d->ping && is_settled(d) && !is_measuring(d))
        finish(d);
}

/* ---- every address ---- */

static void on_probed(void *arg, int err, uint64_t took_us)
{
    struct probing *p = arg;
    struct doctor *d = p->doctor;
    struct doctor_try *t = &d->report.tries[p - d->probes];

    p->probe = NULL;
    t->err = err;
    t->took_us = took_us;
    d->nprobing--;
}

static void probe_all(struct doctor *d)
{
    for (size_t i = 0; i < d->report.ntries; i++) {
        struct doctor_try *t = &d->report.tries[i];
        const struct host_probe_req req = { .peer = d->report.peer,
                                            .addr = t->addr,
                                            .timeout_ms = DOCTOR_PROBE_MS };
        d->probes[i].doctor = d;
        t->err = host_probe(d->deps->host, &req, on_probed, &d->probes[i], &d->probes[i].probe);
        d->nprobing += !t->err;
    }
    d->tick.repeat = TICK_MS / 1e3;
    ev_timer_again(d->deps->loop, &d->tick);
}

static void start_probing(struct doctor *d)
{
    struct doctor_report *r = &d->report;
    size_t n;
    const struct multiaddr *known = host_known_addrs(d->deps->host, &r->peer, &n);

    doctor_report_add(r, d->answer.addrs, d->answer.naddrs, true);
    doctor_report_add(r, r->there.candidates.v, r->there.candidates.n, false);
    doctor_report_add(r, r->there.announced.v, r->there.announced.n, false);
    doctor_report_add(r, known, n, false);
    probe_all(d);
}

/* ---- the peer's view ---- */

static void on_told(void *arg, int err, const struct checkup_state *theirs)
{
    struct doctor *d = arg;

    d->ask = NULL;
    d->report.there_err = err;
    if (!err)
        d->report.there = *theirs;
    else if (!host_conn(d->deps->host, &d->report.peer))
        d->report.err = err; /* a connection over QUIC stands before the peer has judged us */
    start_probing(d);
}

static void on_pong(void *arg, int err, uint64_t rtt_us)
{
    struct doctor *d = arg;
    struct doctor_report *r = &d->report;

    if (!err && (!r->rtt_us || rtt_us < r->rtt_us))
        r->rtt_us = rtt_us;
    r->npongs += !err;
    if (err || r->npongs == DOCTOR_PINGS)
        d->ping = NULL;
}

static void on_connected(void *arg, int err, struct conn *c)
{
    static const struct ping_round round = { .count = DOCTOR_PINGS,
                                             .interval_ms = PING_PAUSE_MS,
                                             .timeout_ms = PING_MS };
    struct doctor *d = arg;

    d->connect = NULL;
    ev_timer_stop(d->deps->loop, &d->stage_deadline);
    d->report.err = d->report.there_err = err;
    if (!err) {
        d->ping = ping_start(c, &round, on_pong, d);
        d->ask = checkup_ask(d->deps->host, &d->report.peer, DOCTOR_ASK_MS, on_told, d);
        d->report.there_err = d->ask ? GW_ETIMEOUT : GW_ENOMEM;
    }
    if (!d->ask)
        start_probing(d);
}

static void on_stage_deadline(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct doctor *d = w->data;
    (void)loop;
    (void)revents;
    host_connect_cancel(d->connect);
    on_connected(d, GW_EOFFLINE, NULL);
}

/* ---- the name ---- */

static void connect_to_peer(struct doctor *d)
{
    const struct host_connect_req req = { .peer = d->answer.peer,
                                          .addrs = d->answer.addrs,
                                          .naddrs = d->answer.naddrs };

    d->connect = host_connect(d->deps->host, &req, on_connected, d);
    if (d->connect)
        ev_timer_start(d->deps->loop, &d->stage_deadline);
    else
        on_connected(d, GW_ENOMEM, NULL);
}

/* There is no way to look for. */
static void refuse_self(struct doctor *d)
{
    struct ctl_session *s = d->session;
    char name[NAME_MAX_OCTETS + 1];

    snprintf(name, sizeof name, "%s", d->report.name);
    release(d);
    ctl_session_fail(s, "%s: %s; gw netcheck tells how it is connected", name,
                     gw_strerror(GW_ESELF));
}

static void on_resolved(void *arg, int err, const struct name_answer *a, const char *trail)
{
    struct doctor *d = arg;

    d->lookup = NULL;
    snprintf(d->report.trail, sizeof d->report.trail, "%s", trail ? trail : "");
    d->report.err = err;
    d->report.is_resolved = !err;
    if (err) {
        finish(d);
        return;
    }
    if (peerid_eq(&a->peer, host_peerid(d->deps->host))) {
        refuse_self(d);
        return;
    }
    d->answer = *a;
    d->report.peer = a->peer;
    d->report.tier = a->tier;
    connect_to_peer(d);
}

static void init_timer(struct doctor *d, ev_timer *w,
                       void (*fn)(struct ev_loop *loop, ev_timer *w, int revents), unsigned ms)
{
    ev_timer_init(w, fn, ms / 1e3, 0.);
    w->data = d;
}

void ctl_doctor_run(const struct ctl_deps *deps, struct ctl_session *s, json_t *req)
{
    const char *name = json_string_value(json_object_get(req, "name"));
    struct doctor *d = name ? calloc(1, sizeof *d) : NULL;

    if (!d) {
        ctl_session_fail(s, "%s", name ? gw_strerror(GW_ENOMEM) : "the request names no peer");
        return;
    }
    d->deps = deps;
    d->session = s;
    d->req = json_incref(req);
    d->report.name = name;
    d->report.err = d->report.there_err = GW_ETIMEOUT; /* until more is known */
    d->report.loss_err = GW_EUNSUP;
    init_timer(d, &d->deadline, on_deadline, DOCTOR_MS);
    init_timer(d, &d->stage_deadline, on_stage_deadline, DOCTOR_CONNECT_MS);
    init_timer(d, &d->tick, on_tick, TICK_MS);
    ev_timer_start(deps->loop, &d->deadline);
    ctl_session_on_cancel(s, on_cancel, d);
    struct resolver_req *q = resolver_lookup(deps->resolver, name, on_resolved, d);
    if (q)
        d->lookup = q; /* else on_resolved has run, and `d` may be gone */
}
