/* test_front_target.c - targets as text. */
#include "gate/front_target.h"

#include "testpeers.h"
#include "vec.h"

static void test_parse_reads_what_print_prints(void **state)
{
    static const struct {
        const char *text;
        struct front_target want;
    } cases[] = {
        { "db.alice:5432", { "db.alice", .port = 5432 } },
        { "alice:ssh", { "alice", .service = "ssh" } },
        { PEER_A ":22", { PEER_A, .port = 22 } }, /* base58 keeps its case */
        { "[fd00::1]:443", { "fd00::1", .port = 443 } },
        { "[fd00::1]:web", { "fd00::1", .service = "web" } },
        { "a:65535", { "a", .port = 65535 } },
    };
    char text[FRONT_TARGET_STR_MAX];
    struct front_target got;
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(front_target_parse(cases[i].text, &got), 0);
        assert_string_equal(got.host, cases[i].want.host);
        assert_string_equal(got.service, cases[i].want.service);
        assert_int_equal(got.port, cases[i].want.port);
        assert_string_equal(front_target_print(&got, text), cases[i].text);
    }
}

static void test_parse_refuses(void **state)
{
    static const char *const bad[] = {
        "",           ":",          "alice",  "alice:", ":22",      "a:0",   "a:65536",
        "a:99999999", "a:-1",       "a b:22", "a..b:1", "a:UP_PER", "[::1]", "[nonsense]:1",
        "[]:1",       "fd00::1:22", "a:2 2"
    };
    struct front_target got;
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_true(front_target_parse(bad[i], &got) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_reads_what_print_prints),
        cmocka_unit_test(test_parse_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
