/* test_clockjump.c - what the clocks of the machine did. */
#include "net/clockjump.h"

#include "vec.h"

#define HOUR 3600000
#define T0   1700000000000 /* wall time when the machine was started */

static void test_look_tells_sleep_from_a_clock_that_is_set(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        struct clockjump_now now;
        enum clockjump_what want;
    } steps[] = {
        { "first look", { 5000, 5000, T0 + 5000 }, CLOCKJUMP_NONE },
        { "time goes by", { HOUR, HOUR, T0 + HOUR }, CLOCKJUMP_NONE },
        { "an hour asleep", { HOUR + 10, 2 * HOUR + 10, T0 + 2 * HOUR + 10 }, CLOCKJUMP_SLEPT },
        { "told once", { HOUR + 20, 2 * HOUR + 20, T0 + 2 * HOUR + 20 }, CLOCKJUMP_NONE },
        { "a short nap", { HOUR + 30, 2 * HOUR + 500, T0 + 2 * HOUR + 500 }, CLOCKJUMP_NONE },
        { "the next one adds up",
          { HOUR + 40, 2 * HOUR + 900, T0 + 2 * HOUR + 900 },
          CLOCKJUMP_SLEPT },
        { "set an hour on", { HOUR + 50, 2 * HOUR + 910, T0 + 3 * HOUR + 910 }, CLOCKJUMP_SET },
        { "and back", { HOUR + 60, 2 * HOUR + 920, T0 + 2 * HOUR + 920 }, CLOCKJUMP_SET },
        { "kept in step", { HOUR + 70, 2 * HOUR + 930, T0 + 2 * HOUR + 2000 }, CLOCKJUMP_NONE },
        { "asleep and then set",
          { HOUR + 80, 3 * HOUR + 930, T0 + 9 * HOUR + 930 },
          CLOCKJUMP_SLEPT },
        { "told once", { HOUR + 90, 3 * HOUR + 940, T0 + 9 * HOUR + 940 }, CLOCKJUMP_NONE },
    };
    struct clockjump c = { 0 };
    for (size_t i = 0; i < COUNT(steps); i++)
        if (clockjump_look(&c, &steps[i].now) != steps[i].want)
            fail_msg("%s", steps[i].what);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_look_tells_sleep_from_a_clock_that_is_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
