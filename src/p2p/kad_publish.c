/* kad_publish.c - see kad_publish.h. */
#include "p2p/kad_publish.h"

#include <stdlib.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "net/timer.h"
#include "p2p/backoff.h"

#define RETRY_MAX_MS   600000
#define JITTER_PERCENT 10

struct published {
    struct kad_publish *of;
    struct kad_request *put; /* under way, or NULL */
    uint64_t next_ms;
    uint64_t sequence; /* of the last one signed */
    struct backoff backoff;
    struct name_record record;
    UT_hash_handle by_name;
};

struct kad_publish {
    struct kad_queries *queries;
    struct published *names; /* in the order they were put last */
    unsigned under_way;
    uint64_t wake_ms; /* of the timer */
    struct timer timer;
};

static const struct kad_env *env_of(const struct kad_publish *p)
{
    return p->queries->env;
}

static struct published *find(const struct kad_publish *p, const char *name)
{
    struct published *v;
    HASH_FIND(by_name, p->names, name, strlen(name), v);
    return v;
}

/* Looks at what is due then, unless it does so before. */
static void wake_at(struct kad_publish *p, uint64_t at_ms)
{
    if (p->under_way >= KAD_PUBLISH_AT_ONCE || (timer_is_running(&p->timer) && p->wake_ms <= at_ms))
        return;
    p->wake_ms = at_ms;
    timer_start_at(&p->timer, at_ms);
}

/* Goes through all names: for when one more may be put, and not for each of many. */
static void arm(struct kad_publish *p)
{
    uint64_t next_ms = UINT64_MAX;

    timer_stop(&p->timer);
    for (const struct published *v = p->names; v; v = v->by_name.next)
        if (!v->put && v->next_ms < next_ms)
            next_ms = v->next_ms;
    if (next_ms != UINT64_MAX)
        wake_at(p, next_ms);
}

static void retry(struct published *v, int err)
{
    uint64_t pause_ms = backoff_next_ms(&v->backoff, (uint32_t)clock_mono_ns());

    v->next_ms = clock_mono_ms() + pause_ms;
    log_debug("kad name=%s not published: %s", v->record.name, gw_strerror(err));
}

static void on_put(void *arg, const struct kad_result *r)
{
    struct published *v = arg;
    struct kad_publish *p = v->of;

    v->put = NULL;
    p->under_way--;
    if (!r->err && r->npeers) {
        v->backoff.failures = 0;
        v->next_ms = clock_mono_ms() + backoff_jitter_ms(env_of(p)->cfg.republish_ms,
                                                         JITTER_PERCENT, (uint32_t)clock_mono_ns());
        log_debug("kad name=%s published at %zu peers", v->record.name, r->npeers);
    } else {
        retry(v, r->err ? r->err : GW_ENETDOWN); /* our own store is not enough */
    }
    arm(p);
}

/* Greater than the last one, also across restarts. */
static uint64_t next_sequence(const struct published *v, int64_t now_s)
{
    uint64_t now_ms = (uint64_t)now_s * 1000;
    return now_ms > v->sequence ? now_ms : v->sequence + 1;
}

static int begin(struct published *v)
{
    struct kad_publish *p = v->of;
    const struct peerid *self = host_peerid(env_of(p)->host);
    int64_t now_s = clock_wall_s();
    uint8_t sealed[NAME_RECORD_MAX], key[NAME_RECORD_KEY];

    v->record.sequence = v->sequence = next_sequence(v, now_s);
    v->record.expires_s = (uint64_t)now_s + NAME_RECORD_LIFE_S;
    int n = name_record_seal(host_key(env_of(p)->host), &v->record, sealed, sizeof sealed);
    if (n < 0)
        return n;
    name_record_key(self, bytes_of(v->record.name), key);
    v->put = kad_query(p->queries, KAD_QUERY_PUT, (struct bytes){ key, sizeof key },
                       (struct bytes){ sealed, (size_t)n }, on_put, v);
    return v->put ? 0 : GW_ENOMEM;
}

static void on_timer(void *arg)
{
    struct kad_publish *p = arg;
    uint64_t now_ms = clock_mono_ms();

    for (struct published *v = p->names; v && p->under_way < KAD_PUBLISH_AT_ONCE;
         v = v->by_name.next) {
        if (v->put || v->next_ms > now_ms)
            continue;
        int err = begin(v);
        if (err)
            retry(v, err);
        else
            p->under_way++;
    }
    arm(p);
}

struct kad_publish *kad_publish_new(struct kad_queries *queries)
{
    struct kad_publish *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->queries = queries;
    timer_init(&p->timer, host_loop(queries->env->host), on_timer, p);
    return p;
}

static void stop_put(struct published *v)
{
    if (v->put)
        v->of->under_way--;
    kad_cancel(v->put);
    v->put = NULL;
}

static void drop(struct published *v)
{
    stop_put(v);
    HASH_DELETE(by_name, v->of->names, v);
    free(v);
}

void kad_publish_free(struct kad_publish *p)
{
    if (!p)
        return;
    while (p->names)
        drop(p->names);
    timer_stop(&p->timer);
    free(p);
}

static struct published *make(struct kad_publish *p, const struct name_record *r)
{
    struct published *v = calloc(1, sizeof *v);
    if (!v)
        return NULL;
    v->of = p;
    v->record = *r;
    v->backoff = (struct backoff){ .first_ms = KAD_PUBLISH_RETRY_MS, .max_ms = RETRY_MAX_MS };
    HASH_ADD(by_name, p->names, record.name, strlen(v->record.name), v);
    if (v->by_name.tbl)
        return v;
    free(v);
    return NULL;
}

static bool says_the_same(const struct name_record *a, const struct name_record *b)
{
    return peerid_eq(&a->peer, &b->peer) && multiaddrs_eq(a->addrs, a->naddrs, b->addrs, b->naddrs);
}

int kad_publish_add(struct kad_publish *p, const struct name_record *r)
{
    struct published *v = find(p, r->name);

    if (!v && HASH_CNT(by_name, p->names) >= KAD_PUBLISHED_MAX)
        return GW_ELIMIT;
    if (!v && !(v = make(p, r)))
        return GW_ENOMEM;
    if (v->sequence && says_the_same(&v->record, r))
        return 0;
    stop_put(v);
    v->record = *r;
    v->backoff.failures = 0;
    v->next_ms = 0;
    wake_at(p, 0);
    return 0;
}

void kad_publish_remove(struct kad_publish *p, const char *name)
{
    struct published *v = find(p, name);
    if (!v)
        return;
    bool makes_way = v->put != NULL;
    drop(v);
    if (makes_way)
        arm(p);
}

size_t kad_publish_count(const struct kad_publish *p)
{
    return HASH_CNT(by_name, p->names);
}

void kad_publish_again(struct kad_publish *p)
{
    for (struct published *v = p->names; v; v = v->by_name.next)
        if (v->backoff.failures) {
            v->backoff.failures = 0;
            v->next_ms = 0;
        }
    arm(p);
}
