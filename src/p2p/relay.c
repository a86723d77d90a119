/* relay.c - see relay.h.  HOP requests come in here, and what stands because of them is kept here:
 * slots (relay_slots.h) and calls, each with its circuit (relay_circuit.h). */
#include "p2p/relay.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "id/circuit_addr.h"
#include "id/envelope.h"
#include "id/multiaddr.h"
#include "net/parting.h"
#include "p2p/msgread.h"
#include "p2p/relay_circuit.h"
#include "p2p/relay_month.h"
#include "p2p/relay_quota.h"
#include "p2p/relay_slots.h"
#include "wire/voucher_msg.h"

#define TICK_S      1.    /* how often is looked after slots, calls and the budget */
#define SAVE_GAP_MS 60000 /* between two writings of the state */
#define BUDGET_REST 64    /* a month's budget is spent when so small a part of it is left */

struct request { /* a HOP stream that has not said yet what it wants */
    struct relay *relay;
    struct conn *c;
    struct msgread *reader;
    struct request *prev, *next;
};

struct call {
    struct relay *relay; /* NULL once relay_free has let go of it */
    struct relay_wish wish;
    bool is_waiting; /* for the far end */
    struct relay_circuit *circuit;
    uint64_t counted; /* octets of it that the sums have */
    uint64_t began_ms;
    struct call *prev, *next;
};

struct relay {
    struct host *host;
    const struct announce *announce;
    struct relay_config cfg;
    relay_may_fn *may;
    void *arg;
    struct relay_slots *slots;
    struct relay_quota *quota;
    struct relay_month month;
    char *state_path; /* owned; NULL: none */
    bool is_unsaved;
    uint64_t saved_ms;
    struct request *requests;
    struct call *calls;
    ev_timer tick; /* runs while there is something to look after */
    uint64_t bytes, refused;
};

/* ---- the sums ---- */

static void count(struct relay *r, struct call *k, uint64_t bytes)
{
    uint64_t more = bytes - k->counted;

    k->counted = bytes;
    r->bytes += more;
    relay_month_add(&r->month, more, clock_wall_s());
    r->is_unsaved = r->is_unsaved || more;
}

/* Octets that may still be relayed this month. */
static uint64_t budget_left(const struct relay *r)
{
    uint64_t used = relay_month_bytes(&r->month, clock_wall_s());

    if (!r->cfg.monthly_bytes)
        return UINT64_MAX;
    return used < r->cfg.monthly_bytes ? r->cfg.monthly_bytes - used : 0;
}

static bool is_budget_spent(const struct relay *r)
{
    return budget_left(r) <= r->cfg.monthly_bytes / BUDGET_REST;
}

/* The limit of a circuit each way; 0: none. */
static uint64_t circuit_bytes(const struct relay *r)
{
    uint64_t left = budget_left(r), own = r->cfg.circuit_bytes;

    if (left == UINT64_MAX)
        return own;
    return own && own < left ? own : left;
}

static void save(struct relay *r)
{
    if (!r->state_path || !r->is_unsaved)
        return;
    int err = relay_month_save(&r->month, r->state_path);
    if (err)
        log_warn("relay %s not written: %s", r->state_path, gw_strerror(err));
    r->is_unsaved = err != 0; /* tried again later */
    r->saved_ms = clock_mono_ms();
}

/* ---- slots ---- */

static void drop_slot(struct relay *r, struct relay_slot *slot, const char *why)
{
    log_info("relay peer=%s reservation ended: %s", peerid_short(&slot->peer), why);
    conn_unhold(slot->conn);
    relay_slots_drop(r->slots, slot);
}

static void set_conn(struct relay_slot *slot, struct conn *c)
{
    if (slot->conn == c)
        return;
    if (slot->conn)
        conn_unhold(slot->conn);
    slot->conn = c;
    conn_hold(c);
}

/* A slot lives as long as the peer is connected: another connection may carry it on. */
static void on_conn_close(void *arg, struct conn *c, int err)
{
    struct relay *r = arg;
    struct relay_slot *slot = relay_slots_find(r->slots, conn_peer(c));
    (void)err;

    if (!slot || slot->conn != c)
        return;
    struct conn *other = host_conn(r->host, conn_peer(c));
    if (other && conn_fits(other, HOST_PATH_DIRECT))
        set_conn(slot, other);
    else
        drop_slot(r, slot, "its connection closed");
}

static const struct host_events host_events = { .on_conn_close = on_conn_close };

static void drop_if_expired(void *arg, struct relay_slot *slot)
{
    if (clock_mono_ms() >= slot->expires_ms)
        drop_slot(arg, slot, "it expired");
}

static bool may_reserve(const struct relay *r, const struct peerid *peer)
{
    return r->may(r->arg, &(struct relay_wish){ .use = RELAY_RESERVE, .peer = *peer });
}

static void drop_if_forbidden(void *arg, struct relay_slot *slot)
{
    struct relay *r = arg;
    if (!may_reserve(r, &slot->peer))
        drop_slot(r, slot, "right taken away");
}

static void drop_at_end(void *arg, struct relay_slot *slot)
{
    drop_slot(arg, slot, "the relay ends");
}

/* ---- the clock ---- */

static void on_tick(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct relay *r = w->data;
    struct call *k, *next;
    (void)revents;

    DL_FOREACH (r->calls, k)
        count(r, k, relay_circuit_bytes(k->circuit));
    relay_slots_each(r->slots, drop_if_expired, r);
    bool is_spent = is_budget_spent(r);
    DL_FOREACH_SAFE (r->calls, k, next)
        if (is_spent)
            relay_circuit_cancel(k->circuit, GW_ELIMIT);
    if (clock_mono_ms() - r->saved_ms >= SAVE_GAP_MS)
        save(r);
    if (!r->calls && !relay_slots_count(r->slots) && (!r->is_unsaved || !r->state_path))
        ev_timer_stop(loop, w);
}

static void start_tick(struct relay *r)
{
    if (!ev_is_active(&r->tick))
        ev_timer_again(host_loop(r->host), &r->tick);
}

/* ---- RESERVE ---- */

static void refuse(struct relay *r, struct conn *c, struct stream *s, enum circuit_status status)
{
    log_info("relay peer=%s refused status=%s", peerid_short(conn_peer(c)),
             circuit_status_name(status));
    relay_circuit_refuse(host_loop(r->host), s, status);
}

static enum circuit_status take_slot(struct relay *r, struct conn *c)
{
    const struct peerid *peer = conn_peer(c);
    struct muxed_info info;
    struct ipaddr ip = { 0 };
    uint16_t port;

    if (conn_is_relayed(c) || !may_reserve(r, peer))
        return CIRCUIT_PERMISSION_DENIED;
    if (!relay_quota_ask(r->quota, peer, clock_mono_ms()) || is_budget_spent(r))
        return CIRCUIT_RESERVATION_REFUSED;
    conn_info(c, &info);
    multiaddr_as_socket(&info.remote, &ip, &port);
    return relay_slots_take(r->slots, peer, &ip, clock_mono_ms());
}

/* The addresses by which `c` can tell others to reach us; views into `own`. */
static void list_addrs(const struct relay *r, const struct conn *c,
                       struct multiaddr own[ANNOUNCE_MAX], struct pb_list *out)
{
    struct muxed_info info;
    size_t n = announce_addrs(r->announce, own, ANNOUNCE_MAX);

    conn_info(c, &info);
    for (size_t i = 0; i < n; i++)
        if (!circuit_addr_is(&own[i]) &&
            (!multiaddr_is_loopback(&own[i]) || multiaddr_is_loopback(&info.remote)) &&
            multiaddr_append_peer(&own[i], host_peerid(r->host)) == 0)
            pb_list_add(out, (struct bytes){ own[i].b, own[i].n });
}

static struct bytes seal_voucher(const struct relay *r, const struct peerid *peer,
                                 uint64_t expires_s, uint8_t *dst, size_t cap)
{
    const struct peerid *self = host_peerid(r->host);
    uint8_t text[VOUCHER_MSG_MAX];
    struct voucher_msg m = { .relay = { self->mh, self->n },
                             .peer = { peer->mh, peer->n },
                             .expires_s = expires_s };
    int n = voucher_msg_encode(text, sizeof text, &m);
    assert(n > 0);
    n = envelope_seal(host_key(r->host), &envelope_voucher, (struct bytes){ text, (size_t)n }, dst,
                      cap);
    assert(n > 0);
    return (struct bytes){ dst, (size_t)n };
}

static void tell_reservation(struct relay *r, struct conn *c, struct stream *s)
{
    uint64_t expires_s = (uint64_t)clock_wall_s() + r->cfg.reservation_ms / 1000;
    uint8_t voucher[VOUCHER_MSG_MAX * 2], wire[CIRCUIT_MSG_WIRE_MAX];
    struct multiaddr own[ANNOUNCE_MAX];
    struct circuit_msg m = { .type = CIRCUIT_STATUS,
                             .status = CIRCUIT_OK,
                             .limit = relay_circuit_limit(r->cfg.circuit_ms,
                                                          r->cfg.circuit_bytes) };
    int n;

    m.reservation.expires_s = expires_s;
    m.reservation.voucher = seal_voucher(r, conn_peer(c), expires_s, voucher, sizeof voucher);
    list_addrs(r, c, own, &m.reservation.addrs);
    while ((n = circuit_msg_encode_hop(wire, sizeof wire, &m)) < 0 && m.reservation.addrs.n > 0)
        m.reservation.addrs.n--; /* it is too long */
    assert(n > 0);
    parting_start(host_loop(r->host), s, (struct bytes){ wire, (size_t)n }, PARTING_MS, GW_ETIMEOUT,
                  NULL);
}

static void on_reserve(struct relay *r, struct conn *c, struct stream *s)
{
    enum circuit_status status = take_slot(r, c);

    if (status != CIRCUIT_OK) {
        r->refused++;
        refuse(r, c, s, status);
        return;
    }
    struct relay_slot *slot = relay_slots_find(r->slots, conn_peer(c));
    if (!slot->conn)
        log_info("relay peer=%s reserved", peerid_short(conn_peer(c)));
    set_conn(slot, c);
    start_tick(r);
    tell_reservation(r, c, s);
}

/* ---- CONNECT ---- */

static void on_join(void *arg)
{
    struct call *k = arg;

    k->is_waiting = false;
    if (k->relay)
        relay_quota_join(k->relay->quota);
}

static void forget(struct call *k)
{
    relay_quota_close(k->relay->quota, &k->wish.peer, &k->wish.to, k->is_waiting);
    DL_DELETE(k->relay->calls, k);
    free(k);
}

static void on_end(void *arg, int err, uint64_t bytes)
{
    struct call *k = arg;

    log_info("relay from=%s to=%s bytes=%" PRIu64 " ms=%" PRIu64 " %s", peerid_short(&k->wish.peer),
             peerid_short(&k->wish.to), bytes, clock_mono_ms() - k->began_ms,
             err ? gw_strerror(err) : "done");
    if (!k->relay) {
        free(k);
        return;
    }
    count(k->relay, k, bytes);
    forget(k);
}

static const struct relay_circuit_events circuit_events = { on_join, on_end };

static struct relay_wish wish_of(const struct conn *c, const struct peerid *to)
{
    struct relay_wish w = { .use = RELAY_CONNECT, .peer = *conn_peer(c), .to = *to };
    struct muxed_info info;
    struct multiaddr rest;

    if (conn_is_relayed(c)) {
        w.use = RELAY_CHAIN;
        conn_info(c, &info);
        circuit_addr_split(&info.remote, &rest, &w.via);
    }
    return w;
}

/* Counts a call that may be set up, and fills *out and the slot of whom it is for. */
static enum circuit_status admit_call(struct relay *r, struct conn *c, const struct peerid *to,
                                      struct relay_slot **slot, struct call **out)
{
    const struct peerid *from = conn_peer(c);
    const struct relay_wish wish = wish_of(c, to);
    uint64_t now_ms = clock_mono_ms();

    if (peerid_eq(from, to) || !r->may(r->arg, &wish))
        return CIRCUIT_PERMISSION_DENIED;
    if (!relay_quota_ask(r->quota, from, now_ms) || is_budget_spent(r))
        return CIRCUIT_RESOURCE_LIMIT_EXCEEDED;
    *slot = relay_slots_find(r->slots, to);
    if (!*slot || now_ms >= (*slot)->expires_ms)
        return CIRCUIT_NO_RESERVATION;
    struct call *k = calloc(1, sizeof *k);
    if (!k || !relay_quota_open(r->quota, from, to)) {
        free(k);
        return CIRCUIT_RESOURCE_LIMIT_EXCEEDED;
    }
    *k = (struct call){ .relay = r, .wish = wish, .is_waiting = true, .began_ms = now_ms };
    DL_APPEND(r->calls, k);
    *out = k;
    return CIRCUIT_OK;
}

static void on_connect(struct relay *r, struct conn *c, struct stream *s, struct bytes target,
                       struct bytes early)
{
    struct peerid to;
    struct relay_slot *slot;
    struct call *k;

    if (peerid_from_bytes(target, &to) != 0) {
        refuse(r, c, s, CIRCUIT_MALFORMED_MESSAGE);
        return;
    }
    enum circuit_status status = admit_call(r, c, &to, &slot, &k);
    if (status != CIRCUIT_OK) {
        r->refused++;
        refuse(r, c, s, status);
        return;
    }
    struct relay_circuit_req req = { .source = s,
                                     .early = early,
                                     .from = k->wish.peer,
                                     .target = slot->conn,
                                     .life_ms = r->cfg.circuit_ms,
                                     .bytes = circuit_bytes(r),
                                     .rate = r->cfg.rate };
    k->circuit = relay_circuit_start(&req, &circuit_events, k);
    if (k->circuit)
        start_tick(r);
    else
        forget(k);
}

/* ---- HOP ---- */

static void on_message(struct relay *r, struct conn *c, struct stream *s, struct bytes msg,
                       struct bytes rest)
{
    struct circuit_msg m;

    if (circuit_msg_decode_hop(msg, &m) <= 0)
        refuse(r, c, s, CIRCUIT_MALFORMED_MESSAGE);
    else if (m.type == CIRCUIT_RESERVE)
        on_reserve(r, c, s);
    else if (m.type == CIRCUIT_CONNECT)
        on_connect(r, c, s, m.peer.id, rest);
    else
        refuse(r, c, s, CIRCUIT_UNEXPECTED_MESSAGE);
}

static void on_request(void *arg, int err, struct stream *s, struct bytes msg, struct bytes rest)
{
    struct request *q = arg;
    struct relay *r = q->relay;
    struct conn *c = q->c;

    DL_DELETE(r->requests, q);
    free(q);
    if (!err)
        on_message(r, c, s, msg, rest);
    else
        log_debug("relay peer=%s no request: %s", peerid_short(conn_peer(c)), gw_strerror(err));
}

static void on_hop(void *arg, struct conn *c, struct stream *s, const char *protocol,
                   struct bytes early)
{
    struct relay *r = arg;
    const struct msgread_limits limits = { CIRCUIT_MSG_BODY_MAX,
                                           host_upgrade(r->host)->timeout_ms };
    struct request *q = calloc(1, sizeof *q);
    (void)protocol;

    if (!q) {
        stream_drop(s, GW_ENOMEM);
        return;
    }
    q->relay = r;
    q->c = c;
    DL_APPEND(r->requests, q);
    msgread_start(host_loop(r->host), s, early, &limits, &q->reader, on_request, q);
}

static bool make_parts(struct relay *r, const char *state_path)
{
    if (!(r->slots = relay_slots_new(&r->cfg)) || !(r->quota = relay_quota_new(&r->cfg)) ||
        (state_path && !(r->state_path = strdup(state_path))))
        return false;
    if (r->state_path)
        relay_month_load(&r->month, r->state_path);
    return host_handle(r->host, CIRCUIT_HOP_PROTOCOL, NULL, on_hop, r) == 0 &&
           host_observe(r->host, &host_events, r) == 0;
}

struct relay *relay_new(struct host *h, const struct announce *a, const struct relay_config *cfg,
                        relay_may_fn *may, void *arg, const char *state_path)
{
    struct relay *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    *r = (struct relay){ .host = h, .announce = a, .cfg = *cfg, .may = may, .arg = arg };
    ev_timer_init(&r->tick, on_tick, 0., TICK_S);
    r->tick.data = r;
    if (make_parts(r, state_path))
        return r;
    relay_free(r);
    return NULL;
}

void relay_free(struct relay *r)
{
    struct request *q, *next_request;
    struct call *k, *next_call;

    if (!r)
        return;
    DL_FOREACH_SAFE (r->requests, q, next_request) {
        msgread_cancel(q->reader, GW_ECLOSED);
        free(q);
    }
    DL_FOREACH_SAFE (r->calls, k, next_call) {
        count(r, k, relay_circuit_bytes(k->circuit));
        k->relay = NULL;
        relay_circuit_cancel(k->circuit, GW_ECLOSED); /* its on_end frees k */
    }
    if (r->slots)
        relay_slots_each(r->slots, drop_at_end, r);
    ev_timer_stop(host_loop(r->host), &r->tick);
    save(r);
    relay_slots_free(r->slots);
    relay_quota_free(r->quota);
    free(r->state_path);
    free(r);
}

void relay_set_config(struct relay *r, const struct relay_config *cfg)
{
    r->cfg = *cfg;
}

void relay_recheck(struct relay *r)
{
    struct call *k, *next;

    relay_slots_each(r->slots, drop_if_forbidden, r);
    DL_FOREACH_SAFE (r->calls, k, next)
        if (!r->may(r->arg, &k->wish) || !may_reserve(r, &k->wish.to))
            relay_circuit_cancel(k->circuit, GW_EDENIED);
}

void relay_stats(const struct relay *r, struct relay_stats *out)
{
    const struct call *k;
    uint64_t fresh = 0; /* octets that the sums have not yet */

    DL_FOREACH (r->calls, k)
        fresh += relay_circuit_bytes(k->circuit) - k->counted;
    *out = (struct relay_stats){ .reservations = relay_slots_count(r->slots),
                                 .circuits = relay_quota_circuits(r->quota),
                                 .bytes = r->bytes + fresh,
                                 .month_bytes = relay_month_bytes(&r->month, clock_wall_s()) +
                                                fresh,
                                 .refused = r->refused };
}
