/* test_loss_tally.c - what numbered packets say of a path. */
#include "p2p/loss_tally.h"

#include "vec.h"

static void assert_percent(double got, double want)
{
    assert_true(got > want - 0.001 && got < want + 0.001);
}

/* Ten packets, 4 ms apart; each comes back after so many us, 0: never. */
static void test_result_counts_each_way_and_the_jitter(void **state)
{
    static const struct {
        const char *title;
        uint64_t rtt_us[10];
        uint64_t told; /* by the other end */
        struct loss_result want;
        double out, in;
    } cases[] = {
        { "all come back", { 9, 9, 9, 9, 9, 9, 9, 9, 9, 9 }, 10, { 10, 10, 10, 0 }, 0, 0 },
        { "two are lost on the way there",
          { 9, 0, 9, 9, 9, 9, 0, 9, 9, 9 },
          8,
          { 10, 8, 8, 0 },
          20,
          0 },
        { "and two on the way back", { 9, 0, 9, 0, 9, 9, 0, 9, 0, 9 }, 8, { 10, 8, 6, 0 }, 20, 25 },
        { "none", { 0 }, 0, { 10, 0, 0, 0 }, 100, 0 },
        { "none comes back", { 0 }, 10, { 10, 10, 0, 0 }, 0, 100 },
        { "round trips differ: 10, 20, 20, 50", { 10, 20, 20, 50 }, 4, { 10, 4, 4, 13 }, 60, 0 },
        { "it says too many", { 9, 9, 9, 9, 9, 9, 9, 9, 9, 9 }, 11, { 10, 10, 10, 0 }, 0, 0 },
        { "it says too few", { 9, 9, 9, 9, 9, 9, 9, 9, 9, 0 }, 1, { 10, 9, 9, 0 }, 10, 0 },
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct loss_tally t = { 0 };
        for (uint32_t k = 0; k < 10; k++)
            assert_int_equal(loss_tally_sent(&t, 1000 + k * 4000), k);
        for (uint32_t k = 0; k < 10; k++)
            if (cases[i].rtt_us[k])
                loss_tally_back(&t, k, 1000 + k * 4000 + cases[i].rtt_us[k]);
        struct loss_result r = loss_tally_result(&t, cases[i].told);
        assert_int_equal(r.sent, cases[i].want.sent);
        assert_int_equal(r.there, cases[i].want.there);
        assert_int_equal(r.back, cases[i].want.back);
        assert_int_equal(r.jitter_us, cases[i].want.jitter_us);
        assert_percent(loss_percent_out(&r), cases[i].out);
        assert_percent(loss_percent_in(&r), cases[i].in);
    }
}

static void test_what_comes_back_twice_or_was_never_sent_does_not_count(void **state)
{
    struct loss_tally t = { 0 };
    (void)state;

    loss_tally_back(&t, 0, 50);
    loss_tally_sent(&t, 100);
    loss_tally_back(&t, 0, 150);
    loss_tally_back(&t, 0, 250);
    loss_tally_back(&t, 1, 250);
    loss_tally_back(&t, UINT64_MAX, 250);
    assert_int_equal(loss_tally_result(&t, 1).back, 1);
    assert_int_equal(loss_tally_result(&t, 1).jitter_us, 0);
}

/* On the longest ways, too, there are a few, and never more than there is room for. */
static void test_burst_fits_the_path(void **state)
{
    static const struct {
        uint64_t rtt_ms, pause_ms;
        uint32_t packets;
    } cases[] = { { 0, 4, 500 },    { 1, 4, 500 },     { 64, 4, 500 },     { 80, 5, 400 },
                  { 320, 20, 100 }, { 1600, 100, 20 }, { 60000, 3750, 16 } };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(loss_tally_pause_ms(cases[i].rtt_ms * 1000), cases[i].pause_ms);
        assert_int_equal(loss_tally_packets(cases[i].rtt_ms * 1000), cases[i].packets);
        assert_true(cases[i].packets <= LOSS_PACKETS_MAX);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_result_counts_each_way_and_the_jitter),
        cmocka_unit_test(test_what_comes_back_twice_or_was_never_sent_does_not_count),
        cmocka_unit_test(test_burst_fits_the_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
