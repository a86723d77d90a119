/* lease.c - see lease.h. */
#include "p2p/lease.h"

#include "base/err.h"

#define DOWN_FIRST_MS    250
#define DOWN_MAX_MS      60000
#define REFUSED_FIRST_MS 5000
#define REFUSED_MAX_MS   600000
#define STEADY_MS        10000 /* held for so long: the relay is not one that flaps */
#define RENEW_PERCENT    75    /* of its life, */
#define RENEW_JITTER     20    /* or up to so many percent sooner */

void lease_init(struct lease *l)
{
    *l = (struct lease){
        .state = RESERVATION_CONNECTING,
        .down = { .first_ms = DOWN_FIRST_MS, .max_ms = DOWN_MAX_MS },
        .refused = { .first_ms = REFUSED_FIRST_MS, .max_ms = REFUSED_MAX_MS },
    };
}

void lease_asking(struct lease *l)
{
    if (l->state != RESERVATION_HELD)
        l->state = RESERVATION_CONNECTING;
}

void lease_granted(struct lease *l, uint64_t now_ms, uint64_t life_ms, uint32_t random)
{
    if (l->state != RESERVATION_HELD)
        l->since_ms = now_ms;
    l->state = RESERVATION_HELD;
    l->err = 0;
    l->end_ms = now_ms + life_ms;
    l->next_ms = now_ms + backoff_jitter_ms(life_ms * RENEW_PERCENT / 100, RENEW_JITTER, random);
    l->refused.failures = 0;
}

void lease_failed(struct lease *l, uint64_t now_ms, int err, bool is_refused, uint32_t random)
{
    if (l->state != RESERVATION_HELD || err == GW_EDENIED || now_ms >= l->end_ms)
        l->state = is_refused ? RESERVATION_REFUSED : RESERVATION_DOWN;
    l->err = err;
    l->next_ms = now_ms + backoff_next_ms(is_refused ? &l->refused : &l->down, random);
    if (l->state == RESERVATION_HELD && l->next_ms > l->end_ms)
        l->next_ms = l->end_ms;
}

void lease_lost(struct lease *l, uint64_t now_ms, int err, uint32_t random)
{
    if (now_ms - l->since_ms >= STEADY_MS)
        l->down.failures = 0;
    l->state = RESERVATION_DOWN;
    l->err = err;
    l->next_ms = now_ms + backoff_next_ms(&l->down, random);
}

void lease_hurry(struct lease *l)
{
    l->down.failures = l->refused.failures = 0;
}
