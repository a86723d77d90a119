/* kad_rpc.c - see kad_rpc.h. */
#include "p2p/kad_rpc.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "net/parting.h"
#include "p2p/kad_lookup.h"
#include "p2p/msgread.h"
#include "wire/varint.h"

struct kad_rpc {
    const struct kad_env *env;
    struct peerid peer;
    enum kad_type type;
    struct host_open *open; /* until there is a stream */
    struct msgread *reader; /* until the answer has come */
    ev_timer deadline;      /* of all */
    uint64_t began_ms;
    kad_rpc_done_fn *done;
    void *arg;
};

static void finish(struct kad_rpc *r, int err, const struct kad_msg *answer)
{
    ev_timer_stop(host_loop(r->env->host), &r->deadline);
    if (err)
        log_debug("kad peer=%s type=%d no answer: %s", peerid_short(&r->peer), (int)r->type,
                  gw_strerror(err));
    r->env->asked(r->env->arg, &r->peer, err);
    r->done(r->arg, err, answer);
    free(r);
}

static void give_up(struct kad_rpc *r)
{
    host_open_cancel(r->open);
    msgread_cancel(r->reader, GW_ECANCELED);
}

static int decode(const struct kad_rpc *r, struct bytes octets, struct kad_msg *out)
{
    struct bytes body;

    if (varint_decode_prefixed(octets, KAD_MSG_MAX, &body) <= 0 || kad_msg_decode(body, out) ||
        out->type != r->type)
        return GW_EPROTO;
    return 0;
}

static void on_answer(void *arg, int err, struct stream *s, struct bytes octets, struct bytes rest)
{
    struct kad_rpc *r = arg;
    struct kad_msg m;
    (void)rest;

    if (!err) {
        stream_drop(s, GW_ECANCELED);
        err = decode(r, octets, &m);
    }
    finish(r, err, err ? NULL : &m);
}

static void on_opened(void *arg, int err, struct conn *c, struct stream *s, const char *protocol,
                      struct bytes early)
{
    struct kad_rpc *r = arg;
    const struct msgread_limits limits = { .max = KAD_MSG_MAX,
                                           .timeout_ms = r->env->cfg.request_ms };
    struct ev_loop *loop = host_loop(r->env->host);
    (void)protocol;

    if (!err && host_open_tried(r->open))
        conn_set_idle(c, KAD_IDLE_MS);
    r->open = NULL;
    if (err) {
        finish(r, err, NULL);
    } else if (r->type == KAD_ADD_PROVIDER) {
        parting_start(loop, s, (struct bytes){ 0 }, PARTING_MS, GW_ETIMEOUT, NULL);
        finish(r, 0, NULL);
    } else {
        s->ops->shutdown(s);
        msgread_start(loop, s, early, &limits, &r->reader, on_answer, r);
    }
}

static void on_deadline(struct ev_loop *loop, ev_timer *w, int revents)
{
    struct kad_rpc *r = w->data;
    (void)loop;
    (void)revents;
    give_up(r);
    finish(r, GW_ETIMEOUT, NULL);
}

/* The question travels behind the protocol's name, in one flight. */
static struct host_open *open_with(struct kad_rpc *r, const struct kad_contact *to,
                                   const struct kad_msg *q)
{
    uint8_t *wire = malloc(KAD_MSG_MAX + VARINT_MAX);
    int n = wire ? kad_msg_encode(wire, KAD_MSG_MAX + VARINT_MAX, q) : GW_ENOMEM;
    struct host_open *open = NULL;

    if (n > 0) {
        const struct host_proposal p = { r->env->cfg.protocol, { wire, (size_t)n } };
        const struct host_open_req req = { .peer = to->peer,
                                           .addrs = to->addrs,
                                           .naddrs = to->naddrs,
                                           .proposals = &p,
                                           .nproposals = 1 };
        open = host_open(r->env->host, &req, on_opened, r);
    }
    free(wire);
    return open;
}

struct kad_rpc *kad_rpc_start(const struct kad_env *env, const struct kad_contact *to,
                              const struct kad_msg *q, kad_rpc_done_fn *done, void *arg)
{
    struct kad_rpc *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    r->env = env;
    r->peer = to->peer;
    r->type = q->type;
    r->began_ms = clock_mono_ms();
    r->done = done;
    r->arg = arg;
    if (!(r->open = open_with(r, to, q))) {
        free(r);
        return NULL;
    }
    ev_timer_init(&r->deadline, on_deadline, (double)env->cfg.request_ms / 1e3, 0.);
    r->deadline.data = r;
    ev_now_update(host_loop(env->host));
    ev_timer_start(host_loop(env->host), &r->deadline);
    return r;
}

/* A lookup does not wait for who is slow, so that is noted here. */
static bool has_kept_silent(const struct kad_rpc *r)
{
    return clock_mono_ms() - r->began_ms >= r->env->cfg.request_ms / KAD_SLOW;
}

void kad_rpc_cancel(struct kad_rpc *r)
{
    if (!r)
        return;
    if (has_kept_silent(r))
        r->env->asked(r->env->arg, &r->peer, GW_ETIMEOUT);
    ev_timer_stop(host_loop(r->env->host), &r->deadline);
    give_up(r);
    free(r);
}
