/* test_lan_peers.c - the table of the LAN's peers: how long they are in it, and what a liar can do.
 */
#include "p2p/lan_peers.h"

#include <stdio.h>

#include "testpeers.h"

#define T0 UINT64_C(1000000)

struct rig {
    struct lan_peers *t;
    unsigned news;
};

static void on_news(void *arg, const struct lan_peer *p)
{
    struct rig *r = arg;
    assert_in_range(p->naddrs, 1, LAN_ADDRS_MAX);
    r->news++;
}

static int setup(void **state)
{
    static struct rig r;
    r = (struct rig){ .t = lan_peers_new(on_news, &r) };
    assert_non_null(r.t);
    *state = &r;
    return 0;
}

static int teardown(void **state)
{
    struct rig *r = *state;
    lan_peers_free(r->t);
    return 0;
}

static struct ipaddr source(uint8_t host)
{
    return (struct ipaddr){ .family = 4, .b = { 10, 0, 0, host } };
}

static struct multiaddr addr_of(uint8_t host, unsigned port)
{
    struct ipaddr ip = source(host);
    struct multiaddr a;
    multiaddr_make_quic(&ip, (uint16_t)port, &a);
    return a;
}

/* A peer that says from `host` that it is there, at `port`. */
static struct lan_news news(const char *peer, const char *name, uint8_t host, unsigned port)
{
    struct lan_news n = { .peer = peer_of(peer), .from = source(host), .ttl_s = 120, .naddrs = 1 };
    snprintf(n.name, sizeof n.name, "%s", name);
    snprintf(n.label, sizeof n.label, "label%u", host);
    n.addrs[0] = addr_of(host, port);
    return n;
}

static void hear(struct rig *r, struct lan_news n, uint64_t now_ms)
{
    lan_peers_hear(r->t, &n, now_ms);
}

static const struct lan_peer *named(struct rig *r, const char *name, uint64_t now_ms)
{
    return lan_peers_named(r->t, bytes_of(name), now_ms);
}

static bool has_addr(const struct lan_peer *p, const struct multiaddr *a)
{
    for (size_t i = 0; i < p->naddrs; i++)
        if (multiaddr_eq(&p->addrs[i].addr, a))
            return true;
    return false;
}

static void assert_is(const struct lan_peer *p, const char *peer)
{
    struct peerid id = peer_of(peer);
    assert_non_null(p);
    assert_true(peerid_eq(&p->peer, &id));
}

static void test_a_peer_is_there_until_its_records_run_out(void **state)
{
    struct rig *r = *state;
    struct peerid a = peer_of(PEER_A);
    hear(r, news(PEER_A, "home", 1, 4001), T0);
    assert_int_equal(r->news, 1);
    assert_is(named(r, "home", T0 + 119999), PEER_A);
    assert_non_null(lan_peers_find(r->t, &a, T0 + 119999));
    assert_null(named(r, "home", T0 + 120000));
    assert_null(lan_peers_find(r->t, &a, T0 + 120000));
    lan_peers_expire(r->t, T0 + 120000);
    assert_int_equal(lan_peers_count(r->t), 0);
}

static void test_hearing_it_again_prolongs_it_and_is_no_news(void **state)
{
    struct rig *r = *state;
    hear(r, news(PEER_A, "home", 1, 4001), T0);
    hear(r, news(PEER_A, "home", 1, 4001), T0 + 100000);
    assert_int_equal(r->news, 1);
    assert_is(named(r, "home", T0 + 219999), PEER_A);
    hear(r, news(PEER_A, "home", 1, 4002), T0 + 100000);
    assert_int_equal(r->news, 2);
}

static void test_a_long_life_is_cut(void **state)
{
    struct rig *r = *state;
    struct lan_news n = news(PEER_A, "home", 1, 4001);
    n.ttl_s = UINT32_MAX;
    hear(r, n, T0);
    assert_null(named(r, "home", T0 + LAN_TTL_MAX_S * 1000));
}

static void test_all_of_one_source_replaces_what_it_said_before(void **state)
{
    struct rig *r = *state;
    struct lan_news n = news(PEER_A, "home", 1, 4001);
    struct multiaddr first = addr_of(1, 4001), second = addr_of(1, 4002), other = addr_of(2, 4001);
    hear(r, n, T0);
    hear(r, news(PEER_A, "home", 2, 4001), T0);
    n.is_all = true;
    n.addrs[0] = second;
    hear(r, n, T0 + 1000); /* within a second it may be the second half */
    assert_true(has_addr(named(r, "home", T0 + 1000), &first));
    hear(r, n, T0 + 1001);
    const struct lan_peer *p = named(r, "home", T0 + 1001);
    assert_false(has_addr(p, &first));
    assert_true(has_addr(p, &second));
    assert_true(has_addr(p, &other));
}

static void test_goodbye_takes_what_the_same_source_said(void **state)
{
    struct rig *r = *state;
    struct multiaddr mine = addr_of(1, 4001);
    struct ipaddr one = source(1), two = source(2);
    hear(r, news(PEER_A, "home", 1, 4001), T0);
    lan_peers_bye(r->t, bytes_of("label1"), &two, T0);
    assert_true(has_addr(named(r, "home", T0), &mine));
    lan_peers_bye(r->t, bytes_of("label"), &one, T0);
    assert_true(has_addr(named(r, "home", T0), &mine));
    lan_peers_bye(r->t, bytes_of("label1"), &one, T0);
    assert_null(named(r, "home", T0));
    assert_int_equal(lan_peers_count(r->t), 0);
}

static void test_a_name_stays_with_the_first_until_that_is_gone(void **state)
{
    struct rig *r = *state;
    hear(r, news(PEER_A, "home", 1, 4001), T0);
    hear(r, news(PEER_B, "home", 2, 4001), T0 + 60000);
    assert_is(named(r, "home", T0 + 60000), PEER_A);
    hear(r, news(PEER_B, "home", 2, 4001), T0 + 119999);
    assert_is(named(r, "home", T0 + 119999), PEER_A);
    hear(r, news(PEER_B, "home", 2, 4001), T0 + 120000);
    assert_is(named(r, "home", T0 + 120000), PEER_B);
}

static void test_only_the_source_of_a_name_changes_it(void **state)
{
    struct rig *r = *state;
    hear(r, news(PEER_A, "home", 1, 4001), T0);
    hear(r, news(PEER_A, "liar", 9, 4001), T0);
    assert_null(named(r, "liar", T0));
    assert_is(named(r, "home", T0), PEER_A);
    hear(r, news(PEER_A, "house", 1, 4001), T0);
    assert_null(named(r, "home", T0));
    assert_is(named(r, "house", T0), PEER_A);
}

/* Who repeats all that a peer says has not said it. */
static void test_repeating_an_address_does_not_make_it_ones_own(void **state)
{
    struct rig *r = *state;
    struct multiaddr mine = addr_of(1, 4001);
    struct lan_news again = news(PEER_A, "liar", 1, 4001), empty;
    again.from = source(9);
    hear(r, news(PEER_A, "home", 1, 4001), T0);
    hear(r, again, T0 + 2000);
    assert_is(named(r, "home", T0 + 2000), PEER_A);
    empty = news(PEER_A, "liar", 9, 4001);
    empty.is_all = true;
    hear(r, empty, T0 + 4000);
    assert_true(has_addr(named(r, "home", T0 + 4000), &mine));
}

static void test_the_source_of_most_addresses_gives_way(void **state)
{
    struct rig *r = *state;
    struct multiaddr mine = addr_of(1, 4001), late = addr_of(2, 1), last = addr_of(9, 199);
    hear(r, news(PEER_A, "home", 1, 4001), T0);
    for (unsigned i = 0; i < 100; i++)
        hear(r, news(PEER_A, "home", 9, 100 + i), T0);
    const struct lan_peer *p = named(r, "home", T0);
    assert_int_equal(p->naddrs, LAN_ADDRS_MAX);
    assert_true(has_addr(p, &mine));
    assert_false(has_addr(p, &last)); /* the newcomer, when it has the most itself */
    hear(r, news(PEER_A, "home", 2, 1), T0);
    assert_true(has_addr(p, &mine));
    assert_true(has_addr(p, &late));
}

static void numbered(struct rig *r, unsigned i, uint8_t host, uint64_t now_ms)
{
    struct lan_news n = news(PEER_A, "", host, 4001);
    n.peer.mh[30] = (uint8_t)(i >> 8);
    n.peer.mh[31] = (uint8_t)i;
    hear(r, n, now_ms);
}

static void test_the_table_is_bounded_in_all_and_per_source(void **state)
{
    struct rig *r = *state;
    for (unsigned i = 0; i < 1000; i++)
        numbered(r, i, 1, T0);
    assert_int_equal(lan_peers_count(r->t), LAN_PEERS_PER_SOURCE);
    for (unsigned i = 0; i < 4000; i++)
        numbered(r, 1000 + i, (uint8_t)(2 + i % 200), T0);
    assert_int_equal(lan_peers_count(r->t), LAN_PEERS_MAX);
    hear(r, news(PEER_B, "home", 250, 4001), T0);
    assert_null(named(r, "home", T0));
    hear(r, news(PEER_B, "home", 250, 4001), T0 + 120000); /* those have run out */
    assert_is(named(r, "home", T0 + 120000), PEER_B);
    assert_int_equal(lan_peers_count(r->t), 1);
}

static void test_names_that_mislead_are_none(void **state)
{
    struct rig *r = *state;
    static const char *const bad[] = { "localhost", "local", "p2p", "invalid", "arpa", "a.b",
                                       "-a",        "a-",    "A",   "a b",     "\xc3" };
    static const char *const good[] = { "a", "home", "0-9", "db1" };
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_false(lan_name_ok(bytes_of(bad[i])));
        hear(r, news(PEER_A, bad[i], 1, 4001), T0);
        assert_null(named(r, bad[i], T0));
    }
    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(lan_name_ok(bytes_of(good[i])));
    assert_false(lan_name_ok(bytes_of("")));
}

static void test_a_typed_name_is_read_in_lower_case(void **state)
{
    static const char *const bad[] = { "", "A_b", "LocalHost", "P2P", "-A" };
    char longest[LAN_LABEL_MAX + 2] = "";
    char out[LAN_LABEL_MAX + 1];
    (void)state;
    assert_true(lan_name_read("Lap-Z9", out));
    assert_string_equal(out, "lap-z9");
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(lan_name_read(bad[i], out));
    memset(longest, 'A', LAN_LABEL_MAX);
    assert_true(lan_name_read(longest, out));
    longest[LAN_LABEL_MAX] = 'A';
    assert_false(lan_name_read(longest, out));
}

static void test_news_without_addresses_are_none(void **state)
{
    struct rig *r = *state;
    struct lan_news n = news(PEER_A, "home", 1, 4001);
    n.naddrs = 0;
    hear(r, n, T0);
    assert_int_equal(lan_peers_count(r->t), 0);
}

#define RIGGED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIGGED(test_a_peer_is_there_until_its_records_run_out),
        RIGGED(test_hearing_it_again_prolongs_it_and_is_no_news),
        RIGGED(test_a_long_life_is_cut),
        RIGGED(test_all_of_one_source_replaces_what_it_said_before),
        RIGGED(test_goodbye_takes_what_the_same_source_said),
        RIGGED(test_a_name_stays_with_the_first_until_that_is_gone),
        RIGGED(test_only_the_source_of_a_name_changes_it),
        RIGGED(test_repeating_an_address_does_not_make_it_ones_own),
        RIGGED(test_the_source_of_most_addresses_gives_way),
        RIGGED(test_the_table_is_bounded_in_all_and_per_source),
        RIGGED(test_names_that_mislead_are_none),
        cmocka_unit_test(test_a_typed_name_is_read_in_lower_case),
        RIGGED(test_news_without_addresses_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
