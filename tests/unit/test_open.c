/* test_open.c - opening streams: proposals in turn, stale connections, refusals, cancelling. */
#include <stdlib.h>

#include "two_hosts.h"

#define HELLO ((struct bytes){ (const uint8_t *)"\x05hello", 6 })

static unsigned served;
static struct opened o;

static int setup(void **state)
{
    served = 0;
    o = (struct opened){ 0 };
    return hosts_setup(state);
}

static struct host_open *begin(const char *const *protocols, size_t n)
{
    struct host_proposal p[HOST_PROPOSALS_MAX];
    struct host_open_req req = {
        .peer = *key_peerid(b.key), .addrs = &b.addr, .naddrs = 1, .proposals = p, .nproposals = n
    };
    for (size_t i = 0; i < n; i++)
        p[i] = (struct host_proposal){ .protocol = protocols[i], .first = HELLO };
    return host_open(a.host, &req, note_opened, &o);
}

static int open_all(const char *const *protocols, size_t n)
{
    assert_non_null(begin(protocols, n));
    assert_int_equal(o.calls, 0); /* done comes from the loop */
    run_until(is_opened, &o);
    assert_int_equal(o.calls, 1);
    return o.err;
}
#define OPEN(...) \
    open_all((const char *const[]){ __VA_ARGS__ }, COUNT(((const char *const[]){ __VA_ARGS__ })))

static void serve(const char *protocol)
{
    assert_int_equal(host_handle(b.host, protocol, NULL, quiet_handler, &served), 0);
}

/* As identify does it. */
static void b_is_known_to_speak(const char *protocol)
{
    struct conn_identity *id = conn_identity(host_conn(a.host, key_peerid(b.key)));
    id->is_known = true;
    id->nprotocols = 1;
    id->protocols = calloc(1, sizeof *id->protocols);
    id->protocols[0] = strdup(protocol);
}

static void test_open_dials_and_negotiates(void **state)
{
    (void)state;
    serve("/x");
    assert_int_equal(OPEN("/x"), 0);
    assert_non_null(o.s);
    assert_string_equal(o.protocol, "/x");
    assert_ptr_equal(o.conn, host_conn(a.host, key_peerid(b.key)));
    assert_int_equal(served, 1);
}

static void test_open_uses_the_connection_there_is(void **state)
{
    (void)state;
    serve("/x");
    join(&b, &a);
    fake_net.dials = 0;
    assert_int_equal(OPEN("/x"), 0);
    assert_int_equal(fake_net.dials, 0);
    assert_true(conn_is_inbound(o.conn));
}

static void test_open_goes_through_the_proposals(void **state)
{
    (void)state;
    serve("/c");
    assert_int_equal(OPEN("/a", "/b", "/c", "/d"), 0);
    assert_string_equal(o.protocol, "/c");
    assert_int_equal(fake_net.streams, 3);
}

static void test_open_of_nothing_spoken_is_noproto(void **state)
{
    (void)state;
    assert_int_equal(OPEN("/a", "/b"), GW_ENOPROTO);
    assert_int_equal(fake_net.streams, 2);
}

struct served_to {
    unsigned n; /* first: what quiet_handler counts */
    struct peerid peer;
};

static bool is_for(void *arg, const struct peerid *peer, struct bytes protocol)
{
    (void)protocol;
    return peerid_eq(peer, &((struct served_to *)arg)->peer);
}

/* Who opens is told to `wants`, so that it can be refused like a protocol that nobody speaks. */
static void test_open_of_what_is_served_to_others_only_is_noproto(void **state)
{
    struct served_to for_a = { .peer = *key_peerid(a.key) }, for_b = { .peer = *key_peerid(b.key) };
    (void)state;
    assert_int_equal(host_handle(b.host, "/a/*", is_for, quiet_handler, &for_a), 0);
    assert_int_equal(host_handle(b.host, "/b/*", is_for, quiet_handler, &for_b), 0);
    assert_int_equal(OPEN("/b/x", "/a/x"), 0);
    assert_string_equal(o.protocol, "/a/x");
    assert_int_equal(for_a.n, 1);
    o.calls = 0;
    assert_int_equal(OPEN("/b/x"), GW_ENOPROTO);
    assert_int_equal(for_b.n, 0);
}

static void test_open_skips_what_the_peer_is_known_not_to_speak(void **state)
{
    (void)state;
    serve("/c");
    join(&a, &b);
    b_is_known_to_speak("/c");
    fake_net.streams = 0;
    assert_int_equal(OPEN("/a", "/c"), 0);
    assert_int_equal(fake_net.streams, 1);
}

static void test_open_of_only_such_is_noproto_without_a_stream(void **state)
{
    (void)state;
    join(&a, &b);
    b_is_known_to_speak("/c");
    fake_net.streams = 0;
    assert_int_equal(OPEN("/a", "/b"), GW_ENOPROTO);
    assert_int_equal(fake_net.streams, 0);
}

static void test_open_dials_again_when_the_connection_was_stale(void **state)
{
    (void)state;
    serve("/x");
    join(&a, &b);
    fake_net.dials = 0;
    fake_net.dies_on_stream = true;
    assert_int_equal(OPEN("/x"), 0);
    assert_int_equal(fake_net.dials, 1);
    assert_int_equal(a.closed, 1);
}

static void test_open_uses_another_connection_when_the_first_is_closing(void **state)
{
    (void)state;
    serve("/x");
    join(&a, &b);
    fake_net.dials = 0;
    host_close_peer(b.host, key_peerid(a.key), 0); /* a has not noticed yet */
    assert_int_equal(OPEN("/x"), 0);
    assert_int_equal(fake_net.dials, 1);
}

static void kill_again(void *arg, struct conn *c)
{
    (void)arg;
    (void)c;
    fake_net.dies_on_stream = true;
}

static void test_open_dials_again_only_once(void **state)
{
    static const struct host_events ev = { .on_conn = kill_again };
    (void)state;
    serve("/x");
    assert_int_equal(host_observe(a.host, &ev, NULL), 0);
    fake_net.dies_on_stream = true;
    assert_int_equal(OPEN("/x"), GW_ETIMEOUT);
    assert_int_equal(fake_net.dials, 2);
}

/* In TLS 1.3 the dialler is ready first and refused then. */
static void test_open_at_a_peer_that_does_not_admit_us_is_denied_without_redial(void **state)
{
    (void)state;
    serve("/x");
    b.admits = false;
    assert_int_equal(OPEN("/x", "/y"), GW_EDENIED);
    assert_int_equal(a.opened, 1);
    assert_int_equal(a.close_err, GW_EDENIED);
    assert_int_equal(fake_net.dials, 1);
}

static void test_open_cancelled_calls_nobody(void **state)
{
    (void)state;
    serve("/x");
    join(&a, &b);
    served = 0;
    struct host_open *open = begin((const char *const[]){ "/x" }, 1);
    host_open_cancel(open); /* before it began */
    fake_net.piece = 1;
    open = begin((const char *const[]){ "/x" }, 1);
    host_open_cancel(open);
    run_ms(5);
    assert_int_equal(o.calls, 0);
    assert_int_equal(served, 0);
}

static void test_open_gives_up_on_a_silent_peer(void **state)
{
    (void)state;
    join(&a, &b);
    config.negotiate_timeout_ms = 30;
    host_set_config(a.host, &config);
    fake_net.is_silent = true;
    assert_int_equal(OPEN("/x", "/y"), GW_ETIMEOUT);
    assert_int_equal(a.closed, 0);
}

static void test_conn_open_stays_on_its_connection(void **state)
{
    (void)state;
    serve("/x");
    struct conn *c = join(&a, &b);
    assert_int_equal(conn_open(c, "/x", HELLO, note_opened, &o), 0);
    run_until(is_opened, &o);
    assert_int_equal(o.err, 0);
    assert_ptr_equal(o.conn, c);
    assert_string_equal(o.protocol, "/x");
    o = (struct opened){ 0 };
    fake_net.dials = 0;
    fake_net.dies_on_stream = true;
    assert_int_equal(conn_open(c, "/x", HELLO, note_opened, &o), 0);
    run_until(is_opened, &o);
    assert_int_equal(o.err, GW_ETIMEOUT);
    assert_int_equal(fake_net.dials, 0);
}

static void test_open_after_stop_is_closed(void **state)
{
    (void)state;
    host_stop(a.host, 0);
    assert_int_equal(OPEN("/x"), GW_ECLOSED);
}

/* ---- HOST_PATH_BOTH ---- */

#define AT_B    "/ip4/192.0.2.2/udp/4001/quic-v1"
#define CIRCUIT "/p2p/12D3KooWCryG7Mon9orvQxcS1rYZjotPgpwoJNHHKcLLfE4Hf5mV/p2p-circuit"

static struct host_open *begin_hedged(void)
{
    struct multiaddr ways[] = { b.addr, maddr(CIRCUIT) };
    struct host_proposal p = { .protocol = "/x", .first = HELLO };
    struct host_open_req req = { .peer = *key_peerid(b.key),
                                 .addrs = ways,
                                 .naddrs = COUNT(ways),
                                 .path = HOST_PATH_BOTH,
                                 .proposals = &p,
                                 .nproposals = 1 };
    return host_open(a.host, &req, note_opened, &o);
}

static int open_hedged(void)
{
    assert_non_null(begin_hedged());
    run_until(is_opened, &o);
    run_ms(5);
    assert_int_equal(o.calls, 1);
    return o.err;
}

static void test_a_hedged_open_takes_the_way_that_is_faster(void **state)
{
    (void)state;
    serve("/x");
    fake_net_rule(AT_B, 60, 0);
    assert_int_equal(open_hedged(), 0);
    assert_true(conn_is_relayed(o.conn));
    assert_int_equal(fake_net.dials, 2);
    assert_string_equal(o.protocol, "/x");
    run_ms(80);
    assert_int_equal(a.opened, 1); /* the other one was given up */
}

/* By HOST_PATH_ANY the relay would come only after a head start of the direct address. */
static void test_a_hedged_open_begins_both_ways_at_once(void **state)
{
    (void)state;
    serve("/x");
    fake_net_rule(AT_B, 5000, 0);
    assert_non_null(begin_hedged());
    run_ms(20);
    assert_int_equal(o.calls, 1);
    assert_true(conn_is_relayed(o.conn));
}

static void test_a_hedged_open_goes_on_when_one_way_fails(void **state)
{
    (void)state;
    serve("/x");
    fake_net_rule(CIRCUIT, 0, GW_EREFUSED);
    fake_net_rule(AT_B, 20, 0);
    assert_int_equal(open_hedged(), 0);
    assert_false(conn_is_relayed(o.conn));
    assert_int_equal(served, 1);
}

static void test_a_hedged_open_fails_when_both_ways_do(void **state)
{
    (void)state;
    fake_net_rule(AT_B, 0, GW_EREFUSED);
    fake_net_rule(CIRCUIT, 20, GW_EOFFLINE);
    assert_int_equal(open_hedged(), GW_EREFUSED);
    assert_null(o.s);
    assert_int_equal(a.opened, 0);
}

static void test_a_hedged_open_uses_the_connection_there_is(void **state)
{
    (void)state;
    serve("/x");
    join(&b, &a);
    fake_net.dials = 0;
    assert_int_equal(open_hedged(), 0);
    assert_int_equal(fake_net.dials, 0);
    assert_int_equal(served, 1);
}

static void test_a_hedged_open_can_be_cancelled(void **state)
{
    (void)state;
    serve("/x");
    fake_net_rule(AT_B, 10, 0);
    fake_net_rule(CIRCUIT, 10, 0);
    struct host_open *open = begin_hedged();
    run_ms(3);
    host_open_cancel(open);
    run_ms(30);
    assert_int_equal(o.calls, 0);
    assert_int_equal(a.opened, 0);
}

static void test_the_host_may_end_before_a_hedged_open(void **state)
{
    (void)state;
    fake_net_rule(AT_B, 5000, 0);
    fake_net_rule(CIRCUIT, 5000, 0);
    assert_non_null(begin_hedged());
    run_ms(3);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, hosts_teardown)
    const struct CMUnitTest tests[] = {
        T(test_open_dials_and_negotiates),
        T(test_open_uses_the_connection_there_is),
        T(test_open_goes_through_the_proposals),
        T(test_open_of_nothing_spoken_is_noproto),
        T(test_open_of_what_is_served_to_others_only_is_noproto),
        T(test_open_skips_what_the_peer_is_known_not_to_speak),
        T(test_open_of_only_such_is_noproto_without_a_stream),
        T(test_open_dials_again_when_the_connection_was_stale),
        T(test_open_uses_another_connection_when_the_first_is_closing),
        T(test_open_dials_again_only_once),
        T(test_open_at_a_peer_that_does_not_admit_us_is_denied_without_redial),
        T(test_open_cancelled_calls_nobody),
        T(test_open_gives_up_on_a_silent_peer),
        T(test_conn_open_stays_on_its_connection),
        T(test_open_after_stop_is_closed),
        T(test_a_hedged_open_takes_the_way_that_is_faster),
        T(test_a_hedged_open_begins_both_ways_at_once),
        T(test_a_hedged_open_goes_on_when_one_way_fails),
        T(test_a_hedged_open_fails_when_both_ways_do),
        T(test_a_hedged_open_uses_the_connection_there_is),
        T(test_a_hedged_open_can_be_cancelled),
        T(test_the_host_may_end_before_a_hedged_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
