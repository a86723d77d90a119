/* backoff.h - pauses between tries that keep failing: they grow, and are jittered so that all who
 * lost the same peer do not come back at once.  Pure: no clock, and randomness is an argument. */
#ifndef GW_P2P_BACKOFF_H
#define GW_P2P_BACKOFF_H

#include <stdint.h>

struct backoff {
    uint64_t first_ms, max_ms; /* bounds of a pause, before its jitter; first_ms > 0 */
    uint32_t failures;         /* in a row; set to 0 to begin anew */
};

/* Notes a failure and returns the pause before the next try: twice the one before it, from first_ms
 * up to max_ms, less a random part of up to one half.  `random`: any 32 bits. */
uint64_t backoff_next_ms(struct backoff *b, uint32_t random);

/* `ms` (at most 2^50), less a random part of at most `percent` (0 to 100) of it. */
uint64_t backoff_jitter_ms(uint64_t ms, unsigned percent, uint32_t random);

#endif
