/* backoff.c - see backoff.h. */
#include "p2p/backoff.h"

#define JITTER_PERCENT 50

uint64_t backoff_jitter_ms(uint64_t ms, unsigned percent, uint32_t random)
{
    return ms - random % (ms * percent / 100 + 1);
}

uint64_t backoff_next_ms(struct backoff *b, uint32_t random)
{
    uint64_t ms = b->first_ms;

    for (uint32_t i = 0; i < b->failures && ms < b->max_ms; i++)
        ms = ms <= b->max_ms / 2 ? 2 * ms : b->max_ms;
    if (b->failures < UINT32_MAX)
        b->failures++;
    return backoff_jitter_ms(ms < b->max_ms ? ms : b->max_ms, JITTER_PERCENT, random);
}
