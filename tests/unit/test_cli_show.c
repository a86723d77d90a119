/* test_cli_show.c - how paths, relays and reservations read in `gw status` and `gw peers`. */
#include "cli/cli_show.h"

#include "shown.h"

#define ALICE "12D3KooWGRUVh2eQ8zKjT7n3bXyLwDq5sMfA4cPp9rNEtHvWk3aQ"
#define RELAY "12D3KooWCryG7Mon9orvQxcS1rYZjotPgpwoJNHHKcLLfE4Hf5mV"

static void test_peers_show_state_and_relay(void **state)
{
    (void)state;
    show(cli_show_peers,
         "{\"peers\": [{\"id\": \"" ALICE "\", \"name\": \"alice\", \"state\": \"upgrading\","
         " \"path\": \"relayed\", \"relay\": \"" RELAY "\", \"addr\": \"/p2p-circuit\","
         " \"rtt_ms\": 41.5, \"streams\": 2}]}");
    assert_line("alice", "tHvWk3aQ", "upgrading", "relayed by fE4Hf5mV", "41.5 ms", NULL);
}

static void test_peers_show_who_is_kept_and_missing(void **state)
{
    (void)state;
    show(cli_show_peers,
         "{\"peers\": [], \"kept\": ["
         "{\"id\": \"" ALICE "\", \"name\": \"alice\", \"state\": \"down\", \"next_try_s\": 12,"
         " \"error\": \"connection refused\"},"
         "{\"id\": \"" RELAY "\", \"name\": \"bob\", \"state\": \"connecting\","
         " \"next_try_s\": 0, \"error\": \"\"},"
         "{\"id\": \"" RELAY "\", \"name\": \"carol\", \"state\": \"direct\","
         " \"next_try_s\": 0, \"error\": \"\"}]}");
    assert_line("alice", "down", "next try in 12 s: connection refused", NULL);
    assert_line("bob", "connecting", NULL);
    assert_null(strstr(shown, "carol")); /* she is among the peers */
}

static void test_status_shows_how_we_are_reached(void **state)
{
    (void)state;
    show(cli_show_status,
         "{\"addresses\": [\"/ip4/203.0.113.1/udp/4001/quic-v1\"], \"reach\": \"private\","
         " \"nat\": \"dependent\", \"reservations\": ["
         "{\"relay\": \"" RELAY "\", \"state\": \"held\", \"load\": \"low\", \"rtt_ms\": 20.1,"
         " \"address\": \"/ip4/203.0.113.9/tcp/1/p2p-circuit\", \"error\": \"\"},"
         "{\"relay\": \"" ALICE "\", \"state\": \"refused\", \"error\": \"denied\"}]}");
    assert_line("announced", "/ip4/203.0.113.1/udp/4001/quic-v1", NULL);
    assert_line("reach", "private, NAT mapping dependent", NULL);
    assert_line("reservation",
                "fE4Hf5mV held, 20.1 ms, load low: /ip4/203.0.113.9/tcp/1/p2p-circuit", NULL);
    assert_line("reservation", "tHvWk3aQ refused: denied", NULL);
    assert_null(strstr(shown, "circuits,"));
}

static void test_status_of_a_relay_shows_its_counters(void **state)
{
    (void)state;
    show(cli_show_status, "{\"relay\": {\"reservations\": 3, \"circuits\": 2, \"bytes\": 1536,"
                          " \"month_bytes\": 2048, \"refused\": 7}}");
    assert_line("relay", "3 reservations, 2 circuits", "carried (", "this month), 7 refused", NULL);
}

#define TEST(fn) cmocka_unit_test_teardown(fn, forget)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_peers_show_state_and_relay),
        TEST(test_peers_show_who_is_kept_and_missing),
        TEST(test_status_shows_how_we_are_reached),
        TEST(test_status_of_a_relay_shows_its_counters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
