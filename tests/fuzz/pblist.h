/* pblist.h - what fuzz targets of messages check of repeated fields and of peers. */
#ifndef GW_TESTS_FUZZ_PBLIST_H
#define GW_TESTS_FUZZ_PBLIST_H

#include "fuzz.h"
#include "wire/pb.h"

static inline void check_list(const struct pb_list *l, struct bytes in)
{
    assert(l->n <= PB_LIST_MAX);
    for (size_t i = 0; i < l->n; i++)
        check_inside(l->v[i], in);
}

static inline bool lists_eq(const struct pb_list *a, const struct pb_list *b)
{
    for (size_t i = 0; i < a->n && i < b->n; i++) {
        if (!bytes_eq(a->v[i], b->v[i]))
            return false;
    }
    return a->n == b->n;
}

#endif
