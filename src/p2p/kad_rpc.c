/* kad_rpc.c - see kad_rpc.h. */
#include "p2p/kad_rpc.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "p2p/kad_lookup.h"
#include "p2p/msgask.h"
#include "wire/varint.h"

struct kad_rpc {
    const struct kad_env *env;
    struct peerid peer;
    enum kad_type type;
    struct msgask *ask;
    uint64_t began_ms;
    kad_rpc_done_fn *done;
    void *arg;
};

static int decode(const struct kad_rpc *r, struct bytes octets, struct kad_msg *out)
{
    struct bytes body;

    if (varint_decode_prefixed(octets, KAD_MSG_MAX, &body) <= 0 || kad_msg_decode(body, out) ||
        out->type != r->type)
        return GW_EPROTO;
    return 0;
}

static void on_answer(void *arg, int err, struct bytes octets)
{
    struct kad_rpc *r = arg;
    struct kad_msg m;

    if (!err && octets.n)
        err = decode(r, octets, &m);
    if (err)
        log_debug("kad peer=%s type=%d no answer: %s", peerid_short(&r->peer), (int)r->type,
                  gw_strerror(err));
    r->env->asked(r->env->arg, &r->peer, err);
    r->done(r->arg, err, err || !octets.n ? NULL : &m);
    free(r);
}

/* The question travels behind the protocol's name, in one flight. */
static struct msgask *ask(struct kad_rpc *r, const struct kad_contact *to, const struct kad_msg *q)
{
    uint8_t *wire = malloc(KAD_MSG_MAX + VARINT_MAX);
    int n = wire ? kad_msg_encode(wire, KAD_MSG_MAX + VARINT_MAX, q) : GW_ENOMEM;
    const struct msgask_req req = { .peer = to->peer,
                                    .addrs = to->addrs,
                                    .naddrs = to->naddrs,
                                    .protocol = r->env->cfg.protocol,
                                    .question = { wire, n > 0 ? (size_t)n : 0 },
                                    .max = KAD_MSG_MAX,
                                    .is_statement = q->type == KAD_ADD_PROVIDER,
                                    .timeout_ms = r->env->cfg.request_ms,
                                    .dialled_idle_ms = KAD_IDLE_MS };
    struct msgask *ask = n > 0 ? msgask_start(r->env->host, &req, on_answer, r) : NULL;

    free(wire);
    return ask;
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
    if ((r->ask = ask(r, to, q)))
        return r;
    free(r);
    return NULL;
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
    msgask_cancel(r->ask);
    free(r);
}
