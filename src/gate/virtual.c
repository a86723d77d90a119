/* virtual.c - see virtual.h. */
#include "gate/virtual.h"

#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "gate/forward_in.h"
#include "gate/udp_in.h"
#include "name/tier_direct.h"
#include "svc/svc_offers.h"
#include "svc/svc_query.h"

#define SWEEP_S  60.0
#define RETRY_MS 5000 /* from a question that failed to the next one */

struct port { /* of services[] at the same index; neither: it could not be had */
    struct forward_in *tcp;
    struct udp_in *udp;
    bool is_wanted; /* while set_ports is at it */
};

struct place { /* the address of a peer */
    struct place *prev, *next;
    struct virtual *in;
    struct peerid peer;
    struct ipaddr ip;
    struct virtual_service services[VIRTUAL_PORTS_MAX];
    struct port ports[VIRTUAL_PORTS_MAX];
    size_t n;
    struct name_map maps[RESOLVER_MAPS_MAX];
    size_t nmaps;
    struct svc_query *query; /* NULL: it is not being asked */
    struct virtual_req *waiting;
    uint64_t asked_ms, used_ms;
    uint64_t count;  /* of clients, when used_ms was set */
    bool has_said;   /* what it offers, once */
    bool is_telling; /* those who wait */
    int err;         /* of the last question */
};

struct virtual_req {
    struct virtual_req *prev, *next;
    struct place *place;
    virtual_done_fn *done;
    void *arg;
};

struct virtual
{
    struct ev_loop *loop;
    struct turn *turn;
    struct front *front;
    struct host *host;
    struct loopback *loopback;
    struct place *places;
    size_t n;
    ev_timer sweep;
    struct ipaddr foreign; /* a network of which was logged that it is none of this machine */
    uint8_t logged[2][(UINT16_MAX + 1) / 8]; /* ports of TCP, of UDP: a bit each */
};

/* --- ports */

/* True the first time that it is asked of this port. */
static bool take_first_time(struct virtual *v, const struct virtual_service *s)
{
    uint8_t *octet = &v->logged[s->is_udp][s->port / 8], bit = (uint8_t)(1u << s->port % 8);
    bool is_first = !(*octet & bit);

    *octet |= bit;
    return is_first;
}

/* An address that is none of this machine: said once for a network, not for every port. */
static void log_foreign(struct virtual *v, const char *at)
{
    struct ipaddr net;

    loopback_get_net(v->loopback, &net);
    if (ipaddr_eq(&net, &v->foreign))
        return;
    v->foreign = net;
    log_warn("virtual listen=%s: %s: services have no local ports in this network; "
             "`ip route add local %d.%d.0.0/16 dev lo` would make it one",
             at, gw_strerror(GW_ENOTLOCAL), net.b[0], net.b[1]);
}

static void log_failure(struct virtual *v, const struct virtual_service *s, int err,
                        const struct sockaddr_any *at)
{
    char text[SOCKADDR_STR_MAX];
    const char *hint = "";

    sockaddr_print(at, text);
    if (err == GW_ENOTLOCAL) {
        log_foreign(v, text);
        return;
    }
    if (err == GW_EPERM)
        hint = "; see net.ipv4.ip_unprivileged_port_start";
    else if (err == GW_EINUSE)
        hint = "; who listens on 0.0.0.0 has it here, too";
    if (take_first_time(v, s))
        log_warn("virtual listen=%s%s: %s%s", text, s->is_udp ? "/udp" : "", gw_strerror(err),
                 hint);
}

static void open_port(struct place *p, size_t i)
{
    const struct virtual_service *s = &p->services[i];
    struct virtual *v = p->in;
    struct front_target t = { .port = s->port, .is_udp = s->is_udp };
    struct sockaddr_any at;
    char id[PEERID_STR_MAX];
    int err;

    snprintf(t.host, sizeof t.host, "%s", peerid_print(&p->peer, id));
    snprintf(t.service, sizeof t.service, "%s", s->name);
    sockaddr_from_ip(&p->ip, s->port, &at);
    if (s->is_udp)
        err = udp_in_open(v->loop, v->front, &at, &t, &p->ports[i].udp);
    else
        err = forward_in_open(v->loop, v->turn, v->front, &at, &t, &p->ports[i].tcp);
    if (err)
        log_failure(v, s, err, &at);
}

static void close_port(struct place *p, size_t i)
{
    forward_in_close(p->ports[i].tcp);
    udp_in_close(p->ports[i].udp);
    p->ports[i] = (struct port){ 0 };
}

static void close_ports(struct place *p)
{
    while (p->n)
        close_port(p, --p->n);
}

/* A service that has its port already keeps it; one whose port could not be had tries again. */
static void want_port(struct place *p, const struct virtual_service *s)
{
    size_t i = 0;

    while (i < p->n && (p->services[i].port != s->port || p->services[i].is_udp != s->is_udp))
        i++;
    if (i == VIRTUAL_PORTS_MAX || (i < p->n && p->ports[i].is_wanted))
        return;
    if (i < p->n && strcmp(p->services[i].name, s->name) != 0)
        close_port(p, i);
    if (i == p->n)
        p->n++;
    p->services[i] = *s;
    p->ports[i].is_wanted = true;
    if (!p->ports[i].tcp && !p->ports[i].udp)
        open_port(p, i);
}

static void want_offer(struct place *p, const struct svc_offer *o)
{
    struct virtual_service s = { .port = o->port };

    if (!o->port)
        return;
    memcpy(s.name, o->name, sizeof s.name);
    if (o->is_tcp)
        want_port(p, &s);
    s.is_udp = true;
    if (o->is_udp)
        want_port(p, &s);
}

static void drop_unwanted(struct place *p)
{
    size_t kept = 0;

    for (size_t i = 0; i < p->n; i++) {
        if (!p->ports[i].is_wanted) {
            close_port(p, i);
            continue;
        }
        p->services[kept] = p->services[i];
        p->ports[kept] = p->ports[i];
        p->ports[kept++].is_wanted = false;
    }
    p->n = kept;
}

/* `offers` NULL: the peer has not said; then it is those of before. */
static void set_ports(struct place *p, const struct svc_offer *offers, size_t n)
{
    for (size_t i = 0; i < p->n && !offers; i++)
        p->ports[i].is_wanted = true;
    for (size_t i = 0; i < n; i++)
        want_offer(p, &offers[i]);
    for (size_t i = 0; i < p->nmaps; i++)
        want_port(p, &(struct virtual_service){ .port = p->maps[i].port });
    drop_unwanted(p);
}

/* --- asking the peer */

static void tell(const struct place *p, virtual_done_fn *done, void *arg)
{
    struct virtual_service services[VIRTUAL_PORTS_MAX]; /* done may want more, and make room */
    struct ipaddr ip = p->ip;
    size_t n = p->n;

    memcpy(services, p->services, n * sizeof *services);
    done(arg, p->err, &ip, services, n);
}

/* Returns how many, or GW_E*: the peer has not said.  One that does not speak the protocol never
 * will: it offers nothing. */
static int read_offers(int err, struct bytes text, struct svc_offer out[VIRTUAL_PORTS_MAX])
{
    if (err == GW_ENOSERVICE)
        return 0;
    return err ? err : svc_offers_read(text, out, VIRTUAL_PORTS_MAX);
}

static void on_queried(void *arg, int err, struct bytes text)
{
    struct place *p = arg;
    struct svc_offer offers[VIRTUAL_PORTS_MAX];
    struct virtual_req *q;
    int n = read_offers(err, text, offers);

    p->query = NULL;
    p->err = n < 0 ? n : 0;
    p->has_said = p->has_said || n >= 0;
    set_ports(p, n < 0 ? NULL : offers, n < 0 ? 0 : (size_t)n);
    if (n < 0)
        log_debug("virtual peer=%s has not said what it offers: %s", peerid_short(&p->peer),
                  gw_strerror(n));
    p->is_telling = true;
    while ((q = p->waiting) != NULL) {
        DL_DELETE(p->waiting, q);
        tell(p, q->done, q->arg);
        free(q);
    }
    p->is_telling = false;
}

/* `a`: what the resolver has just found out of the peer; NULL: the host knows where it is. */
static void ask(struct place *p, const struct name_answer *a, uint64_t now_ms)
{
    uint64_t fresh_ms = p->err ? RETRY_MS : VIRTUAL_FRESH_MS;

    if (p->query || (p->asked_ms && now_ms - p->asked_ms < fresh_ms))
        return;
    p->asked_ms = now_ms;
    p->query = svc_query_start(p->in->host, &p->peer, a ? a->addrs : NULL, a ? a->naddrs : 0,
                               VIRTUAL_ASK_MS, on_queried, p);
    if (!p->query)
        p->err = GW_ENOMEM;
}

/* --- places */

static struct place *find(const struct virtual *v, const struct peerid *peer)
{
    struct place *p;

    DL_FOREACH (v->places, p) {
        if (peerid_eq(&p->peer, peer))
            return p;
    }
    return NULL;
}

static void remove_place(struct place *p)
{
    struct virtual_req *q, *tmp;

    svc_query_cancel(p->query);
    close_ports(p);
    DL_FOREACH_SAFE (p->waiting, q, tmp)
        free(q);
    DL_DELETE(p->in->places, p);
    p->in->n--;
    free(p);
}

/* Notes whether clients came since the last time. */
static bool look_at_use(struct place *p, uint64_t now_ms)
{
    uint64_t count = 0;

    for (size_t i = 0; i < p->n; i++)
        count += (p->ports[i].tcp ? forward_in_count(p->ports[i].tcp) : 0) +
                 (p->ports[i].udp ? udp_in_count(p->ports[i].udp) : 0);
    bool is_used = count != p->count;
    p->count = count;
    if (is_used)
        p->used_ms = now_ms;
    return is_used;
}

/* False: somebody waits at each of them. */
static bool make_room(struct virtual *v, uint64_t now_ms)
{
    struct place *p, *oldest = NULL;

    DL_FOREACH (v->places, p) {
        look_at_use(p, now_ms);
        if (!p->waiting && !p->is_telling && (!oldest || p->used_ms < oldest->used_ms))
            oldest = p;
    }
    if (oldest)
        remove_place(oldest);
    return oldest != NULL;
}

static struct place *add_place(struct virtual *v, const struct peerid *peer, uint64_t now_ms)
{
    if (v->n >= VIRTUAL_MAX && !make_room(v, now_ms))
        return NULL;
    struct place *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->in = v;
    p->peer = *peer;
    DL_APPEND(v->places, p);
    v->n++;
    return p;
}

static void on_sweep(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct virtual *v = w->data;
    uint64_t now_ms = clock_mono_ms();
    struct place *p, *tmp;
    (void)loop;
    (void)revents;

    DL_FOREACH_SAFE (v->places, p, tmp) {
        if (look_at_use(p, now_ms))
            ask(p, NULL, now_ms);
        else if (!p->waiting && now_ms - p->used_ms >= VIRTUAL_IDLE_MS)
            remove_place(p);
    }
}

struct virtual *virtual_new(struct ev_loop *loop, struct turn *turn, struct front *front,
                            struct host *host, struct loopback *loopback)
{
    struct virtual *v = calloc(1, sizeof *v);
    if (!v)
        return NULL;
    v->loop = loop;
    v->turn = turn;
    v->front = front;
    v->host = host;
    v->loopback = loopback;
    ev_timer_init(&v->sweep, on_sweep, SWEEP_S, SWEEP_S);
    v->sweep.data = v;
    ev_timer_start(loop, &v->sweep);
    return v;
}

void virtual_free(struct virtual *v)
{
    if (!v)
        return;
    while (v->places)
        remove_place(v->places);
    ev_timer_stop(v->loop, &v->sweep);
    free(v);
}

/* What the resolver has just found out of the peer. */
static void learn(struct place *p, const struct name_answer *a, const struct ipaddr *ip)
{
    for (size_t i = 0; i < a->naddrs; i++)
        host_learn_addr(p->in->host, &a->peer, &a->addrs[i]);
    p->nmaps = a->nmaps;
    memcpy(p->maps, a->maps, a->nmaps * sizeof *a->maps);
    if (!ipaddr_eq(&p->ip, ip)) { /* it is new, or the network has changed */
        close_ports(p);
        p->ip = *ip;
        p->has_said = false;
        p->asked_ms = 0;
    }
}

/* A peer of which nothing but its id is known. */
static bool is_stranger(const struct virtual *v, const struct name_answer *a)
{
    size_t naddrs;

    return a->tier && strcmp(a->tier, tier_direct_ops.name) == 0 && !a->naddrs &&
           !loopback_has(v->loopback, &a->peer) && !host_conn(v->host, &a->peer) &&
           !host_known_addrs(v->host, &a->peer, &naddrs);
}

struct virtual_req *virtual_want(struct virtual *v, const struct name_answer *peer,
                                 virtual_done_fn *done, void *arg)
{
    uint64_t now_ms = clock_mono_ms();
    struct place *p = find(v, &peer->peer);
    struct ipaddr ip;
    int err = is_stranger(v, peer) ? GW_EUNREACH : loopback_addr(v->loopback, &peer->peer, &ip);

    if (!err && !p && !(p = add_place(v, &peer->peer, now_ms)))
        err = GW_ELIMIT;
    if (err) {
        done(arg, err, NULL, NULL, 0);
        return NULL;
    }
    learn(p, peer, &ip);
    p->used_ms = now_ms;
    ask(p, peer, now_ms);
    struct virtual_req *q = p->query && !p->has_said ? malloc(sizeof *q) : NULL;
    if (q) {
        *q = (struct virtual_req){ .place = p, .done = done, .arg = arg };
        DL_APPEND(p->waiting, q);
    } else {
        tell(p, done, arg);
    }
    return q;
}

void virtual_cancel(struct virtual_req *q)
{
    if (!q)
        return;
    DL_DELETE(q->place->waiting, q);
    free(q);
}
