/* test_guess.c - which slips of the finger are seen through, and which words are left alone. */
#include "base/guess.h"

#include "vec.h"

static const char *const words[] = { "status", "stop", "nc", "peers", "perf", "services", NULL };

static const char *word(const void *arg, size_t i)
{
    return ((const char *const *)arg)[i];
}

static void test_guess_sees_what_was_meant(void **state)
{
    static const struct {
        const char *typed, *want;
    } cases[] = {
        { "statsu", "status" }, { "stats", "status" },      { "sttus", "status" },
        { "pers", "peers" },    { "servcies", "services" }, { "stat", "status" },
        { "se", "services" },   { "service", "services" },  { "pefr", "perf" },
        { "sotp", "stop" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(guess(cases[i].typed, word, words), cases[i].want);
}

static void test_guess_leaves_other_words_alone(void **state)
{
    static const char *const typed[] = {
        "",        "n",
        "x",       "xy",
        "help",    "start-the-daemon",
        "firefox", "statusstatusstatusstatusstatusstatusstatus",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(typed); i++)
        assert_null(guess(typed[i], word, words));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_guess_sees_what_was_meant),
        cmocka_unit_test(test_guess_leaves_other_words_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
