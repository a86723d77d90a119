/* vec.h - what tests of codecs share: octet strings, views, two promises that every codec keeps. */
#ifndef GW_TESTS_VEC_H
#define GW_TESTS_VEC_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/cursor.h"
#include "base/err.h"

/* A string literal as octets: an initializer of struct bytes, or (struct bytes)B("..."). */
#define B(literal)                                      \
    {                                                   \
        (const uint8_t *)(literal), sizeof(literal) - 1 \
    }

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static inline void assert_bytes(struct bytes got, struct bytes want)
{
    assert_int_equal(got.n, want.n);
    if (want.n)
        assert_memory_equal(got.p, want.p, want.n);
}

/* Every proper prefix of a valid message waits.  Each has a heap block of its own size, so that
 * AddressSanitizer sees a read beyond it. */
static inline void assert_every_prefix_waits(struct bytes whole, int (*decode)(struct bytes))
{
    assert_int_equal(decode(whole), whole.n);
    assert_int_equal(decode((struct bytes){ 0 }), 0);
    for (size_t n = 1; n < whole.n; n++) {
        uint8_t *p = malloc(n);
        assert_non_null(p);
        memcpy(p, whole.p, n);
        int used = decode((struct bytes){ p, n });
        free(p);
        assert_int_equal(used, 0);
    }
}

/* Encoding into any room smaller than the message is GW_ENOMEM and stays inside that room. */
static inline void assert_needs_room(struct bytes whole, int (*encode)(uint8_t *dst, size_t cap))
{
    for (size_t cap = 0; cap <= whole.n; cap++) {
        uint8_t *dst = malloc(cap + 1);
        assert_non_null(dst);
        dst[cap] = 0xa5;
        int put = encode(dst, cap);
        assert_int_equal(put, cap < whole.n ? GW_ENOMEM : (int)whole.n);
        assert_int_equal(dst[cap], 0xa5);
        if (put > 0)
            assert_memory_equal(dst, whole.p, whole.n);
        free(dst);
    }
}

#endif
