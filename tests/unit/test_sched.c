/* test_sched.c - turns between streams: shares alike, the quiet first, nobody starves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "transport/sched.h"

#define PACKET 1400

/* Lets the scheduler choose `packets` times; counts who was chosen. */
static void serve(struct sched *s, struct sched_entry *e, size_t n, unsigned packets,
                  unsigned *count)
{
    for (unsigned i = 0; i < packets; i++) {
        struct sched_entry *x = sched_next(s);
        assert_non_null(x);
        size_t k = (size_t)(x - e);
        assert_true(k < n);
        count[k]++;
        sched_sent(x, PACKET);
    }
}

static void test_sched_bulk_streams_share_alike(void **state)
{
    (void)state;
    struct sched s = { 0 };
    struct sched_entry e[3] = { 0 };
    unsigned count[3] = { 0 };

    for (int i = 0; i < 3; i++)
        sched_add(&s, &e[i]);
    serve(&s, e, 3, 3000, count);
    for (int i = 0; i < 3; i++)
        assert_in_range(count[i], 1000 - 2 * SCHED_QUANTUM / PACKET,
                        1000 + 2 * SCHED_QUANTUM / PACKET);
}

static void test_sched_quiet_stream_goes_before_bulk(void **state)
{
    (void)state;
    struct sched s = { 0 };
    struct sched_entry e[2] = { 0 };
    unsigned count[2] = { 0 };

    sched_add(&s, &e[0]);
    serve(&s, e, 1, 100, count);
    sched_add(&s, &e[1]);
    assert_ptr_equal(sched_next(&s), &e[1]);
}

/* A stream that always has a little, and goes idle after it, must not keep a bulk stream from
 * sending. */
static void test_sched_many_short_turns_do_not_starve_bulk(void **state)
{
    (void)state;
    struct sched s = { 0 };
    struct sched_entry e[2] = { 0 };
    unsigned count[2] = { 0 };

    sched_add(&s, &e[0]);
    serve(&s, e, 1, 100, count);
    count[0] = 0;
    for (int i = 0; i < 1000; i++) {
        sched_add(&s, &e[1]);
        serve(&s, e, 2, 1, count);
        if (sched_next(&s) == &e[1])
            sched_idle(&s, &e[1]);
    }
    assert_true(count[0] >= 300);
    assert_true(count[1] >= 50);
}

static void test_sched_del_and_idle_leave_it_empty(void **state)
{
    (void)state;
    struct sched s = { 0 };
    struct sched_entry e[2] = { 0 };

    sched_add(&s, &e[0]);
    sched_add(&s, &e[0]);
    sched_add(&s, &e[1]);
    sched_del(&s, &e[0]);
    sched_del(&s, &e[0]);
    assert_ptr_equal(sched_next(&s), &e[1]);
    sched_idle(&s, &e[1]);
    assert_null(sched_next(&s));
    assert_false(e[1].is_queued);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sched_bulk_streams_share_alike),
        cmocka_unit_test(test_sched_quiet_stream_goes_before_bulk),
        cmocka_unit_test(test_sched_many_short_turns_do_not_starve_bulk),
        cmocka_unit_test(test_sched_del_and_idle_leave_it_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
