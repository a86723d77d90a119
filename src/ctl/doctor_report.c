/* doctor_report.c - see doctor_report.h. */
#include "ctl/doctor_report.h"

#include "base/err.h"
#include "ctl/checkup_json.h"
#include "ctl/checkup_words.h"
#include "ctl/ctl_status.h"
#include "ctl/diagnosis.h"
#include "host/dial_order.h"
#include "id/circuit_addr.h"
#include "id/multiaddr.h"
#include "wire/dcutr_msg.h"

struct path { /* in use; conn NULL: none */
    struct conn *conn;
    struct muxed_info info;
    bool is_relayed;
    struct peerid relay; /* n == 0: not known */
};

static void add(struct doctor_report *r, const struct multiaddr *addr)
{
    struct multiaddr a = *addr;

    if (dial_rank(&a) == DIAL_NEVER || r->ntries == DOCTOR_ADDRS_MAX)
        return;
    multiaddr_strip_peer(&a);
    for (size_t i = 0; i < r->ntries; i++)
        if (multiaddr_eq(&r->tries[i].addr, &a))
            return;
    r->tries[r->ntries++].addr = a;
}

void doctor_report_add(struct doctor_report *r, const struct multiaddr *addrs, size_t n,
                       bool with_loopback)
{
    for (size_t i = 0; i < n; i++)
        if (with_loopback || !multiaddr_is_loopback(&addrs[i]))
            add(r, &addrs[i]);
}

static struct path path_now(const struct ctl_deps *d, const struct doctor_report *r)
{
    struct path p = { .conn = r->is_resolved ? host_conn(d->host, &r->peer) : NULL };
    struct multiaddr via;

    if (!p.conn)
        return p;
    conn_info(p.conn, &p.info);
    p.is_relayed = conn_is_relayed(p.conn);
    if (p.is_relayed && !circuit_addr_split(&p.info.remote, &via, &p.relay))
        p.relay = (struct peerid){ 0 };
    return p;
}

static struct diagnosis_facts facts_of(const struct ctl_deps *d, const struct doctor_report *r,
                                       const struct path *p)
{
    struct diagnosis_facts f = {
        .name = r->name,
        .here = &r->here,
        .there = r->there_err || !r->is_resolved ? NULL : &r->there,
        .is_resolved = r->is_resolved,
        .is_connected = p->conn != NULL,
        .is_relayed = p->is_relayed,
        .keeps_to_relay = p->conn && front_path(d->front, &r->peer) == HOST_PATH_RELAY,
        .is_tcp = p->conn && strcmp(p->info.transport, "tcp") == 0,
        .speaks_dcutr = !p->conn || conn_speaks(p->conn, DCUTR_PROTOCOL),
        .err = p->conn ? 0 : r->err,
        .loss = p->conn && !r->loss_err ? &r->loss : NULL,
    };

    for (size_t i = 0; i < r->ntries; i++) {
        const struct doctor_try *t = &r->tries[i];
        bool is_circuit = circuit_addr_is(&t->addr);
        f.ndirect += !is_circuit;
        f.ncircuits += is_circuit;
        f.direct_ok += !is_circuit && !t->err;
        f.circuit_ok += is_circuit && !t->err;
        f.is_refused |= !is_circuit && t->err == GW_EREFUSED;
        f.is_absent |= is_circuit && t->err == GW_EOFFLINE;
    }
    return f;
}

static json_t *try_list(const struct doctor_report *r)
{
    char text[MULTIADDR_STR_MAX];
    json_t *list = json_array();

    for (size_t i = 0; i < r->ntries; i++) {
        const struct doctor_try *t = &r->tries[i];
        json_t *v = json_pack("{s:s, s:s, s:s}", "addr", multiaddr_print(&t->addr, text), "path",
                              circuit_addr_is(&t->addr) ? "relayed" : "direct", "result",
                              t->err ? "failed" : "ok");
        if (t->err)
            json_object_set_new(v, "error", json_string(gw_strerror(t->err)));
        else
            json_object_set_new(v, "ms", json_real((double)t->took_us / 1000));
        json_array_append_new(list, v);
    }
    return list;
}

/* Of this end, unless only the other one has tried. */
static json_t *punch_of(const struct doctor_report *r)
{
    const struct checkup_state *by = r->here.punch.tries || r->here.punch.state || r->there_err
                                         ? &r->here
                                         : &r->there;

    return json_pack("{s:s, s:I, s:o}", "state", checkup_punch_name(by->punch.state), "tries",
                     (json_int_t)by->punch.tries, "error",
                     ctl_status_foreign(bytes_of(by->punch.error)));
}

static double rounded(double v)
{
    return (double)(uint64_t)(v * 100 + .5) / 100;
}

static void add_loss(json_t *v, const struct doctor_report *r)
{
    json_object_set_new(v, "loss",
                        r->loss_err
                            ? json_null()
                            : json_pack("{s:I, s:f, s:f, s:f}", "packets", (json_int_t)r->loss.sent,
                                        "out_percent", rounded(loss_percent_out(&r->loss)),
                                        "in_percent", rounded(loss_percent_in(&r->loss)),
                                        "jitter_ms", (double)r->loss.jitter_us / 1000));
    if (r->loss_err)
        json_object_set_new(v, "loss_error",
                            json_string(r->loss_err == GW_EUNSUP
                                            ? "only a direct path over QUIC shows it"
                                            : gw_strerror(r->loss_err)));
}

static void add_path(json_t *v, const struct doctor_report *r, const struct path *p)
{
    char id[PEERID_STR_MAX], addr[MULTIADDR_STR_MAX];
    uint64_t rtt_us = r->rtt_us ? r->rtt_us : p->info.rtt_us;

    json_object_set_new(v, "connected", json_boolean(p->conn != NULL));
    json_object_set_new(v, "error", json_string(p->conn ? "" : gw_strerror(r->err)));
    json_object_set_new(v, "path",
                        json_string(!p->conn        ? "none"
                                    : p->is_relayed ? "relayed"
                                                    : "direct"));
    if (!p->conn)
        return;
    json_object_set_new(v, "transport", json_string(p->info.transport));
    json_object_set_new(v, "addr", json_string(multiaddr_print(&p->info.remote, addr)));
    json_object_set_new(v, "relay", json_string(p->relay.n ? peerid_print(&p->relay, id) : ""));
    if (rtt_us)
        json_object_set_new(v, "rtt_ms", json_real((double)rtt_us / 1000));
    add_loss(v, r);
}

static void add_diagnosis(json_t *v, const struct diagnosis *d)
{
    json_t *why = json_array(), *cures = json_array();

    for (size_t i = 0; i < d->ncauses; i++)
        json_array_append_new(why, json_pack("{s:s, s:o}", "cause", d->causes[i].key, "text",
                                             ctl_status_foreign(bytes_of(d->causes[i].text))));
    for (size_t i = 0; i < d->ncures; i++)
        json_array_append_new(cures, ctl_status_foreign(bytes_of(d->cures[i])));
    json_object_set_new(v, "why", why);
    json_object_set_new(v, "cure", cures);
}

json_t *doctor_report_json(const struct ctl_deps *d, const struct doctor_report *r)
{
    struct path p = path_now(d, r);
    struct diagnosis_facts f = facts_of(d, r, &p);
    struct diagnosis g;
    char id[PEERID_STR_MAX], self[PEERID_STR_MAX];

    f.self = peerid_print(host_peerid(d->host), self);
    diagnosis_make(&f, &g);
    json_t *v = json_pack("{s:s, s:s, s:s, s:o}", "name", r->name, "peer",
                          r->is_resolved ? peerid_print(&r->peer, id) : "", "tier",
                          r->is_resolved ? r->tier : "", "trail",
                          ctl_status_foreign(bytes_of(r->trail)));
    add_path(v, r, &p);
    json_object_set_new(v, "here", checkup_json_state(d, &r->here));
    json_object_set_new(v, "there", f.there ? checkup_json_state(d, &r->there) : json_null());
    if (r->is_resolved && r->there_err)
        json_object_set_new(v, "there_error", json_string(gw_strerror(r->there_err)));
    json_object_set_new(v, "candidates", try_list(r));
    json_object_set_new(v, "punch", punch_of(r));
    add_diagnosis(v, &g);
    return v;
}
