/* failing_alloc.h - memory that runs out when a test says so.  The test is linked with
 * $(FAILING_ALLOC), so that its calls and those of the code under test come here. */
#ifndef GW_TESTS_FAILING_ALLOC_H
#define GW_TESTS_FAILING_ALLOC_H

#include <limits.h>
#include <stddef.h>

static unsigned alloc_left = UINT_MAX; /* calls that succeed before all others fail */

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

static int alloc_succeeds(void)
{
    if (alloc_left == UINT_MAX)
        return 1;
    return alloc_left ? (int)alloc_left-- : 0;
}

void *__wrap_malloc(size_t n)
{
    return alloc_succeeds() ? __real_malloc(n) : NULL;
}

void *__wrap_calloc(size_t n, size_t size)
{
    return alloc_succeeds() ? __real_calloc(n, size) : NULL;
}

void *__wrap_realloc(void *p, size_t n)
{
    return alloc_succeeds() ? __real_realloc(p, n) : NULL;
}

#endif
