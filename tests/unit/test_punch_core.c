/* test_punch_core.c - what is due when in one try at a hole, with a hand-turned clock. */
#include "p2p/punch_core.h"

#include "vec.h"

#define T0   UINT64_C(1000000)
#define HOUR UINT64_C(3600000)

/* Randomness that makes the pause so long. */
static uint32_t pause_of(uint32_t ms)
{
    return ms - PUNCH_PAUSE_MIN_MS;
}

struct row {
    uint64_t at_ms;
    unsigned todo;
    uint64_t due_ms;
};

static void play(struct punch_core *c, const struct row *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned todo = punch_core_tick(c, pause_of(200), T0 + v[i].at_ms);
        if (todo != v[i].todo || punch_core_due(c) != T0 + v[i].due_ms)
            fail_msg("row %zu: %#x, due %llu", i, todo,
                     (unsigned long long)(punch_core_due(c) - T0));
    }
}

static void test_who_dials_does_so_at_once_and_only_once(void **state)
{
    static const struct row rows[] = {
        { 10, PUNCH_DATAGRAM, 210 },    { 11, 0, 210 },
        { 210, PUNCH_DATAGRAM, 410 },   { 410, PUNCH_DATAGRAM, 610 },
        { 2900, PUNCH_DATAGRAM, 3000 }, { 2999, 0, 3000 },
        { 3000, PUNCH_END, 3000 },
    };
    struct punch_core c;
    (void)state;
    assert_int_equal(punch_core_start(&c, false, pause_of(10), T0), PUNCH_DIAL | PUNCH_DATAGRAM);
    assert_int_equal(punch_core_due(&c), T0 + 10);
    play(&c, rows, COUNT(rows));
}

static void test_who_serves_dials_when_nothing_has_come(void **state)
{
    static const struct row rows[] = {
        { 200, PUNCH_DATAGRAM, 400 },
        { 399, 0, 400 },
        { 400, PUNCH_DIAL | PUNCH_DATAGRAM, 600 },
        { 600, PUNCH_DATAGRAM, 800 },
    };
    struct punch_core c;
    (void)state;
    assert_int_equal(punch_core_start(&c, true, pause_of(200), T0), PUNCH_SERVE | PUNCH_DATAGRAM);
    play(&c, rows, COUNT(rows));
}

static void test_after_a_sleep_there_is_nothing_but_the_end(void **state)
{
    struct punch_core c;
    (void)state;
    punch_core_start(&c, true, 0, T0);
    assert_int_equal(punch_core_tick(&c, 0, T0 + HOUR), PUNCH_END);
}

static void test_pauses_stay_within_their_bounds(void **state)
{
    static const uint32_t random[] = { 0, 1, 190, 191, 12345678, UINT32_MAX };
    struct punch_core c;
    (void)state;
    for (size_t i = 0; i < COUNT(random); i++) {
        punch_core_start(&c, false, random[i], T0);
        assert_in_range(punch_core_due(&c) - T0, PUNCH_PAUSE_MIN_MS, PUNCH_PAUSE_MAX_MS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_dials_does_so_at_once_and_only_once),
        cmocka_unit_test(test_who_serves_dials_when_nothing_has_come),
        cmocka_unit_test(test_after_a_sleep_there_is_nothing_but_the_end),
        cmocka_unit_test(test_pauses_stay_within_their_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
