/* reach.c - see reach.h. */
#include "gate/reach.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "svc/registry.h"
#include "svc/udp_flow.h"

static const struct bytes nothing;

static void fail(struct reach *r, int err, const char *why)
{
    r->done(r->arg, err, NULL, NULL, nothing, why);
}

static void fail_plain(struct reach *r, int err)
{
    fail(r, err, gw_strerror(err));
}

/* The peer's own words end the sentence, unless they say the same once more; they are shown
 * escaped. */
static void fail_service(struct reach *r, int err, const char *text)
{
    const char *said = gw_strerror(err);
    bool is_new = !strstr(said, text);
    char why[FRONT_WHY_MAX];

    snprintf(why, sizeof why, "%s%s%s", said, is_new ? ": " : "",
             is_new ? log_esc(bytes_of(text)) : "");
    fail(r, err, why);
}

static void on_service(void *arg, int err, struct conn *c, struct stream *s, struct bytes early,
                       const char *text)
{
    struct reach *r = arg;
    uint64_t flow = !err && r->target->is_udp ? svc_out_flow(r->out) : 0;
    struct muxed_info info;

    r->out = NULL;
    if (err) {
        if (!host_conn(r->host, &r->peer)) /* where it was said to be it is not */
            resolver_forget(r->aim.rules->resolver, &r->peer);
        fail_service(r, err, text);
        return;
    }
    conn_info(c, &info);
    r->via = info.transport;
    if (!r->target->is_udp) {
        r->done(r->arg, 0, s, NULL, early, "");
        return;
    }
    struct dgrams *d = udp_flow_new(c, s, flow, true, early);
    if (!d) {
        stream_drop(s, GW_ENOMEM);
        fail_plain(r, GW_ENOMEM);
        return;
    }
    r->done(r->arg, 0, NULL, d, nothing, "");
}

static void on_direct(void *arg, int err, struct stream *s, struct dgrams *d, const char *why)
{
    struct reach *r = arg;

    r->direct = NULL;
    r->via = s ? "tcp" : "udp";
    r->done(r->arg, err, s, d, nothing, why);
}

static const char *mapped_protocol(const struct name_answer *a, uint16_t port)
{
    for (size_t i = 0; port && i < a->nmaps; i++)
        if (a->maps[i].port == port)
            return a->maps[i].protocol;
    return NULL;
}

static enum host_path path_to(const struct reach *r, const struct peerid *peer)
{
    return r->target->has_path ? r->target->path : aim_path(r->aim.rules, peer);
}

static void open_target(struct reach *r, struct svc_target *t, uint64_t timeout_ms)
{
    t->path = path_to(r, &t->peer);
    r->out = svc_out_open(r->host, t, timeout_ms, on_service, r);
    if (!r->out)
        fail_plain(r, GW_ENOMEM);
}

/* The service asked for wins, then the one that the name stands for, then the port. */
static void open_service(struct reach *r, const struct name_answer *a, uint64_t timeout_ms)
{
    const struct front_target *target = r->target;
    struct svc_target t = {
        .peer = a->peer,
        .addrs = a->addrs,
        .naddrs = a->naddrs,
        .port = target->port,
        .is_udp = target->is_udp,
        .protocol = target->is_udp ? NULL : mapped_protocol(a, target->port),
    };
    snprintf(t.service, sizeof t.service, "%s", *target->service ? target->service : a->service);
    open_target(r, &t, timeout_ms);
}

static void open_exit(struct reach *r, const struct name_answer *a, uint64_t timeout_ms)
{
    char destination[FRONT_TARGET_STR_MAX];
    struct svc_target t = {
        .peer = a->peer,
        .addrs = a->addrs,
        .naddrs = a->naddrs,
        .service = SERVICE_EXIT,
        .destination = front_target_print(r->target, destination),
        .is_udp = r->target->is_udp,
    };
    open_target(r, &t, timeout_ms);
}

static void open_direct(struct reach *r, uint64_t timeout_ms)
{
    struct dns *dns = r->aim.rules->dns;

    if (dns)
        r->direct = direct_open(dns, r->host, r->target, timeout_ms, on_direct, r);
    if (!r->direct)
        fail_plain(r, dns ? GW_ENOMEM : GW_ENETDOWN);
}

static void on_aimed(void *arg, int err, const struct name_answer *answer, const char *why)
{
    struct reach *r = arg;
    uint64_t spent_ms = clock_mono_ms() - r->start_ms;

    if (err) {
        fail(r, err, why);
        return;
    }
    if (answer)
        r->peer = answer->peer;
    r->tier = answer ? answer->tier : "internet";
    if (spent_ms >= r->timeout_ms)
        fail_plain(r, GW_ETIMEOUT);
    else if (r->aim.kind == AIM_PEER)
        open_service(r, answer, r->timeout_ms - spent_ms);
    else if (!r->target->port)
        fail(r, GW_EINVAL, "no peer's: a port has to be given, not a service");
    else if (r->aim.kind == AIM_EXIT)
        open_exit(r, answer, r->timeout_ms - spent_ms);
    else
        open_direct(r, r->timeout_ms - spent_ms);
}

void reach_start(struct reach *r, struct host *h, const struct aim_rules *rules,
                 const struct front_target *t, uint64_t timeout_ms, reach_done_fn *done, void *arg)
{
    *r = (struct reach){ .host = h,
                         .target = t,
                         .start_ms = clock_mono_ms(),
                         .timeout_ms = timeout_ms,
                         .done = done,
                         .arg = arg };
    aim_start(&r->aim, rules, t->host, on_aimed, r);
}

void reach_fini(struct reach *r)
{
    aim_fini(&r->aim);
    svc_out_cancel(r->out);
    direct_cancel(r->direct);
    r->out = NULL;
    r->direct = NULL;
}
