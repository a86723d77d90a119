/* draw.h - randomness for pauses and choices that need to differ, not to be secret. */
#ifndef GW_BASE_DRAW_H
#define GW_BASE_DRAW_H

#include <stdint.h>

uint32_t draw_bits(void); /* never waits: 0 when the system has none yet */

#endif
