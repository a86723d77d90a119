/* ctl_name.c - see ctl_name.h. */
#include "ctl/ctl_name.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "p2p/lan_peers.h"
#include "p2p/names_ask.h"

#define ERR_MAX 512
#define TICK_S  0.05

struct own_name {
    char host[NETWORK_LABEL_MAX + 1], network[NETWORK_LABEL_MAX + 1];
};

static void copy_label(char out[NETWORK_LABEL_MAX + 1], struct bytes label)
{
    memcpy(out, label.p, label.n);
    out[label.n] = '\0';
}

/* Reads req.name.  False: it has been answered. */
static bool read_name(struct ctl_session *s, json_t *req, struct own_name *out)
{
    const char *text = json_string_value(json_object_get(req, "name"));
    struct name n;

    if (!text) {
        ctl_session_fail(s, "the request has no name");
        return false;
    }
    if (name_parse(bytes_of(text), &n) != 0 || n.nlabels != 2 || !lan_name_ok(name_label(&n, 0)) ||
        !lan_name_ok(name_label(&n, 1))) {
        ctl_session_fail(s, "%s is not of the form HOST.NETWORK", text);
        return false;
    }
    copy_label(out->host, name_label(&n, 0));
    copy_label(out->network, name_label(&n, 1));
    return true;
}

/* Writes the host of the network into gw.conf ("": none) and re-reads it.  False: the request has
 * failed. */
static bool write_host(const struct ctl_deps *d, struct ctl_session *s, const char *network,
                       const char *host)
{
    const struct ctl_network_edit e = { .network = network, .host = host };
    char why[ERR_MAX] = "";
    int err = d->edit_network(d->arg, &e, why, sizeof why);

    if (err)
        ctl_session_fail(s, "%s", *why ? why : gw_strerror(err));
    return !err;
}

/* What a relay said: {peer, status, error}; both "" = yes. */
static json_t *said(const struct peerid *relay, enum names_status status, int err)
{
    char id[PEERID_STR_MAX];

    return json_pack("{s:s, s:s, s:s}", "peer", peerid_print(relay, id), "status",
                     status == NAMES_OK ? "" : names_status_text(status), "error",
                     err ? gw_strerror(err) : "");
}

/* Takes the list. */
static void reply(struct ctl_session *s, const struct own_name *n, bool is_done, json_t *relays)
{
    char name[2 * NETWORK_LABEL_MAX + 2];

    snprintf(name, sizeof name, "%s.%s", n->host, n->network);
    ctl_session_reply(
        s, json_pack("{s:s, s:b, s:o}", "name", name, "done", is_done, "relays", relays));
}

/* ---- claim: the daemon claims it by itself, here it is waited for ---- */

struct claiming {
    const struct ctl_deps *deps;
    struct ctl_session *session;
    struct own_name name;
    char old_host[NETWORK_LABEL_MAX + 1]; /* what we were called before */
    ev_timer tick;
    uint64_t end_ms;
};

struct look { /* at all claims */
    const struct own_name *name;
    size_t n, npending, nclaimed, nrefused;
    json_t *relays;
};

static void look_at(void *arg, const struct names_claim_info *i)
{
    struct look *l = arg;
    bool is_pending = !i->err && !i->claimed_s && i->status == NAMES_OK;

    if (strcmp(i->network, l->name->network) != 0 || strcmp(i->host, l->name->host) != 0)
        return;
    l->n++;
    l->npending += is_pending;
    l->nrefused += !i->err && i->status != NAMES_OK;
    l->nclaimed += i->claimed_s && !i->err && i->status == NAMES_OK;
    json_array_append_new(l->relays, said(&i->relay, i->status, is_pending ? GW_ETIMEOUT : i->err));
}

static void release_claiming(struct claiming *c)
{
    ev_timer_stop(c->deps->loop, &c->tick);
    free(c);
}

/* Nobody gave us the name: we are called what we were before. */
static void restore_host(const struct claiming *c)
{
    const struct ctl_network_edit e = { .network = c->name.network, .host = c->old_host };
    char why[ERR_MAX] = "";

    if (c->deps->edit_network(c->deps->arg, &e, why, sizeof why) != 0)
        log_warn("name claim: %s", why);
}

static void on_claim_cancel(void *arg)
{
    release_claiming(arg);
}

static void on_tick(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct claiming *c = w->data;
    struct look l = { .name = &c->name, .relays = json_array() };
    (void)loop;
    (void)revents;

    names_claims_each(c->deps->claims, look_at, &l);
    if ((!l.n || l.npending) && clock_mono_ms() < c->end_ms) {
        json_decref(l.relays);
        return;
    }
    if (l.n && l.nrefused == l.n)
        restore_host(c);
    reply(c->session, &c->name, l.nclaimed > 0, l.relays);
    release_claiming(c);
}

void ctl_name_claim(const struct ctl_deps *d, struct ctl_session *s, json_t *req)
{
    struct own_name n;

    if (!read_name(s, req, &n))
        return;
    const struct network *net = networks_find(d->networks, bytes_of(n.network));
    struct claiming *c = net ? calloc(1, sizeof *c) : NULL;
    if (!net) {
        ctl_session_fail(s, "this node is not in the network %s: see gw network join --help",
                         n.network);
        return;
    }
    if (!c) {
        ctl_session_fail(s, "%s", gw_strerror(GW_ENOMEM));
        return;
    }
    *c = (struct claiming){
        .deps = d, .session = s, .name = n, .end_ms = clock_mono_ms() + CTL_NAME_CLAIM_MS
    };
    memcpy(c->old_host, net->host, sizeof c->old_host);
    if (!write_host(d, s, n.network, n.host)) {
        free(c);
        return;
    }
    ev_timer_init(&c->tick, on_tick, TICK_S, TICK_S);
    c->tick.data = c;
    ev_timer_start(d->loop, &c->tick);
    ctl_session_on_cancel(s, on_claim_cancel, c);
}

/* ---- release ---- */

struct releasing {
    struct ctl_session *session;
    struct own_name name;
    bool is_ours; /* or was until just now: the daemon gives it back by itself, too */
    size_t n, nasking;
    struct asked {
        struct releasing *all;
        struct peerid relay;
        struct names_ask *ask; /* NULL: answered */
        enum names_status status;
        int err;
    } v[NETWORK_RELAYS_MAX];
};

static void on_release_cancel(void *arg)
{
    struct releasing *r = arg;

    for (size_t i = 0; i < r->n; i++)
        names_ask_cancel(r->v[i].ask);
    free(r);
}

static void finish_release(struct releasing *r)
{
    json_t *relays = json_array();
    bool is_done = false;

    for (size_t i = 0; i < r->n; i++) {
        is_done = is_done || (!r->v[i].err && r->v[i].status == NAMES_OK);
        json_array_append_new(relays, said(&r->v[i].relay, r->v[i].status, r->v[i].err));
    }
    reply(r->session, &r->name, is_done, relays);
    free(r);
}

static void on_released(void *arg, int err, const struct names_answer *a)
{
    struct asked *one = arg;

    one->ask = NULL;
    one->err = err;
    if (!err)
        one->status = a->status == NAMES_UNKNOWN && one->all->is_ours ? NAMES_OK : a->status;
    if (--one->all->nasking == 0)
        finish_release(one->all);
}

/* All relays at once: each has its own book. */
static void ask_relays(const struct ctl_deps *d, struct releasing *r, const struct network *net)
{
    const struct names_question q = { .type = NAMES_RELEASE,
                                      .network = bytes_of(r->name.network),
                                      .host = bytes_of(r->name.host) };

    for (; r->n < net->nrelays; r->n++) {
        const struct network_relay *relay = &net->relays[r->n];
        struct asked *one = &r->v[r->n];
        const struct names_ask_req req = { .relay = relay->peer,
                                           .addrs = relay->addrs,
                                           .naddrs = relay->naddrs,
                                           .question = &q,
                                           .timeout_ms = CTL_NAME_ASK_MS };
        one->all = r;
        one->relay = relay->peer;
        one->ask = names_ask_start(d->host, &req, on_released, one);
        one->err = one->ask ? 0 : GW_ENOMEM;
        r->nasking += one->ask != NULL;
    }
}

static void release_at_relays(const struct ctl_deps *d, struct ctl_session *s,
                              const struct own_name *n, bool is_ours)
{
    const struct network *net = networks_find(d->networks, bytes_of(n->network));
    struct releasing *r = net ? calloc(1, sizeof *r) : NULL;

    if (!net) {
        ctl_session_fail(s, "this node is not in the network %s", n->network);
    } else if (!r) {
        ctl_session_fail(s, "%s", gw_strerror(GW_ENOMEM));
    } else {
        r->session = s;
        r->name = *n;
        r->is_ours = is_ours;
        ask_relays(d, r, net);
        if (r->nasking)
            ctl_session_on_cancel(s, on_release_cancel, r);
        else
            finish_release(r);
    }
}

/* The admin's word on the relay itself. */
static void release_here(const struct ctl_deps *d, struct ctl_session *s, const struct own_name *n)
{
    int err = names_book_release(d->book, NULL, bytes_of(n->host), (uint64_t)clock_wall_s());

    if (err) {
        ctl_session_fail(s, "%s.%s: %s", n->host, n->network,
                         err == GW_ENOTFOUND ? "nobody is called so" : gw_strerror(err));
        return;
    }
    reply(s, n, true, json_array());
}

void ctl_name_release(const struct ctl_deps *d, struct ctl_session *s, json_t *req)
{
    struct own_name n;

    if (!read_name(s, req, &n))
        return;
    const struct network *net = networks_find(d->networks, bytes_of(n.network));
    bool is_ours = net && strcmp(net->host, n.host) == 0;
    if (is_ours && !write_host(d, s, n.network, ""))
        return; /* it would be claimed again */
    if (d->book && strcmp(d->networks->own, n.network) == 0)
        release_here(d, s, &n);
    else
        release_at_relays(d, s, &n, is_ours);
}
