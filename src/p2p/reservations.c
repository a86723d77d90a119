/* reservations.c - see reservations.h.  What is told to whom and which connection is held; when
 * something is due is decided in lease.c, and what an answer is worth in grant.c. */
#include "p2p/reservations.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/draw.h"
#include "base/err.h"
#include "base/log.h"
#include "net/parting.h"
#include "net/timer.h"
#include "p2p/grant.h"
#include "p2p/hop.h"
#include "p2p/lease.h"

#define LOOK_S 10. /* how often the round trips to the relays are looked at */

struct slot { /* one relay */
    struct reservations *all;
    struct peerid relay;
    size_t naddrs;
    struct multiaddr addrs[RESERVATIONS_ADDRS_MAX]; /* as configured, without the id */
    struct lease lease;
    struct hop *hop;    /* RESERVE under way */
    struct conn *conn;  /* held as long as the lease is */
    struct grant grant; /* while conn */
    struct timer timer; /* at lease.next_ms */
};

struct reservations {
    struct host *host;
    struct announce *announce;
    struct relay_scores *scores;
    ev_timer look; /* runs while a slot is held */
    size_t n;
    struct slot *slots[RESERVATIONS_MAX];
};

/* ---- announcing ---- */

static uint64_t rtt_of(const struct slot *s)
{
    struct muxed_info info;

    if (!s->conn)
        return 0;
    conn_info(s->conn, &info);
    return info.rtt_us;
}

struct standing {
    const struct slot *slot;
    uint64_t cost_ms;
};

/* Of equals the one that is configured first, so that the order stays. */
static size_t sort_held(const struct reservations *r, struct standing out[RESERVATIONS_MAX])
{
    uint64_t now_ms = clock_mono_ms();
    size_t n = 0;

    for (size_t i = 0; i < r->n; i++) {
        const struct slot *s = r->slots[i];
        if (!s->conn)
            continue;
        struct standing one = { s, relay_scores_cost_ms(r->scores, &s->relay, now_ms) };
        size_t at = n++;
        for (; at > 0 && one.cost_ms < out[at - 1].cost_ms; at--)
            out[at] = out[at - 1];
        out[at] = one;
    }
    return n;
}

/* Where there are more than can be told, each relay has one circuit before any has a second. */
static void publish(const struct reservations *r)
{
    struct standing held[RESERVATIONS_MAX];
    struct multiaddr circuits[ANNOUNCE_MAX];
    size_t nheld = sort_held(r, held), n = 0;

    for (size_t k = 0; k < GRANT_CIRCUITS_MAX; k++)
        for (size_t i = 0; i < nheld && n < ANNOUNCE_MAX; i++)
            if (k < held[i].slot->grant.ncircuits)
                circuits[n++] = held[i].slot->grant.circuits[k];
    announce_set_circuits(r->announce, circuits, n);
}

static void on_look(struct ev_loop *loop, ev_timer *w, int revents)
{
    const struct reservations *r = w->data;
    (void)revents;

    bool any = false;
    for (size_t i = 0; i < r->n; i++) {
        const struct slot *s = r->slots[i];
        uint64_t rtt_us = rtt_of(s);
        if (rtt_us)
            relay_scores_note(r->scores, &s->relay, RELAY_RTT, rtt_us, clock_mono_ms());
        any |= s->conn != NULL;
    }
    if (any)
        publish(r);
    else
        ev_timer_stop(loop, w);
}

/* ---- one slot ---- */

/* The slot is not ours any more. */
static void withdraw(struct slot *s)
{
    s->conn = NULL;
    publish(s->all);
}

/* Once per reason, not at every try. */
static void log_failure(const struct slot *s, int err, const char *what, const char *why)
{
    if (s->lease.err != err)
        log_warn("reservation relay=%s %s: %s", peerid_short(&s->relay), what, why);
}

/* `a`: what the relay said, or NULL. */
static void on_failed(struct slot *s, int err, const struct hop_answer *a)
{
    bool is_refused = a || err == GW_ENOPROTO;

    log_failure(s, err, is_refused ? "refused" : "not got",
                a ? circuit_status_name(a->msg->status) : gw_strerror(err));
    lease_failed(&s->lease, clock_mono_ms(), err, is_refused, draw_bits());
    if (s->conn && err == GW_ETIMEOUT && !is_refused)
        conn_close(s->conn, GW_ETIMEOUT); /* nobody hears us there: on_conn_close follows */
    if (s->conn && s->lease.state != RESERVATION_HELD) {
        conn_unhold(s->conn);
        withdraw(s);
    } else if (s->conn) {
        publish(s->all); /* it may be full */
    }
    timer_start_at(&s->timer, s->lease.next_ms);
}

/* What the relay granted, or why it does not count. */
static int read_grant(const struct slot *s, const struct hop_answer *a, struct grant *out)
{
    static const struct multiaddr nowhere;
    struct muxed_info info;

    conn_info(a->conn, &info);
    const struct grant_context ctx = {
        .relay = &s->relay,
        .self = host_peerid(s->all->host),
        .at = !conn_is_inbound(a->conn) ? &info.remote
              : s->naddrs               ? &s->addrs[0]
                                        : &nowhere,
        .now_s = (uint64_t)clock_wall_s(),
    };
    return grant_read(a->msg, &ctx, out);
}

static void hold(struct slot *s, struct conn *c)
{
    if (s->conn == c)
        return;
    conn_hold(c);
    if (s->conn)
        conn_unhold(s->conn);
    s->conn = c;
}

static void on_granted(struct slot *s, struct conn *c, const struct grant *g)
{
    if (s->lease.state != RESERVATION_HELD)
        log_info("reservation relay=%s held life_s=%llu limit_s=%u limit_bytes=%llu",
                 peerid_short(&s->relay), (unsigned long long)g->life_s, g->limit.duration_s,
                 (unsigned long long)g->limit.data);
    hold(s, c);
    if (!ev_is_active(&s->all->look))
        ev_timer_again(host_loop(s->all->host), &s->all->look);
    s->grant = *g;
    lease_granted(&s->lease, clock_mono_ms(), g->life_s * 1000, draw_bits());
    timer_start_at(&s->timer, s->lease.next_ms);
    publish(s->all);
}

static void on_answer(void *arg, int err, const struct hop_answer *a)
{
    struct slot *s = arg;
    struct grant g;

    s->hop = NULL;
    if (!err) {
        a->s->ops->credit(a->s, a->rest.n);
        parting_start(host_loop(s->all->host), a->s, (struct bytes){ 0 }, PARTING_MS, GW_ETIMEOUT,
                      NULL);
        err = read_grant(s, a, &g);
    }
    if (err)
        on_failed(s, err, a);
    else
        on_granted(s, a->conn, &g);
}

/* Not over another relay: "Implementations should not accept reservations over already relayed
 * connections". */
static void ask(struct slot *s)
{
    static const struct circuit_msg reserve = { .type = CIRCUIT_RESERVE };
    const struct hop_req req = { .relay = s->relay,
                                 .addrs = s->addrs,
                                 .naddrs = s->naddrs,
                                 .path = HOST_PATH_DIRECT,
                                 .question = &reserve,
                                 .scores = s->all->scores };

    if (s->hop)
        return;
    timer_stop(&s->timer);
    lease_asking(&s->lease);
    s->hop = hop_ask(s->all->host, &req, on_answer, s);
    if (!s->hop)
        on_failed(s, GW_ENOMEM, NULL);
}

static void on_timer(void *arg)
{
    ask(arg);
}

static void on_lost(struct slot *s, int err)
{
    err = err ? err : GW_ECLOSED;
    log_failure(s, err, "lost", gw_strerror(err));
    lease_lost(&s->lease, clock_mono_ms(), err, draw_bits());
    withdraw(s); /* the hold has ended with the connection */
    if (s->hop)
        lease_asking(&s->lease); /* the renewal finds another connection */
    else
        timer_start_at(&s->timer, s->lease.next_ms);
}

static void on_conn_close(void *arg, struct conn *c, int err)
{
    const struct reservations *r = arg;

    for (size_t i = 0; i < r->n; i++)
        if (r->slots[i]->conn == c)
            on_lost(r->slots[i], err);
}

static const struct host_events events = { .on_conn_close = on_conn_close };

/* ---- all of them ---- */

static struct slot *find(const struct reservations *r, const struct peerid *relay)
{
    for (size_t i = 0; i < r->n; i++)
        if (peerid_eq(&r->slots[i]->relay, relay))
            return r->slots[i];
    return NULL;
}

static struct slot *slot_new(struct reservations *r, const struct peerid *relay)
{
    struct slot *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->all = r;
    s->relay = *relay;
    lease_init(&s->lease);
    timer_init(&s->timer, host_loop(r->host), on_timer, s);
    return s;
}

static void slot_free(struct slot *s)
{
    timer_stop(&s->timer);
    hop_cancel(s->hop);
    free(s);
}

struct reservations *reservations_new(struct host *h, struct announce *a,
                                      struct relay_scores *scores)
{
    struct reservations *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    r->host = h;
    r->announce = a;
    r->scores = scores;
    ev_timer_init(&r->look, on_look, 0., LOOK_S);
    r->look.data = r;
    if (host_observe(h, &events, r) == 0)
        return r;
    free(r);
    return NULL;
}

void reservations_free(struct reservations *r)
{
    if (!r)
        return;
    while (r->n)
        slot_free(r->slots[--r->n]);
    ev_timer_stop(host_loop(r->host), &r->look);
    free(r);
}

static bool is_wanted(const struct multiaddr *relays, size_t n, const struct peerid *relay)
{
    struct peerid id;

    for (size_t i = 0; i < n; i++)
        if (multiaddr_peer(&relays[i], &id) && peerid_eq(&id, relay))
            return true;
    return false;
}

/* Fills `fresh` with slots for those wanted that have none yet; nobody is asked. */
static int make_fresh(struct reservations *r, const struct multiaddr *relays, size_t n,
                      struct reservations *fresh)
{
    struct peerid id;
    size_t kept = 0;

    for (size_t i = 0; i < r->n; i++)
        kept += is_wanted(relays, n, &r->slots[i]->relay);
    for (size_t i = 0; i < n; i++) {
        if (!multiaddr_peer(&relays[i], &id) || peerid_eq(&id, host_peerid(r->host)))
            return GW_EINVAL;
        if (find(r, &id) || find(fresh, &id))
            continue;
        if (kept + fresh->n == RESERVATIONS_MAX)
            return GW_ELIMIT;
        struct slot *s = slot_new(r, &id);
        if (!s)
            return GW_ENOMEM;
        fresh->slots[fresh->n++] = s;
    }
    return 0;
}

static void drop_unwanted(struct reservations *r, const struct multiaddr *relays, size_t n)
{
    size_t kept = 0, was = r->n;
    struct slot *gone[RESERVATIONS_MAX];
    size_t ngone = 0;

    for (size_t i = 0; i < was; i++)
        if (is_wanted(relays, n, &r->slots[i]->relay))
            r->slots[kept++] = r->slots[i];
        else
            gone[ngone++] = r->slots[i];
    r->n = kept;
    if (ngone)
        publish(r);
    while (ngone) {
        struct slot *s = gone[--ngone];
        if (s->conn)
            conn_unhold(s->conn);
        slot_free(s);
    }
}

/* Those of its relay.  Returns whether one is among them that it did not have. */
static bool take_addrs(struct slot *s, const struct multiaddr *relays, size_t n)
{
    struct multiaddr now[RESERVATIONS_ADDRS_MAX];
    struct peerid id;
    bool is_news = false;
    size_t count = 0;

    for (size_t i = 0; i < n; i++) {
        struct multiaddr a = relays[i];
        bool is_its = multiaddr_peer(&a, &id) && peerid_eq(&id, &s->relay);
        multiaddr_strip_peer(&a);
        if (!is_its || !a.n || count == RESERVATIONS_ADDRS_MAX)
            continue;
        is_news = is_news || !multiaddr_is_among(&a, s->addrs, s->naddrs);
        now[count++] = a;
    }
    memcpy(s->addrs, now, count * sizeof *now);
    s->naddrs = count;
    return is_news;
}

/* As if nothing had been tried yet.  What is under way may be on its way to where it was. */
static void ask_anew(struct slot *s)
{
    lease_hurry(&s->lease);
    hop_cancel(s->hop);
    s->hop = NULL;
    ask(s);
}

/* A refusal does not depend on where the relay is. */
static bool looks_for_it(const struct slot *s)
{
    return s->lease.state == RESERVATION_CONNECTING || s->lease.state == RESERVATION_DOWN;
}

int reservations_set(struct reservations *r, const struct multiaddr *relays, size_t n)
{
    struct reservations fresh = { 0 };
    int err = make_fresh(r, relays, n, &fresh);

    if (err) {
        while (fresh.n)
            slot_free(fresh.slots[--fresh.n]);
        return err;
    }
    drop_unwanted(r, relays, n);
    for (size_t i = 0; i < r->n; i++)
        if (take_addrs(r->slots[i], relays, n) && looks_for_it(r->slots[i]))
            ask_anew(r->slots[i]);
    for (size_t i = 0; i < fresh.n; i++) {
        take_addrs(fresh.slots[i], relays, n);
        r->slots[r->n++] = fresh.slots[i];
    }
    for (size_t i = 0; i < fresh.n; i++)
        ask(fresh.slots[i]);
    return 0;
}

bool reservations_holds(const struct reservations *r, const struct peerid *relay)
{
    const struct slot *s = find(r, relay);
    return s && s->conn;
}

static void describe(const struct slot *s, struct reservation_info *out)
{
    uint64_t now_ms = clock_mono_ms();

    *out = (struct reservation_info){ .relay = s->relay,
                                      .state = s->lease.state,
                                      .err = s->lease.err,
                                      .rtt_us = rtt_of(s),
                                      .load = relay_scores_load(s->all->scores, &s->relay,
                                                                now_ms) };
    if (!s->conn)
        return;
    out->expires_s = (uint64_t)clock_wall_s();
    if (s->lease.end_ms > now_ms)
        out->expires_s += (s->lease.end_ms - now_ms) / 1000;
    out->limit_s = s->grant.limit.duration_s;
    out->limit_bytes = s->grant.limit.data;
    out->address = s->grant.circuits[0];
}

void reservations_each(const struct reservations *r,
                       void (*each)(void *arg, const struct reservation_info *i), void *arg)
{
    struct reservation_info info;

    for (size_t i = 0; i < r->n; i++) {
        describe(r->slots[i], &info);
        each(arg, &info);
    }
}

void reservations_network_changed(struct reservations *r)
{
    for (size_t i = 0; i < r->n; i++)
        ask_anew(r->slots[i]);
}
