/* punch_core.c - see punch_core.h. */
#include "p2p/punch_core.h"

#define NEVER UINT64_MAX

static uint64_t pause_ms(uint32_t random)
{
    return PUNCH_PAUSE_MIN_MS + random % (PUNCH_PAUSE_MAX_MS - PUNCH_PAUSE_MIN_MS + 1);
}

unsigned punch_core_start(struct punch_core *c, bool serves, uint32_t random, uint64_t now_ms)
{
    c->dial_ms = serves ? now_ms + PUNCH_WAIT_MS : NEVER;
    c->datagram_ms = now_ms + pause_ms(random);
    c->end_ms = now_ms + PUNCH_MS;
    return (serves ? PUNCH_SERVE : PUNCH_DIAL) | PUNCH_DATAGRAM;
}

unsigned punch_core_tick(struct punch_core *c, uint32_t random, uint64_t now_ms)
{
    unsigned todo = 0;

    if (now_ms >= c->end_ms)
        return PUNCH_END;
    if (now_ms >= c->dial_ms) {
        c->dial_ms = NEVER;
        todo |= PUNCH_DIAL;
    }
    if (now_ms >= c->datagram_ms) {
        c->datagram_ms = now_ms + pause_ms(random);
        todo |= PUNCH_DATAGRAM;
    }
    return todo;
}

uint64_t punch_core_due(const struct punch_core *c)
{
    uint64_t due = c->end_ms < c->dial_ms ? c->end_ms : c->dial_ms;
    return due < c->datagram_ms ? due : c->datagram_ms;
}
