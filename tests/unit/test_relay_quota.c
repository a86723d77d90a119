/* test_relay_quota.c - requests a minute, circuits in all, waiting, and per peer; with the time in
 * hand. */
#include "p2p/relay_quota.h"

#include "p2p/ask_quota.h"
#include "vec.h"

static struct relay_config cfg;
static struct relay_quota *q;

static int setup(void **state)
{
    (void)state;
    cfg = (struct relay_config){
        .max_circuits = 4, .max_circuits_per_peer = 2, .max_pending = 3, .per_minute = 3
    };
    q = relay_quota_new(&cfg);
    return q ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    relay_quota_free(q);
    return 0;
}

static struct peerid peer(uint32_t i)
{
    struct peerid id = { .n = 38 };
    memcpy(id.mh, &i, sizeof i);
    return id;
}

static bool ask(uint32_t who, uint64_t now_ms)
{
    struct peerid id = peer(who);
    return relay_quota_ask(q, &id, now_ms);
}

static bool open_one(uint32_t from, uint32_t to)
{
    struct peerid f = peer(from), t = peer(to);
    return relay_quota_open(q, &f, &t);
}

static void close_one(uint32_t from, uint32_t to, bool is_waiting)
{
    struct peerid f = peer(from), t = peer(to);
    relay_quota_close(q, &f, &t, is_waiting);
}

static void test_ask_counts_each_peer_by_itself(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        assert_true(ask(1, 1000));
    assert_false(ask(1, 1000));
    assert_true(ask(2, 1000));
}

static void test_ask_begins_anew_a_minute_after_the_first(void **state)
{
    (void)state;
    assert_true(ask(1, 1000));
    assert_true(ask(1, 50000));
    assert_true(ask(1, 50000));
    assert_false(ask(1, 60999));
    assert_true(ask(1, 61000));
    assert_true(ask(1, 61000));
    assert_true(ask(1, 61000));
    assert_false(ask(1, 61000));
}

static void test_ask_obeys_the_config_of_the_moment(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        assert_true(ask(1, 0));
    cfg.per_minute = 4;
    assert_true(ask(1, 0));
    assert_false(ask(1, 0));
}

static void test_ask_keeps_no_more_peers_than_it_says(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_true(ask(0, 0));
        assert_true(ask(1, 0));
    }
    for (uint32_t i = 2; i < ASK_QUOTA_PEERS_MAX; i++)
        assert_true(ask(i, 0));
    assert_false(ask(0, 0));
    assert_true(ask(ASK_QUOTA_PEERS_MAX, 0)); /* 0 is forgotten */
    assert_false(ask(1, 0));
    assert_true(ask(0, 0));
}

static void test_open_counts_who_calls_and_who_is_called(void **state)
{
    (void)state;
    cfg.max_pending = 100;
    assert_true(open_one(1, 2));
    assert_true(open_one(1, 3));
    assert_false(open_one(1, 4)); /* it calls */
    assert_true(open_one(4, 3));
    assert_false(open_one(5, 3)); /* it is called */
    assert_true(open_one(3, 1));  /* the other way each */
    assert_int_equal(relay_quota_circuits(q), 4);
}

static void test_open_stops_at_the_sum(void **state)
{
    (void)state;
    cfg.max_pending = 100;
    for (uint32_t i = 0; i < 4; i++)
        assert_true(open_one(10 + i, 20 + i));
    assert_false(open_one(1, 2));
    close_one(11, 21, true);
    assert_true(open_one(1, 2));
    assert_int_equal(relay_quota_circuits(q), 4);
}

static void test_open_stops_at_those_that_wait(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 3; i++)
        assert_true(open_one(10 + i, 20 + i));
    assert_false(open_one(1, 2));
    relay_quota_join(q);
    assert_true(open_one(1, 2));
    close_one(10, 20, false); /* the one that was joined: as many wait as before */
    assert_false(open_one(3, 4));
    close_one(11, 21, true);
    assert_true(open_one(3, 4));
}

static void test_close_gives_both_ends_their_share_back(void **state)
{
    (void)state;
    assert_true(open_one(1, 2));
    assert_true(open_one(1, 2));
    assert_false(open_one(1, 2));
    close_one(1, 2, true);
    assert_true(open_one(1, 2));
    close_one(1, 2, true);
    close_one(1, 2, true);
    assert_int_equal(relay_quota_circuits(q), 0);
    assert_true(open_one(3, 2));
    assert_true(open_one(1, 4));
}

static void test_open_refused_counts_nothing(void **state)
{
    (void)state;
    cfg.max_circuits = 0;
    for (int i = 0; i < 10; i++)
        assert_false(open_one(1, 2));
    cfg.max_circuits = 2;
    assert_true(open_one(1, 2));
    assert_true(open_one(1, 2));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_ask_counts_each_peer_by_itself),
        T(test_ask_begins_anew_a_minute_after_the_first),
        T(test_ask_obeys_the_config_of_the_moment),
        T(test_ask_keeps_no_more_peers_than_it_says),
        T(test_open_counts_who_calls_and_who_is_called),
        T(test_open_stops_at_the_sum),
        T(test_open_stops_at_those_that_wait),
        T(test_close_gives_both_ends_their_share_back),
        T(test_open_refused_counts_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
