/* test_tier_dht.c - names that the DHT knows, with a DHT that says what the test wants. */
#include "name/tier_dht.h"

#include <stdio.h>

#include "base/clock.h"
#include "testpeers.h"
#include "tierrig.h"

#define ASKED_MAX 8

/* --- a DHT: p2p/kad.h */

struct kad_request {
    bool is_find, is_over;
    uint8_t key[NAME_RECORD_KEY];
    kad_done_fn *done;
    void *arg;
};

struct kad {
    size_t contacts;
    bool is_joining;
    struct kad_request asked[ASKED_MAX];
    size_t nasked, ncanceled;
};

static struct kad_request *note_asked(struct kad *k, bool is_find, kad_done_fn *done, void *arg)
{
    assert_true(k->nasked < ASKED_MAX);
    struct kad_request *q = &k->asked[k->nasked++];
    *q = (struct kad_request){ .is_find = is_find, .done = done, .arg = arg };
    return q;
}

struct kad_request *kad_get(struct kad *k, struct bytes key, kad_done_fn *done, void *arg)
{
    struct kad_request *q = note_asked(k, false, done, arg);
    assert_int_equal(key.n, sizeof q->key);
    memcpy(q->key, key.p, key.n);
    return q;
}

struct kad_request *kad_find(struct kad *k, const struct peerid *peer, kad_done_fn *done, void *arg)
{
    (void)peer;
    return note_asked(k, true, done, arg);
}

static struct rig {
    struct tierrig tiers;
    struct kad dht;
    struct networks networks;
    struct tier_dht *tier;
    struct key *relay, *other, *peer; /* peer: who is named */
} rig;

void kad_cancel(struct kad_request *q)
{
    if (!q)
        return;
    assert_false(q->is_over);
    q->is_over = true;
    rig.dht.ncanceled++;
}

void kad_stats(const struct kad *k, struct kad_stats *out)
{
    *out = (struct kad_stats){ .contacts = k->contacts, .is_joining = k->is_joining };
}

static void end(size_t i, const struct kad_result *r)
{
    struct kad_request *q = &rig.dht.asked[i];
    assert_false(q->is_over);
    q->is_over = true;
    q->done(q->arg, r);
}

static void end_with_error(size_t i, int err)
{
    end(i, &(struct kad_result){ .err = err, .asked = 9, .answered = 7 });
}

/* --- */

static struct multiaddr maddr(const char *text)
{
    struct multiaddr m;
    assert_int_equal(multiaddr_parse(bytes_of(text), &m), 0);
    return m;
}

static int setup(void **state)
{
    (void)state;
    rig = (struct rig){ .dht.contacts = 1 };
    tierrig_init(&rig.tiers, 5000);
    assert_int_equal(key_generate(&rig.relay), 0);
    assert_int_equal(key_generate(&rig.other), 0);
    assert_int_equal(key_generate(&rig.peer), 0);
    rig.networks.n = 2;
    struct network *net = &rig.networks.v[0];
    snprintf(net->name, sizeof net->name, "grewal");
    net->nrelays = 2;
    net->relays[0].peer = *key_peerid(rig.relay);
    net->relays[1].peer = *key_peerid(rig.other);
    snprintf(rig.networks.v[1].name, sizeof rig.networks.v[1].name, "empty");
    rig.tier = tier_dht_new(rig.tiers.loop, &rig.dht, &rig.networks);
    tierrig_add(&rig.tiers, &tier_dht_ops, rig.tier);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tierrig_stop(&rig.tiers);
    tier_dht_free(rig.tier);
    tierrig_fini(&rig.tiers);
    key_free(rig.relay);
    key_free(rig.other);
    key_free(rig.peer);
    return 0;
}

static void ask(struct tierrig_said *r, const char *host)
{
    tierrig_start(&rig.tiers, host, r);
}

static const char *peer_text(void)
{
    static char text[PEERID_STR_MAX];
    return peerid_print(key_peerid(rig.peer), text);
}

/* The record that `owner` signs for that name ends request i. */
static void end_with_record(size_t i, const struct key *owner, const char *name, const char *addr,
                            uint64_t life_s)
{
    uint8_t sealed[NAME_RECORD_MAX];
    struct name_record r = { .peer = *key_peerid(rig.peer),
                             .sequence = 1,
                             .expires_s = (uint64_t)clock_wall_s() + life_s };

    snprintf(r.name, sizeof r.name, "%s", name);
    if (addr)
        r.addrs[r.naddrs++] = maddr(addr);
    int n = name_record_seal(owner, &r, sealed, sizeof sealed);
    assert_true(n > 0);
    end(i, &(struct kad_result){ .value = { sealed, (size_t)n }, .asked = 5, .answered = 5 });
}

static void end_with_addr(size_t i, const char *addr, unsigned asked)
{
    struct multiaddr a = maddr(addr);
    struct kad_contact c = { .peer = *key_peerid(rig.peer), .addrs = &a, .naddrs = 1 };
    end(i, &(struct kad_result){ .peers = &c, .npeers = 1, .asked = asked, .answered = asked });
}

static void assert_at(const struct tierrig_said *r, const char *addr)
{
    struct multiaddr a = maddr(addr);
    assert_int_equal(r->calls, 1);
    assert_int_equal(r->err, 0);
    assert_true(peerid_eq(&r->answer.peer, key_peerid(rig.peer)));
    assert_int_equal(r->answer.naddrs, 1);
    assert_true(multiaddr_eq(&r->answer.addrs[0], &a));
}

static void test_a_name_is_what_a_relay_of_its_network_has_signed(void **state)
{
    uint8_t key[NAME_RECORD_KEY];
    struct tierrig_said r;
    (void)state;
    ask(&r, "web.Laptop.grewal");
    assert_int_equal(rig.dht.nasked, 2);
    name_record_key(key_peerid(rig.relay), bytes_of("laptop"), key);
    assert_memory_equal(rig.dht.asked[0].key, key, sizeof key);
    name_record_key(key_peerid(rig.other), bytes_of("laptop"), key);
    assert_memory_equal(rig.dht.asked[1].key, key, sizeof key);
    end_with_error(0, GW_ENONAME);
    assert_int_equal(r.calls, 0);
    end_with_record(1, rig.other, "laptop", "/ip4/192.0.2.1/udp/1/quic-v1", 3600);
    end_with_error(2, GW_ENONAME); /* the peer's own */
    assert_at(&r, "/ip4/192.0.2.1/udp/1/quic-v1");
    assert_string_equal(r.answer.service, "web");
    assert_int_equal(r.answer.ttl_ms, RESOLVER_TTL_MS);
}

/* The relay that signed the name, and through which its record leads, may be gone. */
static void test_where_the_peer_itself_says_that_it_is_comes_first(void **state)
{
    uint8_t key[NAME_RECORD_KEY];
    struct multiaddr own = maddr("/ip4/192.0.2.2/udp/2/quic-v1");
    struct tierrig_said r;
    (void)state;
    ask(&r, "laptop.grewal");
    end_with_record(0, rig.relay, "laptop", "/ip4/192.0.2.1/udp/1/quic-v1", 3600);
    assert_int_equal(r.calls, 0);
    name_record_key(key_peerid(rig.peer), (struct bytes){ 0 }, key);
    assert_memory_equal(rig.dht.asked[2].key, key, sizeof key);
    end_with_record(2, rig.peer, "", "/ip4/192.0.2.2/udp/2/quic-v1", 20);
    assert_int_equal(r.err, 0);
    assert_int_equal(r.answer.naddrs, 2);
    assert_true(multiaddr_eq(&r.answer.addrs[0], &own));
    assert_in_range(r.answer.ttl_ms, 1, 20000);
}

static void test_the_peers_own_record_is_not_waited_for_long(void **state)
{
    struct tierrig_said r;
    (void)state;
    ask(&r, "laptop.grewal");
    end_with_record(0, rig.relay, "laptop", "/ip4/192.0.2.1/udp/1/quic-v1", 3600);
    tierrig_wait(&rig.tiers, &r);
    assert_at(&r, "/ip4/192.0.2.1/udp/1/quic-v1");
}

static void test_the_first_record_ends_the_search(void **state)
{
    struct tierrig_said r;
    (void)state;
    ask(&r, "laptop.grewal");
    end_with_record(0, rig.relay, "laptop", NULL, 10);
    assert_int_equal(rig.dht.ncanceled, 1);
    end_with_error(2, GW_ENONAME);
    assert_int_equal(r.err, 0);
    assert_in_range(r.answer.ttl_ms, 1, 10000);
}

static void test_a_record_of_anybody_else_is_none(void **state)
{
    struct tierrig_said r;
    (void)state;
    ask(&r, "laptop.grewal");
    end_with_record(0, rig.peer, "laptop", NULL, 10);
    end_with_record(1, rig.other, "phone", NULL, 10);
    assert_int_equal(r.calls, 1);
    assert_int_equal(r.err, GW_ENONAME);
}

static void test_an_id_is_looked_for_in_both_ways_and_its_record_counts(void **state)
{
    uint8_t key[NAME_RECORD_KEY];
    struct tierrig_said r;
    (void)state;
    ask(&r, peer_text());
    assert_int_equal(rig.dht.nasked, 2);
    name_record_key(key_peerid(rig.peer), (struct bytes){ 0 }, key);
    assert_memory_equal(rig.dht.asked[0].key, key, sizeof key);
    assert_true(rig.dht.asked[1].is_find);
    end_with_addr(1, "/ip4/192.0.2.9/udp/9/quic-v1", 4);
    assert_int_equal(r.calls, 0);
    end_with_record(0, rig.peer, "", "/ip4/192.0.2.1/udp/1/quic-v1", 3600);
    assert_at(&r, "/ip4/192.0.2.1/udp/1/quic-v1");
}

/* Whoever is asked for by its id is meant itself. */
static void test_an_id_is_no_name_for_another_peer(void **state)
{
    char other[PEERID_STR_MAX];
    struct tierrig_said r;
    (void)state;
    ask(&r, peerid_print(key_peerid(rig.other), other));
    end_with_record(0, rig.other, "", "/ip4/192.0.2.1/udp/1/quic-v1", 3600); /* of rig.peer */
    end_with_error(1, GW_ENONAME);
    assert_int_equal(r.calls, 1);
    assert_int_equal(r.err, GW_ENONAME);
}

static void test_a_record_is_waited_for_but_not_for_long(void **state)
{
    char host[PEERID_STR_MAX + 8];
    struct tierrig_said r;
    (void)state;
    snprintf(host, sizeof host, "db.%s", peer_text());
    ask(&r, host);
    uint64_t start_ms = clock_mono_ms();
    end_with_addr(1, "/ip4/192.0.2.9/udp/9/quic-v1", 4);
    tierrig_wait(&rig.tiers, &r);
    assert_int_equal(clock_mono_ms() - start_ms, TIER_DHT_GRACE_MS);
    assert_at(&r, "/ip4/192.0.2.9/udp/9/quic-v1");
    assert_string_equal(r.answer.service, "db");
    assert_int_equal(rig.dht.ncanceled, 1);
}

static void test_without_a_record_what_servers_say_will_do(void **state)
{
    struct tierrig_said r;
    (void)state;
    ask(&r, peer_text());
    end_with_addr(1, "/ip4/192.0.2.9/udp/9/quic-v1", 4);
    end_with_error(0, GW_ENONAME);
    assert_at(&r, "/ip4/192.0.2.9/udp/9/quic-v1");
}

static void test_a_peer_that_is_connected_is_not_waited_for(void **state)
{
    struct tierrig_said r;
    (void)state;
    ask(&r, peer_text());
    end_with_addr(1, "/ip4/192.0.2.9/udp/9/quic-v1", 0);
    assert_at(&r, "/ip4/192.0.2.9/udp/9/quic-v1");
}

static void test_failures_say_why(void **state)
{
    struct tierrig_said r;
    (void)state;
    ask(&r, "laptop.grewal");
    end_with_error(0, GW_ETIMEOUT);
    end_with_error(1, GW_ENONAME);
    assert_string_equal(r.trail, "DHT: no record at 7 servers");
    ask(&r, peer_text());
    end_with_error(2, GW_ETIMEOUT);
    end_with_error(3, GW_ETIMEOUT);
    assert_string_equal(r.trail, "DHT: deadline passed");
    ask(&r, "laptop.empty");
    assert_string_equal(r.trail, "DHT: no relay of it is known");
    rig.dht.contacts = 0;
    ask(&r, "phone.grewal");
    assert_string_equal(r.trail, "DHT: no DHT server is known");
    assert_int_equal(rig.dht.nasked, 4);
}

static void test_who_is_joining_is_asked_all_the_same(void **state)
{
    struct tierrig_said r;
    (void)state;
    rig.dht.contacts = 0;
    rig.dht.is_joining = true;
    ask(&r, "laptop.grewal");
    assert_int_equal(rig.dht.nasked, 2);
}

static void test_names_of_others_are_left_alone(void **state)
{
    static const char *const hosts[] = { "laptop", "laptop.nowhere", "a.b.c.grewal", "localhost" };
    struct tierrig_said r;
    (void)state;
    for (size_t i = 0; i < COUNT(hosts); i++) {
        ask(&r, hosts[i]);
        assert_int_equal(r.err, GW_ENONAME);
        assert_string_equal(r.trail, "");
    }
    assert_int_equal(rig.dht.nasked, 0);
}

static void test_who_gives_up_is_not_answered(void **state)
{
    struct tierrig_said r, still;
    (void)state;
    ask(&r, peer_text());
    resolver_cancel(r.req);
    assert_int_equal(rig.dht.ncanceled, 2);
    ask(&still, "laptop.grewal"); /* ended by teardown */
    assert_int_equal(r.calls, 0);
}

#define RIGGED(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIGGED(test_a_name_is_what_a_relay_of_its_network_has_signed),
        RIGGED(test_the_first_record_ends_the_search),
        RIGGED(test_where_the_peer_itself_says_that_it_is_comes_first),
        RIGGED(test_the_peers_own_record_is_not_waited_for_long),
        RIGGED(test_a_record_of_anybody_else_is_none),
        RIGGED(test_an_id_is_looked_for_in_both_ways_and_its_record_counts),
        RIGGED(test_an_id_is_no_name_for_another_peer),
        RIGGED(test_a_record_is_waited_for_but_not_for_long),
        RIGGED(test_without_a_record_what_servers_say_will_do),
        RIGGED(test_a_peer_that_is_connected_is_not_waited_for),
        RIGGED(test_failures_say_why),
        RIGGED(test_who_is_joining_is_asked_all_the_same),
        RIGGED(test_names_of_others_are_left_alone),
        RIGGED(test_who_gives_up_is_not_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
