/* test_resolver_cache.c - how long answers hold, and that their text brings them back. */
#include "name/resolver_cache.h"

#include <stdio.h>
#include <stdlib.h>

#include "testpeers.h"

#define NOW_MS UINT64_C(1790000000000)

static const char *const tiers[] = { "names file", "DHT" };

static struct name_answer answer_of(const char *peer, uint64_t ttl_ms)
{
    return (struct name_answer){ .peer = peer_of(peer), .tier = tiers[0], .ttl_ms = ttl_ms };
}

static int begin(void **state)
{
    *state = resolver_cache_new();
    return *state ? 0 : -1;
}

static int end(void **state)
{
    resolver_cache_free(*state);
    return 0;
}

static void test_an_answer_holds_for_its_ttl(void **state)
{
    struct resolver_cache *c = *state;
    struct name_answer a = answer_of(PEER_A, 1000);
    resolver_cache_add(c, "alice", &a, "by R", NOW_MS);
    const struct resolver_cached *e = resolver_cache_find(c, "alice", NOW_MS + 999);
    assert_non_null(e);
    assert_true(peerid_eq(&e->answer.peer, &a.peer));
    assert_string_equal(e->remark, "by R");
    assert_false(e->is_from_disk);
    assert_null(resolver_cache_find(c, "Alice", NOW_MS));
    assert_null(resolver_cache_find(c, "alice", NOW_MS + 1000));
    assert_int_equal(resolver_cache_count(c), 0);
}

static void test_an_answer_from_the_future_is_not_believed(void **state)
{
    struct resolver_cache *c = *state;
    struct name_answer a = answer_of(PEER_A, 1000);
    resolver_cache_add(c, "alice", &a, NULL, NOW_MS);
    assert_null(resolver_cache_find(c, "alice", NOW_MS - 1));
}

static void test_add_replaces_and_ttl_0_removes(void **state)
{
    struct resolver_cache *c = *state;
    struct name_answer a = answer_of(PEER_A, 1000), b = answer_of(PEER_B, 1000);
    resolver_cache_add(c, "alice", &a, NULL, NOW_MS);
    resolver_cache_add(c, "alice", &b, NULL, NOW_MS);
    assert_int_equal(resolver_cache_count(c), 1);
    assert_true(peerid_eq(&resolver_cache_find(c, "alice", NOW_MS)->answer.peer, &b.peer));
    b.ttl_ms = 0;
    resolver_cache_add(c, "alice", &b, NULL, NOW_MS);
    assert_int_equal(resolver_cache_count(c), 0);
}

static void test_no_answer_is_kept_for_more_than_a_day(void **state)
{
    struct resolver_cache *c = *state;
    struct name_answer a = answer_of(PEER_A, UINT64_MAX - 1);
    resolver_cache_add(c, "alice", &a, NULL, NOW_MS);
    assert_non_null(resolver_cache_find(c, "alice", NOW_MS + RESOLVER_TTL_MAX_MS - 1));
    assert_null(resolver_cache_find(c, "alice", NOW_MS + RESOLVER_TTL_MAX_MS));
}

static void test_forget_drops_what_leads_to_the_peer(void **state)
{
    struct resolver_cache *c = *state;
    struct name_answer a = answer_of(PEER_A, 1000), b = answer_of(PEER_B, 1000);
    resolver_cache_add(c, "alice", &a, NULL, NOW_MS);
    resolver_cache_add(c, "db.alice", &a, NULL, NOW_MS);
    resolver_cache_add(c, "bob", &b, NULL, NOW_MS);
    assert_int_equal(resolver_cache_forget(c, &a.peer), 2);
    assert_null(resolver_cache_find(c, "db.alice", NOW_MS));
    assert_non_null(resolver_cache_find(c, "bob", NOW_MS));
}

static char *print(const struct resolver_cache *c, uint64_t now_ms)
{
    char *text;
    size_t n;
    assert_int_equal(resolver_cache_print(c, now_ms, &text, &n), 0);
    assert_int_equal(strlen(text), n);
    return text;
}

static void test_the_text_brings_answers_back(void **state)
{
    struct resolver_cache *c = *state, *d = resolver_cache_new();
    struct name_answer a = answer_of(PEER_A, 5000);
    a.tier = tiers[1];
    a.naddrs = 2;
    assert_int_equal(multiaddr_parse(bytes_of("/ip4/192.0.2.1/udp/4001/quic-v1"), &a.addrs[0]), 0);
    assert_int_equal(
        multiaddr_parse(bytes_of("/ip4/192.0.2.2/tcp/1/p2p/" PEER_B "/p2p-circuit"), &a.addrs[1]),
        0);
    a.nmaps = 1;
    a.maps[0] = (struct name_map){ 22, "/x/ssh" };
    strcpy(a.service, "db");
    resolver_cache_add(c, "db.Alice", &a, "remark", NOW_MS);
    resolver_cache_add(c, "gone", &a, NULL, NOW_MS - 4000);
    char *text = print(c, NOW_MS + 2000);
    assert_null(strstr(text, "gone"));
    assert_int_equal(resolver_cache_read(d, text, tiers, 2, NOW_MS + 3000), 0);
    assert_int_equal(resolver_cache_count(d), 1);
    const struct resolver_cached *e = resolver_cache_find(d, "db.Alice", NOW_MS + 4999);
    assert_non_null(e);
    assert_true(e->is_from_disk);
    assert_ptr_equal(e->answer.tier, tiers[1]);
    assert_string_equal(e->answer.service, "db");
    assert_int_equal(e->answer.naddrs, 2);
    assert_true(multiaddr_eq(&e->answer.addrs[0], &a.addrs[0]));
    assert_true(multiaddr_eq(&e->answer.addrs[1], &a.addrs[1]));
    assert_int_equal(e->answer.nmaps, 1);
    assert_int_equal(e->answer.maps[0].port, 22);
    assert_string_equal(e->answer.maps[0].protocol, "/x/ssh");
    assert_int_equal(e->answer.ttl_ms, 5000);
    assert_null(resolver_cache_find(d, "db.Alice", NOW_MS + 5000));
    free(text);
    resolver_cache_free(d);
}

static void test_bad_lines_are_left_out(void **state)
{
    static const char *const lines[] = {
        "alice",
        "a..b " PEER_A " 1790000001000 2000 - by DHT",
        "alice 12D3 1790000001000 2000 - by DHT",
        "alice " PEER_A " -1 2000 - by DHT",
        "alice " PEER_A " 1790000001000 2000x - by DHT",
        "alice " PEER_A " 1790000001000 99999999999 - by DHT", /* more than a day */
        "alice " PEER_A " 1790000001000 2000 D_B by DHT",      /* no service name */
        "alice " PEER_A " 1790000001000 2000 - /ip4/1 by DHT",
        "alice " PEER_A " 1790000001000 2000 - 0=/x by DHT",
        "alice " PEER_A " 1790000001000 2000 - by",
        "alice " PEER_A " 1790000001000 2000 - by oracle", /* no such tier */
        "alice " PEER_A " 1790000001000 2000 - DHT",
        "alice " PEER_A " 1790000001000 2000",
    };
    struct resolver_cache *c = *state;
    char text[512];
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        snprintf(text, sizeof text, "%s\nbob " PEER_B " 1790000001000 2000 - by names file\n",
                 lines[i]);
        assert_int_equal(resolver_cache_read(c, text, tiers, 2, NOW_MS), 1);
        assert_int_equal(resolver_cache_count(c), 1);
        assert_non_null(resolver_cache_find(c, "bob", NOW_MS));
        resolver_cache_clear(c);
    }
}

static void test_an_answer_of_two_lines_is_not_printed(void **state)
{
    struct resolver_cache *c = *state;
    struct name_answer a = answer_of(PEER_A, 5000);
    a.nmaps = 1;
    a.maps[0] = (struct name_map){ 22, "/x\nbob " };
    resolver_cache_add(c, "alice", &a, NULL, NOW_MS);
    char *text = print(c, NOW_MS);
    assert_null(strstr(text, "alice"));
    assert_null(strstr(text, "bob"));
    free(text);
}

static void test_a_file_does_not_outgrow_the_bound(void **state)
{
    struct resolver_cache *c = *state, *d = resolver_cache_new();
    struct name_answer a = answer_of(PEER_A, 5000);
    char name[32];
    for (unsigned i = 0; i < RESOLVER_CACHE_MAX + 10; i++) {
        snprintf(name, sizeof name, "h%u", i);
        resolver_cache_add(c, name, &a, NULL, NOW_MS);
    }
    assert_int_equal(resolver_cache_count(c), RESOLVER_CACHE_MAX);
    assert_null(resolver_cache_find(c, "h9", NOW_MS));
    resolver_cache_add(d, "first", &a, NULL, NOW_MS);
    char *text = print(c, NOW_MS);
    assert_int_equal(resolver_cache_read(d, text, tiers, 2, NOW_MS), 0);
    assert_int_equal(resolver_cache_count(d), RESOLVER_CACHE_MAX);
    assert_non_null(resolver_cache_find(d, "first", NOW_MS));
    free(text);
    resolver_cache_free(d);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_answer_holds_for_its_ttl),
        TEST(test_an_answer_from_the_future_is_not_believed),
        TEST(test_add_replaces_and_ttl_0_removes),
        TEST(test_no_answer_is_kept_for_more_than_a_day),
        TEST(test_forget_drops_what_leads_to_the_peer),
        TEST(test_the_text_brings_answers_back),
        TEST(test_bad_lines_are_left_out),
        TEST(test_an_answer_of_two_lines_is_not_printed),
        TEST(test_a_file_does_not_outgrow_the_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
