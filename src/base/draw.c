/* draw.c - see draw.h. */
#include "base/draw.h"

#include <sys/random.h>

uint32_t draw_bits(void)
{
    uint32_t v;
    return getrandom(&v, sizeof v, GRND_NONBLOCK) == (ssize_t)sizeof v ? v : 0;
}
