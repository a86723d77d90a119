/* test_cli_trace.c - how the way of a name through the tiers reads. */
#include "cli/cli_trace.h"

#include "shown.h"

#define ALICE "12D3KooWGRUVh2eQ8zKjT7n3bXyLwDq5sMfA4cPp9rNEtHvWk3aQ"

static void test_every_tier_has_its_line(void **state)
{
    (void)state;
    show(cli_show_trace,
         "{\"found\": true, \"peer\": \"" ALICE "\", \"tier\": \"network\", \"cached\": \"\","
         " \"took_us\": 45210, \"left_s\": 300, \"tiers\": ["
         "{\"tier\": \"names file\", \"asked\": \"failed\", \"why\": \"no line\", \"took_us\": 7},"
         "{\"tier\": \"LAN\", \"asked\": \"not-its\", \"why\": \"\", \"took_us\": 1},"
         "{\"tier\": \"program\", \"asked\": \"silent\", \"why\": \"no answer in time\","
         " \"took_us\": 2000000},"
         "{\"tier\": \"network\", \"asked\": \"answered\", \"why\": \"through relay R\","
         " \"took_us\": 45000},"
         "{\"tier\": \"DHT\", \"asked\": \"no\", \"why\": \"\", \"took_us\": 0}]}");
    assert_line("TIER", "ASKED", "ANSWER", "TIME", "CACHED", NULL);
    assert_line("names file", "yes", "no line", "7 us", "-", NULL);
    assert_line("LAN", "no", "not a name of this tier", "-", "-", NULL);
    assert_line("program", "yes", "no answer in time", "2000.0 ms", "-", NULL);
    assert_line("network", "yes", "found: through relay R", "45.0 ms", "for 5m", NULL);
    assert_line("DHT", "no", "-", "-", "-", NULL);
    assert_line("found in 45.2 ms", NULL);
    assert_line("peer", ALICE, NULL);
}

static void test_a_cached_answer_says_where_it_lay(void **state)
{
    static const struct {
        const char *json, *where;
    } cases[] = { { "memory", "in memory, 4m left" }, { "disk", "on disk, 4m left" } };
    char json[512];
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        snprintf(json, sizeof json,
                 "{\"found\": true, \"peer\": \"" ALICE "\", \"tier\": \"DHT\","
                 " \"cached\": \"%s\", \"took_us\": 3, \"left_s\": 240, \"tiers\": ["
                 "{\"tier\": \"names file\", \"asked\": \"no\", \"why\": \"\", \"took_us\": 0},"
                 "{\"tier\": \"DHT\", \"asked\": \"no\", \"why\": \"\", \"took_us\": 0}]}",
                 cases[i].json);
        show(cli_show_trace, json);
        assert_line("names file", "no", "-", "-", "-", NULL);
        assert_line("DHT", "no", "found", "3 us", cases[i].where, NULL);
    }
}

static void test_a_name_that_is_not_found_ends_in_the_reason(void **state)
{
    (void)state;
    show(cli_show_trace,
         "{\"found\": false, \"error\": \"nobody who was asked knows the name\", \"cached\": \"\","
         " \"took_us\": 9, \"left_s\": 0, \"tiers\": ["
         "{\"tier\": \"DHT\", \"asked\": \"failed\", \"why\": \"\\u001b[31m\", \"took_us\": 3}]}");
    assert_line("DHT", "yes", "\\x1b[31m", "3 us", NULL);
    assert_line("not found: nobody who was asked knows the name", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_every_tier_has_its_line, forget),
        cmocka_unit_test_teardown(test_a_cached_answer_says_where_it_lay, forget),
        cmocka_unit_test_teardown(test_a_name_that_is_not_found_ends_in_the_reason, forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
