/* fake_muxed.c - see fake_muxed.h. */
#include "fake_muxed.h"

#include <assert.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/err.h"
#include "id/circuit_addr.h"

struct link;

struct fake_dgram { /* on its way to `to` */
    struct fake_conn *to;
    struct fake_dgram *prev, *next;
    size_t n;
    uint8_t data[];
};

struct fake_conn {
    struct muxed m; /* must be first */
    struct link *link;
    struct quic *quic; /* whose it is; NULL: nobody's yet */
};

struct link {                /* a connection, both ends */
    struct fake_conn end[2]; /* [0] dials */
    struct ev_timer timer;
    struct turn_task task, dgram_task;
    struct multiaddr to;
    struct peerid expect;
    struct fake_pair *pairs;
    struct fake_dgram *dgrams;
    int close_err[2];
    bool is_closing;
    struct link *prev, *next;
};

struct quic {
    struct ev_loop *loop;
    struct turn *turn;
    const struct key *key;
    quic_admit_fn *admit;
    quic_accept_fn *accept;
    void *arg;
    struct multiaddr at[4];
    size_t nat;
    struct quic *prev, *next;
};

struct fake_net fake_net;
static struct quic *endpoints;
static struct link *links;
static uint16_t next_port;

void fake_net_reset(void)
{
    assert(!endpoints && !links);
    fake_net = (struct fake_net){ 0 };
    next_port = 1000;
}

static struct multiaddr parse(const char *text)
{
    struct multiaddr a;
    int err = multiaddr_parse(bytes_of(text), &a);
    assert(!err);
    (void)err;
    return a;
}

void fake_net_rule(const char *addr, unsigned delay_ms, int err)
{
    fake_net.rules[fake_net.nrules++] = (struct fake_rule){ parse(addr), delay_ms, err };
}

static const struct fake_rule *rule_for(const struct multiaddr *a)
{
    static const struct fake_rule none;
    for (size_t i = 0; i < fake_net.nrules; i++)
        if (multiaddr_eq(&fake_net.rules[i].addr, a))
            return &fake_net.rules[i];
    return &none;
}

static bool is_one_socket(const struct multiaddr *a, const struct multiaddr *b)
{
    struct ipaddr ip[2];
    uint16_t port[2];
    return multiaddr_as_socket(a, &ip[0], &port[0]) && multiaddr_as_socket(b, &ip[1], &port[1]) &&
           ipaddr_eq(&ip[0], &ip[1]) && port[0] == port[1];
}

/* A relay brings the call to whom it is meant for. */
static struct quic *who_listens(const struct multiaddr *a, const struct peerid *expect)
{
    bool is_relayed = circuit_addr_is(a);
    struct quic *q;

    DL_FOREACH (endpoints, q)
        if (is_relayed && peerid_eq(key_peerid(q->key), expect))
            return q;
    DL_FOREACH (endpoints, q)
        for (size_t i = 0; i < q->nat; i++)
            if (is_one_socket(&q->at[i], a))
                return q;
    return NULL;
}

/* --- ends --- */

static int as_seen_by_peer(int err)
{
    return err == GW_EDENIED || err == GW_ELIMIT ? err : GW_ECLOSED;
}

static void close_link(struct link *l, size_t by, int err)
{
    if (l->is_closing)
        return;
    l->is_closing = true;
    l->close_err[by] = err;
    l->close_err[!by] = as_seen_by_peer(err);
    turn_add(l->end[0].quic->turn, &l->task);
}

static size_t side_of(const struct muxed *m)
{
    const struct fake_conn *c = (const struct fake_conn *)m;
    return c == &c->link->end[1];
}

static struct link *link_of(const struct muxed *m)
{
    return ((const struct fake_conn *)m)->link;
}

static void drop_dgram(struct link *l, struct fake_dgram *d)
{
    DL_DELETE(l->dgrams, d);
    free(d);
}

static void on_dgrams(struct turn_task *t)
{
    struct link *l = (struct link *)((char *)t - offsetof(struct link, dgram_task));

    while (l->dgrams) {
        struct fake_dgram *d = l->dgrams;
        if (d->to->quic && d->to->m.ev->on_datagram)
            d->to->m.ev->on_datagram(&d->to->m, (struct bytes){ d->data, d->n });
        drop_dgram(l, d);
    }
}

static void on_turn(struct turn_task *t)
{
    struct link *l = (struct link *)((char *)t - offsetof(struct link, task));
    int err = l->close_err[0] ? l->close_err[0] : GW_ECLOSED;

    turn_del(l->end[0].quic->turn, &l->dgram_task);
    while (l->dgrams)
        drop_dgram(l, l->dgrams);
    while (l->pairs)
        fake_pair_abort_now(l->pairs, err);
    for (size_t i = 0; i < 2; i++)
        if (l->end[i].quic)
            l->end[i].m.ev->on_close(&l->end[i].m, l->close_err[i]);
    ev_timer_stop(l->end[0].quic->loop, &l->timer);
    DL_DELETE(links, l);
    free(l);
}

static void deaf_on_close(struct stream *s, int err)
{
    (void)s;
    (void)err;
}

/* Never started, so nothing else comes. */
static const struct stream_events deaf = { .on_close = deaf_on_close };

static void on_announce(struct fake_pair *p)
{
    struct fake_conn *opener = p->arg;
    struct fake_conn *to = &opener->link->end[opener == &opener->link->end[0]];
    if (fake_net.is_silent || !to->quic)
        stream_own(&p->end[1].s, &deaf, NULL);
    else
        to->m.ev->on_stream(&to->m, &p->end[1].s);
}

static void on_gone(struct fake_pair *p)
{
    struct fake_conn *opener = p->arg;
    DL_DELETE(opener->link->pairs, p);
}

static int op_open(struct muxed *m, struct stream **out)
{
    struct link *l = link_of(m);

    if (l->is_closing)
        return GW_ECLOSED;
    struct fake_pair *p = fake_pair_new(l->end[0].quic->loop);
    p->is_announced = false;
    p->announce = on_announce;
    p->gone = on_gone;
    p->arg = m;
    p->piece = fake_net.piece;
    p->round_ms = fake_net.round_ms;
    DL_APPEND(l->pairs, p);
    fake_net.streams++;
    *out = &p->end[0].s;
    if (fake_net.dies_on_stream) {
        fake_net.dies_on_stream = false;
        close_link(l, side_of(m), GW_ETIMEOUT);
    }
    return 0;
}

static void op_close(struct muxed *m, int err)
{
    close_link(link_of(m), side_of(m), err);
}

static int op_send_datagram(struct muxed *m, struct bytes head, struct bytes v)
{
    struct link *l = link_of(m);

    if (fake_net.datagram_max == 0 || head.n + v.n > fake_net.datagram_max)
        return GW_EUNSUP;
    struct fake_dgram *d = malloc(sizeof *d + head.n + v.n);
    assert(d);
    *d = (struct fake_dgram){ .to = &l->end[!side_of(m)], .n = head.n + v.n };
    memcpy(d->data, head.p, head.n);
    if (v.n)
        memcpy(d->data + head.n, v.p, v.n);
    DL_APPEND(l->dgrams, d);
    turn_add(l->end[0].quic->turn, &l->dgram_task);
    return 0;
}

static struct multiaddr caller_at(const struct link *l)
{
    const struct quic *q = l->end[0].quic;
    if (l->end[1].m.is_relayed) /* by the same relay at both ends */
        return l->to;
    if (fake_net.moved_to.n)
        return fake_net.moved_to;
    return fake_net.has_places && q && q->nat ? q->at[0] : parse("/ip4/198.51.100.7/udp/7/quic-v1");
}

static void op_info(const struct muxed *m, struct muxed_info *out)
{
    struct link *l = link_of(m);
    const struct fake_pair *p;

    *out = (struct muxed_info){ .transport = "fake", .datagram_max = fake_net.datagram_max };
    out->remote = side_of(m) ? caller_at(l) : l->to;
    out->rtt_us = rule_for(&l->to)->delay_ms * 1000u;
    out->unanswered_ms = m->is_relayed ? 0 : fake_net.unanswered_ms;
    DL_COUNT(l->pairs, p, out->streams);
}

static const struct muxed_ops ops = {
    .open = op_open, .close = op_close, .info = op_info, .send_datagram = op_send_datagram
};

void fake_net_move(const char *addr)
{
    struct link *l;

    fake_net.moved_to = parse(addr);
    DL_FOREACH (links, l)
        if (l->end[1].m.ev && !l->is_closing)
            l->end[1].m.ev->on_moved(&l->end[1].m);
}

/* --- the handshake --- */

static void answer(struct link *l, struct quic *q)
{
    struct fake_conn *in = &l->end[1];

    if (!peerid_eq(key_peerid(q->key), &l->expect)) {
        close_link(l, 0, GW_EIDENTITY);
        return;
    }
    l->end[0].m.ev->on_ready(&l->end[0].m);
    in->m = (struct muxed){ .ops = &ops,
                            .peer = *key_peerid(l->end[0].quic->key),
                            .is_inbound = true,
                            .is_relayed = l->end[0].m.is_relayed };
    in->link = l;
    if (!q->admit(q->arg, &in->m.peer)) {
        close_link(l, 1, GW_EDENIED);
        return;
    }
    in->quic = q;
    q->accept(q->arg, &in->m);
}

static void on_answer(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct link *l = w->data;
    int err = rule_for(&l->to)->err;
    struct quic *q = who_listens(&l->to, &l->expect);
    (void)loop;
    (void)revents;

    if (l->is_closing)
        return;
    if (err)
        close_link(l, 0, err);
    else if (q)
        answer(l, q);
}

/* --- transport/quic.h --- */

struct quic *quic_new(struct ev_loop *loop, struct turn *turn, const struct key *key,
                      const struct quic_config *cfg, quic_admit_fn *admit, quic_accept_fn *accept,
                      void *arg)
{
    struct quic *q = calloc(1, sizeof *q);
    (void)cfg;
    assert(q);
    *q = (struct quic){
        .loop = loop, .turn = turn, .key = key, .admit = admit, .accept = accept, .arg = arg
    };
    DL_APPEND(endpoints, q);
    return q;
}

void quic_set_config(struct quic *q, const struct quic_config *cfg)
{
    (void)q;
    (void)cfg;
}

int quic_listen(struct quic *q, const struct multiaddr *at, struct multiaddr *bound)
{
    struct ipaddr ip;
    uint16_t port;

    if (!multiaddr_as_quic(at, &ip, &port))
        return GW_EUNSUP;
    multiaddr_make_quic(&ip, port ? port : next_port++, &q->at[q->nat]);
    if (bound)
        *bound = q->at[q->nat];
    q->nat++;
    return 0;
}

size_t quic_listen_addrs(const struct quic *q, struct multiaddr *out, size_t max)
{
    size_t n = q->nat < max ? q->nat : max;
    memcpy(out, q->at, n * sizeof *out);
    return n;
}

int quic_dial(struct quic *q, const struct multiaddr *to, const struct peerid *expect,
              struct muxed **out)
{
    if (fake_net.no_circuits && circuit_addr_is(to))
        return GW_EUNSUP;
    struct link *l = calloc(1, sizeof *l);
    assert(l);
    l->end[0] = (struct fake_conn){
        .m = { .ops = &ops, .peer = *expect, .is_relayed = circuit_addr_is(to) },
        .link = l,
        .quic = q
    };
    l->to = *to;
    l->expect = *expect;
    l->task.run = on_turn;
    l->dgram_task.run = on_dgrams;
    ev_timer_init(&l->timer, on_answer, rule_for(to)->delay_ms / 1e3, 0.);
    l->timer.data = l;
    ev_timer_start(q->loop, &l->timer);
    DL_APPEND(links, l);
    if (fake_net.dials < sizeof fake_net.dialled / sizeof fake_net.dialled[0])
        fake_net.dialled[fake_net.dials] = *to;
    fake_net.dials++;
    *out = &l->end[0].m;
    return 0;
}

int quic_punch(struct quic *q, const struct multiaddr *to)
{
    (void)q;
    (void)to;
    return 0;
}

void quic_stop(struct quic *q, int err)
{
    struct link *l;

    q->nat = 0; /* nobody gets in any more */
    DL_FOREACH (links, l)
        for (size_t i = 0; i < 2; i++)
            if (l->end[i].quic == q)
                close_link(l, i, err);
}

void quic_free(struct quic *q)
{
    if (!q)
        return;
    DL_DELETE(endpoints, q);
    free(q);
}
