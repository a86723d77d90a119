/* connector.c - see connector.h. */
#include "gate/connector.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "svc/registry.h"
#include "svc/udp_flow.h"

static const struct bytes nothing;

static void fail(struct connector *k, int err, const char *why)
{
    k->done(k->arg, err, NULL, NULL, nothing, why);
}

static void fail_plain(struct connector *k, int err)
{
    fail(k, err, gw_strerror(err));
}

/* The peer's own words end the sentence, unless they say the same once more; they are shown
 * escaped. */
static void fail_service(struct connector *k, int err, const char *text)
{
    const char *said = gw_strerror(err);
    bool is_new = !strstr(said, text);
    char why[FRONT_WHY_MAX];

    snprintf(why, sizeof why, "%s%s%s", said, is_new ? ": " : "",
             is_new ? log_esc(bytes_of(text)) : "");
    fail(k, err, why);
}

static void on_service(void *arg, int err, struct conn *c, struct stream *s, struct bytes early,
                       const char *text)
{
    struct connector *k = arg;
    uint64_t flow = !err && k->target->is_udp ? svc_out_flow(k->out) : 0;
    struct muxed_info info;

    k->out = NULL;
    if (err) {
        if (!host_conn(k->host, &k->peer)) /* where it was said to be it is not */
            resolver_forget(k->aim.rules->resolver, &k->peer);
        fail_service(k, err, text);
        return;
    }
    conn_info(c, &info);
    k->via = info.transport;
    if (!k->target->is_udp) {
        k->done(k->arg, 0, s, NULL, early, "");
        return;
    }
    struct dgrams *d = udp_flow_new(c, s, flow, true, early);
    if (!d) {
        stream_drop(s, GW_ENOMEM);
        fail_plain(k, GW_ENOMEM);
        return;
    }
    k->done(k->arg, 0, NULL, d, nothing, "");
}

static void on_direct(void *arg, int err, struct stream *s, struct dgrams *d, const char *why)
{
    struct connector *k = arg;

    k->direct = NULL;
    k->via = s ? "tcp" : "udp";
    k->done(k->arg, err, s, d, nothing, why);
}

static const char *mapped_protocol(const struct name_answer *a, uint16_t port)
{
    for (size_t i = 0; port && i < a->nmaps; i++)
        if (a->maps[i].port == port)
            return a->maps[i].protocol;
    return NULL;
}

static enum host_path path_to(const struct connector *k, const struct peerid *peer)
{
    return k->target->has_path ? k->target->path : aim_path(k->aim.rules, peer);
}

static void open_target(struct connector *k, struct svc_target *t, uint64_t timeout_ms)
{
    t->path = path_to(k, &t->peer);
    k->out = svc_out_open(k->host, t, timeout_ms, on_service, k);
    if (!k->out)
        fail_plain(k, GW_ENOMEM);
}

/* The service asked for wins, then the one that the name stands for, then the port. */
static void open_service(struct connector *k, const struct name_answer *a, uint64_t timeout_ms)
{
    const struct front_target *target = k->target;
    struct svc_target t = {
        .peer = a->peer,
        .addrs = a->addrs,
        .naddrs = a->naddrs,
        .port = target->port,
        .is_udp = target->is_udp,
        .protocol = target->is_udp ? NULL : mapped_protocol(a, target->port),
    };
    snprintf(t.service, sizeof t.service, "%s", *target->service ? target->service : a->service);
    open_target(k, &t, timeout_ms);
}

static void open_exit(struct connector *k, const struct name_answer *a, uint64_t timeout_ms)
{
    char destination[FRONT_TARGET_STR_MAX];
    struct svc_target t = {
        .peer = a->peer,
        .addrs = a->addrs,
        .naddrs = a->naddrs,
        .service = SERVICE_EXIT,
        .destination = front_target_print(k->target, destination),
        .is_udp = k->target->is_udp,
    };
    open_target(k, &t, timeout_ms);
}

static void open_direct(struct connector *k, uint64_t timeout_ms)
{
    struct dns *dns = k->aim.rules->dns;

    if (dns)
        k->direct = direct_open(dns, k->host, k->target, timeout_ms, on_direct, k);
    if (!k->direct)
        fail_plain(k, dns ? GW_ENOMEM : GW_ENETDOWN);
}

static void on_aimed(void *arg, int err, const struct name_answer *answer, const char *why)
{
    struct connector *k = arg;
    uint64_t spent_ms = clock_mono_ms() - k->start_ms;

    if (err) {
        fail(k, err, why);
        return;
    }
    if (answer)
        k->peer = answer->peer;
    k->tier = answer ? answer->tier : "internet";
    if (spent_ms >= k->timeout_ms)
        fail_plain(k, GW_ETIMEOUT);
    else if (k->aim.kind == AIM_PEER)
        open_service(k, answer, k->timeout_ms - spent_ms);
    else if (!k->target->port)
        fail(k, GW_EINVAL, "no peer's: a port has to be given, not a service");
    else if (k->aim.kind == AIM_EXIT)
        open_exit(k, answer, k->timeout_ms - spent_ms);
    else
        open_direct(k, k->timeout_ms - spent_ms);
}

void connector_start(struct connector *k, struct host *h, const struct aim_rules *rules,
                     const struct front_target *t, uint64_t timeout_ms, connector_done_fn *done,
                     void *arg)
{
    *k = (struct connector){ .host = h,
                             .target = t,
                             .start_ms = clock_mono_ms(),
                             .timeout_ms = timeout_ms,
                             .done = done,
                             .arg = arg };
    aim_start(&k->aim, rules, t->host, on_aimed, k);
}

void connector_fini(struct connector *k)
{
    aim_fini(&k->aim);
    svc_out_cancel(k->out);
    direct_cancel(k->direct);
    k->out = NULL;
    k->direct = NULL;
}
