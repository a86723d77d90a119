/* test_path_health.c - verdicts on a path from the results of its probes. */
#include "p2p/path_health.h"

#include "base/err.h"
#include "vec.h"

static const struct path_rules rules = { .probe_ms = 30000, .slow_ms = 2000, .failures = 3 };

static struct path_health h;

static int setup(void **state)
{
    (void)state;
    h = (struct path_health){ 0 };
    return 0;
}

static void good(void)
{
    path_health_note(&h, &rules, 0, 20000);
}

static void late(void)
{
    path_health_note(&h, &rules, 0, 2001000);
}

static void lost(void)
{
    path_health_note(&h, &rules, GW_ETIMEOUT, 0);
}

static bool is_degraded(void)
{
    return path_health_is_degraded(&h, &rules);
}

static bool is_dead(void)
{
    return path_health_is_dead(&h, &rules);
}

static void test_so_many_bad_probes_in_a_row_degrade(void **state)
{
    (void)state;
    lost();
    late();
    assert_false(is_degraded());
    lost();
    assert_true(is_degraded());
    assert_int_equal(h.bad, 3);
}

static void test_one_good_probe_makes_it_good_again(void **state)
{
    (void)state;
    late();
    late();
    good();
    late();
    late();
    assert_false(is_degraded());
    late();
    assert_true(is_degraded());
    good();
    assert_false(is_degraded());
}

static void test_only_silence_is_death(void **state)
{
    (void)state;
    lost();
    lost();
    late();
    lost();
    lost();
    assert_true(is_degraded());
    assert_false(is_dead());
    lost();
    assert_true(is_dead());
}

static void test_an_answer_just_in_time_is_good(void **state)
{
    (void)state;
    path_health_note(&h, &rules, 0, 2000000);
    assert_int_equal(h.bad, 0);
    assert_int_equal(h.rtt_us, 2000000);
    lost();
    assert_int_equal(h.rtt_us, 2000000); /* the last one known */
}

/* A thousand peers that connected in one moment: in no second of the first half minute are more
 * than a tenth of them probed. */
static void test_probes_of_many_peers_are_spread(void **state)
{
    unsigned in_second[31] = { 0 };
    uint32_t random = 1;
    (void)state;

    for (unsigned i = 0; i < 1000; i++) {
        random = random * 1664525u + 1013904223u; /* Numerical Recipes' generator */
        uint64_t ms = path_health_pause_ms(&h, &rules, random);
        assert_in_range(ms, 15000, 30000);
        in_second[ms / 1000]++;
    }
    for (size_t i = 0; i < COUNT(in_second); i++)
        assert_in_range(in_second[i], 0, 100);
}

static void test_a_bad_probe_is_followed_soon(void **state)
{
    (void)state;
    late();
    assert_int_equal(path_health_pause_ms(&h, &rules, 0), 6000);
    assert_in_range(path_health_pause_ms(&h, &rules, UINT32_MAX), 3000, 6000);
}

static void test_counts_do_not_wrap(void **state)
{
    (void)state;
    h.bad = h.lost = UINT32_MAX;
    lost();
    assert_true(is_degraded());
    assert_true(is_dead());
}

#define TEST(fn) cmocka_unit_test_setup(fn, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_so_many_bad_probes_in_a_row_degrade),
        TEST(test_one_good_probe_makes_it_good_again),
        TEST(test_only_silence_is_death),
        TEST(test_an_answer_just_in_time_is_good),
        TEST(test_probes_of_many_peers_are_spread),
        TEST(test_a_bad_probe_is_followed_soon),
        TEST(test_counts_do_not_wrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
