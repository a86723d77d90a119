/* pblist.h - repeated fields in tests of messages. */
#ifndef GW_TESTS_PBLIST_H
#define GW_TESTS_PBLIST_H

#include "vec.h"
#include "wire/pb.h"

static inline void assert_list(const struct pb_list *got, const struct pb_list *want)
{
    assert_int_equal(got->n, want->n);
    for (size_t i = 0; i < want->n; i++)
        assert_bytes(got->v[i], want->v[i]);
}

#endif
