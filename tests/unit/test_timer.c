/* test_timer.c - when a timer calls, how often, and when it does not. */
#include "net/timer.h"

#include "base/clock.h"
#include "looprig.h"

struct counted {
    struct timer timer;
    int calls;
    bool begins_anew; /* from within its call */
};

static void on_timer(void *arg)
{
    struct counted *c = arg;
    c->calls++;
    if (c->begins_anew)
        timer_start(&c->timer, 10);
}

static void test_start_calls_once_and_when_it_is_time(void **state)
{
    struct looprig r;
    struct counted c = { .calls = 0 };
    (void)state;
    looprig_init(&r);
    timer_init(&c.timer, r.loop, on_timer, &c);
    assert_false(timer_is_running(&c.timer));
    timer_start(&c.timer, 50);
    assert_true(timer_is_running(&c.timer));
    looprig_run_ms(&r, 40);
    assert_int_equal(c.calls, 0);
    looprig_run_ms(&r, 20);
    assert_int_equal(c.calls, 1);
    assert_false(timer_is_running(&c.timer));
    looprig_run_ms(&r, 200);
    assert_int_equal(c.calls, 1);
    looprig_fini(&r);
}

static void test_start_begins_anew(void **state)
{
    struct looprig r;
    struct counted c = { .calls = 0 };
    (void)state;
    looprig_init(&r);
    timer_init(&c.timer, r.loop, on_timer, &c);
    timer_start(&c.timer, 50);
    looprig_run_ms(&r, 40);
    timer_start(&c.timer, 50);
    looprig_run_ms(&r, 40);
    assert_int_equal(c.calls, 0);
    looprig_run_ms(&r, 20);
    assert_int_equal(c.calls, 1);
    looprig_fini(&r);
}

static void test_start_works_from_within_the_call(void **state)
{
    struct looprig r;
    struct counted c = { .begins_anew = true };
    (void)state;
    looprig_init(&r);
    timer_init(&c.timer, r.loop, on_timer, &c);
    timer_start(&c.timer, 0);
    looprig_run(&r);
    assert_int_equal(c.calls, 1);
    looprig_run_ms(&r, 35);
    assert_in_range(c.calls, 3, 4);
    timer_stop(&c.timer);
    looprig_fini(&r);
}

static void test_start_at_waits_for_the_time_of_the_clock(void **state)
{
    struct looprig r;
    struct counted c = { .calls = 0 };
    (void)state;
    looprig_init(&r);
    timer_init(&c.timer, r.loop, on_timer, &c);
    timer_start_at(&c.timer, clock_mono_ms() + 50);
    looprig_run_ms(&r, 40);
    assert_int_equal(c.calls, 0);
    looprig_run_ms(&r, 20);
    assert_int_equal(c.calls, 1);
    timer_start_at(&c.timer, clock_mono_ms() - 10); /* that is past */
    looprig_run(&r);
    assert_int_equal(c.calls, 2);
    timer_start(&c.timer, 10);
    timer_start_at(&c.timer, UINT64_MAX);
    assert_false(timer_is_running(&c.timer));
    looprig_fini(&r);
}

static void test_stop_keeps_it_from_calling(void **state)
{
    struct looprig r;
    struct counted c = { .calls = 0 };
    (void)state;
    looprig_init(&r);
    timer_stop(&c.timer); /* zeroed */
    timer_init(&c.timer, r.loop, on_timer, &c);
    timer_start(&c.timer, 10);
    timer_stop(&c.timer);
    timer_stop(&c.timer);
    looprig_run_ms(&r, 50);
    assert_int_equal(c.calls, 0);
    looprig_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_start_calls_once_and_when_it_is_time),
        cmocka_unit_test(test_start_begins_anew),
        cmocka_unit_test(test_start_works_from_within_the_call),
        cmocka_unit_test(test_start_at_waits_for_the_time_of_the_clock),
        cmocka_unit_test(test_stop_keeps_it_from_calling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
