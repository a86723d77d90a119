/* upgraderig.h - two nodes that make connections out of raw streams, for tests; and a peer that
 * does by hand what upgrade.c does, so that it can do it differently. */
#ifndef GW_TESTS_UPGRADERIG_H
#define GW_TESTS_UPGRADERIG_H

#include "base/err.h"
#include "streamend.h"
#include "transport/negotiate.h"
#include "transport/noise.h"
#include "transport/tls.h"
#include "transport/upgrade.h"

#define UPGRADERIG_IN_MAX 8

struct node {
    struct key *key;
    struct tls_cred *cred;
    struct upgrade_env env;
    struct muxed *m; /* the connection: dialled, or the last one accepted; NULL once closed */
    bool admits;
    int naccepted, nready, nclosed, err;
    struct streamend in[UPGRADERIG_IN_MAX]; /* streams that the other end opened */
    size_t nin;
    void (*on_stream)(struct node *n, struct stream *s); /* NULL: they go to `in` */
};

static inline void node_on_ready(struct muxed *m)
{
    struct node *n = m->owner;
    n->nready++;
}

static inline void node_on_stream(struct muxed *m, struct stream *s)
{
    struct node *n = m->owner;

    if (n->on_stream) {
        n->on_stream(n, s);
        return;
    }
    assert_true(n->nin < UPGRADERIG_IN_MAX);
    streamend_own(&n->in[n->nin++], s);
}

static inline void node_on_close(struct muxed *m, int err)
{
    struct node *n = m->owner;

    for (size_t i = 0; i < n->nin; i++)
        assert_int_equal(n->in[i].nclosed, 1);
    n->nclosed++;
    n->err = err;
    if (n->m == m)
        n->m = NULL;
}

static const struct muxed_events node_events = {
    .on_ready = node_on_ready,
    .on_stream = node_on_stream,
    .on_close = node_on_close,
};

static inline void node_own(struct node *n, struct muxed *m)
{
    n->m = m;
    m->ev = &node_events;
    m->owner = n;
}

static inline void node_accept(void *arg, struct muxed *m)
{
    struct node *n = arg;
    n->naccepted++;
    node_own(n, m);
}

static inline bool node_admit(void *arg, const struct peerid *peer)
{
    const struct node *n = arg;
    (void)peer;
    return n->admits;
}

static inline int node_make_key(struct node *n)
{
    return key_generate(&n->key) != 0 || tls_cred_new(n->key, &n->cred) != 0 ? -1 : 0;
}

static inline void node_free_key(struct node *n)
{
    tls_cred_free(n->cred);
    key_free(n->key);
}

/* As new, with the same key. */
static inline void node_reset(struct node *n, struct looprig *rig)
{
    *n = (struct node){ .key = n->key, .cred = n->cred, .admits = true };
    n->env = (struct upgrade_env){ .loop = rig->loop,
                                   .turn = rig->turn,
                                   .key = n->key,
                                   .cred = n->cred,
                                   .mux = { .max_streams = 100, .window = 1 << 20 },
                                   .timeout_ms = 5000,
                                   .max_half_open = 100,
                                   .admit = node_admit,
                                   .accept = node_accept,
                                   .arg = n };
    n->env.mux.partings = &n->env.partings;
}

/* Closes what is open; the loop has to run before the next step. */
static inline void node_close(struct node *n)
{
    if (n->m)
        n->m->ops->close(n->m, 0);
}

static inline void node_open(struct node *n, struct streamend *e)
{
    assert_int_equal(n->m->ops->open(n->m, &e->s), 0);
    streamend_own(e, e->s);
}

/* ---- a peer by hand: it speaks one security protocol, tells no muxer early, and one muxer later
 * ---- */

struct plain {
    struct node *node; /* whose identity, and whose connection it will be */
    const struct peerid *expect;
    const char *security, *muxer;
    bool is_inbound;
    struct secure_config cfg;
    void *cipher; /* NULL once it has been given away */
    struct negotiate *negotiate;
    struct secure *secure;
    struct peerid peer;
    struct muxed *m; /* waits for its carrier */
    int err;         /* of the step that failed */
    bool is_over;
};

static inline const struct cipher_ops *plain_ops(const struct plain *p)
{
    return strcmp(p->security, NOISE_PROTOCOL) == 0 ? &noise_ops : &tls_ops;
}

static inline void plain_end(struct plain *p, int err)
{
    p->is_over = true;
    p->err = err;
    if (err) {
        yamux_free(p->m);
        p->m = NULL;
    }
}

static inline void plain_on_muxer(void *arg, int err, struct stream *s, struct bytes early)
{
    struct plain *p = arg;

    p->negotiate = NULL;
    plain_end(p, err);
    if (err)
        return;
    node_own(p->node, p->m);
    p->m = NULL;
    yamux_attach(p->node->m, &p->peer, s, early);
}

static inline void plain_on_muxer_chosen(void *arg, int err, struct stream *s, const char *protocol,
                                         struct bytes early)
{
    (void)protocol;
    plain_on_muxer(arg, err, s, early);
}

static inline bool plain_is_muxer(void *arg, struct bytes protocol)
{
    const struct plain *p = arg;
    return bytes_eq(protocol, bytes_of(p->muxer));
}

static inline void plain_on_secure(void *arg, int err, const struct secure_result *r)
{
    struct plain *p = arg;
    struct ev_loop *loop = p->cfg.loop;

    p->secure = NULL;
    if (err) {
        plain_end(p, err);
        return;
    }
    assert_null(r->muxer);
    p->peer = r->peer;
    p->negotiate =
        p->is_inbound
            ? negotiate_accept(loop, r->s, 5000, plain_is_muxer, plain_on_muxer_chosen, p)
            : negotiate_dial(loop, r->s, p->muxer, (struct bytes){ 0 }, 5000, plain_on_muxer, p);
    assert_non_null(p->negotiate);
}

static inline void plain_on_security(void *arg, int err, struct stream *s, struct bytes early)
{
    struct plain *p = arg;

    p->negotiate = NULL;
    if (err) {
        plain_end(p, err);
        return;
    }
    void *cipher = plain_ops(p) == &noise_ops ? noise_new(&p->cfg, !p->is_inbound)
                                              : tls_new(&p->cfg, p->node->cred, !p->is_inbound);
    p->secure = secure_start(&p->cfg, plain_ops(p), cipher, s, early, plain_on_secure, p);
    assert_non_null(p->secure);
}

static inline void plain_on_security_chosen(void *arg, int err, struct stream *s,
                                            const char *protocol, struct bytes early)
{
    (void)protocol;
    plain_on_security(arg, err, s, early);
}

static inline bool plain_is_security(void *arg, struct bytes protocol)
{
    const struct plain *p = arg;
    return bytes_eq(protocol, bytes_of(p->security));
}

/* Takes the stream.  node, expect, security, muxer and is_inbound are set. */
static inline void plain_start(struct plain *p, struct stream *raw)
{
    static const struct multiaddr nowhere;
    static const char *const none[] = { NULL };
    struct upgrade_env *env = &p->node->env;

    p->cfg = (struct secure_config){ .loop = env->loop,
                                     .turn = env->turn,
                                     .key = p->node->key,
                                     .expect = p->expect,
                                     .muxers = none,
                                     .timeout_ms = 5000 };
    p->m = yamux_new(env->loop, env->turn, &env->mux, p->is_inbound, "test", &nowhere, &nowhere);
    assert_non_null(p->m);
    p->negotiate = p->is_inbound ? negotiate_accept(env->loop, raw, 5000, plain_is_security,
                                                    plain_on_security_chosen, p)
                                 : negotiate_dial(env->loop, raw, p->security, (struct bytes){ 0 },
                                                  5000, plain_on_security, p);
    assert_non_null(p->negotiate);
}

#endif
