/* test_limit.c - the token bucket on a loop, by a clock that the test turns. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "handclock.h"
#include "looprun.h"
#include "net/limit.h"

#define RATE  1000000u /* burst 100 000, step 25 000 */
#define BURST 100000u

static struct ev_loop *loop;
static struct limit *limit;

static int setup(void **state)
{
    (void)state;
    loop = ev_loop_new(EVFLAG_AUTO);
    limit = limit_new(loop, RATE);
    return loop && limit ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    limit_free(limit);
    ev_loop_destroy(loop);
    return 0;
}

struct waiter {
    struct limit_waiter w;
    int woken;
    bool greedy; /* takes all there is and waits again */
};

static void wake(struct limit_waiter *w)
{
    struct waiter *me = (struct waiter *)w;
    assert_null(w->on);
    me->woken++;
    if (!me->greedy)
        return;
    limit_take(limit, limit_room(limit));
    limit_wait(limit, w);
}

static void test_room_starts_with_a_burst_and_falls_with_take(void **state)
{
    (void)state;
    assert_int_equal(limit_room(limit), BURST);
    limit_take(limit, 60000);
    assert_int_equal(limit_room(limit), BURST - 60000);
    limit_take(limit, 60000);
    assert_int_equal(limit_room(limit), 0);
}

static void test_burst_is_at_least_16_kib(void **state)
{
    (void)state;
    limit_set_rate(limit, 1000);
    assert_int_equal(limit_room(limit), 16384);
}

static void test_wait_wakes_once_when_a_step_has_gathered(void **state)
{
    (void)state;
    struct waiter a = { .w.wake = wake };
    limit_take(limit, BURST);
    uint64_t t0 = clock_mono_ms();
    limit_wait(limit, &a.w);
    limit_wait(limit, &a.w);
    assert_int_equal(a.woken, 0);
    LOOPRUN_UNTIL(loop, a.woken);
    assert_int_equal(clock_mono_ms() - t0, 25);
    assert_int_equal(limit_room(limit), 25000);
    looprun_ms(loop, 30);
    assert_int_equal(a.woken, 1);
}

static void test_overdraw_is_paid_back_first(void **state)
{
    (void)state;
    struct waiter a = { .w.wake = wake };
    limit_take(limit, BURST + 30000);
    uint64_t t0 = clock_mono_ms();
    limit_wait(limit, &a.w);
    LOOPRUN_UNTIL(loop, a.woken);
    assert_int_equal(clock_mono_ms() - t0, 55); /* 30 000 back, then a step of 25 000 */
}

static void test_wait_with_room_is_woken_from_the_loop(void **state)
{
    (void)state;
    struct waiter a = { .w.wake = wake };
    limit_wait(limit, &a.w);
    assert_int_equal(a.woken, 0);
    looprun_ms(loop, 0);
    assert_int_equal(a.woken, 1);
}

static void test_unwait_is_not_woken(void **state)
{
    (void)state;
    struct waiter a = { .w.wake = wake }, b = { .w.wake = wake };
    limit_unwait(&a.w);
    limit_wait(limit, &a.w);
    limit_wait(limit, &b.w);
    limit_unwait(&a.w);
    looprun_ms(loop, 5);
    assert_int_equal(a.woken, 0);
    assert_int_equal(b.woken, 1);
}

static void test_greedy_waiters_take_turns(void **state)
{
    (void)state;
    struct waiter w[3];
    limit_set_rate(limit, 8 * RATE);
    limit_take(limit, limit_room(limit));
    for (int i = 0; i < 3; i++) {
        w[i] = (struct waiter){ .w.wake = wake, .greedy = true };
        limit_wait(limit, &w[i].w);
    }
    LOOPRUN_UNTIL(loop, w[2].woken >= 2);
    assert_int_equal(w[0].woken, 2);
    assert_int_equal(w[1].woken, 2);
    for (int i = 0; i < 3; i++)
        limit_unwait(&w[i].w);
}

static void test_rate_bounds_what_passes(void **state)
{
    (void)state;
    uint64_t passed = 0;
    for (unsigned ms = 0; ms <= 60; ms++) {
        size_t n = limit_room(limit);
        limit_take(limit, n);
        passed += n;
        handclock_pass(1);
    }
    assert_int_equal(passed, BURST + 2 * 25000); /* the third step would be full after 75 ms */
}

static void test_set_rate_moves_the_wake_up(void **state)
{
    (void)state;
    struct waiter a = { .w.wake = wake };
    limit_set_rate(limit, 1000);
    limit_take(limit, 16384 + 1000000); /* a thousand seconds of debt */
    limit_wait(limit, &a.w);
    looprun_ms(loop, 5);
    assert_int_equal(a.woken, 0);
    limit_set_rate(limit, 1000000000);
    looprun_ms(loop, 50);
    assert_int_equal(a.woken, 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_room_starts_with_a_burst_and_falls_with_take),
        T(test_burst_is_at_least_16_kib),
        T(test_wait_wakes_once_when_a_step_has_gathered),
        T(test_overdraw_is_paid_back_first),
        T(test_wait_with_room_is_woken_from_the_loop),
        T(test_unwait_is_not_woken),
        T(test_greedy_waiters_take_turns),
        T(test_rate_bounds_what_passes),
        T(test_set_rate_moves_the_wake_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
