/* test_quic_silence.c - when a connection that has fallen silent asks. */
#include "transport/quic_silence.h"

#include "vec.h"

#define MS    UINT64_C(1000000) /* in ns */
#define FIRST QUIC_SILENCE_FIRST_NS
#define LATER QUIC_SILENCE_NS

static void test_due_follows_what_came(void **state)
{
    static const struct {
        const char *title;
        struct {
            uint64_t at_ms, rx, due_ns;
            uint32_t streams;
            uint64_t rtt_ms;
        } v[6];
    } cases[] = {
        { "nothing has come", { { 1, 0, LATER, 1, 20 }, { 9000, 0, LATER, 1, 20 } } },
        { "the first behind octets is due soon, the next is not",
          { { 1, 10, FIRST, 1, 20 }, { 300, 10, FIRST, 1, 20 }, { 301, 10, LATER, 1, 20 } } },
        { "what comes puts it off",
          { { 1, 10, FIRST, 1, 20 },
            { 200, 20, FIRST, 1, 20 },
            { 499, 20, FIRST, 1, 20 },
            { 500, 20, LATER, 1, 20 },
            { 900, 30, FIRST, 1, 20 } } },
        { "turns in between change nothing",
          { { 1, 10, FIRST, 1, 20 }, { 2, 10, FIRST, 1, 20 }, { 26, 10, FIRST, 1, 90 } } },
        { "on a long way two round trips",
          { { 1, 10, 1200 * MS, 1, 600 },
            { 1200, 10, 1200 * MS, 1, 600 },
            { 1201, 10, LATER, 1, 600 } } },
        { "never later than as ever", { { 1, 10, LATER, 1, 2500 }, { 2, 10, LATER, 1, 2500 } } },
        { "with the last stream nothing has to follow",
          { { 1, 10, FIRST, 1, 20 }, { 2, 10, LATER, 0, 20 }, { 3, 10, LATER, 1, 20 } } },
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct quic_silence s = { 0 };
        for (size_t k = 0; cases[i].v[k].at_ms; k++) {
            uint64_t due = quic_silence_due(&s, cases[i].v[k].rx, cases[i].v[k].streams,
                                            cases[i].v[k].rtt_ms * MS, cases[i].v[k].at_ms * MS);
            if (due != cases[i].v[k].due_ns)
                fail_msg("%s: line %zu: %llu ms", cases[i].title, k,
                         (unsigned long long)(due / MS));
        }
    }
}

static void test_unanswered_counts_from_the_first_that_is_owed(void **state)
{
    struct quic_silence s = { 0 };
    (void)state;

    assert_int_equal(quic_silence_unanswered(&s, 5 * MS), 0);
    quic_silence_owe(&s, true, 10 * MS);
    quic_silence_owe(&s, true, 400 * MS); /* sent once more */
    assert_int_equal(quic_silence_unanswered(&s, 1010 * MS), 1000 * MS);
    quic_silence_hear(&s); /* something, though not all */
    assert_int_equal(quic_silence_unanswered(&s, 1010 * MS), 0);
    quic_silence_owe(&s, true, 1020 * MS);
    assert_int_equal(quic_silence_unanswered(&s, 1050 * MS), 30 * MS);
    quic_silence_owe(&s, false, 1060 * MS);
    assert_int_equal(quic_silence_unanswered(&s, 9000 * MS), 0); /* idle is not silent */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_due_follows_what_came),
        cmocka_unit_test(test_unanswered_counts_from_the_first_that_is_owed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
