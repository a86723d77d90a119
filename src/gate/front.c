/* front.c - see front.h.
 *
 *   OPENING -> HELD -> JOINED -> gone
 *      |         |
 *      +---------+--> OVER -> gone       (a callback is owed; the turn task makes it)
 *
 * One struct lives from front_open to the end of the bridge, or of the pipe of datagrams.  Where
 * the host leads is aim.h's business, what comes before the join held.h's. */
#include "gate/front.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/clock.h"
#include "base/container_of.h"
#include "base/err.h"
#include "base/log.h"
#include "gate/connector.h"
#include "gate/front_address.h"
#include "gate/held.h"

#define UDP_IDLE_MS 120000

enum state { ST_OPENING, ST_HELD, ST_JOINED, ST_OVER };

struct front {
    struct host *host;
    struct aim_rules rules;
    uint64_t open_timeout_ms, udp_idle_ms;
    uint32_t max_opening;
    struct front_stats stats;
    struct front_open *opens; /* utlist DL, in every state */
    struct front_lookups lookups;
    struct front_failure failures[FRONT_FAILURES_MAX]; /* a ring */
    size_t nfailures;                                  /* since start */
};

struct front_open {
    struct front_open *prev, *next;
    struct front *front; /* NULL once it is gone */
    struct front_target target;
    const char *kind;
    enum state state;
    struct turn_task task;
    struct connector connector; /* OPENING; what it came to afterwards */
    struct held held;           /* HELD */
    struct bridge *bridge;      /* JOINED */
    struct dgrams_join *pipe;   /* JOINED, of is_udp */
    struct dgrams_stats early;  /* what had been held for the pipe */
    uint64_t open_ms;           /* how long it took */
    front_opened_fn *opened;    /* NULL once called */
    bridge_done_fn *done;
    dgrams_done_fn *dgrams_done;
    void *arg;
    int err;
    char *why; /* owned; NULL: what gw_strerror says */
};

/* ---- for people ---- */

static const char *target_text(const struct front_open *o)
{
    static char text[FRONT_TARGET_STR_MAX];
    return log_esc(bytes_of(front_target_print(&o->target, text)));
}

static const char *peer_text(const struct front_open *o)
{
    return o->connector.peer.n ? peerid_short(&o->connector.peer) : "-";
}

static const char *why_text(const struct front_open *o)
{
    return o->why ? o->why : gw_strerror(o->err);
}

static void note_failure(const struct front_open *o)
{
    struct front *f = o->front;
    struct front_failure *x = &f->failures[f->nfailures++ % FRONT_FAILURES_MAX];

    *x = (struct front_failure){
        .at_ms = clock_mono_ms(), .kind = o->kind, .target = o->target, .err = o->err
    };
    snprintf(x->why, sizeof x->why, "%s", why_text(o));
    f->stats.failed++;
    log_info("%s target=%s peer=%s open_ms=%llu failed: %s", o->kind, target_text(o), peer_text(o),
             (unsigned long long)(x->at_ms - o->connector.start_ms), x->why);
}

/* `moved`: "up=1 down=2". */
static void log_end(const struct front_open *o, int err, const char *moved)
{
    bool is_exit = o->connector.aim.kind == AIM_EXIT;

    log_info("%s target=%s%s peer=%s via=%s tier=\"%s%s\" open_ms=%llu %s %s%s", o->kind,
             target_text(o), o->target.is_udp ? "/udp" : "", peer_text(o), o->connector.via,
             is_exit ? "exit of " : o->connector.tier, is_exit ? o->connector.aim.via : "",
             (unsigned long long)o->open_ms, moved, err ? "broken: " : "done",
             err ? gw_strerror(err) : "");
}

/* ---- the end ---- */

static void release(struct front_open *o)
{
    if (o->front) {
        struct front_stats *st = &o->front->stats;
        *(o->state == ST_JOINED ? &st->active : &st->opening) -= 1;
        DL_DELETE(o->front->opens, o);
    }
    connector_fini(&o->connector);
    free(o->why);
    free(o);
}

/* The end without a bridge: tells whoever is still to be told. */
static void on_turn(struct turn_task *task)
{
    struct front_open *o = container_of(task, struct front_open, task);

    if (o->opened)
        o->opened(o->arg, o->err, why_text(o));
    else if (o->done)
        o->done(o->arg, o->err, &(struct bridge_stats){ 0 });
    else if (o->dgrams_done)
        o->dgrams_done(o->arg, o->err, &(struct dgrams_stats){ 0 });
    release(o);
}

static void end_later(struct front_open *o, int err)
{
    o->state = ST_OVER;
    o->err = err;
    turn_add(host_turn(o->front->host), &o->task);
}

/* ---- opening ---- */

static void on_connected(void *arg, int err, struct stream *s, struct dgrams *d, struct bytes early,
                         const char *why)
{
    struct front_open *o = arg;
    front_opened_fn *opened = o->opened;

    if (err) {
        o->why = strdup(why);
        end_later(o, err);
        note_failure(o);
        return;
    }
    if (s)
        held_take_stream(&o->held, s, early);
    else
        held_take_dgrams(&o->held, d);
    o->state = ST_HELD;
    o->open_ms = clock_mono_ms() - o->connector.start_ms;
    o->front->stats.opened++;
    o->opened = NULL;
    opened(o->arg, 0, ""); /* `o` may be gone now: touch nothing */
}

/* ---- joined ---- */

static void on_bridge_done(void *arg, int err, const struct bridge_stats *st)
{
    struct front_open *o = arg;
    char moved[64];

    if (o->front) {
        snprintf(moved, sizeof moved, "up=%llu down=%llu", (unsigned long long)st->moved[0],
                 (unsigned long long)st->moved[1]);
        log_end(o, err, moved);
    }
    if (o->done)
        o->done(o->arg, err, st);
    release(o);
}

static void on_pipe_done(void *arg, int err, const struct dgrams_stats *st)
{
    struct front_open *o = arg;
    struct dgrams_stats all = *st;
    char moved[128];

    all.datagrams[1] += o->early.datagrams[1];
    all.octets[1] += o->early.octets[1];
    snprintf(moved, sizeof moved, "up=%llu down=%llu datagrams_up=%llu datagrams_down=%llu",
             (unsigned long long)all.octets[0], (unsigned long long)all.octets[1],
             (unsigned long long)all.datagrams[0], (unsigned long long)all.datagrams[1]);
    log_end(o, err, moved);
    if (o->dgrams_done)
        o->dgrams_done(o->arg, err, &all);
    release(o);
}

/* Stops whatever is under way before the join. */
static void abandon(struct front_open *o, int err)
{
    connector_fini(&o->connector);
    held_drop(&o->held, err);
    turn_del(host_turn(o->front->host), &o->task);
}

static void enter_joined(struct front_open *o)
{
    o->state = ST_JOINED;
    o->front->stats.opening--;
    o->front->stats.active++;
}

/* ---- the front ---- */

struct front *front_new(struct host *h, struct resolver *r, uint64_t open_timeout_ms,
                        uint32_t max_opening)
{
    struct front *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->host = h;
    f->rules.resolver = r;
    f->udp_idle_ms = UDP_IDLE_MS;
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
            continue;
        }
        if (o->pipe)
            dgrams_join_cancel(o->pipe, GW_ECANCELED);
        else
            abandon(o, GW_ECANCELED);
        release(o);
    }
    front_lookups_drop(&f->lookups);
    free(f->rules.via);
    free(f);
}

void front_set_limits(struct front *f, uint64_t open_timeout_ms, uint32_t max_opening)
{
    f->open_timeout_ms = open_timeout_ms;
    f->max_opening = max_opening;
}

int front_set_other(struct front *f, enum front_other other, const char *via)
{
    char *copy = other == FRONT_VIA ? strdup(via) : NULL;
    if (other == FRONT_VIA && !copy)
        return GW_ENOMEM;
    free(f->rules.via);
    f->rules.via = copy;
    f->rules.other = other;
    return 0;
}

void front_use(struct front *f, struct loopback *loopback, struct dns *dns)
{
    f->rules.loopback = loopback;
    f->rules.dns = dns;
}

void front_set_paths(struct front *f, front_path_fn *fn, void *arg)
{
    f->rules.path = fn;
    f->rules.path_arg = arg;
}

enum host_path front_path(const struct front *f, const struct peerid *peer)
{
    return aim_path(&f->rules, peer);
}

void front_set_udp_idle(struct front *f, uint64_t ms)
{
    f->udp_idle_ms = ms;
}

int front_open(struct front *f, const char *kind, const struct front_target *t,
               front_opened_fn *opened, void *arg, struct front_open **out)
{
    if (f->stats.opening >= f->max_opening)
        return GW_ELIMIT;
    struct front_open *o = calloc(1, sizeof *o);
    if (!o)
        return GW_ENOMEM;
    o->front = f;
    o->kind = kind;
    o->target = *t;
    o->opened = opened;
    o->arg = arg;
    o->task.run = on_turn;
    f->stats.opening++;
    DL_APPEND(f->opens, o);
    connector_start(&o->connector, f->host, &f->rules, &o->target, f->open_timeout_ms, on_connected,
                    o);
    *out = o;
    return 0;
}

void front_cancel(struct front_open *o, int err)
{
    assert(o->state != ST_JOINED);
    if (o->opened && o->state != ST_OVER) {
        o->err = err;
        note_failure(o);
    }
    abandon(o, err);
    release(o);
}

int front_send(struct front_open *o, struct bytes v, bool is_last)
{
    struct stream *s = o->held.stream;

    if (!s)
        return o->held.err;
    ssize_t n = v.n ? s->ops->write(s, v) : 0;
    if (n < 0)
        return (int)n;
    if (is_last)
        s->ops->shutdown(s);
    return 0;
}

void front_join(struct front_open *o, struct stream *client, bridge_done_fn *done, void *arg)
{
    assert(o->state == ST_HELD && !o->target.is_udp);
    o->done = done;
    o->arg = arg;
    o->bridge = held_bridge(&o->held, client, on_bridge_done, o);
    if (o->bridge)
        enter_joined(o);
    else
        end_later(o, o->held.err);
}

void front_join_dgrams(struct front_open *o, struct dgrams *client, dgrams_done_fn *done, void *arg)
{
    struct front *f = o->front;

    assert(o->state == ST_HELD && o->target.is_udp);
    o->dgrams_done = done;
    o->arg = arg;
    o->pipe = held_join(&o->held, host_loop(f->host), client, f->udp_idle_ms, &o->early,
                        on_pipe_done, o);
    if (o->pipe)
        enter_joined(o);
    else
        end_later(o, o->held.err);
}

int front_address(struct front *f, const char *host, front_address_fn *done, void *arg,
                  struct front_lookup **out)
{
    if (f->lookups.n >= f->max_opening)
        return GW_ELIMIT;
    *out = front_lookup_start(&f->lookups, &f->rules, host_turn(f->host), f->open_timeout_ms, host,
                              done, arg);
    return *out ? 0 : GW_ENOMEM;
}

bool front_name_of(const struct front *f, const struct ipaddr *ip, char out[NAME_MAX_OCTETS + 1])
{
    struct peerid peer;
    char id[PEERID_STR_MAX];

    if (!f->rules.loopback || !loopback_peer(f->rules.loopback, ip, &peer))
        return false;
    const char *name = resolver_name_of(f->rules.resolver, &peer);
    snprintf(out, NAME_MAX_OCTETS + 1, "%s", name ? name : peerid_print_base36(&peer, id));
    return true;
}

bool front_stable_net(const struct front *f, struct ipaddr *out)
{
    if (!f->rules.loopback)
        return false;
    loopback_get_net(f->rules.loopback, out);
    return true;
}

size_t front_failures(const struct front *f, struct front_failure *out, size_t max)
{
    size_t n = f->nfailures < FRONT_FAILURES_MAX ? f->nfailures : FRONT_FAILURES_MAX;

    if (n > max)
        n = max;
    for (size_t i = 0; i < n; i++)
        out[i] = f->failures[(f->nfailures - 1 - i) % FRONT_FAILURES_MAX];
    return n;
}

void front_get_stats(const struct front *f, struct front_stats *out)
{
    *out = f->stats;
}
