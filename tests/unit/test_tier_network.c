/* test_tier_network.c - names that the networks' relays are asked for; the relays are hosts in
 * memory that say what the test wants. */
#include "name/tier_network.h"

#include <stdio.h>

#include "base/clock.h"
#include "net/parting.h"
#include "p2p/names_poll.h"
#include "tmpfiles.h"
#include "two_hosts.h"
#include "wire/names_msg.h"

#define DIRECT  "/ip4/198.51.100.7/udp/4001/quic-v1"
#define CLAIMED "/ip4/198.51.100.8/udp/4001/quic-v1"
#define B_ADDR  "/ip4/192.0.2.2/udp/4001/quic-v1"
#define R1_ADDR "/ip4/203.0.113.1/udp/4001/quic-v1"
#define R2_ADDR "/ip4/203.0.113.2/udp/4001/quic-v1"
#define R1      "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA"
#define R2      "QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N"

struct relay { /* b, and another one */
    struct side *side;
    struct names_answer says;
    bool is_silent;
    unsigned asked;
};

static struct side other;
static struct relay relay_b, relay_other;
static struct networks nets;
static struct resolver *resolver;
static struct tier_network *tier;
static struct key *holder;

static struct result {
    unsigned calls;
    int err;
    struct name_answer answer;
    char trail[RESOLVER_TRAIL_MAX];
    char remark[RESOLVER_WHY_MAX];
} result;

static void on_asked(void *arg, struct conn *c, struct stream *s, const char *protocol,
                     struct bytes early)
{
    struct relay *r = arg;
    static uint8_t wire[NAMES_MSG_MAX];
    struct names_question q;
    (void)protocol;

    r->asked++;
    assert_true(names_question_decode(early, &q) > 0);
    assert_int_equal(q.type, NAMES_FIND);
    s->ops->credit(s, early.n);
    if (r->is_silent) {
        stream_own(s, &quiet_events, NULL);
        return;
    }
    int n = names_answer_encode(wire, sizeof wire, &r->says);
    assert_true(n > 0);
    parting_start(host_loop(conn_host(c)), s, (struct bytes){ wire, (size_t)n }, 100, 0, NULL);
}

static void add_relay(struct network *n, struct side *side)
{
    n->relays[n->nrelays++] = (struct network_relay){ .peer = *key_peerid(side->key),
                                                      .addrs = { side->addr },
                                                      .naddrs = 1 };
}

static void make_tier(const struct names_book *book)
{
    resolver_free(resolver);
    tier_network_free(tier);
    resolver = resolver_new(loop, 5000);
    tier = tier_network_new(a.host, &nets, book);
    assert_int_equal(resolver_add_tier(resolver, &tier_network_ops, tier), 0);
}

static int setup(void **state)
{
    hosts_setup(state);
    other = (struct side){ 0 };
    assert_int_equal(key_generate(&other.key), 0);
    assert_int_equal(key_generate(&holder), 0);
    side_start(&other, "/ip4/192.0.2.3/udp/4001/quic-v1");
    relay_b = (struct relay){ .side = &b, .says.status = NAMES_UNKNOWN };
    relay_other = (struct relay){ .side = &other, .says.status = NAMES_UNKNOWN };
    assert_int_equal(host_handle(b.host, NAMES_PROTOCOL, NULL, on_asked, &relay_b), 0);
    assert_int_equal(host_handle(other.host, NAMES_PROTOCOL, NULL, on_asked, &relay_other), 0);
    nets = (struct networks){ .n = 1, .v = { { .name = "grewal" } } };
    add_relay(&nets.v[0], &b);
    make_tier(NULL);
    return 0;
}

static int teardown(void **state)
{
    host_stop(a.host, 0);
    host_stop(b.host, 0);
    host_stop(other.host, 0);
    run_ms(20);
    resolver_free(resolver);
    tier_network_free(tier);
    resolver = NULL;
    tier = NULL;
    side_free(&other);
    key_free(holder);
    return hosts_teardown(state);
}

static struct bytes seal(const char *name, uint64_t life_s)
{
    static uint8_t sealed[2][NAME_RECORD_MAX];
    static unsigned calls;
    uint8_t *to = sealed[calls++ % 2];
    struct name_record r = { .peer = *key_peerid(holder),
                             .expires_s = (uint64_t)clock_wall_s() + life_s,
                             .naddrs = 1,
                             .addrs = { maddr(CLAIMED) } };

    strcpy(r.name, name);
    int n = name_record_seal(holder, &r, to, NAME_RECORD_MAX);
    assert_true(n > 0);
    return (struct bytes){ to, (size_t)n };
}

static struct names_answer found(const char *name)
{
    return (struct names_answer){ .nentries = 1, .entries = { { .claim = seal(name, 7200) } } };
}

static void on_done(void *arg, int err, const struct name_answer *answer, const char *trail)
{
    (void)arg;
    result.calls++;
    result.err = err;
    if (answer)
        result.answer = *answer;
    snprintf(result.trail, sizeof result.trail, "%s", trail);
    const struct resolver_trace *t = resolver_trace(resolver);
    snprintf(result.remark, sizeof result.remark, "%s", t && t->nsteps ? t->steps[0].why : "");
}

static bool is_done(void *arg)
{
    (void)arg;
    return result.calls > 0;
}

static void look_up(const char *name)
{
    result = (struct result){ 0 };
    resolver_lookup(resolver, name, on_done, NULL);
    run_until(is_done, NULL);
    assert_int_equal(result.calls, 1);
}

static void assert_addrs(const char *const *want, size_t n)
{
    char text[MULTIADDR_STR_MAX];
    for (size_t i = 0; i < n && i < result.answer.naddrs; i++)
        assert_string_equal(multiaddr_print(&result.answer.addrs[i], text), want[i]);
    assert_int_equal(result.answer.naddrs, n);
}

static const char *id_of(const struct side *s)
{
    static char text[PEERID_STR_MAX];
    return peerid_print(key_peerid(s->key), text);
}

static void test_read_takes_hosts_and_services_of_networks(void **state)
{
    static const struct {
        const char *name, *service, *host, *network;
    } good[] = {
        { "laptop.grewal", "", "laptop", "grewal" },
        { "Laptop.Grewal.P2P", "", "laptop", "grewal" },
        { "db.laptop.grewal", "db", "laptop", "grewal" },
        { "example.com.", "", "example", "com" },
    };
    static const char *const bad[] = { "laptop",     "laptop.p2p",   "a.b.c.d",
                                       "x_y.grewal", "laptop.local", "x.localhost" };
    struct network_name parts;
    struct name n;
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_int_equal(name_parse(bytes_of(good[i].name), &n), 0);
        assert_true(network_name_read(&n, &parts));
        assert_true(bytes_eq(parts.service, bytes_of(good[i].service)));
        assert_true(bytes_eq(parts.host, bytes_of(good[i].host)));
        assert_true(bytes_eq(parts.network, bytes_of(good[i].network)));
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_int_equal(name_parse(bytes_of(bad[i]), &n), 0);
        assert_false(network_name_read(&n, &parts));
    }
}

static void test_a_host_is_found_with_the_circuit_to_it(void **state)
{
    const struct multiaddr direct = maddr(DIRECT);
    char circuit[MULTIADDR_STR_MAX];
    (void)state;
    relay_b.says = found("laptop.grewal");
    pb_list_add(&relay_b.says.entries[0].addrs, (struct bytes){ direct.b, direct.n });
    look_up("db.laptop.grewal");
    assert_int_equal(result.err, 0);
    assert_true(peerid_eq(&result.answer.peer, key_peerid(holder)));
    assert_string_equal(result.answer.service, "db");
    assert_string_equal(result.answer.tier, "network");
    snprintf(circuit, sizeof circuit, B_ADDR "/p2p/%s/p2p-circuit", id_of(&b));
    const char *const want[] = { DIRECT, CLAIMED, circuit };
    assert_addrs(want, COUNT(want));
    snprintf(circuit, sizeof circuit, "relay %s", peerid_short(key_peerid(b.key)));
    assert_string_equal(result.remark, circuit);
    assert_true(result.answer.ttl_ms > 60000);
    assert_int_equal(relay_b.asked, 1);
    look_up("db.laptop.grewal"); /* cached */
    assert_int_equal(relay_b.asked, 1);
}

/* The question went b -> R1 -> R2. */
static void test_a_host_beyond_is_reached_by_the_last_relay_or_the_chain(void **state)
{
    const struct multiaddr r2_addr = maddr(R2_ADDR), r1_addr = maddr(R1_ADDR);
    char chain[MULTIADDR_STR_MAX], remark[RESOLVER_WHY_MAX];
    struct peerid r1, r2;
    (void)state;
    assert_int_equal(peerid_parse(bytes_of(R1), &r1), 0);
    assert_int_equal(peerid_parse(bytes_of(R2), &r2), 0);
    relay_b.says = found("laptop.grewal");
    relay_b.says.nroute = 2;
    relay_b.says.route[0] = (struct peer_msg){ .id = { r1.mh, r1.n },
                                               .addrs = { 1, { { r1_addr.b, r1_addr.n } } } };
    relay_b.says.route[1] = (struct peer_msg){ .id = { r2.mh, r2.n },
                                               .addrs = { 1, { { r2_addr.b, r2_addr.n } } } };
    look_up("laptop.grewal");
    assert_int_equal(result.err, 0);
    snprintf(chain, sizeof chain,
             B_ADDR "/p2p/%s/p2p-circuit/p2p/" R1 "/p2p-circuit/p2p/" R2 "/p2p-circuit", id_of(&b));
    const char *const want[] = { CLAIMED, R2_ADDR "/p2p/" R2 "/p2p-circuit", chain };
    assert_addrs(want, COUNT(want));
    snprintf(remark, sizeof remark, "relays %s, %s, %s", peerid_short(key_peerid(b.key)),
             peerid_short(&r1), peerid_short(&r2));
    assert_string_equal(result.remark, remark);
    relay_b.says.route[1].addrs.n = 0; /* where R2 is, is not for us */
    make_tier(NULL);
    look_up("laptop.grewal");
    const char *const less[] = { CLAIMED, chain };
    assert_addrs(less, COUNT(less));
}

static void test_a_relay_that_is_the_peer_is_no_hop(void **state)
{
    const struct multiaddr r1_addr = maddr(R1_ADDR);
    char circuit[MULTIADDR_STR_MAX];
    (void)state;
    relay_b.says = found("laptop.grewal");
    relay_b.says.nroute = 1;
    relay_b.says.route[0] = (struct peer_msg){ .id = { key_peerid(holder)->mh,
                                                       key_peerid(holder)->n },
                                               .addrs = { 1, { { r1_addr.b, r1_addr.n } } } };
    look_up("laptop.grewal");
    snprintf(circuit, sizeof circuit, B_ADDR "/p2p/%s/p2p-circuit", id_of(&b));
    const char *const want[] = { R1_ADDR, CLAIMED, circuit };
    assert_addrs(want, COUNT(want));
    /* The relay asked itself. */
    struct key *kept = holder;
    holder = b.key;
    relay_b.says = found("laptop.grewal");
    make_tier(NULL);
    look_up("laptop.grewal");
    holder = kept;
    const char *const itself[] = { B_ADDR, CLAIMED };
    assert_addrs(itself, COUNT(itself));
}

static void test_the_circuits_have_room_beside_many_addresses(void **state)
{
    struct multiaddr many[12];
    char text[64];
    (void)state;
    relay_b.says = found("laptop.grewal");
    for (unsigned i = 0; i < COUNT(many); i++) {
        snprintf(text, sizeof text, "/ip4/198.51.100.%u/udp/1/quic-v1", i + 20);
        many[i] = maddr(text);
        pb_list_add(&relay_b.says.entries[0].addrs, (struct bytes){ many[i].b, many[i].n });
    }
    look_up("laptop.grewal");
    assert_int_equal(result.answer.naddrs, RESOLVER_ADDRS_MAX);
    assert_non_null(strstr(multiaddr_print(&result.answer.addrs[RESOLVER_ADDRS_MAX - 1],
                                           (char[MULTIADDR_STR_MAX]){ "" }),
                           "/p2p-circuit"));
}

static void test_the_first_good_answer_of_several_wins(void **state)
{
    (void)state;
    add_relay(&nets.v[0], &other);
    relay_b.is_silent = true;
    relay_other.says = found("laptop.grewal");
    look_up("laptop.grewal");
    assert_int_equal(result.err, 0);
    /* One that lies is none, and is told of. */
    relay_b.is_silent = false;
    relay_b.says = found("other.grewal");
    make_tier(NULL);
    look_up("laptop.grewal");
    assert_int_equal(result.err, 0);
    assert_true(peerid_eq(&result.answer.peer, key_peerid(holder)));
    relay_other.says = (struct names_answer){ .status = NAMES_UNKNOWN };
    make_tier(NULL);
    look_up("laptop.grewal");
    assert_int_equal(result.err, GW_ENONAME);
    assert_non_null(strstr(result.trail, "not a claim that holds"));
}

static void test_a_failure_tells_what_each_relay_said(void **state)
{
    char want[96];
    (void)state;
    add_relay(&nets.v[0], &other);
    fake_net_rule("/ip4/192.0.2.3/udp/4001/quic-v1", 0, GW_EREFUSED);
    look_up("laptop.grewal");
    assert_int_equal(result.err, GW_ENONAME);
    snprintf(want, sizeof want, "relay %s: nobody has this name", peerid_short(key_peerid(b.key)));
    assert_non_null(strstr(result.trail, want));
    snprintf(want, sizeof want, "relay %s: no answer (", peerid_short(key_peerid(other.key)));
    assert_non_null(strstr(result.trail, want));
    assert_non_null(strstr(result.trail, "network: "));
    nets.v[0].nrelays = 0;
    look_up("laptop.grewal");
    assert_string_equal(result.trail, "network: no relay of it is known");
}

static void test_an_unknown_network_is_asked_for_once(void **state)
{
    (void)state;
    relay_b.says = (struct names_answer){ .status = NAMES_NO_NETWORK };
    look_up("www.example.com");
    assert_int_equal(result.err, GW_ENONAME);
    assert_int_equal(relay_b.asked, 1);
    look_up("other.com"); /* it would only tell the relay what we look at */
    assert_int_equal(result.err, GW_ENONAME);
    assert_int_equal(relay_b.asked, 1);
    relay_b.says = found("server.bob");
    look_up("server.bob");
    assert_int_equal(result.err, 0);
    assert_int_equal(relay_b.asked, 2);
    nets.n = 0;
    look_up("server.eve");
    assert_string_equal(result.trail, "");
}

static void test_names_that_go_elsewhere_are_not_told_to_relays(void **state)
{
    (void)state;
    tier_network_set_discreet(tier, true);
    relay_b.says = found("server.eve");
    look_up("www.eve");
    assert_int_equal(relay_b.asked, 0);
    look_up("server.eve.p2p"); /* it can be nobody else's */
    assert_int_equal(relay_b.asked, 1);
}

static void test_an_answer_does_not_outlive_its_claim(void **state)
{
    (void)state;
    relay_b.says = found("laptop.grewal");
    relay_b.says.entries[0].claim = seal("laptop.grewal", 60);
    look_up("laptop.grewal");
    assert_int_equal(result.err, 0);
    assert_int_equal(result.answer.ttl_ms, 60000);
}

static void test_peer_ids_are_left_to_others(void **state)
{
    (void)state;
    look_up("ssh.k51qzi5uqu5dgutdk6teilfx8dwcd9lz3tzm4ayb1gpe7gkhbd8xhrh5ju0mh9");
    look_up("laptop");
    look_up("laptop.local");
    assert_string_equal(result.trail, "");
    assert_int_equal(relay_b.asked, 0);
}

static void test_a_relay_answers_from_its_own_book(void **state)
{
    const struct names_book_config cfg = {
        .network = "grewal", .life_s = 86400, .max_names = 10, .max_per_peer = 3
    };
    struct tmpfiles t;
    (void)state;
    tmpfiles_init(&t);
    struct names_book *book = names_book_new(&cfg, t.path);
    assert_int_equal(names_book_claim(book, key_peerid(holder), seal("laptop.grewal", 7200),
                                      (uint64_t)clock_wall_s()),
                     0);
    nets = (struct networks){ .own = "grewal" };
    make_tier(book);
    look_up("laptop.grewal");
    assert_int_equal(result.err, 0);
    const char *const want[] = { CLAIMED };
    assert_addrs(want, COUNT(want));
    assert_string_equal(resolver_name_of(resolver, key_peerid(holder)), "laptop.grewal");
    assert_int_equal(names_book_release(book, NULL, bytes_of("laptop"), (uint64_t)clock_wall_s()),
                     0);
    look_up("laptop.grewal"); /* nothing is cached */
    assert_string_equal(result.trail, "network: nobody has this name");
    make_tier(NULL);
    names_book_free(book);
    tmpfiles_fini(&t);
}

static void note_domain(void *arg, const char *domain)
{
    strcat(strcat(arg, domain), " ");
}

static void test_networks_are_domains_and_peers_found_have_names(void **state)
{
    char all[256] = "";
    (void)state;
    strcpy(nets.own, "mine");
    resolver_domains(resolver, note_domain, all);
    assert_string_equal(all, "mine grewal ");
    assert_null(resolver_name_of(resolver, key_peerid(holder)));
    relay_b.says = found("laptop.grewal");
    look_up("laptop.grewal");
    assert_string_equal(resolver_name_of(resolver, key_peerid(holder)), "laptop.grewal");
}

static void test_a_lookup_given_up_is_not_answered(void **state)
{
    (void)state;
    relay_b.is_silent = true;
    result = (struct result){ 0 };
    struct resolver_req *q = resolver_lookup(resolver, "laptop.grewal", on_done, NULL);
    assert_non_null(q);
    run_ms(20);
    resolver_cancel(q);
    run_ms(20);
    assert_int_equal(result.calls, 0);
    resolver_lookup(resolver, "laptop.grewal", on_done, NULL); /* and one for teardown */
    run_ms(5);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_read_takes_hosts_and_services_of_networks),
        TEST(test_a_host_is_found_with_the_circuit_to_it),
        TEST(test_a_host_beyond_is_reached_by_the_last_relay_or_the_chain),
        TEST(test_a_relay_that_is_the_peer_is_no_hop),
        TEST(test_the_circuits_have_room_beside_many_addresses),
        TEST(test_the_first_good_answer_of_several_wins),
        TEST(test_a_failure_tells_what_each_relay_said),
        TEST(test_an_unknown_network_is_asked_for_once),
        TEST(test_names_that_go_elsewhere_are_not_told_to_relays),
        TEST(test_an_answer_does_not_outlive_its_claim),
        TEST(test_peer_ids_are_left_to_others),
        TEST(test_a_relay_answers_from_its_own_book),
        TEST(test_networks_are_domains_and_peers_found_have_names),
        TEST(test_a_lookup_given_up_is_not_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
