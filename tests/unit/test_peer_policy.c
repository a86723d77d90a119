/* test_peer_policy.c - [peer NAME]: which path leads to a peer, and who is kept; the resolver and
 * the paths are played by the test. */
#include "main/peer_policy.h"

#include "base/err.h"
#include "base/log.h"
#include "looprun.h"
#include "vec.h"

struct paths {
    size_t n;
    struct path_kept kept[8];
    struct multiaddr addrs[8];
    unsigned calls;
};

struct resolver { /* a name's peer is its first letter's */
    const char *unknown;
    unsigned lookups;
};

static struct ev_loop *loop;
static struct paths paths;
static struct resolver resolver;
static struct peerid self;
static struct peer_policy *k;

static struct peerid id_of(char letter)
{
    struct peerid id = { .n = 38, .mh = { 0x00, 0x24, 0x08, 0x01, 0x12, 0x20 } };
    id.mh[37] = (uint8_t)letter;
    return id;
}

int paths_keep(struct paths *p, const struct path_kept *peers, size_t n)
{
    assert_true(n <= COUNT(p->kept));
    p->calls++;
    p->n = n;
    for (size_t i = 0; i < n; i++) {
        p->kept[i] = peers[i];
        if (peers[i].naddrs)
            p->addrs[i] = peers[i].addrs[0];
    }
    return 0;
}

struct resolver_req *resolver_lookup(struct resolver *r, const char *host, resolver_done_fn *done,
                                     void *arg)
{
    struct name_answer answer = { .peer = id_of(*host), .naddrs = 1 };

    r->lookups++;
    assert_int_equal(multiaddr_parse(bytes_of("/ip4/192.0.2.1/udp/4001/quic-v1"), &answer.addrs[0]),
                     0);
    if (r->unknown && strcmp(r->unknown, host) == 0)
        done(arg, GW_ENONAME, NULL, "test: no line");
    else
        done(arg, 0, &answer, "");
    return NULL;
}

void resolver_cancel(struct resolver_req *q)
{
    assert_null(q);
}

static int setup(void **state)
{
    (void)state;
    log_set_level(LOG_LEVEL_ERROR);
    loop = ev_loop_new(EVFLAG_AUTO);
    paths = (struct paths){ 0 };
    resolver = (struct resolver){ 0 };
    self = id_of('z');
    k = peer_policy_new(loop, &resolver, &self, &paths);
    assert_non_null(k);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    peer_policy_free(k);
    ev_loop_destroy(loop);
    return 0;
}

static void set(const struct config_peer *peers, size_t n)
{
    const void *v[8];
    struct config c = { .peers = { .v = (void **)v, .n = n } };

    for (size_t i = 0; i < n; i++)
        v[i] = &peers[i];
    assert_int_equal(peer_policy_set_config(k, &c), 0);
}
#define SET(...)                                     \
    set((const struct config_peer[]){ __VA_ARGS__ }, \
        COUNT(((const struct config_peer[]){ __VA_ARGS__ })))

static enum host_path path_to(char letter)
{
    struct peerid id = id_of(letter);
    return peer_policy_path(k, &id);
}

static char name_alice[] = "alice", name_another[] = "another", name_bob[] = "bob",
            name_me[] = "zoe";

static void test_path_is_that_of_the_section(void **state)
{
    (void)state;
    SET({ name_alice, HOST_PATH_RELAY, false }, { name_bob, HOST_PATH_DIRECT, false });
    assert_int_equal(path_to('a'), HOST_PATH_RELAY); /* known at once */
    assert_int_equal(path_to('b'), HOST_PATH_DIRECT);
    assert_int_equal(path_to('c'), HOST_PATH_ANY);
    SET({ name_bob, HOST_PATH_BOTH, false });
    assert_int_equal(path_to('a'), HOST_PATH_ANY);
    assert_int_equal(path_to('b'), HOST_PATH_BOTH);
    assert_int_equal(paths.n, 0);
}

static void test_kept_are_those_that_say_so(void **state)
{
    (void)state;
    SET({ name_alice, HOST_PATH_ANY, false }, { name_bob, HOST_PATH_RELAY, true });
    struct peerid bob = id_of('b');
    assert_int_equal(paths.n, 1);
    assert_true(peerid_eq(&paths.kept[0].peer, &bob));
    assert_int_equal(paths.kept[0].path, HOST_PATH_RELAY);
    assert_int_equal(paths.kept[0].naddrs, 1);
    assert_true(paths.addrs[0].n > 0);
    SET({ name_bob, HOST_PATH_RELAY, false });
    assert_int_equal(paths.n, 0);
}

static void test_of_two_sections_of_one_peer_the_first_counts(void **state)
{
    (void)state;
    SET({ name_alice, HOST_PATH_DIRECT, true }, { name_another, HOST_PATH_RELAY, true });
    assert_int_equal(path_to('a'), HOST_PATH_DIRECT);
    assert_int_equal(paths.n, 1);
    assert_int_equal(paths.kept[0].path, HOST_PATH_DIRECT);
}

static void test_names_that_change_lead_elsewhere(void **state)
{
    (void)state;
    resolver.unknown = "alice";
    SET({ name_alice, HOST_PATH_DIRECT, true }, { name_bob, HOST_PATH_ANY, true });
    assert_int_equal(path_to('a'), HOST_PATH_ANY);
    assert_int_equal(paths.n, 1);
    resolver.unknown = NULL;
    peer_policy_names_changed(k);
    LOOPRUN_UNTIL(loop, paths.calls >= 2);
    assert_int_equal(path_to('a'), HOST_PATH_DIRECT);
    assert_int_equal(paths.n, 2);
}

static void test_nobody_is_kept_connected_to_itself(void **state)
{
    (void)state;
    SET({ name_me, HOST_PATH_DIRECT, true });
    assert_int_equal(paths.n, 0);
}

static void test_without_paths_only_the_policy_counts(void **state)
{
    (void)state;
    peer_policy_free(k);
    k = peer_policy_new(loop, &resolver, &self, NULL);
    SET({ name_alice, HOST_PATH_DIRECT, true });
    assert_int_equal(path_to('a'), HOST_PATH_DIRECT);
    assert_int_equal(paths.calls, 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_path_is_that_of_the_section),
        TEST(test_kept_are_those_that_say_so),
        TEST(test_of_two_sections_of_one_peer_the_first_counts),
        TEST(test_names_that_change_lead_elsewhere),
        TEST(test_nobody_is_kept_connected_to_itself),
        TEST(test_without_paths_only_the_policy_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
