/* kad_run.c - see kad_run.h.
 *
 *   WAITING -> UNDER_WAY -> ENDING (the end is told at the end of the turn) -> ENDED
 */
#include "p2p/kad_run.h"

#include <stdlib.h>
#include <utlist.h>

#include "base/clock.h"
#include "base/container_of.h"
#include "net/timer.h"
#include "p2p/kad_contacts.h"
#include "p2p/kad_rpc.h"

#define ALPHA 3

enum state { WAITING, UNDER_WAY, ENDING, ENDED };

struct question { /* under way */
    struct question *prev, *next;
    struct kad_run *run;
    struct kad_rpc *rpc;
    struct peerid peer;
};

struct kad_run {
    struct kad_run *prev, *next;
    const struct kad_env *env;
    struct kad_runs *all;
    enum state state;
    bool is_late;
    struct kad_id target;
    struct kad_lookup *lookup;
    struct question *questions;
    struct kad_msg msg; /* its key views `key` */
    uint8_t key[KAD_MSG_KEY_MAX];
    struct timer deadline;
    struct timer slow;     /* runs while some question may turn out to be */
    struct turn_task task; /* begins it, or tells its end */
    const struct kad_run_events *ev;
    void *arg;
};

static struct ev_loop *loop_of(const struct kad_run *r)
{
    return host_loop(r->env->host);
}

static void forget(struct question *q)
{
    DL_DELETE(q->run->questions, q);
    free(q);
}

/* The next one of those that wait begins. */
static void pass_turn_on(struct kad_runs *all)
{
    struct kad_run *r;

    DL_FOREACH (all->list, r)
        if (r->state == WAITING) {
            turn_add(host_turn(r->env->host), &r->task);
            return;
        }
}

void kad_runs_go_on(struct kad_runs *all)
{
    struct kad_run *r;

    DL_FOREACH (all->list, r)
        if (r->state == WAITING)
            turn_add(host_turn(r->env->host), &r->task);
}

static void leave(struct kad_run *r)
{
    timer_stop(&r->deadline);
    timer_stop(&r->slow);
    while (r->questions) {
        kad_rpc_cancel(r->questions->rpc);
        forget(r->questions);
    }
    if (r->state == UNDER_WAY)
        r->all->under_way--;
    r->state = ENDED;
    pass_turn_on(r->all);
}

static void end(struct kad_run *r, bool is_late)
{
    leave(r);
    r->state = ENDING;
    r->is_late = is_late;
    turn_add(host_turn(r->env->host), &r->task);
}

static void go_on(struct kad_run *r);

static void on_answer(void *arg, int err, const struct kad_msg *answer)
{
    struct question *q = arg;
    struct kad_run *r = q->run;
    struct peerid from = q->peer;
    struct kad_contacts *closer = err ? NULL : calloc(1, sizeof *closer);

    forget(q);
    if (!closer) {
        kad_lookup_failed(r->lookup, &from);
        go_on(r);
        return;
    }
    kad_contacts_read(closer, &answer->closer, kad_scope_of_peer(r->env->host, &from, NULL, 0));
    kad_lookup_answer(r->lookup, &from, closer->v, closer->n);
    free(closer);
    if (r->ev->on_answer(r->arg, &from, answer))
        go_on(r);
    else
        end(r, false);
}

static bool ask(struct kad_run *r, const struct kad_contact *to)
{
    struct question *q = calloc(1, sizeof *q);
    if (!q)
        return false;
    q->run = r;
    q->peer = to->peer;
    if (!(q->rpc = kad_rpc_start(r->env, to, &r->msg, on_answer, q))) {
        free(q);
        return false;
    }
    DL_APPEND(r->questions, q);
    return true;
}

static void go_on(struct kad_run *r)
{
    struct kad_contact to;

    while (kad_lookup_next(r->lookup, clock_mono_ms(), &to))
        if (!ask(r, &to)) {
            struct peerid peer = to.peer;
            kad_lookup_failed(r->lookup, &peer);
        }
    if (kad_lookup_is_done(r->lookup))
        end(r, false);
    else
        timer_start_at(&r->slow, kad_lookup_due(r->lookup));
}

static void on_slow(void *arg)
{
    struct kad_run *r = arg;

    kad_lookup_tick(r->lookup, clock_mono_ms(), NULL, NULL);
    go_on(r);
}

static void seed(struct kad_run *r)
{
    struct kad_contact v[KAD_K];
    size_t n = kad_table_nearest(r->env->table, &r->target, v, KAD_K);

    kad_lookup_seed(r->lookup, v, n);
}

static void on_turn(struct turn_task *t)
{
    struct kad_run *r = container_of(t, struct kad_run, task);

    if (r->state == ENDING) {
        r->state = ENDED;
        r->ev->on_end(r->arg, r->is_late);
        return; /* it may be gone already */
    }
    if (r->env->is_joining || r->all->under_way == KAD_RUNS_MAX)
        return; /* kad_runs_go_on or pass_turn_on adds it again */
    seed(r);
    r->state = UNDER_WAY;
    r->all->under_way++;
    pass_turn_on(r->all); /* several may have ended at once */
    go_on(r);
}

static void on_deadline(void *arg)
{
    end(arg, true);
}

struct kad_run *kad_run_new(const struct kad_env *env, struct kad_runs *all,
                            const struct kad_msg *q, const struct kad_id *target,
                            const struct kad_run_events *ev, void *arg)
{
    const struct kad_lookup_config cfg = {
        .alpha = ALPHA, .k = KAD_K, .paths = env->cfg.paths, .answer_ms = env->cfg.request_ms
    };
    if (q->key.n > KAD_MSG_KEY_MAX || all->count == KAD_RUNS_MAX + KAD_RUNS_WAITING)
        return NULL;
    struct kad_run *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    *r = (struct kad_run){ .env = env, .all = all, .ev = ev, .arg = arg, .task.run = on_turn };
    r->target = *target;
    r->msg.type = q->type;
    r->msg.key = (struct bytes){ r->key, q->key.n };
    if (q->key.n)
        memcpy(r->key, q->key.p, q->key.n);
    if (!(r->lookup = kad_lookup_new(target, host_peerid(env->host), &cfg))) {
        free(r);
        return NULL;
    }
    all->begun++;
    all->count++;
    DL_APPEND(all->list, r);
    timer_init(&r->deadline, loop_of(r), on_deadline, r);
    timer_init(&r->slow, loop_of(r), on_slow, r);
    ev_now_update(loop_of(r));
    timer_start(&r->deadline, env->cfg.query_ms);
    turn_add(host_turn(env->host), &r->task);
    return r;
}

void kad_run_free(struct kad_run *r)
{
    if (!r)
        return;
    turn_del(host_turn(r->env->host), &r->task);
    DL_DELETE(r->all->list, r);
    r->all->count--;
    leave(r);
    kad_lookup_free(r->lookup);
    free(r);
}

size_t kad_run_nearest(const struct kad_run *r, struct kad_contact *out, size_t max)
{
    return kad_lookup_nearest(r->lookup, out, max);
}

void kad_run_stats(const struct kad_run *r, struct kad_lookup_stats *out)
{
    kad_lookup_stats(r->lookup, out);
}

unsigned kad_run_hops(const struct kad_run *r, const struct peerid *peer)
{
    return kad_lookup_hops(r->lookup, peer);
}
