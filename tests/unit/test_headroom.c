/* test_headroom.c - memory that runs out: the address space of the process is limited to what it
 * has, and a little. */
#include "base/headroom.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "vec.h"

#define LARGE (3L << 19) /* less than is put aside, more than is left */

/* `more` octets than are in use now; RLIM_INFINITY: no limit. */
static void limit_to(rlim_t more)
{
    struct rlimit r = { RLIM_INFINITY, RLIM_INFINITY };
    unsigned long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");

    assert_non_null(f);
    assert_int_equal(fscanf(f, "%lu", &pages), 1);
    fclose(f);
    if (more != RLIM_INFINITY)
        r.rlim_cur = pages * (rlim_t)sysconf(_SC_PAGESIZE) + more;
    assert_int_equal(setrlimit(RLIMIT_AS, &r), 0);
}

static int teardown(void **state)
{
    (void)state;
    limit_to(RLIM_INFINITY);
    return 0;
}

static void test_is_there_as_long_as_it_could_be_had(void **state)
{
    (void)state;
    assert_true(headroom_is_there());
    limit_to(1 << 20);
    assert_false(headroom_is_there());
    limit_to(3 << 20);
    assert_true(headroom_is_there());
    assert_true(headroom_is_there()); /* it was given back */
}

static void test_realloc_gives_up_what_is_aside_once_and_keeps_the_octets(void **state)
{
    (void)state;
#ifdef __SANITIZE_ADDRESS__
    skip(); /* its malloc takes memory by rules of its own */
#endif
    char *small = headroom_realloc(NULL, 5), *p;
    assert_non_null(small);
    memcpy(small, "octet", 5);
    for (int i = 0; i < 2; i++) {
        limit_to(1 << 16);
        p = headroom_realloc(small, LARGE);
        assert_non_null(p);
        assert_memory_equal(p, "octet", 5);
        assert_null(headroom_realloc(NULL, LARGE));
        limit_to(RLIM_INFINITY);
        small = headroom_realloc(p, 5); /* puts as much aside again */
        assert_non_null(small);
    }
    assert_null(headroom_realloc(small, 0));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_teardown(f, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_is_there_as_long_as_it_could_be_had),
        TEST(test_realloc_gives_up_what_is_aside_once_and_keeps_the_octets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
