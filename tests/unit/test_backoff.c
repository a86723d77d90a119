/* test_backoff.c - pauses that grow, and their jitter at both of its ends. */
#include "p2p/backoff.h"

#include "vec.h"

static void test_pauses_double_up_to_the_longest(void **state)
{
    static const uint64_t want[] = { 250, 500, 1000, 2000, 4000, 5000, 5000 };
    struct backoff b = { .first_ms = 250, .max_ms = 5000 };
    (void)state;

    for (size_t i = 0; i < COUNT(want); i++)
        assert_int_equal(backoff_next_ms(&b, 0), want[i]);
    b.failures = 0;
    assert_int_equal(backoff_next_ms(&b, 0), 250);
}

static void test_pause_never_passes_its_bounds(void **state)
{
    static const uint32_t random[] = { 0, 1, 125, 126, 0x7fffffff, UINT32_MAX };
    (void)state;

    for (size_t i = 0; i < COUNT(random); i++) {
        struct backoff b = { .first_ms = 250, .max_ms = 60000 };
        for (uint64_t full = 250; b.failures < 40; full = 2 * full < 60000 ? 2 * full : 60000) {
            uint64_t ms = backoff_next_ms(&b, random[i]);
            assert_true(ms >= full / 2 && ms <= full);
        }
        b.failures = UINT32_MAX; /* as many as there can be */
        assert_true(backoff_next_ms(&b, random[i]) <= 60000);
        assert_int_equal(b.failures, UINT32_MAX);
    }
}

static void test_first_pause_above_the_longest_is_the_longest(void **state)
{
    struct backoff b = { .first_ms = 9000, .max_ms = 5000 };
    (void)state;
    assert_int_equal(backoff_next_ms(&b, 0), 5000);
    assert_int_equal(backoff_next_ms(&b, 0), 5000);
}

static void test_jitter_takes_every_part_up_to_its_share(void **state)
{
    bool seen[21] = { false };
    (void)state;

    for (uint32_t random = 0; random < 21; random++) {
        uint64_t ms = backoff_jitter_ms(100, 20, random);
        assert_true(ms >= 80 && ms <= 100);
        seen[100 - ms] = true;
    }
    for (size_t i = 0; i < COUNT(seen); i++)
        assert_true(seen[i]);
    assert_int_equal(backoff_jitter_ms(100, 0, UINT32_MAX), 100);
    assert_int_equal(backoff_jitter_ms(0, 50, UINT32_MAX), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pauses_double_up_to_the_longest),
        cmocka_unit_test(test_pause_never_passes_its_bounds),
        cmocka_unit_test(test_first_pause_above_the_longest_is_the_longest),
        cmocka_unit_test(test_jitter_takes_every_part_up_to_its_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
