/* kad_boot.c - see kad_boot.h. */
#include "p2p/kad_boot.h"

#include <stdlib.h>
#include <utlist.h>

#include "base/clock.h"
#include "net/timer.h"
#include "p2p/backoff.h"
#include "p2p/kad_rpc.h"

#define AT_ONCE    4
#define FIRST_MS   2000 /* the pause after a failure, at first */
#define MAX_MS     300000
#define AGAIN_MS   600000 /* after an answer, if the table still holds few */
#define LEISURE_MS 10000  /* from one to the next when it holds enough */

struct candidate {
    struct candidate *prev, *next;
    struct kad_boot *of;
    struct kad_rpc *rpc; /* NULL: none under way */
    bool was_asked;
    uint64_t next_ms; /* not before */
    struct backoff backoff;
    struct peerid peer;
    size_t naddrs;
    struct multiaddr addrs[KAD_ADDRS_MAX];
};

struct kad_boot {
    const struct kad_env *env;
    struct candidate *list; /* the one given last stands last */
    unsigned count, under_way;
    struct timer timer;
    void (*in_vain)(void *arg);
    void *arg;
};

static void arm(struct kad_boot *b, uint64_t ms)
{
    ev_now_update(host_loop(b->env->host));
    timer_start(&b->timer, ms);
}

static bool is_nobody_there(const struct kad_boot *b)
{
    const struct candidate *c;

    DL_FOREACH (b->list, c)
        if (c->rpc || !c->was_asked || !c->backoff.failures)
            return false;
    return true;
}

static void on_answer(void *arg, int err, const struct kad_msg *answer)
{
    struct candidate *c = arg;
    struct kad_boot *b = c->of;
    uint64_t now_ms = clock_mono_ms();
    (void)answer;

    c->rpc = NULL;
    b->under_way--;
    if (err) {
        c->next_ms = now_ms + backoff_next_ms(&c->backoff, (uint32_t)clock_mono_ns());
    } else {
        c->backoff.failures = 0;
        c->next_ms = now_ms + AGAIN_MS;
    }
    arm(b, 0);
    if (is_nobody_there(b))
        b->in_vain(b->arg);
}

static void ask(struct candidate *c)
{
    struct kad_boot *b = c->of;
    const struct peerid *self = host_peerid(b->env->host);
    const struct kad_msg q = { .type = KAD_FIND_NODE, .key = { self->mh, self->n } };
    const struct kad_contact to = { .peer = c->peer, .addrs = c->addrs, .naddrs = c->naddrs };

    c->was_asked = true;
    c->next_ms = clock_mono_ms() + AGAIN_MS;
    if ((c->rpc = kad_rpc_start(b->env, &to, &q, on_answer, c)))
        b->under_way++;
}

static bool is_due(const struct candidate *c, bool has_few, uint64_t now_ms)
{
    return !c->rpc && c->next_ms <= now_ms && (has_few || !c->was_asked) &&
           !kad_table_has(c->of->env->table, &c->peer);
}

static void rearm(struct kad_boot *b, bool has_few, uint64_t now_ms)
{
    const struct candidate *c;
    uint64_t next_ms = UINT64_MAX;

    if (!has_few || b->under_way >= AT_ONCE) {
        arm(b, LEISURE_MS);
        return;
    }
    DL_FOREACH (b->list, c)
        if (!c->rpc && c->next_ms > now_ms && c->next_ms < next_ms)
            next_ms = c->next_ms;
    arm(b, next_ms == UINT64_MAX ? LEISURE_MS : next_ms - now_ms);
}

static void on_timer(void *arg)
{
    struct kad_boot *b = arg;
    uint64_t now_ms = clock_mono_ms();
    bool has_few = kad_table_count(b->env->table) < KAD_K;
    struct candidate *c;

    DL_FOREACH (b->list, c) {
        if (b->under_way >= (has_few ? AT_ONCE : 1))
            break;
        if (is_due(c, has_few, now_ms))
            ask(c);
    }
    rearm(b, has_few, now_ms);
}

struct kad_boot *kad_boot_new(const struct kad_env *env, void (*in_vain)(void *arg), void *arg)
{
    struct kad_boot *b = calloc(1, sizeof *b);
    if (!b)
        return NULL;
    *b = (struct kad_boot){ .env = env, .in_vain = in_vain, .arg = arg };
    timer_init(&b->timer, host_loop(env->host), on_timer, b);
    return b;
}

static void drop(struct candidate *c)
{
    if (c->rpc)
        c->of->under_way--;
    kad_rpc_cancel(c->rpc);
    DL_DELETE(c->of->list, c);
    c->of->count--;
    free(c);
}

void kad_boot_free(struct kad_boot *b)
{
    if (!b)
        return;
    while (b->list)
        drop(b->list);
    timer_stop(&b->timer);
    free(b);
}

static struct candidate *get(struct kad_boot *b, const struct peerid *peer)
{
    struct candidate *c;

    DL_FOREACH (b->list, c)
        if (peerid_eq(&c->peer, peer))
            return c;
    if (b->count == KAD_BOOT_MAX)
        drop(b->list);
    if (!(c = calloc(1, sizeof *c)))
        return NULL;
    c->of = b;
    c->peer = *peer;
    c->backoff = (struct backoff){ .first_ms = FIRST_MS, .max_ms = MAX_MS };
    DL_APPEND(b->list, c);
    b->count++;
    return c;
}

/* The one told last comes first, and the oldest makes room. */
static void put_first(struct candidate *c, const struct multiaddr *addr)
{
    size_t at = 0;

    while (at < c->naddrs && !multiaddr_eq(&c->addrs[at], addr))
        at++;
    if (at == c->naddrs && at < KAD_ADDRS_MAX)
        c->naddrs++;
    if (at == KAD_ADDRS_MAX)
        at--;
    memmove(&c->addrs[1], &c->addrs[0], at * sizeof *addr);
    c->addrs[0] = *addr;
}

void kad_boot_add(struct kad_boot *b, const struct peerid *peer, const struct multiaddr *addrs,
                  size_t naddrs)
{
    struct candidate *c = peerid_eq(peer, host_peerid(b->env->host)) ? NULL : get(b, peer);

    if (!c)
        return;
    for (size_t i = naddrs; i-- > 0;)
        put_first(c, &addrs[i]);
    c->next_ms = 0;
    arm(b, 0);
}

void kad_boot_again(struct kad_boot *b)
{
    struct candidate *c;

    DL_FOREACH (b->list, c)
        if (c->backoff.failures) {
            c->backoff.failures = 0;
            c->next_ms = 0;
        }
    arm(b, 0);
}
