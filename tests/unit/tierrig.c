/* tierrig.c - see tierrig.h. */
#include "tierrig.h"

#include <stdio.h>

#include "looprun.h"
#include "vec.h"

void tierrig_init(struct tierrig *t, uint64_t timeout_ms)
{
    *t = (struct tierrig){ .loop = ev_loop_new(EVFLAG_AUTO) };
    t->resolver = resolver_new(t->loop, timeout_ms);
    assert_non_null(t->resolver);
}

void tierrig_add(struct tierrig *t, const struct tier_ops *ops, void *tier)
{
    assert_non_null(tier);
    assert_int_equal(resolver_add_tier(t->resolver, ops, tier), 0);
}

void tierrig_stop(struct tierrig *t)
{
    resolver_free(t->resolver);
}

void tierrig_fini(struct tierrig *t)
{
    ev_run(t->loop, 0);
    ev_loop_destroy(t->loop);
}

static void on_done(void *arg, int err, const struct name_answer *a, const char *trail)
{
    struct tierrig_said *s = arg;

    s->calls++;
    s->req = NULL;
    s->err = err;
    s->answer = a ? *a : (struct name_answer){ 0 };
    snprintf(s->trail, sizeof s->trail, "%s", trail);
}

void tierrig_start(struct tierrig *t, const char *host, struct tierrig_said *said)
{
    *said = (struct tierrig_said){ 0 };
    struct resolver_req *q = resolver_lookup(t->resolver, host, on_done, said);
    if (!said->calls)
        said->req = q;
}

void tierrig_wait(struct tierrig *t, const struct tierrig_said *said)
{
    LOOPRUN_UNTIL(t->loop, said->calls);
    assert_int_equal(said->calls, 1);
}

const struct tierrig_said *tierrig_ask(struct tierrig *t, const char *host)
{
    tierrig_start(t, host, &t->said);
    tierrig_wait(t, &t->said);
    resolver_flush(t->resolver);
    return &t->said;
}
