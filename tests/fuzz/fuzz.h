/* fuzz.h - what fuzz targets share.  Their asserts are the test, so they stay on in every build. */
#ifndef GW_TESTS_FUZZ_H
#define GW_TESTS_FUZZ_H

#undef NDEBUG
#include <assert.h>

#include "base/cursor.h"
#include "base/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void check_inside(struct bytes view, struct bytes in)
{
    assert(view.n == 0 || (view.p >= in.p && view.p + view.n <= in.p + in.n));
}

/* What every decoder of wire/ promises of its answer to `in`: it uses no more than there is, and a
 * whole message waits without its last octet. */
static inline void check_used(int used, struct bytes in, int (*decode)(struct bytes))
{
    if (used <= 0)
        return;
    assert((size_t)used <= in.n);
    assert(decode((struct bytes){ in.p, (size_t)used }) == used);
    assert(decode((struct bytes){ in.p, (size_t)used - 1 }) == 0);
}

#endif
