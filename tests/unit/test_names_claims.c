/* test_names_claims.c - being called what the configuration says, by a relay in memory. */
#include "p2p/names_claims.h"

#include "base/clock.h"
#include "p2p/names_server.h"
#include "tmpfiles.h"
#include "two_hosts.h"

static struct fixture {
    /* the relay, a */
    struct tmpfiles files;
    struct names_book *book;
    struct names_server *server;
    struct networks its;
    bool admits;
    /* the member, b */
    struct announce *announce;
    struct networks ours;
    struct names_claims *claims;
    struct names_claim_info info; /* the last of names_claims_each */
    unsigned n;
} f;

static bool is_member(void *arg, const struct peerid *peer)
{
    (void)arg;
    (void)peer;
    return f.admits;
}

static int setup(void **state)
{
    const struct names_book_config cfg = {
        .network = "grewal", .life_s = 86400, .max_names = 10, .max_per_peer = 3
    };

    hosts_setup(state);
    f = (struct fixture){ .admits = true, .its = { .own = "grewal" } };
    tmpfiles_init(&f.files);
    f.book = names_book_new(&cfg, f.files.path);
    const struct names_server_parts parts = {
        .host = a.host, .book = f.book, .networks = &f.its, .is_member = is_member
    };
    f.server = names_server_new(&parts);
    f.announce = announce_new(b.host);
    f.ours = (struct networks){
        .n = 1,
        .v = { { .name = "grewal",
                 .host = "laptop",
                 .nrelays = 1,
                 .relays = { { .peer = *key_peerid(a.key), .addrs = { a.addr }, .naddrs = 1 } } } }
    };
    f.claims = names_claims_new(b.host, f.announce, &f.ours, NULL);
    assert_non_null(f.claims);
    return 0;
}

static int teardown(void **state)
{
    host_stop(a.host, 0);
    host_stop(b.host, 0);
    run_ms(20);
    names_claims_free(f.claims);
    names_server_free(f.server);
    names_book_free(f.book);
    tmpfiles_fini(&f.files);
    int err = hosts_teardown(state);
    announce_free(f.announce);
    return err;
}

static void on_info(void *arg, const struct names_claim_info *i)
{
    (void)arg;
    f.info = *i;
    f.n++;
}

static void look(void)
{
    f.n = 0;
    names_claims_each(f.claims, on_info, NULL);
}

static bool is_answered(void *arg)
{
    (void)arg;
    look();
    return f.n && (f.info.err || f.info.status != NAMES_OK || f.info.claimed_s);
}

static const struct peerid *holder(const char *host)
{
    const struct names_book_entry *e = names_book_find(f.book, bytes_of(host),
                                                       (uint64_t)clock_wall_s());
    return e ? &e->holder : NULL;
}

static bool has_no_laptop(void *arg)
{
    (void)arg;
    return !holder("laptop");
}

/* Somebody else has claimed it before. */
static void occupy(const char *name)
{
    uint8_t sealed[NAME_RECORD_MAX];
    int n = names_claim_seal(a.host, f.announce, name, sealed, sizeof sealed);
    assert_true(n > 0);
    assert_int_equal(names_book_claim(f.book, key_peerid(a.key),
                                      (struct bytes){ sealed, (size_t)n },
                                      (uint64_t)clock_wall_s()),
                     0);
}

static void test_the_name_is_claimed_from_the_relay(void **state)
{
    (void)state;
    run_ms(20);
    assert_null(holder("laptop"));
    names_claims_refresh(f.claims);
    run_until(is_answered, NULL);
    assert_int_equal(f.n, 1);
    assert_string_equal(f.info.network, "grewal");
    assert_string_equal(f.info.host, "laptop");
    assert_true(peerid_eq(&f.info.relay, key_peerid(a.key)));
    assert_int_equal(f.info.err, 0);
    assert_true(f.info.claimed_s > 0);
    assert_true(peerid_eq(holder("laptop"), key_peerid(b.key)));
}

static void test_a_network_without_a_host_is_left_alone(void **state)
{
    (void)state;
    f.ours.v[0].host[0] = '\0';
    names_claims_refresh(f.claims);
    run_ms(50);
    look();
    assert_int_equal(f.n, 0);
    assert_int_equal(fake_net.dials, 0);
}

static void test_a_taken_name_is_not_ours(void **state)
{
    (void)state;
    occupy("laptop.grewal");
    names_claims_refresh(f.claims);
    run_until(is_answered, NULL);
    assert_int_equal(f.info.status, NAMES_TAKEN);
    assert_int_equal(f.info.err, 0);
    assert_int_equal(f.info.claimed_s, 0);
    /* It is free by now, and we are told to try again. */
    assert_int_equal(names_book_release(f.book, NULL, bytes_of("laptop"), (uint64_t)clock_wall_s()),
                     0);
    names_claims_refresh(f.claims);
    run_ms(50);
    look();
    assert_true(f.info.claimed_s > 0);
}

static void test_who_is_no_member_is_told_so(void **state)
{
    (void)state;
    f.admits = false;
    names_claims_refresh(f.claims);
    run_until(is_answered, NULL);
    assert_int_equal(f.info.status, NAMES_DENIED);
    assert_int_equal(f.info.claimed_s, 0);
}

static void test_a_relay_that_comes_back_is_asked_at_once(void **state)
{
    (void)state;
    fake_net_rule("/ip4/192.0.2.1/udp/4001/quic-v1", 0, GW_EREFUSED);
    names_claims_refresh(f.claims);
    run_until(is_answered, NULL);
    assert_int_not_equal(f.info.err, 0);
    assert_int_equal(f.info.claimed_s, 0);
    fake_net.nrules = 0;
    join(&a, &b);
    run_ms(50); /* long before the next try is due */
    look();
    assert_int_equal(f.info.err, 0);
    assert_true(f.info.claimed_s > 0);
}

static void test_another_name_replaces_the_one_before(void **state)
{
    (void)state;
    names_claims_refresh(f.claims);
    run_until(is_answered, NULL);
    strcpy(f.ours.v[0].host, "phone");
    names_claims_refresh(f.claims);
    run_until(has_no_laptop, NULL);
    run_until(is_answered, NULL);
    assert_int_equal(f.n, 1);
    assert_string_equal(f.info.host, "phone");
    assert_true(peerid_eq(holder("phone"), key_peerid(b.key)));
}

static void test_a_network_left_has_its_name_back(void **state)
{
    (void)state;
    names_claims_refresh(f.claims);
    run_until(is_answered, NULL);
    f.ours.n = 0;
    names_claims_refresh(f.claims);
    run_until(has_no_laptop, NULL);
    look();
    assert_int_equal(f.n, 0);
}

/* The relay's name is being looked up anew. */
static void test_a_relay_unknown_for_a_moment_takes_no_name(void **state)
{
    (void)state;
    names_claims_refresh(f.claims);
    run_until(is_answered, NULL);
    f.ours.v[0].nrelays = 0;
    names_claims_refresh(f.claims);
    run_ms(50);
    assert_non_null(holder("laptop"));
    f.ours.v[0].nrelays = 1;
    names_claims_refresh(f.claims);
    run_until(is_answered, NULL);
    assert_true(f.info.claimed_s > 0);
}

/* b is a relay of the network, too, and the only one that is known. */
static void test_a_relay_has_a_name_in_its_own_network(void **state)
{
    (void)state;
    names_claims_free(f.claims);
    f.claims = names_claims_new(b.host, f.announce, &f.ours, f.book);
    f.ours.v[0].nrelays = 0;
    names_claims_refresh(f.claims);
    look();
    assert_int_equal(f.n, 0);
    strcpy(f.ours.own, "grewal");
    names_claims_refresh(f.claims);
    look();
    assert_int_equal(f.n, 1);
    assert_true(f.info.claimed_s > 0);
    assert_true(peerid_eq(holder("laptop"), key_peerid(b.key)));
    strcpy(f.ours.v[0].host, "taken");
    occupy("taken.grewal");
    names_claims_refresh(f.claims);
    look();
    assert_null(holder("laptop"));
    assert_int_equal(f.info.status, NAMES_TAKEN);
    assert_int_equal(f.info.claimed_s, 0);
}

static void test_a_claim_tells_public_addresses(void **state)
{
    const struct multiaddr outer = maddr("/ip4/198.51.100.1/udp/4444/quic-v1");
    const struct multiaddr inner = maddr("/ip4/192.168.1.2/udp/4444/quic-v1");
    const struct multiaddr circuit = maddr(
        "/ip4/198.51.100.9/udp/1/quic-v1/p2p/"
        "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA/p2p-circuit");
    uint8_t sealed[NAME_RECORD_MAX];
    struct name_record r;
    bool has_outer = false;
    (void)state;
    announce_mapped(f.announce, &inner);
    announce_mapped(f.announce, &outer);
    announce_set_circuits(f.announce, &circuit, 1);
    int n = names_claim_seal(b.host, f.announce, "laptop.grewal", sealed, sizeof sealed);
    assert_true(n > 0);
    assert_int_equal(
        name_record_open((struct bytes){ sealed, (size_t)n }, (uint64_t)clock_wall_s(), &r), 0);
    assert_string_equal(r.name, "laptop.grewal");
    assert_true(peerid_eq(&r.owner, key_peerid(b.key)) && peerid_eq(&r.peer, &r.owner));
    for (size_t i = 0; i < r.naddrs; i++) {
        has_outer = has_outer || multiaddr_eq(&r.addrs[i], &outer);
        assert_false(multiaddr_eq(&r.addrs[i], &inner) || multiaddr_eq(&r.addrs[i], &circuit));
    }
    assert_true(has_outer);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_the_name_is_claimed_from_the_relay),
        TEST(test_a_network_without_a_host_is_left_alone),
        TEST(test_a_taken_name_is_not_ours),
        TEST(test_who_is_no_member_is_told_so),
        TEST(test_a_relay_that_comes_back_is_asked_at_once),
        TEST(test_another_name_replaces_the_one_before),
        TEST(test_a_network_left_has_its_name_back),
        TEST(test_a_relay_unknown_for_a_moment_takes_no_name),
        TEST(test_a_relay_has_a_name_in_its_own_network),
        TEST(test_a_claim_tells_public_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
