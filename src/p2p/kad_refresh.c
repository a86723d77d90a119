/* kad_refresh.c - see kad_refresh.h. */
#include "p2p/kad_refresh.h"

#include <stdlib.h>
#include <sys/random.h>

#include "base/clock.h"
#include "net/timer.h"
#include "p2p/backoff.h"

#define JITTER_PERCENT 20
#define TRIES_MAX      (8u << KAD_REFRESH_BITS)

struct kad_refresh {
    const struct kad_env *env;
    struct kad_runs *runs;
    struct kad_run *run; /* NULL: nothing under way */
    struct timer timer;  /* to the next one */
    uint64_t began_ms;
    void (*done)(void *arg);
    void *arg;
};

bool kad_refresh_key(const struct kad_id *self, unsigned shared, uint8_t key[KAD_REFRESH_KEY])
{
    struct kad_id id;
    uint32_t n = 0;

    if (getrandom(key, KAD_REFRESH_KEY, GRND_NONBLOCK) != KAD_REFRESH_KEY)
        return false;
    do {
        memcpy(key, &n, sizeof n);
        kad_id_of_key((struct bytes){ key, KAD_REFRESH_KEY }, &id);
    } while (kad_id_shared(self, &id) != shared && ++n < TRIES_MAX);
    return n < TRIES_MAX;
}

static void arm(struct kad_refresh *r)
{
    uint64_t ms = backoff_jitter_ms(r->env->cfg.refresh_ms, JITTER_PERCENT,
                                    (uint32_t)clock_mono_ns());

    timer_start(&r->timer, ms);
}

static bool on_answer(void *arg, const struct peerid *from, const struct kad_msg *answer)
{
    (void)arg;
    (void)from;
    (void)answer;
    return true;
}

static void on_end(void *arg, bool is_late);

static const struct kad_run_events run_events = { .on_answer = on_answer, .on_end = on_end };

static bool look_for(struct kad_refresh *r, struct bytes key)
{
    const struct kad_msg q = { .type = KAD_FIND_NODE, .key = key };
    struct kad_id target;

    kad_id_of_key(key, &target);
    r->run = kad_run_new(r->env, r->runs, &q, &target, &run_events, r);
    return r->run != NULL;
}

/* False: no bucket needs it. */
static bool look_in_next_bucket(struct kad_refresh *r)
{
    uint64_t half_ms = r->env->cfg.refresh_ms / 2, before_ms = 0;
    struct kad_id self, random = { { 0 } }, point;
    uint8_t key[KAD_REFRESH_KEY];

    if (r->began_ms > half_ms)
        before_ms = r->began_ms - half_ms;
    kad_id_of_peer(host_peerid(r->env->host), &self);
    while (kad_table_refresh(r->env->table, before_ms, clock_mono_ms(), &random, &point)) {
        unsigned shared = kad_id_shared(&self, &point);
        if (shared <= KAD_REFRESH_BITS && kad_refresh_key(&self, shared, key))
            return look_for(r, (struct bytes){ key, sizeof key });
    }
    return false;
}

static void on_end(void *arg, bool is_late)
{
    struct kad_refresh *r = arg;
    (void)is_late;

    kad_run_free(r->run);
    r->run = NULL;
    if (look_in_next_bucket(r))
        return;
    arm(r);
    r->done(r->arg);
}

void kad_refresh_now(struct kad_refresh *r)
{
    const struct peerid *self = host_peerid(r->env->host);

    if (r->run)
        return;
    r->began_ms = clock_mono_ms();
    if (!look_for(r, (struct bytes){ self->mh, self->n }))
        arm(r);
}

static void on_timer(void *arg)
{
    kad_refresh_now(arg);
}

struct kad_refresh *kad_refresh_new(const struct kad_env *env, struct kad_runs *runs,
                                    void (*done)(void *arg), void *arg)
{
    struct kad_refresh *r = calloc(1, sizeof *r);
    if (!r)
        return NULL;
    *r = (struct kad_refresh){ .env = env, .runs = runs, .done = done, .arg = arg };
    timer_init(&r->timer, host_loop(env->host), on_timer, r);
    arm(r);
    return r;
}

void kad_refresh_free(struct kad_refresh *r)
{
    if (!r)
        return;
    timer_stop(&r->timer);
    kad_run_free(r->run);
    free(r);
}

uint64_t kad_refresh_began_ms(const struct kad_refresh *r)
{
    return r->began_ms;
}
