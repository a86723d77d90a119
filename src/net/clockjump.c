/* clockjump.c - see clockjump.h.  What is less than the limit is not forgotten: the comparison is
 * with the last look that found something, else a clock that creeps would never be seen. */
#include "net/clockjump.h"

#include <stdlib.h>

enum clockjump_what clockjump_look(struct clockjump *c, const struct clockjump_now *now)
{
    int64_t slept = now->boot - now->mono, base = now->wall - now->boot;
    enum clockjump_what what = CLOCKJUMP_NONE;

    if (!c->is_set)
        *c = (struct clockjump){ .is_set = true, .slept = slept, .base = base };
    if (llabs(base - c->base) >= CLOCKJUMP_SET_MS)
        what = CLOCKJUMP_SET;
    if (slept - c->slept >= CLOCKJUMP_SLEPT_MS)
        what = CLOCKJUMP_SLEPT;
    if (what != CLOCKJUMP_NONE)
        *c = (struct clockjump){ .is_set = true, .slept = slept, .base = base };
    return what;
}
