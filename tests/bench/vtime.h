/* vtime.h - virtual time for simulations: what is to happen when, and numbers that only look
 * random. A run with the same seed is the same run.  Ends the process when out of memory. */
#ifndef GW_TESTS_VTIME_H
#define GW_TESTS_VTIME_H

#include <stddef.h>
#include <stdint.h>

typedef void vtime_fn(void *arg);

struct vtime_event;

struct vtime { /* start as { 0 } */
    uint64_t now_ms;
    uint64_t count; /* of the events so far */
    struct vtime_event *heap;
    size_t n, cap;
};

/* At the same time, what was asked for first comes first. */
void vtime_at(struct vtime *t, uint64_t at_ms, vtime_fn *fn, void *arg);
/* Until nothing is to happen any more, or only after until_ms. */
void vtime_run(struct vtime *t, uint64_t until_ms);
void vtime_fini(struct vtime *t); /* what is still to happen does not; its `arg` is the caller's */

void *vtime_alloc(size_t n); /* zeroed */

/* splitmix64 (Steele, Lea, Flood 2014). */
uint64_t vtime_mix(uint64_t v);
uint64_t vtime_random(uint64_t *state);
uint32_t vtime_below(uint64_t *state, uint32_t n); /* 0 to n - 1 */

#endif
