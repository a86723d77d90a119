/* quic.c - see quic.h: sockets, which packet belongs to which connection, what to do with
 * strangers' packets. */
#include "transport/quic.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <utlist.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "transport/quic_conn.h"

#define INITIAL_MIN       1200 /* octets of a datagram with a client Initial (RFC 9000 s.14.1) */
#define LONG_HEADER       0x80 /* of the first octet (RFC 8999 s.5.1) */
#define RESET_MIN         43   /* shorter packets get no stateless reset, or two would never end */
#define RESET_MAX         42   /* octets of ours */
#define RESETS_PER_SECOND 64
#define REPLY_MAX         1400
#define PUNCH_LEN         32

enum { FAMILY_V4, FAMILY_V6, FAMILIES };

struct quic {
    struct quic_env env;
    struct udp *udp[FAMILIES];
    bool is_listening[FAMILIES];
    uint64_t batch_ns; /* time of the packets being read; 0 between batches */
    uint64_t resets_since_ns;
    unsigned resets;
};

static int family_of(const struct sockaddr_any *a)
{
    return a->sa.sa_family == AF_INET6 ? FAMILY_V6 : FAMILY_V4;
}

static void reply(struct udp *u, const struct udp_packet *to, const uint8_t *p, ngtcp2_ssize n)
{
    if (n > 0 && !udp_is_blocked(u))
        udp_send(u, &to->path, 0, (struct bytes){ p, (size_t)n }, (size_t)n);
}

/* ---- packets of nobody ---- */

static void offer_version(struct udp *u, const struct udp_packet *p, const ngtcp2_version_cid *vc)
{
    static const uint32_t versions[] = { NGTCP2_PROTO_VER_V1 };
    uint8_t out[REPLY_MAX];

    if (p->data.n < INITIAL_MIN)
        return;
    reply(u, p, out,
          ngtcp2_pkt_write_version_negotiation(out, sizeof out, (uint8_t)randombytes_random(),
                                               vc->scid, vc->scidlen, vc->dcid, vc->dcidlen,
                                               versions, 1));
}

/* Tells a peer of a connection that is gone (we restarted) so that it does not wait for its
 * timeout. */
static void send_stateless_reset(struct quic *q, struct udp *u, const struct udp_packet *p,
                                 const ngtcp2_version_cid *vc)
{
    uint8_t out[RESET_MAX], token[NGTCP2_STATELESS_RESET_TOKENLEN],
        noise[RESET_MAX - NGTCP2_STATELESS_RESET_TOKENLEN];
    ngtcp2_cid cid;

    if (p->data.n < RESET_MIN)
        return;
    if (q->batch_ns - q->resets_since_ns > NGTCP2_SECONDS) {
        q->resets_since_ns = q->batch_ns;
        q->resets = 0;
    }
    if (q->resets++ >= RESETS_PER_SECOND)
        return;
    ngtcp2_cid_init(&cid, vc->dcid, vc->dcidlen);
    if (quic_tokens_reset(q->env.tokens, &cid, token) != 0)
        return;
    randombytes_buf(noise, sizeof noise);
    reply(u, p, out, ngtcp2_pkt_write_stateless_reset(out, sizeof out, token, noise, sizeof noise));
}

/* Whose peer says by this packet that it lost the connection?  NULL: nobody's. */
static struct quic_conn *find_reset(const struct quic *q, const struct udp_packet *p)
{
    if (p->data.n < NGTCP2_STATELESS_RESET_TOKENLEN + 5)
        return NULL;
    return quic_cids_find(q->env.reset_tokens,
                          p->data.p + p->data.n - NGTCP2_STATELESS_RESET_TOKENLEN,
                          NGTCP2_STATELESS_RESET_TOKENLEN);
}

static void refuse(struct udp *u, const struct udp_packet *p, const ngtcp2_pkt_hd *hd,
                   uint64_t code)
{
    uint8_t out[REPLY_MAX];
    reply(u, p, out,
          ngtcp2_crypto_write_connection_close(out, sizeof out, hd->version, &hd->scid, &hd->dcid,
                                               code, NULL, 0));
}

/* Whoever stops in the middle of a handshake would keep everybody out, its address proved or not.
 */
static void end_oldest_half_open(struct quic_env *env)
{
    struct quic_conn *c, *next;

    DL_FOREACH_SAFE (env->conns, c, next) {
        if (env->nhalf_open < env->cfg.max_half_open)
            return;
        if (c->muxed.is_inbound && c->state == QUIC_CONN_HANDSHAKE)
            quic_conn_free(c);
    }
}

/* A client Initial: a new connection, unless limits say otherwise. */
static void accept_packet(struct quic *q, struct udp *u, const struct udp_packet *p)
{
    struct quic_env *env = &q->env;
    struct quic_conn *c;
    ngtcp2_pkt_hd hd;
    ngtcp2_cid odcid;

    if (p->data.n < INITIAL_MIN || !q->is_listening[family_of(udp_addr(u))] ||
        ngtcp2_accept(&hd, p->data.p, p->data.n) != 0)
        return;
    enum quic_token_kind token = quic_tokens_check(env->tokens, &hd, &p->path.remote, q->batch_ns,
                                                   &odcid);
    if (token == QUIC_TOKEN_BAD) {
        refuse(u, p, &hd, NGTCP2_INVALID_TOKEN);
        return;
    }
    if (env->nconns >= env->cfg.max_peers) {
        refuse(u, p, &hd, NGTCP2_CONNECTION_REFUSED);
        return;
    }
    if (token == QUIC_TOKEN_NONE && env->nhalf_open >= env->cfg.max_half_open / 2) {
        uint8_t out[REPLY_MAX];
        reply(u, p, out,
              quic_tokens_write_retry(env->tokens, &hd, &p->path.remote, q->batch_ns, out,
                                      sizeof out));
        return;
    }
    end_oldest_half_open(env);
    int err = quic_conn_accept(env, u, &p->path, &hd, token == QUIC_TOKEN_RETRY ? &odcid : NULL,
                               q->batch_ns, &c);
    if (err)
        log_warn("quic accept failed: %s", gw_strerror(err));
    else
        quic_conn_read(c, p, q->batch_ns);
}

/* ---- what the sockets bring ---- */

static void on_packet(void *arg, struct udp *u, const struct udp_packet *p)
{
    struct quic *q = arg;
    ngtcp2_version_cid vc;

    if (q->batch_ns == 0)
        q->batch_ns = clock_mono_ns();
    int rv = ngtcp2_pkt_decode_version_cid(&vc, p->data.p, p->data.n, QUIC_CID_LEN);
    if (rv == NGTCP2_ERR_VERSION_NEGOTIATION) {
        offer_version(u, p, &vc);
        return;
    }
    if (rv != 0)
        return; /* not QUIC */
    struct quic_conn *c = quic_cids_find(q->env.cids, vc.dcid, vc.dcidlen);
    bool is_short = !(p->data.p[0] & LONG_HEADER);
    if (!c && is_short)
        c = find_reset(q, p);
    if (c && c->udp != u)
        return; /* a connection does not change its address family */
    if (c)
        quic_conn_read(c, p, q->batch_ns);
    else if (is_short)
        send_stateless_reset(q, u, p, &vc);
    else if (vc.version == NGTCP2_PROTO_VER_V1)
        accept_packet(q, u, p);
    else if (vc.version) /* v2; 0 is a Version Negotiation of nobody's, its ids of any length */
        offer_version(u, p, &vc);
}

static void on_batch_end(void *arg, struct udp *u)
{
    struct quic *q = arg;
    (void)u;
    q->batch_ns = 0;
}

static void on_writable(void *arg, struct udp *u)
{
    struct quic *q = arg;
    for (struct quic_conn *c = q->env.conns; c; c = c->next) {
        if (c->udp == u)
            quic_conn_touch(c);
    }
}

static const struct udp_events udp_events = { .on_packet = on_packet,
                                              .on_batch_end = on_batch_end,
                                              .on_writable = on_writable };

/* ---- public ---- */

struct quic *quic_new(struct ev_loop *loop, struct turn *turn, const struct key *key,
                      const struct quic_config *cfg, quic_admit_fn *admit, quic_accept_fn *accept,
                      void *arg)
{
    struct quic *q = calloc(1, sizeof *q);
    if (!q)
        return NULL;
    q->env = (struct quic_env){
        .loop = loop,
        .turn = turn,
        .cfg = *cfg,
        .admit = admit,
        .accept = accept,
        .arg = arg,
    };
    q->env.tokens = quic_tokens_new(key);
    q->env.cids = quic_cids_new();
    q->env.reset_tokens = quic_cids_new();
    if (!q->env.tokens || !q->env.cids || !q->env.reset_tokens ||
        tls_cred_new(key, &q->env.cred) != 0) {
        quic_free(q);
        return NULL;
    }
    return q;
}

void quic_set_config(struct quic *q, const struct quic_config *cfg)
{
    q->env.cfg = *cfg;
}

static int open_socket(struct quic *q, const struct sockaddr_any *at)
{
    return udp_open(q->env.loop, at, q->env.cfg.no_gso, &udp_events, q, &q->udp[family_of(at)]);
}

static void bound_addr(const struct udp *u, struct multiaddr *out)
{
    struct ipaddr ip;
    uint16_t port;
    if (sockaddr_to_ip(udp_addr(u), &ip, &port) == 0)
        multiaddr_make_quic(&ip, port, out);
}

int quic_listen(struct quic *q, const struct multiaddr *at, struct multiaddr *bound)
{
    struct sockaddr_any sa;
    struct ipaddr ip;
    uint16_t port;

    if (!multiaddr_as_quic(at, &ip, &port))
        return GW_EUNSUP;
    sockaddr_from_ip(&ip, port, &sa);
    int family = family_of(&sa);
    if (q->udp[family])
        return GW_EEXISTS;
    int err = open_socket(q, &sa);
    if (err)
        return err;
    q->is_listening[family] = true;
    if (bound)
        bound_addr(q->udp[family], bound);
    return 0;
}

size_t quic_listen_addrs(const struct quic *q, struct multiaddr *out, size_t max)
{
    size_t n = 0;
    for (int f = 0; f < FAMILIES && n < max; f++) {
        if (q->udp[f] && q->is_listening[f])
            bound_addr(q->udp[f], &out[n++]);
    }
    return n;
}

int quic_dial(struct quic *q, const struct multiaddr *to, const struct peerid *expect,
              struct muxed **out)
{
    struct ipaddr ip, any = { 0 };
    struct udp_path path;
    struct quic_conn *c;
    uint16_t port;

    if (!multiaddr_as_quic(to, &ip, &port))
        return GW_EUNSUP;
    if (q->env.nconns >= q->env.cfg.max_peers)
        return GW_ELIMIT;
    sockaddr_from_ip(&ip, port, &path.remote);
    int family = family_of(&path.remote);
    if (!q->udp[family]) {
        struct sockaddr_any at;
        any.family = ip.family;
        sockaddr_from_ip(&any, 0, &at);
        int err = open_socket(q, &at);
        if (err)
            return err;
    }
    path.local = *udp_addr(q->udp[family]);
    int err = quic_conn_dial(&q->env, q->udp[family], &path, expect, &c);
    if (!err)
        *out = &c->muxed;
    return err;
}

int quic_punch(struct quic *q, const struct multiaddr *to)
{
    uint8_t octets[PUNCH_LEN];
    struct udp_path path;
    struct ipaddr ip;
    uint16_t port;

    if (!multiaddr_as_quic(to, &ip, &port))
        return GW_EUNSUP;
    sockaddr_from_ip(&ip, port, &path.remote);
    struct udp *u = q->udp[family_of(&path.remote)];
    if (!u)
        return GW_EUNSUP;
    if (getrandom(octets, sizeof octets, 0) != (ssize_t)sizeof octets)
        return GW_EIO;
    path.local = *udp_addr(u);
    udp_send(u, &path, 0, (struct bytes){ octets, sizeof octets }, sizeof octets);
    return 0;
}

void quic_stop(struct quic *q, int err)
{
    for (struct quic_conn *c = q->env.conns; c; c = c->next)
        quic_conn_close(c, err);
}

void quic_free(struct quic *q)
{
    if (!q)
        return;
    while (q->env.conns)
        quic_conn_free(q->env.conns);
    for (int f = 0; f < FAMILIES; f++)
        udp_close(q->udp[f]);
    quic_cids_free(q->env.cids);
    quic_cids_free(q->env.reset_tokens);
    quic_tokens_free(q->env.tokens);
    tls_cred_free(q->env.cred);
    free(q);
}
