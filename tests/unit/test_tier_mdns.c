/* test_tier_mdns.c - names of peers on the LAN, with the table filled by hand in place of the LAN.
 */
#include "name/tier_mdns.h"

#include <stdio.h>

#include "base/clock.h"
#include "testpeers.h"
#include "tierrig.h"

/* --- a LAN: p2p/mdns.h */

struct mdns {
    struct lan_peers *peers;
    lan_peers_fn *fn;
    void *arg;
    bool is_connected;
    unsigned asked;
};

const struct lan_peers *mdns_peers(const struct mdns *m)
{
    return m->peers;
}

bool mdns_ask(struct mdns *m)
{
    m->asked++;
    return m->is_connected;
}

int mdns_on_news(struct mdns *m, lan_peers_fn *fn, void *arg)
{
    m->fn = fn;
    m->arg = arg;
    return 0;
}

/* --- */

static struct rig {
    struct tierrig tiers;
    struct mdns lan;
    struct tier_mdns *tier;
} rig;

static void on_news(void *arg, const struct lan_peer *p)
{
    struct mdns *m = arg;
    m->fn(m->arg, p);
}

static int setup(void **state)
{
    (void)state;
    rig = (struct rig){ .lan.is_connected = true };
    tierrig_init(&rig.tiers, 5000);
    rig.lan.peers = lan_peers_new(on_news, &rig.lan);
    rig.tier = tier_mdns_new(rig.tiers.loop, &rig.lan);
    tierrig_add(&rig.tiers, &tier_mdns_ops, rig.tier);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tierrig_stop(&rig.tiers);
    tier_mdns_free(rig.tier);
    lan_peers_free(rig.lan.peers);
    tierrig_fini(&rig.tiers);
    return 0;
}

static void hear(const char *peer, const char *name, uint8_t host, unsigned first, size_t n)
{
    struct ipaddr ip = { .family = 4, .b = { 10, 0, 0, host } };
    struct lan_news news = { .peer = peer_of(peer), .from = ip, .ttl_s = 120, .naddrs = n };
    snprintf(news.name, sizeof news.name, "%s", name);
    for (size_t i = 0; i < n; i++)
        multiaddr_make_quic(&ip, (uint16_t)(first + i), &news.addrs[i]);
    lan_peers_hear(rig.lan.peers, &news, clock_mono_ms());
}

static struct tierrig_said ask(const char *host)
{
    return *tierrig_ask(&rig.tiers, host);
}

static void test_names_of_a_peer_lead_to_it(void **state)
{
    (void)state;
    static const struct {
        const char *host, *service;
    } v[] = {
        { "home", "" },
        { "HOME", "" },
        { "home.local", "" },
        { "Home.Local.", "" },
        { "home.p2p", "" },
        { "web.home.local", "web" },
        { "home.grewal.local", "" },
        { PEER_A, "" },
        { "web." PEER_A ".p2p", "web" },
    };
    struct peerid a = peer_of(PEER_A);
    hear(PEER_A, "home", 1, 4001, 2);
    for (size_t i = 0; i < COUNT(v); i++) {
        struct tierrig_said r = ask(v[i].host);
        assert_int_equal(r.err, 0);
        assert_true(peerid_eq(&r.answer.peer, &a));
        assert_string_equal(r.answer.service, v[i].service);
        assert_string_equal(r.answer.tier, "LAN");
        assert_int_equal(r.answer.naddrs, 2);
        assert_int_equal(r.answer.ttl_ms, 0);
    }
}

static void test_names_that_may_be_anybodys_are_left_alone(void **state)
{
    (void)state;
    static const char *const hosts[] = { "home.com", "www.home", "a.b.home.local", "home.local.com",
                                         "web.home", "-home",    "_home",          "localhost" };
    hear(PEER_A, "home", 1, 4001, 1);
    hear(PEER_B, "com", 2, 4001, 1);
    for (size_t i = 0; i < COUNT(hosts); i++) {
        struct tierrig_said r = ask(hosts[i]);
        assert_int_equal(r.err, GW_ENONAME);
        assert_string_equal(r.trail, "");
    }
    assert_int_equal(rig.lan.asked, 0);
}

/* Its base36 form fits a label, so somebody may call himself that. */
static void test_an_id_is_not_taken_for_a_name(void **state)
{
    (void)state;
    char b36[PEERID_STR_MAX];
    struct peerid a = peer_of(PEER_A);
    peerid_print_base36(&a, b36);
    hear(PEER_B, b36, 2, 4001, 1);
    struct tierrig_said r = ask(b36);
    assert_int_equal(r.err, GW_ENONAME);
    assert_string_equal(r.trail, "LAN: not seen");
    assert_int_equal(rig.lan.asked, 0);
}

static void test_an_unknown_name_is_asked_for_and_waited_for(void **state)
{
    (void)state;
    struct tierrig_said r, other;
    tierrig_start(&rig.tiers, "home", &r);
    tierrig_start(&rig.tiers, "nobody", &other);
    assert_int_equal(rig.lan.asked, 2);
    assert_int_equal(r.calls, 0);
    hear(PEER_A, "home", 1, 4001, 1);
    assert_int_equal(r.calls, 1);
    assert_int_equal(r.err, 0);
    assert_int_equal(other.calls, 0);
    uint64_t start_ms = clock_mono_ms();
    tierrig_wait(&rig.tiers, &other);
    assert_int_equal(clock_mono_ms() - start_ms, TIER_MDNS_WAIT_MS);
    assert_int_equal(other.err, GW_ENONAME);
    assert_string_equal(other.trail, "LAN: not seen");
}

static void test_without_a_lan_nobody_waits(void **state)
{
    (void)state;
    struct tierrig_said r;
    rig.lan.is_connected = false;
    tierrig_start(&rig.tiers, "home", &r);
    assert_int_equal(r.calls, 1);
    assert_int_equal(r.err, GW_ENONAME);
    assert_string_equal(r.trail, "LAN: not connected to one");
}

static void test_who_gives_up_is_not_answered(void **state)
{
    (void)state;
    struct tierrig_said r, still;
    tierrig_start(&rig.tiers, "home", &r);
    resolver_cancel(r.req);
    tierrig_start(&rig.tiers, "house", &still); /* freed in teardown */
    hear(PEER_A, "home", 1, 4001, 1);
    ev_run(rig.tiers.loop, EVRUN_NOWAIT);
    assert_int_equal(r.calls, 0);
}

static void test_addresses_are_of_every_source_in_turn(void **state)
{
    (void)state;
    struct ipaddr ip;
    uint16_t port;
    hear(PEER_A, "home", 1, 4001, 2);
    hear(PEER_A, "home", 9, 6000, 14);
    struct tierrig_said r = ask("home");
    unsigned own = 0;
    assert_int_equal(r.answer.naddrs, RESOLVER_ADDRS_MAX);
    for (size_t i = 0; i < 4; i++) {
        assert_true(multiaddr_as_quic(&r.answer.addrs[i], &ip, &port));
        own += ip.b[3] == 1;
    }
    assert_int_equal(own, 2);
}

#define RIGGED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIGGED(test_names_of_a_peer_lead_to_it),
        RIGGED(test_names_that_may_be_anybodys_are_left_alone),
        RIGGED(test_an_id_is_not_taken_for_a_name),
        RIGGED(test_an_unknown_name_is_asked_for_and_waited_for),
        RIGGED(test_without_a_lan_nobody_waits),
        RIGGED(test_who_gives_up_is_not_answered),
        RIGGED(test_addresses_are_of_every_source_in_turn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
