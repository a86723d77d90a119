/* front.c - see front.h.
 *
 *   RESOLVING -> OPENING -> HELD -> JOINED -> gone
 *        |          |         |
 *        +----------+---------+--> OVER -> gone       (a callback is owed; the turn task makes it)
 *
 * One struct lives from front_open to the end of the bridge.  Until the bridge stands, what the
 * remote sends is kept uncredited, so its receive window bounds what is held. */
#include "gate/front.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"

#define WHY_MAX (RESOLVER_TRAIL_MAX + 64)

enum state { ST_RESOLVING, ST_OPENING, ST_HELD, ST_JOINED, ST_OVER };

struct front {
    struct host *host;
    struct resolver *resolver;
    uint64_t open_timeout_ms;
    uint32_t max_opening;
    struct front_stats stats;
    struct front_open *opens; /* utlist DL, in every state */
};

struct front_open {
    struct front_open *prev, *next;
    struct front *front; /* NULL once it is gone */
    struct front_target target;
    const char *kind;
    enum state state;
    struct turn_task task;
    struct resolver_req *lookup; /* RESOLVING */
    struct svc_out *out;         /* OPENING */
    struct stream *remote;       /* HELD; NULL when it ended meanwhile */
    uint8_t *held;               /* HELD: what the remote has sent */
    size_t nheld;
    bool remote_eof;
    struct bridge *bridge; /* JOINED */
    struct peerid peer;
    const char *tier, *via;     /* static strings */
    uint64_t start_ms, open_ms; /* since start of the process; how long it took */
    front_opened_fn *opened;    /* NULL once called */
    bridge_done_fn *done;
    void *arg;
    int err;
    char why[WHY_MAX];
};

static const char *target_text(const struct front_open *o)
{
    static char text[FRONT_TARGET_STR_MAX];
    return log_esc(bytes_of(front_target_print(&o->target, text)));
}

static void log_failure(const struct front_open *o)
{
    log_info("%s target=%s peer=%s open_ms=%llu failed: %s", o->kind, target_text(o),
             o->peer.n ? peerid_short(&o->peer) : "-",
             (unsigned long long)(clock_mono_ms() - o->start_ms), o->why);
}

static void log_end(const struct front_open *o, int err, const struct bridge_stats *st)
{
    log_info("%s target=%s peer=%s via=%s tier=\"%s\" open_ms=%llu up=%llu down=%llu %s%s", o->kind,
             target_text(o), peerid_short(&o->peer), o->via, o->tier,
             (unsigned long long)o->open_ms, (unsigned long long)st->moved[0],
             (unsigned long long)st->moved[1], err ? "broken: " : "done",
             err ? gw_strerror(err) : "");
}

static void release(struct front_open *o)
{
    if (o->front) {
        struct front_stats *st = &o->front->stats;
        *(o->bridge ? &st->active : &st->opening) -= 1;
        DL_DELETE(o->front->opens, o);
    }
    free(o->held);
    free(o);
}

/* The end without a bridge: tells whoever is still to be told. */
static void on_turn(struct turn_task *task)
{
    struct front_open *o = (struct front_open *)((char *)task - offsetof(struct front_open, task));

    if (o->opened)
        o->opened(o->arg, o->err, o->why);
    else if (o->done)
        o->done(o->arg, o->err, &(struct bridge_stats){ 0 });
    release(o);
}

static void end_later(struct front_open *o, int err)
{
    o->state = ST_OVER;
    o->err = err;
    turn_add(host_turn(o->front->host), &o->task);
}

static void fail(struct front_open *o, int err, const char *why)
{
    if (why != o->why)
        snprintf(o->why, sizeof o->why, "%s", why);
    o->front->stats.failed++;
    log_failure(o);
    end_later(o, err);
}

static struct span hold_alloc(struct stream *s)
{
    (void)s;
    return (struct span){ 0 };
}

static void hold(struct front_open *o, struct bytes v)
{
    if (!v.n)
        return;
    uint8_t *p = realloc(o->held, o->nheld + v.n);
    if (!p) {
        o->remote->ops->reset(o->remote, GW_ENOMEM);
        return;
    }
    memcpy(p + o->nheld, v.p, v.n);
    o->held = p;
    o->nheld += v.n;
}

static void hold_data(struct stream *s, struct bytes v)
{
    hold(s->owner, v);
}

static void hold_eof(struct stream *s)
{
    struct front_open *o = s->owner;
    o->remote_eof = true;
}

static void hold_close(struct stream *s, int err)
{
    struct front_open *o = s->owner;
    o->remote = NULL;
    o->err = err ? err : GW_ECLOSED;
}

static const struct stream_events hold_events = {
    .on_alloc = hold_alloc,
    .on_data = hold_data,
    .on_drained = stream_ignore_drained,
    .on_eof = hold_eof,
    .on_close = hold_close,
};

/* The peer's own words end the sentence, unless they say the same once more; they are shown
 * escaped. */
static void fail_service(struct front_open *o, int err, const char *text)
{
    const char *said = gw_strerror(err);
    bool is_new = !strstr(said, text);

    snprintf(o->why, sizeof o->why, "%s%s%s", said, is_new ? ": " : "",
             is_new ? log_esc(bytes_of(text)) : "");
    fail(o, err, o->why);
}

static void fail_name(struct front_open *o, int err, const char *trail)
{
    bool has_trail = trail && *trail;

    snprintf(o->why, sizeof o->why, "%s%s%s%s", gw_strerror(err), has_trail ? " (" : "",
             has_trail ? trail : "", has_trail ? ")" : "");
    fail(o, err, o->why);
}

static void on_service(void *arg, int err, struct conn *c, struct stream *s, struct bytes early,
                       const char *text)
{
    struct front_open *o = arg;

    o->out = NULL;
    if (err) {
        fail_service(o, err, text);
        return;
    }
    struct muxed_info info;
    conn_info(c, &info);
    o->via = info.transport;
    o->open_ms = clock_mono_ms() - o->start_ms;
    o->front->stats.opened++;
    o->state = ST_HELD;
    o->remote = s;
    stream_own(s, &hold_events, o);
    hold(o, early);

    front_opened_fn *opened = o->opened;
    o->opened = NULL;
    opened(o->arg, 0, ""); /* `o` may be gone now: touch nothing */
}

static const char *mapped_protocol(const struct name_answer *a, uint16_t port)
{
    for (size_t i = 0; port && i < a->nmaps; i++)
        if (a->maps[i].port == port)
            return a->maps[i].protocol;
    return NULL;
}

/* The service asked for wins, then the one that the name stands for, then the port. */
static void on_resolved(void *arg, int err, const struct name_answer *a, const char *trail)
{
    struct front_open *o = arg;
    uint64_t spent_ms = clock_mono_ms() - o->start_ms, all_ms = o->front->open_timeout_ms;

    o->lookup = NULL;
    if (err) {
        fail_name(o, err, trail);
        return;
    }
    o->peer = a->peer;
    o->tier = a->tier;
    if (spent_ms >= all_ms) {
        fail(o, GW_ETIMEOUT, gw_strerror(GW_ETIMEOUT));
        return;
    }
    const char *service = *o->target.service ? o->target.service : a->service;
    struct svc_target t = {
        .peer = a->peer,
        .addrs = a->addrs,
        .naddrs = a->naddrs,
        .port = o->target.port,
        .protocol = mapped_protocol(a, o->target.port),
    };
    snprintf(t.service, sizeof t.service, "%s", service);
    o->state = ST_OPENING;
    o->out = svc_out_open(o->front->host, &t, all_ms - spent_ms, on_service, o);
    if (!o->out)
        fail(o, GW_ENOMEM, gw_strerror(GW_ENOMEM));
}

static void on_bridge_done(void *arg, int err, const struct bridge_stats *st)
{
    struct front_open *o = arg;

    if (o->front)
        log_end(o, err, st);
    if (o->done)
        o->done(o->arg, err, st);
    release(o);
}

/* Stops whatever is under way before the bridge stands. */
static void abandon(struct front_open *o, int err)
{
    if (o->lookup)
        resolver_cancel(o->lookup);
    if (o->out)
        svc_out_cancel(o->out);
    if (o->remote)
        stream_drop(o->remote, err);
    turn_del(host_turn(o->front->host), &o->task);
}

struct front *front_new(struct host *h, struct resolver *r, uint64_t open_timeout_ms,
                        uint32_t max_opening)
{
    struct front *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->host = h;
    f->resolver = r;
    front_set_limits(f, open_timeout_ms, max_opening);
    return f;
}

void front_free(struct front *f)
{
    struct front_open *o, *tmp;

    if (!f)
        return;
    DL_FOREACH_SAFE (f->opens, o, tmp) {
        if (o->bridge) { /* lives until both its streams have closed */
            o->front = NULL;
            o->done = NULL;
            bridge_cancel(o->bridge, GW_ECANCELED);
        } else {
            abandon(o, GW_ECANCELED);
            release(o);
        }
    }
    free(f);
}

void front_set_limits(struct front *f, uint64_t open_timeout_ms, uint32_t max_opening)
{
    f->open_timeout_ms = open_timeout_ms;
    f->max_opening = max_opening;
}

struct front_open *front_open(struct front *f, const char *kind, const struct front_target *t,
                              front_opened_fn *done, void *arg)
{
    struct front_open *o = f->stats.opening < f->max_opening ? calloc(1, sizeof *o) : NULL;
    if (!o)
        return NULL;
    o->front = f;
    o->kind = kind;
    o->target = *t;
    o->opened = done;
    o->arg = arg;
    o->task.run = on_turn;
    o->start_ms = clock_mono_ms();
    f->stats.opening++;
    DL_APPEND(f->opens, o);
    struct resolver_req *q = resolver_lookup(f->resolver, t->host, on_resolved, o);
    if (q) /* else on_resolved has run already */
        o->lookup = q;
    return o;
}

void front_cancel(struct front_open *o, int err)
{
    assert(!o->bridge);
    if (o->opened && o->state != ST_OVER) {
        snprintf(o->why, sizeof o->why, "%s", gw_strerror(err));
        o->front->stats.failed++;
        log_failure(o);
    }
    abandon(o, err);
    release(o);
}

int front_send(struct front_open *o, struct bytes v, bool is_last)
{
    if (!o->remote)
        return o->err;
    ssize_t n = v.n ? o->remote->ops->write(o->remote, v) : 0;
    if (n < 0)
        return (int)n;
    if (is_last)
        o->remote->ops->shutdown(o->remote);
    return 0;
}

void front_join(struct front_open *o, struct stream *client, bridge_done_fn *done, void *arg)
{
    struct stream *remote = o->remote;

    assert(o->state == ST_HELD);
    o->done = done;
    o->arg = arg;
    o->remote = NULL;
    if (remote)
        o->bridge = bridge_start(client, remote, (struct bytes){ o->held, o->nheld }, NULL,
                                 on_bridge_done, o);
    if (!o->bridge) {
        int err = remote ? GW_ENOMEM : o->err;
        stream_drop(client, err);
        if (remote)
            stream_drop(remote, err);
        end_later(o, err);
        return;
    }
    o->state = ST_JOINED;
    o->front->stats.opening--;
    o->front->stats.active++;
    free(o->held);
    o->held = NULL;
    if (o->remote_eof)
        client->ops->shutdown(client);
}

void front_get_stats(const struct front *f, struct front_stats *out)
{
    *out = f->stats;
}
