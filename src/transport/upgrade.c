/* upgrade.c - see upgrade.h.
 *
 *   SECURITY (multistream-select) -> HANDSHAKE -> MUXER (unless told early) -> the connection */
#include "transport/upgrade.h"

#include <sodium.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "transport/negotiate.h"
#include "transport/noise.h"
#include "transport/tls.h"

#define FIRST_MAX 2048 /* octets of a handshake's first message */

static const char *const muxers[] = { YAMUX_PROTOCOL, NULL };

struct upgrade {
    struct upgrade *prev, *next; /* env->all */
    struct upgrade_env *env;
    struct muxed *m; /* waits; of an inbound one ours until it is ready */
    bool is_inbound;
    struct peerid expect;
    struct secure_config cfg;
    struct negotiate *negotiate; /* SECURITY, MUXER */
    struct secure *secure;       /* HANDSHAKE */
    struct peerid peer;          /* proved */
    void *cipher;                /* SECURITY: has spoken its first message */
    const struct cipher_ops *ops;
    uint64_t deadline_ms;
    void (*done)(void *arg, int err); /* outbound */
    void *arg;
};

static void release(struct upgrade *u)
{
    if (u->cipher)
        u->ops->free(u->cipher);
    u->env->nhalf_open -= u->is_inbound;
    DL_DELETE(u->env->all, u);
    free(u);
}

static void fail(struct upgrade *u, int err)
{
    struct upgrade was = *u;

    log_debug("upgrade peer=%s dir=%s failed: %s", peerid_short(&u->peer),
              u->is_inbound ? "in" : "out", gw_strerror(err));
    release(u);
    if (was.is_inbound)
        yamux_free(was.m);
    else
        was.done(was.arg, err);
}

static void drop_stream(struct upgrade *u, int err)
{
    negotiate_cancel(u->negotiate, err);
    if (u->secure)
        secure_cancel(u->secure, err);
}

static void attach(struct upgrade *u, struct stream *s, struct bytes early)
{
    struct upgrade was = *u;

    release(u);
    if (!was.is_inbound)
        was.done(was.arg, 0);
    yamux_attach(was.m, &was.peer, s, early);
}

/* Milliseconds left to the whole. */
static uint64_t time_left(const struct upgrade *u)
{
    uint64_t now_ms = clock_mono_ms();
    return now_ms < u->deadline_ms ? u->deadline_ms - now_ms : 0;
}

static void on_muxer_agreed(void *arg, int err, struct stream *s, struct bytes early)
{
    struct upgrade *u = arg;

    u->negotiate = NULL;
    if (err)
        fail(u, err == GW_ENOPROTO ? GW_EUNSUP : err);
    else
        attach(u, s, early);
}

static void on_muxer_chosen(void *arg, int err, struct stream *s, const char *protocol,
                            struct bytes early)
{
    (void)protocol;
    on_muxer_agreed(arg, err, s, early);
}

static bool is_muxer(void *arg, struct bytes protocol)
{
    (void)arg;
    return bytes_eq(protocol, bytes_of(YAMUX_PROTOCOL));
}

static void on_secure(void *arg, int err, const struct secure_result *r)
{
    struct upgrade *u = arg;
    struct upgrade_env *env = u->env;

    u->secure = NULL;
    if (err) {
        fail(u, err);
        return;
    }
    u->peer = r->peer;
    if (r->muxer) {
        attach(u, r->s, (struct bytes){ 0 });
        return;
    }
    u->negotiate = u->is_inbound
                       ? negotiate_accept(env->loop, r->s, time_left(u), is_muxer, on_muxer_chosen,
                                          u)
                       : negotiate_dial(env->loop, r->s, YAMUX_PROTOCOL, (struct bytes){ 0 },
                                        time_left(u), on_muxer_agreed, u);
    if (!u->negotiate)
        fail(u, GW_ENOMEM);
}

enum upgrade_security upgrade_fastest(void)
{
    return crypto_aead_aes256gcm_is_available() ? UPGRADE_TLS : UPGRADE_NOISE;
}

/* Behind its `na` a peer may reset the stream, for the handshake's first message that it cannot
 * read, and on the way through a relay the reset overtakes the octets before it. */
static bool may_be_na(int err)
{
    return err == GW_ENOPROTO || err == GW_ERESET;
}

bool upgrade_again(const struct upgrade_env *env, enum upgrade_security *security, int err)
{
    if (*security != env->first || !may_be_na(err))
        return false;
    *security = *security == UPGRADE_TLS ? UPGRADE_NOISE : UPGRADE_TLS;
    return true;
}

static void *make_cipher(struct upgrade *u, enum upgrade_security security)
{
    u->ops = security == UPGRADE_NOISE ? &noise_ops : &tls_ops;
    return security == UPGRADE_NOISE ? noise_new(&u->cfg, !u->is_inbound)
                                     : tls_new(&u->cfg, u->env->cred, !u->is_inbound);
}

static void shake_hands(struct upgrade *u, struct stream *raw, struct bytes early)
{
    void *cipher = u->cipher;

    u->cipher = NULL;
    u->cfg.timeout_ms = time_left(u);
    u->secure = secure_start(&u->cfg, u->ops, cipher, raw, early, on_secure, u);
    if (!u->secure)
        fail(u, GW_ENOMEM);
}

/* ---- inbound ---- */

static bool is_security(void *arg, struct bytes protocol)
{
    (void)arg;
    return bytes_eq(protocol, bytes_of(NOISE_PROTOCOL)) ||
           bytes_eq(protocol, bytes_of(TLS_PROTOCOL));
}

static void on_security_chosen(void *arg, int err, struct stream *s, const char *protocol,
                               struct bytes early)
{
    struct upgrade *u = arg;

    u->negotiate = NULL;
    if (err) {
        fail(u, err);
        return;
    }
    u->cipher = make_cipher(u, strcmp(protocol, NOISE_PROTOCOL) == 0 ? UPGRADE_NOISE : UPGRADE_TLS);
    if (u->cipher) {
        shake_hands(u, s, early);
        return;
    }
    stream_drop(s, GW_ENOMEM);
    fail(u, GW_ENOMEM);
}

/* Who may not come in is told so by the muxer: the handshakes have no word for it. */
static void on_inbound_ready(struct muxed *m)
{
    struct upgrade_env *env = m->owner;

    if (env->admit(env->arg, &m->peer)) {
        env->accept(env->arg, m);
        return;
    }
    muxed_drop(m, GW_EDENIED);
}

static const struct muxed_events inbound_events = { .on_ready = on_inbound_ready };

/* ---- both ---- */

static struct upgrade *make(struct upgrade_env *env, struct muxed *m, bool is_inbound)
{
    struct upgrade *u = calloc(1, sizeof *u);
    if (!u)
        return NULL;
    u->env = env;
    u->m = m;
    u->is_inbound = is_inbound;
    u->cfg = (struct secure_config){
        .loop = env->loop,
        .turn = env->turn,
        .key = env->key,
        .muxers = muxers,
    };
    u->deadline_ms = clock_mono_ms() + env->timeout_ms;
    env->nhalf_open += is_inbound;
    DL_APPEND(env->all, u);
    return u;
}

/* False: there is none. */
static bool reset_oldest_inbound(struct upgrade_env *env)
{
    struct upgrade *u = env->all;

    while (u && !u->is_inbound)
        u = u->next;
    if (!u)
        return false;
    drop_stream(u, GW_ELIMIT);
    fail(u, GW_ELIMIT);
    return true;
}

void upgrade_accept(struct upgrade_env *env, struct stream *raw, const char *transport,
                    const struct multiaddr *local, const struct multiaddr *remote)
{
    while (env->nhalf_open >= env->max_half_open && reset_oldest_inbound(env))
        ;
    struct muxed *m = yamux_new(env->loop, env->turn, &env->mux, true, transport, local, remote);
    struct upgrade *u = m ? make(env, m, true) : NULL;

    if (!u) {
        if (m)
            yamux_free(m);
        stream_drop(raw, GW_ENOMEM);
        return;
    }
    m->ev = &inbound_events;
    m->owner = env;
    u->negotiate = negotiate_accept(env->loop, raw, env->timeout_ms, is_security,
                                    on_security_chosen, u);
    if (!u->negotiate)
        fail(u, GW_ENOMEM);
}

/* ---- outbound ---- */

static int append(void *arg, struct bytes v)
{
    struct wr *w = arg;
    wr_bytes(w, v);
    return w->full ? GW_ENOMEM : 0;
}

static void on_security_agreed(void *arg, int err, struct stream *s, struct bytes early)
{
    struct upgrade *u = arg;

    u->negotiate = NULL;
    if (err)
        fail(u, err);
    else
        shake_hands(u, s, early);
}

/* The first message of the handshake leaves with the proposal. */
static int propose(struct upgrade *u, struct stream *raw, enum upgrade_security security)
{
    uint8_t first[FIRST_MAX];
    struct wr w = wr_init((struct span){ first, sizeof first });
    const struct cipher_sink sink = { append, &w };
    struct cipher_proof proof;
    bool is_done = false;

    u->cipher = make_cipher(u, security);
    if (!u->cipher || u->ops->step(u->cipher, (struct bytes){ 0 }, &sink, &is_done, &proof) < 0) {
        stream_drop(raw, GW_ENOMEM);
        return GW_ENOMEM;
    }
    u->negotiate = negotiate_dial(
        u->env->loop, raw, security == UPGRADE_NOISE ? NOISE_PROTOCOL : TLS_PROTOCOL,
        (struct bytes){ first, (size_t)(w.p - first) }, u->env->timeout_ms, on_security_agreed, u);
    return u->negotiate ? 0 : GW_ENOMEM;
}

int upgrade_start(struct upgrade_env *env, struct muxed *m, struct stream *raw,
                  const struct peerid *expect, enum upgrade_security security,
                  void (*done)(void *arg, int err), void *arg, struct upgrade **out)
{
    struct upgrade *u = make(env, m, false);

    if (!u) {
        stream_drop(raw, GW_ENOMEM);
        return GW_ENOMEM;
    }
    u->expect = u->peer = *expect;
    u->cfg.expect = &u->expect;
    u->done = done;
    u->arg = arg;
    int err = propose(u, raw, security);
    if (err)
        release(u);
    else
        *out = u;
    return err;
}

void upgrade_cancel(struct upgrade *u, int err)
{
    if (!u)
        return;
    drop_stream(u, err);
    release(u);
}

void upgrade_cancel_all(struct upgrade_env *env)
{
    while (env->all) {
        struct upgrade *u = env->all;
        drop_stream(u, GW_ECANCELED);
        fail(u, GW_ECANCELED);
    }
    parting_drop_all(&env->partings);
}
