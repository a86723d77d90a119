/* svc_carry.c - see svc_carry.h.  Side 0 is the target, side 1 the caller. */
#include "svc/svc_carry.h"

#include <stdlib.h>

struct svc_carry {
    struct bridge *bridge; /* one of both */
    struct dgrams_join *join;
    svc_carry_done_fn *done;
    void *arg;
};

static void finish(struct svc_carry *c, int err, const struct svc_carry_stats *st)
{
    c->done(c->arg, err, st);
    free(c);
}

static void on_bridge_done(void *arg, int err, const struct bridge_stats *st)
{
    finish(arg, err,
           &(struct svc_carry_stats){ .octets_in = st->moved[1], .octets_out = st->moved[0] });
}

static void on_join_done(void *arg, int err, const struct dgrams_stats *st)
{
    finish(arg, err,
           &(struct svc_carry_stats){ .octets_in = st->octets[1],
                                      .octets_out = st->octets[0],
                                      .datagrams_in = st->datagrams[1],
                                      .datagrams_out = st->datagrams[0] });
}

static struct svc_carry *carry_new(svc_carry_done_fn *done, void *arg)
{
    struct svc_carry *c = calloc(1, sizeof *c);
    if (c)
        *c = (struct svc_carry){ .done = done, .arg = arg };
    return c;
}

struct svc_carry *svc_carry_octets(struct stream *caller, struct stream *target, struct bytes early,
                                   struct limit *limit, svc_carry_done_fn *done, void *arg)
{
    struct svc_carry *c = carry_new(done, arg);
    if (c && (c->bridge = bridge_start(target, caller, early, limit, on_bridge_done, c)) != NULL)
        return c;
    free(c);
    return NULL;
}

struct svc_carry *svc_carry_datagrams(struct ev_loop *loop, struct dgrams *caller,
                                      struct dgrams *target, struct limit *limit, uint64_t idle_ms,
                                      svc_carry_done_fn *done, void *arg)
{
    struct svc_carry *c = carry_new(done, arg);
    if (c && (c->join = dgrams_join(loop, target, caller, idle_ms, on_join_done, c)) != NULL) {
        dgrams_join_limit(c->join, limit);
        return c;
    }
    free(c);
    return NULL;
}

void svc_carry_cancel(struct svc_carry *c, int err)
{
    if (c->bridge) {
        bridge_cancel(c->bridge, err);
        return;
    }
    struct dgrams_stats st = *dgrams_join_stats(c->join);
    dgrams_join_cancel(c->join, err);
    on_join_done(c, err, &st);
}
