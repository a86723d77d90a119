/* quic_conn.c - see quic_conn.h. */
#include "transport/quic_conn.h"

#include <sodium.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/clock.h"
#include "base/container_of.h"
#include "base/err.h"
#include "base/log.h"
#include "transport/quic_callbacks.h"
#include "transport/quic_close.h"
#include "transport/quic_settings.h"
#include "transport/quic_write.h"

/* Of the stream limit: told at once when so much of it is used up. */
#define GRANT_SHARE 8

static struct quic_conn *conn_of(const struct muxed *m)
{
    return (struct quic_conn *)m;
}

static uint64_t rx_bytes(const struct quic_conn *c)
{
    return c->streams.mux.rx_bytes + c->dgrams.rx_bytes;
}

static void arm(struct quic_conn *c, uint64_t at_ns, uint64_t now_ns)
{
    if (ev_is_active(&c->timer) && c->timer_ns <= at_ns)
        return; /* it fires earlier and then looks again: cheaper than moving it for every packet */
    ev_timer_stop(c->env->loop, &c->timer);
    if (at_ns == UINT64_MAX)
        return;
    c->timer_ns = at_ns;
    ev_timer_set(&c->timer, at_ns > now_ns ? (double)(at_ns - now_ns) / 1e9 : 0., 0.);
    ev_timer_start(c->env->loop, &c->timer);
}

/* --- the end --- */

/* Tells the owner, frees what only a living connection needs, and lingers for 3 PTO; where nothing
 * was said nothing lingers: a stranger's packets must not pile up. */
static void bury(struct quic_conn *c, int err)
{
    uint64_t now_ns = clock_mono_ns();
    bool was_announced = c->state == QUIC_CONN_READY || !c->muxed.is_inbound;

    c->env->nhalf_open -= c->state == QUIC_CONN_HANDSHAKE && c->muxed.is_inbound;
    c->state = QUIC_CONN_CLOSED;
    c->env->nconns--;
    quic_dgrams_clear(&c->dgrams);
    quic_streams_end_all(&c->streams, err ? err : GW_ECLOSED);
    if (was_announced && c->muxed.ev)
        c->muxed.ev->on_close(&c->muxed, err);
    ev_timer_stop(c->env->loop, &c->timer);
    bool lingers = c->bye.packet || ngtcp2_conn_in_draining_period(c->nc);
    arm(c, now_ns + (lingers ? 3 * ngtcp2_conn_get_pto(c->nc) : 0), now_ns);
    ngtcp2_conn_del(c->nc);
    c->nc = NULL;
    quic_tls_end(&c->tls);
}

/* An ordered end from our side. */
static void die(struct quic_conn *c, int err)
{
    ngtcp2_ccerr reason;
    quic_close_reason(err, &reason);
    quic_bye_say(&c->bye, c->nc, c->udp, &c->path, &reason);
    bury(c, err);
}

/* ngtcp2 gave up with `rv`. */
static void fail(struct quic_conn *c, int rv)
{
    ngtcp2_ccerr reason;
    bool is_silent;
    int err = quic_close_judge(c->nc, rv, c->tls.refused, &reason, &is_silent);

    if (!is_silent)
        quic_bye_say(&c->bye, c->nc, c->udp, &c->path, &reason);
    log_debug("quic peer=%s closed: %s (%s)", peerid_short(&c->muxed.peer), gw_strerror(err),
              ngtcp2_strerror(rv));
    bury(c, err);
}

void quic_conn_free(struct quic_conn *c)
{
    struct quic_env *env = c->env;

    env->nconns -= c->state != QUIC_CONN_CLOSED;
    env->nhalf_open -= c->state == QUIC_CONN_HANDSHAKE && c->muxed.is_inbound;
    quic_dgrams_clear(&c->dgrams);
    quic_streams_free_all(&c->streams);
    DL_DELETE(env->conns, c);
    quic_cids_del_all(env->cids, &c->cids);
    quic_cids_del_all(env->reset_tokens, &c->reset_tokens);
    turn_del(env->turn, &c->task);
    ev_timer_stop(env->loop, &c->timer);
    ngtcp2_conn_del(c->nc);
    quic_tls_end(&c->tls);
    quic_bye_fini(&c->bye);
    free(c);
}

/* --- one turn --- */

static void follow_path(struct quic_conn *c)
{
    const ngtcp2_path *now = ngtcp2_conn_get_path(c->nc);
    ngtcp2_path was = quic_path(&c->path);

    if (ngtcp2_path_eq(now, &was))
        return;
    quic_path_copy(&c->path, now);
    c->is_moved = true;
}

/* Behind quic_write, which sends the PING that is due.  Who was dialled cannot move. */
static void set_keep_alive(struct quic_conn *c, uint64_t now_ns)
{
    ngtcp2_conn_info ci;

    ngtcp2_conn_get_conn_info(c->nc, &ci);
    uint64_t due_ns = c->muxed.is_inbound
                          ? QUIC_SILENCE_NS
                          : quic_silence_due(&c->silence, rx_bytes(c), c->streams.mux.nopen,
                                             ci.smoothed_rtt, now_ns);
    ngtcp2_conn_set_keep_alive_timeout(c->nc, due_ns);
    quic_silence_owe(&c->silence, ci.bytes_in_flight > 0, now_ns);
}

static void run(struct turn_task *t)
{
    struct quic_conn *c = container_of(t, struct quic_conn, task);

    if (c->state == QUIC_CONN_CLOSED)
        return;
    quic_streams_deliver_closing(&c->streams);
    if (c->is_close_wanted) {
        die(c, c->close_err);
        return;
    }
    if (c->state == QUIC_CONN_READY)
        quic_streams_open_waiting(&c->streams);
    uint64_t now_ns = clock_mono_ns();
    if (!udp_is_blocked(c->udp)) {
        int rv = quic_write(c->nc, &c->streams.mux.sched, &c->dgrams, c->udp, &c->unpaced, now_ns);
        if (rv) {
            fail(c, rv);
            return;
        }
    }
    set_keep_alive(c, now_ns);
    muxstreams_deliver_drained(&c->streams.mux);
    follow_path(c);
    if (c->is_moved && c->state == QUIC_CONN_READY) {
        c->is_moved = false;
        c->muxed.ev->on_moved(&c->muxed);
    }
    arm(c, ngtcp2_conn_get_expiry(c->nc), now_ns);
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct quic_conn *c = w->data;
    uint64_t now_ns = clock_mono_ns();
    (void)loop;
    (void)revents;

    if (c->state == QUIC_CONN_CLOSED) {
        quic_conn_free(c);
        return;
    }
    if (ngtcp2_conn_get_expiry(c->nc) <= now_ns) {
        int rv = ngtcp2_conn_handle_expiry(c->nc, now_ns);
        if (rv) {
            fail(c, rv);
            return;
        }
    }
    quic_conn_touch(c);
}

void quic_conn_read(struct quic_conn *c, const struct udp_packet *p, uint64_t now_ns)
{
    if (c->state == QUIC_CONN_CLOSED) {
        quic_bye_repeat(&c->bye, c->udp, &c->path);
        return;
    }
    struct udp_path path = p->path;
    if (!c->muxed.is_inbound)
        path.local = c->path.local; /* a dialled connection knows one local address: the socket's */
    ngtcp2_path np = quic_path(&path);
    ngtcp2_pkt_info pi = { .ecn = p->ecn };
    int rv = ngtcp2_conn_read_pkt(c->nc, &np, &pi, p->data.p, p->data.n, now_ns);
    if (rv) {
        fail(c, rv);
        return;
    }
    quic_silence_hear(&c->silence);
    quic_conn_touch(c);
}

/* --- muxed --- */

static int op_open(struct muxed *m, struct stream **out)
{
    struct quic_conn *c = conn_of(m);

    if (c->state == QUIC_CONN_CLOSED || c->is_close_wanted)
        return GW_ECLOSED;
    if (c->streams.mux.nwaiting >= QUIC_STREAMS_WAITING_MAX)
        return GW_ELIMIT;
    struct quic_stream *s = quic_stream_new(&c->streams, -1);
    if (!s)
        return GW_ENOMEM;
    quic_conn_touch(c);
    *out = &s->m.base;
    return 0;
}

static void op_close(struct muxed *m, int err)
{
    quic_conn_close(conn_of(m), err);
}

static size_t datagram_max(const struct quic_conn *c)
{
    return c->state == QUIC_CONN_READY && !c->is_close_wanted ? quic_dgrams_fit(c->nc) : 0;
}

static int op_send_datagram(struct muxed *m, struct bytes head, struct bytes v)
{
    struct quic_conn *c = conn_of(m);
    size_t max = datagram_max(c);

    if (max == 0 || v.n > max || head.n > max - v.n)
        return GW_EUNSUP;
    quic_dgrams_put(&c->dgrams, head, v);
    quic_conn_touch(c);
    return 0;
}

static void op_info(const struct muxed *m, struct muxed_info *out)
{
    const struct quic_conn *c = conn_of(m);
    ngtcp2_conn_info ci;
    struct ipaddr ip;
    uint16_t port;

    *out = (struct muxed_info){
        .transport = "quic-v1",
        .rx_bytes = rx_bytes(c),
        .tx_bytes = c->streams.mux.tx_bytes + c->dgrams.tx_bytes,
        .streams = c->streams.mux.nopen,
        .unanswered_ms = quic_silence_unanswered(&c->silence, clock_mono_ns()) / 1000000,
        .datagram_max = datagram_max(c),
    };
    if (sockaddr_to_ip(&c->path.remote, &ip, &port) == 0)
        multiaddr_make_quic(&ip, port, &out->remote);
    if (sockaddr_to_ip(&c->path.local, &ip, &port) == 0)
        multiaddr_make_quic(&ip, port, &out->local);
    ngtcp2_conn_get_conn_info(c->nc, &ci);
    out->rtt_us = ci.smoothed_rtt / 1000;
}

/* A keep-alive that is due sends a PING at once. */
static void op_probe(struct muxed *m)
{
    struct quic_conn *c = conn_of(m);

    if (c->state != QUIC_CONN_READY)
        return;
    ngtcp2_conn_set_keep_alive_timeout(c->nc, 1);
    quic_conn_touch(c);
}

static const struct muxed_ops ops = {
    .open = op_open,
    .close = op_close,
    .info = op_info,
    .send_datagram = op_send_datagram,
    .probe = op_probe,
};

/* --- birth --- */

static struct quic_conn *conn_new(struct quic_env *env, struct udp *udp,
                                  const struct udp_path *path, bool is_inbound)
{
    struct quic_conn *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->muxed = (struct muxed){ .ops = &ops, .is_inbound = is_inbound };
    c->env = env;
    c->udp = udp;
    c->path = *path;
    c->streams = (struct quic_streams){
        .mux = { .turn = env->turn, .task = &c->task, .on_queued = quic_stream_on_queued },
        .muxed = &c->muxed,
        .grant_step = env->cfg.max_streams / GRANT_SHARE,
    };
    c->task.run = run;
    c->tls.verify = quic_callbacks_verify;
    c->tls.arg = c;
    ev_timer_init(&c->timer, on_timer, 0., 0.);
    c->timer.data = c;
    DL_APPEND(env->conns, c);
    env->nconns++;
    env->nhalf_open += is_inbound;
    return c;
}

/* `rv`: of ngtcp2; where it failed `nc` points to what it has freed. */
static int start(struct quic_conn *c, int rv, ngtcp2_conn *nc)
{
    if (rv)
        return GW_ENOMEM;
    c->nc = c->streams.nc = nc;
    int err = quic_tls_start(c->env->cred, &c->tls, c->muxed.is_inbound, quic_callbacks_conn);
    if (!err)
        ngtcp2_conn_set_tls_native_handle(nc, c->tls.tls);
    return err;
}

int quic_conn_dial(struct quic_env *env, struct udp *udp, const struct udp_path *path,
                   const struct peerid *expect, struct quic_conn **out)
{
    struct quic_conn *c = conn_new(env, udp, path, false);
    ngtcp2_cid dcid = { .datalen = QUIC_CID_MAX - 2 }, scid = { .datalen = QUIC_CID_LEN };
    ngtcp2_path np = quic_path(path);
    uint8_t token[QUIC_TOKEN_MAX];
    struct quic_settings set;
    ngtcp2_conn *nc;

    if (!c)
        return GW_ENOMEM;
    c->expect = *expect;
    c->muxed.peer = *expect;
    randombytes_buf(dcid.data, dcid.datalen);
    randombytes_buf(scid.data, scid.datalen);
    quic_settings_init(&set, &env->cfg, path->remote.sa.sa_family, clock_mono_ns());
    size_t ntoken = quic_tokens_take(env->tokens, &path->remote, token);
    if (ntoken)
        quic_settings_set_token(&set, (struct bytes){ token, ntoken }, NGTCP2_TOKEN_TYPE_NEW_TOKEN);
    int err = quic_cids_add(env->cids, &c->cids, scid.data, scid.datalen, c);
    if (!err) {
        int rv = ngtcp2_conn_client_new(&nc, &dcid, &scid, &np, NGTCP2_PROTO_VER_V1,
                                        &quic_callbacks, &set.settings, &set.params, NULL,
                                        &c->streams);
        err = start(c, rv, nc);
    }
    if (err) {
        quic_conn_free(c);
        return err;
    }
    quic_conn_touch(c);
    *out = c;
    return 0;
}

int quic_conn_accept(struct quic_env *env, struct udp *udp, const struct udp_path *path,
                     const ngtcp2_pkt_hd *hd, const ngtcp2_cid *odcid, uint64_t now_ns,
                     struct quic_conn **out)
{
    struct quic_conn *c = conn_new(env, udp, path, true);
    ngtcp2_cid scid = { .datalen = QUIC_CID_LEN };
    ngtcp2_path np = quic_path(path);
    struct quic_settings set;
    ngtcp2_conn *nc;

    if (!c)
        return GW_ENOMEM;
    randombytes_buf(scid.data, scid.datalen);
    quic_settings_init(&set, &env->cfg, path->remote.sa.sa_family, now_ns);
    int err = quic_settings_accept(&set, env->tokens, hd, odcid, &scid);
    if (!err)
        err = quic_cids_add(env->cids, &c->cids, scid.data, scid.datalen, c);
    if (!err)
        err = quic_cids_add(env->cids, &c->cids, hd->dcid.data, hd->dcid.datalen, c);
    if (!err) {
        int rv = ngtcp2_conn_server_new(&nc, &hd->scid, &scid, &np, hd->version, &quic_callbacks,
                                        &set.settings, &set.params, NULL, &c->streams);
        err = start(c, rv, nc);
    }
    if (err) {
        quic_conn_free(c);
        return err;
    }
    *out = c;
    return 0;
}

/* --- small public parts --- */

void quic_conn_close(struct quic_conn *c, int err)
{
    if (c->state == QUIC_CONN_CLOSED || c->is_close_wanted)
        return;
    c->is_close_wanted = true;
    c->close_err = err;
    quic_conn_touch(c);
}

void quic_conn_touch(struct quic_conn *c)
{
    turn_add(c->env->turn, &c->task);
}
