/* path_health.c - see path_health.h. */
#include "p2p/path_health.h"

#include "p2p/backoff.h"

#define JITTER_PERCENT 50

static void count(uint32_t *n)
{
    if (*n < UINT32_MAX)
        ++*n;
}

void path_health_note(struct path_health *h, const struct path_rules *r, int err, uint64_t rtt_us)
{
    if (!err)
        h->rtt_us = rtt_us;
    if (err)
        count(&h->lost);
    else
        h->lost = 0;
    if (err || rtt_us / 1000 > r->slow_ms)
        count(&h->bad);
    else
        h->bad = 0;
}

bool path_health_is_degraded(const struct path_health *h, const struct path_rules *r)
{
    return h->bad >= r->failures;
}

bool path_health_is_dead(const struct path_health *h, const struct path_rules *r)
{
    return h->lost >= r->failures;
}

uint64_t path_health_pause_ms(const struct path_health *h, const struct path_rules *r,
                              uint32_t random)
{
    uint64_t ms = h->bad ? r->probe_ms / PATH_HEALTH_SOON : r->probe_ms;
    return backoff_jitter_ms(ms, JITTER_PERCENT, random);
}

uint64_t path_health_timeout_ms(const struct path_rules *r)
{
    return r->slow_ms * PATH_HEALTH_LATE;
}
