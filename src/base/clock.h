/* clock.h - time.  Monotonic time for deadlines, wall time for what people and files see. */
#ifndef GW_BASE_CLOCK_H
#define GW_BASE_CLOCK_H

#include <stdint.h>

uint64_t clock_mono_ns(void); /* CLOCK_MONOTONIC; never goes back */
uint64_t clock_mono_ms(void);
int64_t clock_wall_s(void); /* since 1970 UTC */
uint64_t clock_wall_ms(void);

#endif
