/* circuit.c - see circuit.h.
 *
 *   dialling:  HOP CONNECT -> upgrade (Noise; again with TLS where Noise is not spoken) -> ready
 *   called:    STOP CONNECT read -> judged, answered -> upgrade_accept
 *
 * A circuit is a stream of the connection to the relay, so that one is not idle meanwhile. */
#include "p2p/circuit.h"

#include <assert.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "id/circuit_addr.h"
#include "net/parting.h"
#include "p2p/hop.h"
#include "p2p/msgread.h"

static const char transport_name[] = "circuit";

struct attempt { /* a dial, until the connection is ready */
    struct attempt *prev, *next;
    struct circuit *all;
    struct muxed *m;
    struct peerid expect, relay;
    struct multiaddr via;
    unsigned depth; /* 1: the relay is reached directly */
    enum upgrade_security security;
    struct hop *hop;
    struct upgrade *upgrade;
};

struct call { /* a STOP stream, until its CONNECT is read */
    struct call *prev, *next;
    struct circuit *all;
    struct conn *relay; /* alive as long as its stream is read */
    struct msgread *reader;
};

struct circuit {
    struct host *host;
    struct relay_scores *scores;
    circuit_accepts_fn *accepts;
    void *arg;
    struct attempt *attempts;
    struct call *calls;
};

/* ---- dialling ---- */

static void release(struct attempt *a)
{
    hop_cancel(a->hop);
    upgrade_cancel(a->upgrade, GW_ECANCELED);
    DL_DELETE(a->all->attempts, a);
    free(a);
}

static void fail(struct attempt *a, int err)
{
    struct muxed *m = a->m;
    release(a);
    yamux_fail(m, err);
}

static bool connect_to(struct attempt *a);

static void on_upgraded(void *arg, int err)
{
    struct attempt *a = arg;

    a->upgrade = NULL;
    if (!err)
        return; /* on_settled follows */
    if (upgrade_again(host_upgrade(a->all->host), &a->security, err))
        err = connect_to(a) ? 0 : GW_ENOMEM;
    if (err)
        fail(a, err);
}

static void log_limit(const struct peerid *peer, const struct peerid *relay, const char *dir,
                      const struct circuit_limit *limit)
{
    log_debug("circuit peer=%s dir=%s relay=%s limit_s=%u limit_bytes=%llu", peerid_short(peer),
              dir, peerid_short(relay), limit->duration_s, (unsigned long long)limit->data);
}

static void on_connected(void *arg, int err, const struct hop_answer *answer)
{
    struct attempt *a = arg;
    struct muxed_info relay;

    a->hop = NULL;
    if (err) {
        bool is_no_relay = !answer && (err == GW_ENOPROTO || err == GW_ERESET);
        fail(a, is_no_relay ? GW_EOFFLINE : err); /* what the peer speaks is another question */
        return;
    }
    log_limit(&a->expect, &a->relay, "out", &answer->msg->limit);
    conn_info(answer->conn, &relay);
    yamux_set_local(a->m, &relay.local);
    struct stream *s = answer->s;
    struct bytes rest = answer->rest;
    err = upgrade_start(host_upgrade(a->all->host), a->m, s, &a->expect, a->security, on_upgraded,
                        a, &a->upgrade);
    if (err)
        fail(a, err);
    else if (rest.n)
        s->ev->on_data(s, rest); /* to its new owner */
}

/* A relay is reached directly (it should refuse who comes through another one: "Connection
 * Initiation") unless the address says otherwise. */
static bool connect_to(struct attempt *a)
{
    const struct circuit_msg connect = { .type = CIRCUIT_CONNECT,
                                         .peer.id = { a->expect.mh, a->expect.n } };
    const struct hop_req req = { .relay = a->relay,
                                 .addrs = &a->via,
                                 .naddrs = a->via.n > 0,
                                 .path = circuit_addr_is(&a->via) ? HOST_PATH_ANY
                                                                  : HOST_PATH_DIRECT,
                                 .question = &connect,
                                 .scores = a->all->scores };

    a->hop = hop_ask(a->all->host, &req, on_connected, a);
    return a->hop != NULL;
}

/* Its owner has closed the connection, or it is ready: there is nothing more to attempt. */
static void on_settled(void *arg)
{
    release(arg);
}

/* Of a circuit that leads to `peer`: one more than those that wait for it as their relay. */
static unsigned depth_of(const struct circuit *c, const struct peerid *peer)
{
    unsigned depth = 0;
    struct attempt *a;

    DL_FOREACH (c->attempts, a)
        if (peerid_eq(&a->relay, peer) && a->depth > depth)
            depth = a->depth;
    return depth + 1;
}

static int start(struct circuit *c, const struct multiaddr *to, const struct attempt *draft,
                 struct muxed **out)
{
    static const struct multiaddr unknown;
    const struct upgrade_env *env = host_upgrade(c->host);
    struct attempt *a = malloc(sizeof *a);

    if (!a)
        return GW_ENOMEM;
    *a = *draft;
    a->security = env->first;
    a->m = yamux_new(env->loop, env->turn, &env->mux, false, transport_name, &unknown, to);
    if (!a->m || !connect_to(a)) {
        yamux_free(a->m);
        free(a);
        return GW_ENOMEM;
    }
    yamux_on_settled(a->m, on_settled, a);
    DL_APPEND(c->attempts, a);
    *out = a->m;
    return 0;
}

static int dial(void *arg, const struct multiaddr *to, const struct peerid *expect,
                struct muxed **out)
{
    struct circuit *c = arg;
    struct attempt draft = { .all = c, .expect = *expect, .depth = depth_of(c, expect) };

    if (!circuit_addr_split(to, &draft.via, &draft.relay))
        return GW_EUNSUP;
    if (peerid_eq(&draft.relay, expect) || peerid_eq(&draft.relay, host_peerid(c->host)))
        return GW_EUNREACH;
    if (draft.depth > CIRCUIT_DEPTH_MAX)
        return GW_ELIMIT;
    return start(c, to, &draft, out);
}

/* Of a relay that nothing is known of lately a connection that is there tells how far it is, as
 * long as the relay is heard on it. */
static void look_at_conn(const struct circuit *c, const struct peerid *relay, uint64_t now_ms)
{
    const struct conn *k = host_conn(c->host, relay);
    struct muxed_info info;

    if (!k || relay_scores_load(c->scores, relay, now_ms) != RELAY_LOAD_UNKNOWN)
        return;
    conn_info(k, &info);
    if (info.rtt_us && !info.unanswered_ms)
        relay_scores_note(c->scores, relay, RELAY_RTT, info.rtt_us, now_ms);
}

static uint64_t cost(void *arg, const struct multiaddr *to)
{
    const struct circuit *c = arg;
    uint64_t now_ms = clock_mono_ms(), sum = 0;
    struct multiaddr via = *to, rest;
    struct peerid relay;

    for (; circuit_addr_split(&via, &rest, &relay); via = rest) {
        look_at_conn(c, &relay, now_ms);
        sum += relay_scores_cost_ms(c->scores, &relay, now_ms);
    }
    return sum;
}

/* ---- being called ---- */

static enum circuit_status judge(const struct call *call, struct bytes msg, struct circuit_msg *m,
                                 struct peerid *from)
{
    const struct circuit *c = call->all;

    if (circuit_msg_decode_stop(msg, m) < 0)
        return CIRCUIT_MALFORMED_MESSAGE;
    if (m->type != CIRCUIT_CONNECT)
        return CIRCUIT_UNEXPECTED_MESSAGE;
    if (peerid_from_bytes(m->peer.id, from) != 0)
        return CIRCUIT_MALFORMED_MESSAGE;
    if (!c->accepts || !c->accepts(c->arg, conn_peer(call->relay)))
        return CIRCUIT_PERMISSION_DENIED;
    return CIRCUIT_OK;
}

static struct bytes encode_status(uint8_t *dst, size_t cap, enum circuit_status status)
{
    const struct circuit_msg m = { .type = CIRCUIT_STATUS, .status = status };
    int n = circuit_msg_encode_stop(dst, cap, &m);

    assert(n > 0);
    return (struct bytes){ dst, (size_t)n };
}

/* The address through the relay; where that is too long, the relay's id alone. */
static void address_through(const struct multiaddr *via, const struct peerid *relay,
                            struct multiaddr *out)
{
    static const struct multiaddr nowhere;

    if (circuit_addr_make(via, relay, out) != 0)
        circuit_addr_make(&nowhere, relay, out);
}

static void take(const struct call *call, struct stream *s, struct bytes ok, struct bytes rest)
{
    struct muxed_info relay;
    struct multiaddr remote;

    if (s->ops->write(s, ok) < 0) {
        stream_drop(s, GW_ENOMEM);
        return;
    }
    conn_info(call->relay, &relay);
    address_through(&relay.remote, conn_peer(call->relay), &remote);
    upgrade_accept(host_upgrade(call->all->host), s, transport_name, &relay.local, &remote);
    if (rest.n)
        s->ev->on_data(s, rest); /* to its new owner */
}

static void end_call(struct call *call)
{
    msgread_cancel(call->reader, GW_ECANCELED);
    DL_DELETE(call->all->calls, call);
    free(call);
}

static void on_message(void *arg, int err, struct stream *s, struct bytes msg, struct bytes rest)
{
    struct call *call = arg;
    const struct peerid *relay = conn_peer(call->relay);
    uint8_t wire[16];
    struct circuit_msg m;
    struct peerid from;

    if (err) {
        log_debug("circuit dir=in relay=%s not read: %s", peerid_short(relay), gw_strerror(err));
        end_call(call);
        return;
    }
    enum circuit_status status = judge(call, msg, &m, &from);
    struct bytes answer = encode_status(wire, sizeof wire, status);
    if (status == CIRCUIT_OK) {
        log_limit(&from, relay, "in", &m.limit);
        take(call, s, answer, rest);
    } else {
        log_debug("circuit dir=in relay=%s refused: %s", peerid_short(relay),
                  circuit_status_name(status));
        parting_start(host_loop(call->all->host), s, answer, PARTING_MS, GW_ETIMEOUT, NULL);
    }
    end_call(call);
}

static void on_call(void *arg, struct conn *relay, struct stream *s, const char *protocol,
                    struct bytes early)
{
    struct circuit *c = arg;
    const struct msgread_limits limits = { CIRCUIT_MSG_BODY_MAX,
                                           host_upgrade(c->host)->timeout_ms };
    struct call *call = calloc(1, sizeof *call);
    (void)protocol;

    if (!call) {
        stream_drop(s, GW_ENOMEM);
        return;
    }
    call->all = c;
    call->relay = relay;
    DL_APPEND(c->calls, call);
    msgread_start(host_loop(c->host), s, early, &limits, &call->reader, on_message, call);
}

struct circuit *circuit_new(struct host *h, struct relay_scores *scores,
                            circuit_accepts_fn *accepts, void *arg)
{
    struct circuit *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    *c = (struct circuit){ .host = h, .scores = scores, .accepts = accepts, .arg = arg };
    if (host_handle(h, CIRCUIT_STOP_PROTOCOL, NULL, on_call, c) == 0 &&
        host_add_dialer(h, &(struct host_dialer){ dial, cost, c }) == 0)
        return c;
    free(c);
    return NULL;
}

void circuit_free(struct circuit *c)
{
    if (!c)
        return;
    while (c->attempts)
        fail(c->attempts, GW_ECANCELED);
    while (c->calls)
        end_call(c->calls);
    free(c);
}
