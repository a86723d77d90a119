/* ctl_status.c - see ctl_status.h.  A list that could not be built is NULL, and what holds it
 * then too (json_pack passes the fault on), so there is one check, by who sends the answer. */
#include "ctl/ctl_status.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "ctl/ctl_status_reach.h"
#include "net/chunkq.h"

#define LISTEN_MAX 64

json_t *ctl_status_foreign(struct bytes text)
{
    return json_string(log_esc(text));
}

static json_t *listen_list(const struct ctl_deps *d)
{
    static struct multiaddr addrs[LISTEN_MAX];
    char text[MULTIADDR_STR_MAX];
    json_t *list = json_array();
    size_t n = host_listen_addrs(d->host, addrs, LISTEN_MAX);

    for (size_t i = 0; i < n; i++) {
        multiaddr_strip_peer(&addrs[i]);
        json_array_append_new(list, json_string(multiaddr_print(&addrs[i], text)));
    }
    return list;
}

static void add_text(void *arg, const char *text)
{
    json_array_append_new(arg, json_string(text));
}

static void add_forward(void *arg, const char *listen, const char *target, const char *protocol)
{
    json_array_append_new(arg, json_pack("{s:s, s:s, s:s}", "listen", listen, "target", target,
                                         "protocol", protocol));
}

static json_t *proxy_list(const struct ctl_deps *d)
{
    json_t *list = json_array();

    d->proxies(d->arg, add_text, list);
    return list;
}

static json_t *dns_list(const struct ctl_deps *d)
{
    json_t *list = json_array();

    d->dns(d->arg, add_text, list);
    return list;
}

static json_t *forward_list(const struct ctl_deps *d)
{
    json_t *list = json_array();

    d->forwards(d->arg, add_forward, list);
    return list;
}

static const char *print_target(const struct sockaddr_any *a, char out[SOCKADDR_STR_MAX])
{
    return a->len ? sockaddr_print(a, out) : "";
}

static json_t *service_of(const struct service *s)
{
    char target[SOCKADDR_STR_MAX], udp[SOCKADDR_STR_MAX];
    json_t *v = json_pack("{s:s, s:i, s:s, s:b, s:b}", "name", s->name, "port", s->port, "target",
                          print_target(&s->target, target), "exit", s->is_exit, "enabled",
                          s->is_enabled);

    if (s->udp_target.len)
        json_object_set_new(v, "udp_target", json_string(print_target(&s->udp_target, udp)));
    return v;
}

static json_t *service_list(const struct ctl_deps *d)
{
    json_t *list = json_array();

    for (size_t i = 0; i < registry_count(d->registry); i++)
        json_array_append_new(list, service_of(registry_at(d->registry, i)));
    return list;
}

static json_t *failure_of(const struct front_failure *f, uint64_t now_ms)
{
    char target[FRONT_TARGET_STR_MAX];

    return json_pack("{s:I, s:s, s:o, s:s, s:s}", "age_s", (json_int_t)((now_ms - f->at_ms) / 1000),
                     "kind", f->kind, "target",
                     ctl_status_foreign(bytes_of(front_target_print(&f->target, target))), "error",
                     gw_strerror(f->err), "why", f->why);
}

static json_t *failure_list(const struct ctl_deps *d)
{
    static struct front_failure failures[FRONT_FAILURES_MAX];
    size_t n = front_failures(d->front, failures, FRONT_FAILURES_MAX);
    uint64_t now_ms = clock_mono_ms();
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, failure_of(&failures[i], now_ms));
    return list;
}

static json_t *fault_list(const struct ctl_deps *d)
{
    const char *names = tier_static_fault(d->names);
    json_t *list = json_array();

    if (*names)
        add_text(list, names);
    authz_each_fault(d->authz, add_text, list);
    return list;
}

struct peer_walk {
    const struct ctl_deps *d;
    json_t *list;
};

/* A peer has one entry: the connection in use (a second one may be on its way out). */
static void add_peer(void *arg, struct conn *c)
{
    struct peer_walk *w = arg;
    const struct peerid *id = conn_peer(c);
    struct muxed_info info;
    char id_text[PEERID_STR_MAX], addr[MULTIADDR_STR_MAX];

    if (host_conn(w->d->host, id) != c)
        return;
    conn_info(c, &info);
    const char *name = tier_static_name_of(w->d->names, id);
    json_t *peer = json_pack("{s:s, s:s, s:s, s:s, s:b, s:o, s:f, s:i, s:I, s:I}", "id",
                             peerid_print(id, id_text), "name", name ? name : "", "transport",
                             info.transport, "addr", multiaddr_print(&info.remote, addr), "inbound",
                             conn_is_inbound(c), "agent",
                             ctl_status_foreign(bytes_of(conn_identity(c)->agent)), "rtt_ms",
                             (double)info.rtt_us / 1000, "streams", (int)info.streams, "rx_bytes",
                             (json_int_t)info.rx_bytes, "tx_bytes", (json_int_t)info.tx_bytes);
    if (ctl_status_reach_peer(w->d, c, peer) == 0)
        json_array_append_new(w->list, peer);
    else
        json_decref(peer);
}

static json_t *peer_list(const struct ctl_deps *d)
{
    struct peer_walk w = { d, json_array() };

    host_each_conn(d->host, add_peer, &w);
    return w.list;
}

static json_t *stream_counters(const struct ctl_deps *d)
{
    struct front_stats out;
    struct svc_in_stats in;

    front_get_stats(d->front, &out);
    svc_in_get_stats(d->svc_in, &in);
    return json_pack("{s:{s:i, s:i, s:I, s:I}, s:{s:i, s:I, s:I, s:I}}", "out", "active",
                     (int)out.active, "opening", (int)out.opening, "opened", (json_int_t)out.opened,
                     "failed", (json_int_t)out.failed, "in", "active", (int)in.active, "opened",
                     (json_int_t)in.opened, "failed", (json_int_t)in.failed, "denied",
                     (json_int_t)in.denied);
}

/* Resident octets of this process; 0 when /proc is not there. */
static json_int_t resident(void)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");

    if (!f)
        return 0;
    if (fscanf(f, "%*s %ld", &pages) != 1)
        pages = 0;
    fclose(f);
    return (json_int_t)pages * sysconf(_SC_PAGESIZE);
}

json_t *ctl_status_make(const struct ctl_deps *d)
{
    char id[PEERID_STR_MAX];

    json_t *status = json_pack(
        "{s:s, s:s, s:i, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:{s:I, s:I}}",
        "version", d->version, "peer_id", peerid_print(host_peerid(d->host), id), "pid",
        (int)getpid(), "uptime_s", (json_int_t)((clock_mono_ms() - d->start_ms) / 1000), "listen",
        listen_list(d), "proxy", proxy_list(d), "dns", dns_list(d), "forwards", forward_list(d),
        "services", service_list(d), "peers", peer_list(d), "kept", ctl_status_reach_kept(d),
        "streams", stream_counters(d), "failures", failure_list(d), "faults", fault_list(d),
        "memory", "rss_bytes", resident(), "queued_bytes", (json_int_t)chunkq_total());
    if (ctl_status_reach_add(d, status) == 0)
        return status;
    json_decref(status);
    return NULL;
}

json_t *ctl_status_peers(const struct ctl_deps *d)
{
    return json_pack("{s:o, s:o}", "peers", peer_list(d), "kept", ctl_status_reach_kept(d));
}

json_t *ctl_status_services(const struct ctl_deps *d)
{
    return json_pack("{s:o}", "services", service_list(d));
}
