/* test_paths.c - states, probes and kept peers: two hosts in memory, a watches its path to b. */
#include "p2p/paths.h"

#include "base/clock.h"
#include "net/parting.h"
#include "p2p/identify.h"
#include "p2p/ping.h"
#include "two_hosts.h"

#define CIRCUIT "/p2p/12D3KooWCryG7Mon9orvQxcS1rYZjotPgpwoJNHHKcLLfE4Hf5mV/p2p-circuit"
#define AT_B    "/ip4/192.0.2.2/udp/4001/quic-v1"

static const struct path_rules fast = { .probe_ms = 20, .slow_ms = 5, .failures = 3 };
static const struct path_rules none = { .slow_ms = 5, .failures = 3 };

static struct announce *announced[2];
static struct identify *identified[2];
static struct dcutr *punching[2];
static struct paths *paths;

static void start(const struct path_rules *rules)
{
    struct side *sides[] = { &a, &b };

    for (size_t i = 0; i < COUNT(sides); i++) {
        assert_non_null(announced[i] = announce_new(sides[i]->host));
        assert_non_null(identified[i] = identify_new(sides[i]->host));
        assert_non_null(punching[i] = dcutr_new(sides[i]->host, announced[i]));
    }
    assert_non_null(paths = paths_new(a.host, punching[0], rules));
}

static int setup(void **state)
{
    hosts_setup(state);
    start(&none);
    return 0;
}

static int setup_probing(void **state)
{
    hosts_setup(state);
    start(&fast);
    return 0;
}

static int setup_idle(void **state) /* what is not held is closed at once */
{
    setup(state);
    config.idle_ms = 1;
    host_set_config(a.host, &config);
    return 0;
}

static int teardown(void **state)
{
    host_stop(a.host, 0);
    host_stop(b.host, 0);
    run_ms(1);
    paths_free(paths);
    dcutr_free(punching[0]);
    dcutr_free(punching[1]);
    hosts_teardown(state);
    for (size_t i = 0; i < COUNT(announced); i++) {
        identify_free(identified[i]);
        announce_free(announced[i]);
    }
    return 0;
}

static const struct peerid *id_of(const struct side *s)
{
    return key_peerid(s->key);
}

static struct conn *to_b(void)
{
    return host_conn(a.host, id_of(&b));
}

static struct path_info info(void)
{
    struct path_info i;
    paths_info(paths, id_of(&b), &i);
    return i;
}

static bool is_in(void *arg)
{
    return info().state == *(const enum path_state *)arg;
}

static void wait_for(enum path_state s)
{
    run_until(is_in, &s);
}

static void keep_by(enum host_path path, const struct multiaddr *addr)
{
    struct path_kept k = { .peer = *id_of(&b), .path = path, .addrs = addr, .naddrs = 1 };
    assert_int_equal(paths_keep(paths, &k, 1), 0);
}

static void keep(void)
{
    keep_by(HOST_PATH_ANY, &b.addr);
}

/* A stream that stays open. */

static struct stream *flow;

static void on_flow(void *arg, int err, struct conn *c, struct stream *s, const char *protocol,
                    struct bytes early)
{
    (void)arg;
    (void)c;
    (void)protocol;
    (void)early;
    assert_int_equal(err, 0);
    stream_own(s, &quiet_events, NULL);
    s->ops->credit(s, 0);
    flow = s;
}

static bool is_flowing(void *arg)
{
    (void)arg;
    return flow != NULL;
}

static void open_flow(void)
{
    static unsigned served;

    flow = NULL;
    assert_int_equal(host_handle(b.host, "/flow", NULL, quiet_handler, &served), 0);
    assert_int_equal(conn_open(join(&a, &b), "/flow", (struct bytes){ 0 }, on_flow, NULL), 0);
    run_until(is_flowing, NULL);
}

/* ---- states ---- */

static void test_info_tells_each_state(void **state)
{
    (void)state;
    assert_int_equal(info().state, PATH_DOWN);
    join(&a, &b);
    assert_int_equal(info().state, PATH_DIRECT);
    host_close_peer(a.host, id_of(&b), 0);
    assert_int_equal(info().state, PATH_DOWN);
}

static void test_a_dial_of_anybody_is_connecting(void **state)
{
    struct opened o = { 0 };
    struct host_proposal p = { .protocol = "/x" };
    struct host_open_req req = {
        .peer = *id_of(&b), .addrs = &b.addr, .naddrs = 1, .proposals = &p, .nproposals = 1
    };
    (void)state;

    fake_net_rule(AT_B, 5, 0);
    assert_non_null(host_open(a.host, &req, note_opened, &o));
    run_ms(1);
    assert_int_equal(info().state, PATH_CONNECTING);
    run_until(is_opened, &o);
    assert_int_equal(info().state, PATH_DIRECT);
}

static void test_a_relayed_path_is_upgrading_while_a_hole_is_punched(void **state)
{
    struct multiaddr direct = b.addr;
    (void)state;

    fake_net_rule(AT_B, 60, 0);
    b.addr = maddr(CIRCUIT);
    fake_net_rule("/ip4/192.0.2.1/udp/4001/quic-v1", 60, 0);
    join(&a, &b);
    wait_for(PATH_UPGRADING);
    wait_for(PATH_DIRECT);
    b.addr = direct;
}

/* ---- probes ---- */

static bool is_probed_thrice(void *arg)
{
    (void)arg;
    return fake_net.streams >= 3;
}

static bool has_rtt(void *arg)
{
    (void)arg;
    return info().rtt_us > 0;
}

static void test_only_a_connection_that_is_used_is_probed(void **state)
{
    (void)state;
    assert_int_equal(ping_serve(b.host), 0);
    join(&a, &b);
    run_ms(10);
    fake_net.streams = 0;
    run_ms(80);
    assert_int_equal(fake_net.streams, 0);
    fake_net.round_ms = 2;
    open_flow();
    fake_net.streams = 0;
    run_until(is_probed_thrice, NULL);
    run_until(has_rtt, NULL);
    assert_int_equal(info().rtt_us, 2000);
    assert_int_equal(info().state, PATH_DIRECT);
}

static bool is_anew(void *arg)
{
    (void)arg;
    return to_b() && a.opened == 2;
}

static void test_a_path_that_answers_no_probe_is_dialled_anew(void **state)
{
    static unsigned served;
    (void)state;
    assert_int_equal(host_handle(b.host, PING_PROTOCOL, NULL, quiet_handler, &served), 0);
    open_flow();
    a.closed = 0;
    run_until(is_anew, NULL);
    assert_int_equal(served, 3);
    run_ms(2);
    assert_int_equal(a.closed, 1);
    assert_int_equal(a.close_err, GW_ETIMEOUT);
    assert_int_equal(info().failures, 0);
}

/* Answers after 10 ms: late, and not too late. */

struct late {
    ev_timer timer;
    struct stream *s;
    uint8_t ping[32];
};

static struct late late;

static void on_late(struct ev_loop *l, ev_timer *w, int revents)
{
    (void)revents;
    (void)w;
    parting_start(l, late.s, (struct bytes){ late.ping, sizeof late.ping }, 50, 0, NULL);
}

static void on_ping(struct stream *s, struct bytes v)
{
    assert_int_equal(v.n, sizeof late.ping);
    memcpy(late.ping, v.p, v.n);
    s->ops->credit(s, v.n);
    late.s = s;
    ev_timer_init(&late.timer, on_late, 10e-3, 0.);
    ev_timer_start(loop, &late.timer);
}

static void on_ping_close(struct stream *s, int err)
{
    (void)s;
    (void)err;
    ev_timer_stop(loop, &late.timer);
}

static const struct stream_events late_events = { .on_data = on_ping,
                                                  .on_drained = stream_ignore_drained,
                                                  .on_eof = stream_ignore_eof,
                                                  .on_close = on_ping_close };

static void answer_late(void *arg, struct conn *c, struct stream *s, const char *protocol,
                        struct bytes early)
{
    (void)arg;
    (void)c;
    (void)protocol;
    stream_own(s, &late_events, NULL);
    if (early.n)
        on_ping(s, early);
    else
        s->ops->credit(s, 0);
}

static void test_a_slow_path_is_degraded_and_keeps_its_streams(void **state)
{
    (void)state;
    assert_int_equal(host_handle(b.host, PING_PROTOCOL, NULL, answer_late, NULL), 0);
    open_flow();
    wait_for(PATH_DEGRADED);
    assert_true(info().failures >= 3);
    assert_true(info().rtt_us >= 10000);
    run_ms(100);
    assert_int_equal(a.closed, 0);
    assert_int_equal(info().state, PATH_DEGRADED);
}

static void test_a_peer_without_ping_is_not_degraded(void **state)
{
    (void)state;
    open_flow();
    run_ms(150);
    assert_int_equal(info().state, PATH_DIRECT);
    assert_int_equal(info().failures, 0);
    assert_int_equal(a.closed, 0);
}

static void refuse(void *arg, struct conn *c, struct stream *s, const char *protocol,
                   struct bytes early)
{
    (void)c;
    (void)protocol;
    (void)early;
    ++*(unsigned *)arg;
    stream_drop(s, GW_ELIMIT);
}

static void test_a_peer_that_refuses_probes_is_not_degraded(void **state)
{
    static unsigned refused;
    (void)state;
    assert_int_equal(host_handle(b.host, PING_PROTOCOL, NULL, refuse, &refused), 0);
    open_flow();
    run_ms(150);
    assert_true(refused > 3);
    assert_int_equal(info().state, PATH_DIRECT);
    assert_int_equal(a.closed, 0);
}

static void test_set_rules_begins_and_ends_probing(void **state)
{
    (void)state;
    assert_int_equal(ping_serve(b.host), 0);
    open_flow();
    fake_net.streams = 0;
    paths_set_rules(paths, &fast);
    run_ms(50);
    assert_true(fake_net.streams > 0);
    paths_set_rules(paths, &none);
    run_ms(10);
    fake_net.streams = 0;
    run_ms(50);
    assert_int_equal(fake_net.streams, 0);
}

static void test_a_network_change_is_followed_by_a_probe_soon(void **state)
{
    static const struct path_rules slow = { .probe_ms = 60000, .slow_ms = 50, .failures = 3 };
    (void)state;
    assert_int_equal(ping_serve(b.host), 0);
    paths_set_rules(paths, &slow);
    open_flow();
    paths_set_rules(paths, &(struct path_rules){ .probe_ms = 250, .slow_ms = 50, .failures = 3 });
    fake_net.streams = 0;
    paths_network_changed(paths);
    run_ms(60); /* a fifth of 250 ms at most; by itself it would come after 125 ms */
    assert_int_equal(fake_net.streams, 1);
}

/* ---- kept peers ---- */

static void count_kept(void *arg, const struct peerid *peer)
{
    assert_true(peerid_eq(peer, id_of(&b)));
    ++*(unsigned *)arg;
}

static void test_a_kept_peer_is_dialled_and_stays(void **state)
{
    unsigned n = 0;
    (void)state;
    keep();
    assert_int_equal(info().state, PATH_CONNECTING);
    wait_for(PATH_DIRECT);
    paths_each_kept(paths, count_kept, &n);
    assert_int_equal(n, 1);
    run_ms(2200);
    assert_int_equal(a.closed, 0);
    assert_int_equal(paths_keep(paths, NULL, 0), 0);
    paths_each_kept(paths, count_kept, &n);
    assert_int_equal(n, 1);
    wait_for(PATH_DOWN); /* idle now */
    run_ms(10);
    assert_int_equal(a.opened, 1);
}

static void test_a_kept_peer_that_is_lost_is_dialled_again(void **state)
{
    (void)state;
    keep();
    wait_for(PATH_DIRECT);
    host_close_peer(a.host, id_of(&b), 0);
    run_ms(5);
    assert_int_equal(info().state, PATH_DOWN);
    assert_in_range(info().next_try_ms - clock_mono_ms(), PATHS_AGAIN_MIN_MS / 2 - 5,
                    PATHS_AGAIN_MIN_MS - 5);
    wait_for(PATH_DIRECT);
    assert_int_equal(info().next_try_ms, 0);
}

static bool has_err(void *arg)
{
    (void)arg;
    return info().err != 0 && info().next_try_ms != 0;
}

static void test_a_kept_peer_whose_path_dies_is_dialled_at_once(void **state)
{
    (void)state;
    keep();
    wait_for(PATH_DIRECT);
    host_close_peer(a.host, id_of(&b), GW_ETIMEOUT);
    run_ms(10);
    assert_int_equal(info().state, PATH_DIRECT);
    assert_int_equal(a.opened, 2);
}

static void test_a_path_that_dies_under_streams_is_dialled_at_once(void **state)
{
    (void)state;
    open_flow();
    host_close_peer(a.host, id_of(&b), GW_ETIMEOUT);
    run_ms(10);
    assert_int_equal(info().state, PATH_DIRECT);
    assert_int_equal(a.opened, 2);
    run_ms(2200); /* nobody uses the new one */
    host_close_peer(a.host, id_of(&b), GW_ETIMEOUT);
    run_ms(10);
    assert_int_equal(info().state, PATH_DOWN);
}

static void test_a_peer_that_closed_or_that_dialled_us_is_not_dialled(void **state)
{
    (void)state;
    open_flow();
    host_close_peer(b.host, id_of(&a), 0);
    run_ms(10);
    assert_int_equal(a.closed, 1);
    assert_int_equal(info().state, PATH_DOWN);
    join(&b, &a);
    host_close_peer(a.host, id_of(&b), GW_ETIMEOUT);
    run_ms(10);
    assert_int_equal(info().state, PATH_DOWN);
}

/* The next try is another one than that. */
static bool has_failed_again(void *arg)
{
    return info().next_try_ms && info().next_try_ms != *(const uint64_t *)arg;
}

static void wait_for_failure(unsigned nth, uint64_t *next_ms)
{
    run_until(has_failed_again, next_ms);
    *next_ms = info().next_try_ms;
    assert_in_range(*next_ms - clock_mono_ms(), (PATHS_AGAIN_MIN_MS << nth) / 2,
                    PATHS_AGAIN_MIN_MS << nth);
    assert_int_equal(info().err, GW_EREFUSED);
}

static void test_tries_become_rarer_until_the_network_changes(void **state)
{
    uint64_t next_ms = 0;
    (void)state;
    fake_net_rule(AT_B, 0, GW_EREFUSED);
    keep();
    for (unsigned i = 0; i < 3; i++)
        wait_for_failure(i, &next_ms);
    assert_int_equal(fake_net.dials, 3);
    paths_network_changed(paths);
    wait_for_failure(0, &next_ms);
}

static void test_a_network_change_dials_kept_peers_at_once(void **state)
{
    (void)state;
    fake_net_rule(AT_B, 0, GW_EREFUSED);
    keep();
    run_until(has_err, NULL);
    fake_net.nrules = 0;
    paths_network_changed(paths);
    assert_int_equal(info().state, PATH_CONNECTING);
    run_ms(10);
    assert_int_equal(info().state, PATH_DIRECT);
    assert_int_equal(info().err, 0);
}

static void test_a_network_change_gives_up_a_dial_from_before(void **state)
{
    (void)state;
    fake_net_rule(AT_B, 60000, 0);
    keep();
    run_ms(5);
    fake_net.nrules = 0;
    paths_network_changed(paths);
    run_ms(10);
    assert_int_equal(info().state, PATH_DIRECT);
}

static void test_keep_leaves_alone_what_is_kept_already(void **state)
{
    (void)state;
    fake_net_rule(AT_B, 0, GW_EREFUSED);
    keep();
    run_until(has_err, NULL);
    uint64_t next_ms = info().next_try_ms;
    keep();
    run_ms(5);
    assert_int_equal(info().next_try_ms, next_ms);
    assert_int_equal(fake_net.dials, 1);
    struct multiaddr other = maddr("/ip4/192.0.2.3/udp/4001/quic-v1");
    keep_by(HOST_PATH_ANY, &other); /* a new address is tried at once */
    run_ms(5);
    assert_true(fake_net.dials > 1);
}

static void test_a_peer_may_be_kept_through_a_relay(void **state)
{
    struct multiaddr ways[] = { b.addr, maddr(CIRCUIT) };
    struct path_kept k = {
        .peer = *id_of(&b), .path = HOST_PATH_RELAY, .addrs = ways, .naddrs = 2
    };
    (void)state;
    fake_net_rule("/ip4/192.0.2.1/udp/4001/quic-v1", 0, GW_EREFUSED); /* no hole */
    fake_net_rule(AT_B, 0, GW_EREFUSED);
    assert_int_equal(paths_keep(paths, &k, 1), 0);
    wait_for(PATH_RELAYED);
    run_ms(20);
    wait_for(PATH_RELAYED);
    assert_true(conn_is_relayed(to_b()));
    assert_false(multiaddr_eq(&fake_net.dialled[0], &b.addr));
}

#define TEST(fn)    cmocka_unit_test_setup_teardown(fn, setup, teardown)
#define PROBING(fn) cmocka_unit_test_setup_teardown(fn, setup_probing, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_info_tells_each_state),
        TEST(test_a_dial_of_anybody_is_connecting),
        TEST(test_a_relayed_path_is_upgrading_while_a_hole_is_punched),
        PROBING(test_only_a_connection_that_is_used_is_probed),
        PROBING(test_a_path_that_answers_no_probe_is_dialled_anew),
        PROBING(test_a_slow_path_is_degraded_and_keeps_its_streams),
        PROBING(test_a_peer_without_ping_is_not_degraded),
        PROBING(test_a_peer_that_refuses_probes_is_not_degraded),
        TEST(test_set_rules_begins_and_ends_probing),
        TEST(test_a_network_change_is_followed_by_a_probe_soon),
        cmocka_unit_test_setup_teardown(test_a_kept_peer_is_dialled_and_stays, setup_idle,
                                        teardown),
        TEST(test_a_kept_peer_that_is_lost_is_dialled_again),
        TEST(test_a_kept_peer_whose_path_dies_is_dialled_at_once),
        TEST(test_a_path_that_dies_under_streams_is_dialled_at_once),
        TEST(test_a_peer_that_closed_or_that_dialled_us_is_not_dialled),
        TEST(test_tries_become_rarer_until_the_network_changes),
        TEST(test_a_network_change_dials_kept_peers_at_once),
        TEST(test_a_network_change_gives_up_a_dial_from_before),
        TEST(test_keep_leaves_alone_what_is_kept_already),
        TEST(test_a_peer_may_be_kept_through_a_relay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
