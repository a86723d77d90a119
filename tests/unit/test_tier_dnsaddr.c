/* test_tier_dnsaddr.c - names by the dnsaddr= records of a name server that the test plays. */
#include "name/tier_dnsaddr.h"

#include <stdio.h>

#include "base/clock.h"
#include "dnsrig.h"
#include "testpeers.h"
#include "tierrig.h"

#define SERVICE_OF_A "db." PEER_A
#define P2P_A        "/p2p/" PEER_A
#define P2P_B        "/p2p/" PEER_B
#define ADDR         "/ip4/192.0.2.7/udp/4001/quic-v1"
#define OTHER        "/ip6/2001:db8::7/udp/4001/quic-v1"
#define BY_B         "/ip4/192.0.2.9/tcp/4001" P2P_B "/p2p-circuit"
#define DA           "dnsaddr="
#define TO(zone)     DA "/dnsaddr/" zone

#define SPOILT       "\xc0\x2b\0\x10\0\1\0\0\0\x09\0\1\0"

static const struct dnsrig_zone zones[] = {
    { "_dnsaddr.one.test", .ttl_s = 60, .texts = { DA ADDR P2P_A } },
    { "_dnsaddr.many.test", .ttl_s = 99999999,
      .texts = { "v=spf1 -all", DA ADDR P2P_A, DA OTHER P2P_A, DA ADDR P2P_A, DA BY_B P2P_A,
                 DA "/ip4/192.0.2.8/udp/1/quic-v1" P2P_B, "dnsaddr", "", DA, DA "nonsense",
                 "DNSADDR=" ADDR P2P_B,
                 DA "/onion3/vww6ybal4bd7szmgncyruucpgfkqahzddi37ktceo3ah7ng"
                    "mcopnpyyd:1234" P2P_A,
                 DA "/ip4/192.0.2.10/udp/1/quic-v1" } },
    { "_dnsaddr.nine.test",
      .texts = { DA "/ip4/192.0.2.1/udp/1/quic-v1" P2P_A, DA "/ip4/192.0.2.1/udp/2/quic-v1" P2P_A,
                 DA "/ip4/192.0.2.1/udp/3/quic-v1" P2P_A, DA "/ip4/192.0.2.1/udp/4/quic-v1" P2P_A,
                 DA "/ip4/192.0.2.1/udp/5/quic-v1" P2P_A, DA "/ip4/192.0.2.1/udp/6/quic-v1" P2P_A,
                 DA "/ip4/192.0.2.1/udp/7/quic-v1" P2P_A, DA "/ip4/192.0.2.1/udp/8/quic-v1" P2P_A,
                 DA "/ip4/192.0.2.1/udp/9/quic-v1" P2P_A } },
    { "_dnsaddr.alias.test", .ttl_s = 20, .cname = "_dnsaddr.one.test",
      .texts = { DA OTHER P2P_A } },
    { "_dnsaddr.more.test", .ttl_s = 100, .texts = { TO("one.test"), DA OTHER P2P_A } },
    { "_dnsaddr.d3.test", .ttl_s = 100, .texts = { TO("d2.test") } },
    { "_dnsaddr.d2.test", .ttl_s = 100, .texts = { TO("more.test") } },
    { "_dnsaddr.d4.test", .ttl_s = 100, .texts = { TO("d3.test") } },
    { "_dnsaddr.d5.test", .ttl_s = 100, .texts = { TO("d4.test") } },
    { "_dnsaddr.loop.test", .texts = { TO("LOOP.test"), TO("pool.test") } },
    { "_dnsaddr.pool.test", .texts = { TO("loop.test"), DA ADDR P2P_A } },
    { "_dnsaddr.fleet.test", .texts = { DA ADDR P2P_B, DA OTHER P2P_A } },
    { "_dnsaddr.mine.test", .texts = { TO("fleet.test") P2P_A } },
    { "_dnsaddr.odd.test",
      .texts = { TO("one.test") "/udp/1", TO("one.test") P2P_B "/p2p-circuit" P2P_A,
                 TO("secret.ours"), TO("printer.local"), TO("lan"), TO("127.0.0.1"),
                 TO("one.test.p2p") } },
    { "_dnsaddr.void.test", .texts = { "hello" } },
    { "_dnsaddr.dead.test", .texts = { TO("nobody.test") } },
    { "_dnsaddr.half.test", .texts = { TO("broken.test"), DA ADDR P2P_A } },
    { "_dnsaddr.broken.test", .rcode = 2 },
    { "_dnsaddr.large.test", .ttl_s = 1, .nfilled = 60, .texts = { DA ADDR P2P_A } },
    { "_dnsaddr.endless.test", .nfilled = 240, .texts = { DA ADDR P2P_A } },
    { "_dnsaddr.spoilt.test", .spoilt = B(SPOILT) },
    { "_dnsaddr.silent.test", .is_silent = true },
    { "_dnsaddr.star.test",
      .texts = { TO("s1.test"),  TO("s2.test"),  TO("s3.test"),  TO("s4.test"),  TO("s5.test"),
                 TO("s6.test"),  TO("s7.test"),  TO("s8.test"),  TO("s9.test"),  TO("s10.test"),
                 TO("s11.test"), TO("s12.test"), TO("s13.test"), TO("s14.test"), TO("s15.test"),
                 TO("s16.test"), TO("s17.test"), TO("s18.test"), TO("s19.test"), TO("s20.test") } },
};

static struct fixture {
    struct tierrig rig;
    struct dnsrig server;
    struct dns *dns;
    struct tier_dnsaddr *tier;
} x;

static bool is_ours(void *arg, const struct name *n)
{
    assert_ptr_equal(arg, &x);
    return bytes_eq(name_label(n, n->nlabels - 1), bytes_of("ours"));
}

static int setup(void **state)
{
    (void)state;
    x = (struct fixture){ .tier = NULL };
    tierrig_init(&x.rig, 20000);
    dnsrig_init(&x.server, x.rig.loop, zones, COUNT(zones));
    x.dns = dns_new_at(x.rig.loop, x.server.tmp.path, x.server.port);
    x.tier = tier_dnsaddr_new(x.dns, is_ours, &x);
    tierrig_add(&x.rig, &tier_dnsaddr_ops, x.tier);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tierrig_stop(&x.rig);
    tier_dnsaddr_free(x.tier);
    dns_free(x.dns);
    dnsrig_fini(&x.server);
    tierrig_fini(&x.rig);
    return 0;
}

static int resolve(const char *name)
{
    return tierrig_ask(&x.rig, name)->err;
}

/* It leads to PEER_A at exactly these addresses, in this order. */
static void assert_leads_to(const char *name, const char *const *addrs, size_t n)
{
    struct peerid id = peer_of(PEER_A);
    char text[MULTIADDR_STR_MAX];

    assert_int_equal(resolve(name), 0);
    assert_true(peerid_eq(&x.rig.said.answer.peer, &id));
    assert_int_equal(x.rig.said.answer.naddrs, n);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(multiaddr_print(&x.rig.said.answer.addrs[i], text), addrs[i]);
    assert_string_equal(x.rig.said.answer.tier, "DNS");
}
#define LEADS_TO(name, ...)                                     \
    assert_leads_to(name, (const char *const[]){ __VA_ARGS__ }, \
                    sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *))

static void test_a_record_is_an_address_and_its_peer(void **state)
{
    (void)state;
    LEADS_TO("one.test", ADDR);
    assert_int_equal(x.rig.said.answer.ttl_ms, 60000);
    assert_int_equal(x.server.asked, 1);
    LEADS_TO("ONE.Test.", ADDR);
    LEADS_TO("alias.test", OTHER);
    assert_int_equal(x.rig.said.answer.ttl_ms, 20000);
}

static void test_other_peers_and_other_texts_are_left_out(void **state)
{
    (void)state;
    LEADS_TO("many.test", ADDR, OTHER, BY_B);
    assert_int_equal(x.rig.said.answer.ttl_ms, 86400000);
}

static void test_no_more_than_8_addresses(void **state)
{
    (void)state;
    assert_int_equal(resolve("nine.test"), 0);
    assert_int_equal(x.rig.said.answer.naddrs, RESOLVER_ADDRS_MAX);
    assert_int_equal(x.rig.said.answer.ttl_ms, 10000); /* of 0 s */
}

static void test_other_names_are_followed_three_deep(void **state)
{
    (void)state;
    LEADS_TO("d4.test", OTHER); /* one.test is the fourth */
    assert_int_equal(x.server.asked, 4);
    LEADS_TO("more.test", OTHER, ADDR);
    assert_int_equal(x.rig.said.answer.ttl_ms, 60000); /* the least on the way */
    LEADS_TO("d2.test", OTHER, ADDR);
    LEADS_TO("d3.test", OTHER, ADDR);
    assert_int_equal(resolve("d5.test"), GW_ENONAME);
    assert_string_equal(x.rig.said.trail, "DNS: its dnsaddr= records lead to none");
}

static void test_a_name_that_is_followed_may_be_of_one_peer(void **state)
{
    (void)state;
    LEADS_TO("mine.test", OTHER);
}

static void test_a_loop_ends(void **state)
{
    (void)state;
    LEADS_TO("loop.test", ADDR);
    assert_int_equal(x.server.asked, 2);
}

static void test_what_one_name_leads_to_is_bounded(void **state)
{
    (void)state;
    assert_int_equal(resolve("star.test"), GW_ENONAME);
    assert_int_equal(x.server.asked, 1 + 16); /* the first one twice: it is too long for UDP */
}

static void test_what_leads_nowhere_is_not_followed(void **state)
{
    (void)state;
    assert_int_equal(resolve("odd.test"), GW_ENONAME);
    assert_string_equal(x.rig.said.trail, "DNS: its dnsaddr= records lead to none");
    assert_int_equal(x.server.asked, 1);
}

static void test_the_trail_says_why_there_is_no_answer(void **state)
{
    (void)state;
    static const struct {
        const char *name, *trail;
    } cases[] = {
        { "nobody.test", "DNS: no dnsaddr= record" },
        { "void.test", "DNS: no dnsaddr= record" },
        { "dead.test", "DNS: its dnsaddr= records lead to none" },
        { "broken.test", "DNS: no name server answers" },
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(resolve(cases[i].name), GW_ENONAME);
        assert_string_equal(x.rig.said.trail, cases[i].trail);
    }
    LEADS_TO("half.test", ADDR);
    dnsrig_end(&x.server);
    assert_int_equal(resolve("one.test"), GW_ENONAME);
    assert_string_equal(x.rig.said.trail, "DNS: no name server answers");
}

static void test_64_kilobytes_and_what_is_malformed_do_no_harm(void **state)
{
    (void)state;
    LEADS_TO("large.test", ADDR);
    assert_int_equal(x.rig.said.answer.ttl_ms, 10000);
    assert_int_equal(resolve("endless.test"), GW_ENONAME); /* it stands behind the 64th record */
    assert_int_equal(resolve("spoilt.test"), GW_ENONAME);
    LEADS_TO("one.test", ADDR);
}

static void test_silence_ends_in_time(void **state)
{
    (void)state;
    uint64_t start_ms = clock_mono_ms();
    assert_int_equal(resolve("silent.test"), GW_ENONAME);
    assert_string_equal(x.rig.said.trail, "DNS: no name server answers in time");
    assert_int_equal(clock_mono_ms() - start_ms, 5000);
}

static void test_what_is_nobody_elses_business_is_not_asked(void **state)
{
    (void)state;
    static const char *const names[] = { "laptop",   "printer.local", "db.alice.p2p",
                                         PEER_A,     SERVICE_OF_A,    "secret.ours",
                                         "10.0.0.1", "one.test.p2p",  "192.0.2.1." };
    for (size_t i = 0; i < COUNT(names); i++) {
        assert_int_equal(resolve(names[i]), GW_ENONAME);
        assert_string_equal(x.rig.said.trail, "");
    }
    assert_int_equal(x.server.asked, 0);
}

static void test_cancel_and_free_are_silent(void **state)
{
    (void)state;
    static struct tierrig_said said[4]; /* the teardown frees what waits */
    tierrig_start(&x.rig, "silent.test", &said[0]);
    ev_run(x.rig.loop, EVRUN_ONCE);
    resolver_cancel(said[0].req);
    tierrig_start(&x.rig, "large.test", &said[1]);
    resolver_cancel(said[1].req);
    assert_int_equal(resolve("one.test"), 0); /* behind whatever comes of those */
    tierrig_start(&x.rig, "silent.test", &said[2]);
    tierrig_start(&x.rig, "one.test", &said[3]);
    for (size_t i = 0; i < COUNT(said); i++)
        assert_int_equal(said[i].calls, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_record_is_an_address_and_its_peer),
        TEST(other_peers_and_other_texts_are_left_out),
        TEST(no_more_than_8_addresses),
        TEST(other_names_are_followed_three_deep),
        TEST(a_name_that_is_followed_may_be_of_one_peer),
        TEST(a_loop_ends),
        TEST(what_one_name_leads_to_is_bounded),
        TEST(what_leads_nowhere_is_not_followed),
        TEST(the_trail_says_why_there_is_no_answer),
        TEST(64_kilobytes_and_what_is_malformed_do_no_harm),
        TEST(silence_ends_in_time),
        TEST(what_is_nobody_elses_business_is_not_asked),
        TEST(cancel_and_free_are_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
