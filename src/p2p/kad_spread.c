/* kad_spread.c - see kad_spread.h. */
#include "p2p/kad_spread.h"

#include <stdlib.h>

#include "base/container_of.h"
#include "base/err.h"
#include "p2p/kad_contacts.h"
#include "p2p/kad_rpc.h"

#define OWN_ADDRS_MAX 16

struct copy {
    struct kad_spread *of;
    struct kad_rpc *rpc;
    struct kad_contact to; /* without addresses */
    bool is_taken;
};

struct kad_spread {
    const struct kad_env *env;
    struct turn_task task; /* tells the end */
    kad_spread_done_fn *done;
    void *arg;
    size_t n, under_way;
    struct copy copies[KAD_K];
};

static void on_turn(struct turn_task *t)
{
    struct kad_spread *s = container_of(t, struct kad_spread, task);
    struct kad_contact took[KAD_K];
    size_t n = 0;

    for (size_t i = 0; i < s->n; i++)
        if (s->copies[i].is_taken)
            took[n++] = s->copies[i].to;
    s->done(s->arg, took, n);
    free(s);
}

static void end_if_all_told(struct kad_spread *s)
{
    if (!s->under_way)
        turn_add(host_turn(s->env->host), &s->task);
}

static void on_answer(void *arg, int err, const struct kad_msg *answer)
{
    struct copy *c = arg;
    (void)answer;

    c->rpc = NULL;
    c->is_taken = !err;
    c->of->under_way--;
    end_if_all_told(c->of);
}

static struct kad_rpc *send_to(const struct kad_spread *s, struct copy *c, const struct kad_msg *m,
                               const struct kad_contact *to)
{
    const struct kad_env *env = s->env;
    struct multiaddr own[OWN_ADDRS_MAX];
    struct kad_msg with_us = *m;
    size_t n;

    if (m->type != KAD_ADD_PROVIDER)
        return kad_rpc_start(env, to, m, on_answer, c);
    n = host_announced(env->host, own, OWN_ADDRS_MAX);
    kad_contacts_tell(&with_us.providers, host_peerid(env->host), own, n,
                      kad_scope_of_peer(env->host, &to->peer, to->addrs, to->naddrs));
    return kad_rpc_start(env, to, &with_us, on_answer, c);
}

struct kad_spread *kad_spread_start(const struct kad_env *env, const struct kad_msg *m,
                                    const struct kad_contact *to, size_t n,
                                    kad_spread_done_fn *done, void *arg)
{
    struct kad_spread *s = n ? calloc(1, sizeof *s) : NULL;
    if (!s)
        return NULL;
    *s = (struct kad_spread){ .env = env, .task.run = on_turn, .done = done, .arg = arg };
    s->n = n < KAD_K ? n : KAD_K;
    for (size_t i = 0; i < s->n; i++) {
        struct copy *c = &s->copies[i];
        *c = (struct copy){ .of = s, .to = { .peer = to[i].peer, .id = to[i].id } };
        if ((c->rpc = send_to(s, c, m, &to[i])))
            s->under_way++;
    }
    end_if_all_told(s);
    return s;
}

void kad_spread_cancel(struct kad_spread *s)
{
    if (!s)
        return;
    turn_del(host_turn(s->env->host), &s->task);
    for (size_t i = 0; i < s->n; i++)
        kad_rpc_cancel(s->copies[i].rpc);
    free(s);
}
