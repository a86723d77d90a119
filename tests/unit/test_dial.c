/* test_dial.c - the race of addresses, what is shared, and which error is told. */
#include "host/dial.h"

#include "base/clock.h"
#include "two_hosts.h"

#define REAL  "/ip4/192.0.2.2/udp/4001/quic-v1" /* where b listens */
#define DEAD1 "/ip4/203.0.113.1/udp/1/quic-v1"
#define DEAD2 "/ip4/203.0.113.2/udp/1/quic-v1"

/* Opens a protocol that nobody serves: GW_ENOPROTO means that the dial went well. */
static struct host_open *begin(const char *const *addrs, size_t n, struct opened *o)
{
    struct host_proposal p = { .protocol = "/none" };
    struct multiaddr v[DIAL_ADDRS_MAX + 1];
    struct host_open_req req = {
        .peer = *key_peerid(b.key), .addrs = v, .naddrs = n, .proposals = &p, .nproposals = 1
    };
    for (size_t i = 0; i < n; i++)
        v[i] = maddr(addrs[i]);
    return host_open(a.host, &req, note_opened, o);
}

static int dial(const char *const *addrs, size_t n)
{
    struct opened o = { 0 };
    assert_non_null(begin(addrs, n, &o));
    run_until(is_opened, &o);
    assert_int_equal(o.calls, 1);
    return o.err;
}
#define DIAL(...) \
    dial((const char *const[]){ __VA_ARGS__ }, COUNT(((const char *const[]){ __VA_ARGS__ })))

static void test_a_dead_address_costs_a_quarter_second(void **state)
{
    (void)state;
    uint64_t t = clock_mono_ms();
    assert_int_equal(DIAL(DEAD1, REAL), GW_ENOPROTO);
    assert_int_equal(clock_mono_ms() - t, DIAL_STAGGER_MS);
    assert_int_equal(fake_net.dials, 2);
}

static void test_a_failed_address_costs_nothing(void **state)
{
    (void)state;
    fake_net_rule(DEAD1, 0, GW_EREFUSED);
    uint64_t t = clock_mono_ms();
    assert_int_equal(DIAL(DEAD1, REAL), GW_ENOPROTO);
    assert_int_equal(clock_mono_ms() - t, 0);
}

static void test_the_first_ready_wins_and_the_others_are_closed(void **state)
{
    (void)state;
    fake_net_rule(DEAD1, 400, GW_EREFUSED); /* would fail after the other is ready */
    assert_int_equal(DIAL(DEAD1, REAL), GW_ENOPROTO);
    run_ms(300);
    assert_int_equal(a.opened, 1);
    assert_int_equal(a.closed, 0);
    assert_int_equal(b.opened, 1);
}

static void test_of_two_ways_to_the_peer_one_connection_remains(void **state)
{
    (void)state;
    struct multiaddr second = maddr("/ip4/192.0.2.3/udp/1/quic-v1");
    assert_int_equal(host_listen(b.host, &second, NULL), 0);
    fake_net_rule("/ip4/192.0.2.3/udp/1/quic-v1", 300, 0);
    fake_net_rule(REAL, 100, 0); /* begins 250 ms later, 50 ms too late */
    assert_int_equal(DIAL("/ip4/192.0.2.3/udp/1/quic-v1", REAL), GW_ENOPROTO);
    run_ms(150);
    assert_int_equal(fake_net.dials, 2);
    assert_int_equal(a.opened, 1);
    assert_int_equal(a.closed, 0);
    assert_int_equal(b.opened - b.closed, 1);
}

static void test_requests_for_one_peer_share_one_dial(void **state)
{
    (void)state;
    struct opened o1 = { 0 }, o2 = { 0 };
    fake_net_rule(REAL, 20, 0);
    assert_non_null(begin((const char *const[]){ REAL }, 1, &o1));
    assert_non_null(begin((const char *const[]){ REAL }, 1, &o2));
    run_until(is_opened, &o1);
    run_until(is_opened, &o2);
    assert_int_equal(fake_net.dials, 1);
    assert_int_equal(o1.err, GW_ENOPROTO);
    assert_int_equal(o2.err, GW_ENOPROTO);
}

static void test_a_later_request_adds_its_addresses(void **state)
{
    (void)state;
    struct opened o1 = { 0 }, o2 = { 0 };
    assert_non_null(begin((const char *const[]){ DEAD1 }, 1, &o1));
    run_ms(400); /* the dial has run out of addresses */
    assert_non_null(begin((const char *const[]){ REAL }, 1, &o2));
    run_until(is_opened, &o1);
    run_until(is_opened, &o2);
    assert_int_equal(o1.err, GW_ENOPROTO);
    assert_int_equal(o2.err, GW_ENOPROTO);
}

static void test_cancel_of_the_last_waiter_gives_the_dial_up(void **state)
{
    (void)state;
    struct opened o1 = { 0 }, o2 = { 0 };
    fake_net_rule(REAL, 50, 0);
    struct host_open *first = begin((const char *const[]){ REAL }, 1, &o1);
    struct host_open *second = begin((const char *const[]){ REAL }, 1, &o2);
    run_ms(10);
    host_open_cancel(first);
    run_ms(10);
    host_open_cancel(second);
    run_ms(100);
    assert_int_equal(o1.calls, 0);
    assert_int_equal(o2.calls, 0);
    assert_int_equal(fake_net.dials, 1);
    assert_int_equal(a.opened, 0);
    assert_int_equal(b.opened, 0);
}

static int setup_quick(void **state)
{
    hosts_setup(state);
    config.dial_timeout_ms = 300;
    host_set_config(a.host, &config);
    return 0;
}

static void test_all_addresses_share_the_deadline(void **state)
{
    (void)state;
    uint64_t t = clock_mono_ms();
    assert_int_equal(DIAL(DEAD1, DEAD2), GW_EOFFLINE);
    assert_int_equal(clock_mono_ms() - t, 300);
}

static void test_the_most_telling_error_is_told(void **state)
{
    static const struct {
        int err[3], told;
    } cases[] = {
        { { GW_EDENIED, GW_EIDENTITY, GW_ETIMEOUT }, GW_EDENIED },
        { { GW_EIDENTITY, GW_EDENIED, GW_EREFUSED }, GW_EDENIED },
        { { GW_EREFUSED, GW_EIDENTITY, GW_EOFFLINE }, GW_EIDENTITY },
        { { GW_EOFFLINE, GW_EREFUSED, GW_EOFFLINE }, GW_EREFUSED },
        { { GW_ETIMEOUT, GW_EREFUSED, GW_ETIMEOUT }, GW_EREFUSED },
        { { GW_ETIMEOUT, GW_ETIMEOUT, GW_ETIMEOUT }, GW_EOFFLINE },
        { { GW_EOFFLINE, GW_EOFFLINE, GW_EOFFLINE }, GW_EOFFLINE },
    };
    static const char *const addrs[3] = { "/ip4/203.0.113.1/udp/1/quic-v1",
                                          "/ip4/203.0.113.2/udp/1/quic-v1",
                                          "/ip4/203.0.113.3/udp/1/quic-v1" };

    for (size_t i = 0; i < COUNT(cases); i++) {
        if (i)
            hosts_setup(state);
        for (size_t k = 0; k < 3; k++)
            fake_net_rule(addrs[k], 0, cases[i].err[k]);
        assert_int_equal(dial(addrs, 3), cases[i].told);
        if (i + 1 < COUNT(cases))
            hosts_teardown(state);
    }
}

static void test_another_peer_behind_the_address_is_an_identity_error(void **state)
{
    (void)state;
    assert_int_equal(DIAL("/ip4/192.0.2.1/udp/4001/quic-v1"), GW_EIDENTITY); /* that is a itself */
}

static void test_no_address_that_can_be_dialled_is_offline(void **state)
{
    (void)state;
    assert_int_equal(dial(NULL, 0), GW_EOFFLINE);
    assert_int_equal(
        DIAL("/dns4/example.com/tcp/4001", "/ip4/0.0.0.0/udp/1/quic-v1",
             "/ip4/203.0.113.1/udp/0/quic-v1",
             "/ip4/203.0.113.1/udp/1/quic-v1/p2p/QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N"),
        GW_EOFFLINE);
    assert_int_equal(fake_net.dials, 0);
}

static void test_nobody_calls_himself(void **state)
{
    struct host_proposal p = { .protocol = "/none" };
    const struct multiaddr at = maddr(REAL);
    const struct host_open_req req = {
        .peer = *key_peerid(a.key), .addrs = &at, .naddrs = 1, .proposals = &p, .nproposals = 1
    };
    struct opened o = { 0 };
    (void)state;

    assert_non_null(host_open(a.host, &req, note_opened, &o));
    run_until(is_opened, &o);
    assert_int_equal(o.err, GW_ESELF);
    assert_int_equal(fake_net.dials, 0);
}

static void test_an_address_heard_of_is_dialled_and_the_same_only_once(void **state)
{
    (void)state;
    struct multiaddr m = b.addr;
    assert_int_equal(multiaddr_append_peer(&m, key_peerid(b.key)), 0);
    host_learn_addr(a.host, key_peerid(b.key), &m);
    assert_int_equal(dial(NULL, 0), GW_ENOPROTO);
    assert_int_equal(fake_net.dials, 1);
}

static void test_an_address_that_worked_is_remembered(void **state)
{
    (void)state;
    assert_int_equal(DIAL(REAL), GW_ENOPROTO);
    host_close_peer(a.host, key_peerid(b.key), 0);
    run_ms(2);
    assert_int_equal(dial(NULL, 0), GW_ENOPROTO);
    assert_int_equal(fake_net.dials, 2);
}

static void test_a_connection_from_the_peer_ends_the_dial(void **state)
{
    (void)state;
    struct opened o = { 0 };
    assert_non_null(begin((const char *const[]){ DEAD1 }, 1, &o));
    run_ms(10);
    open_from(&b, &a, "/none");
    run_until(is_opened, &o);
    assert_int_equal(o.err, GW_ENOPROTO);
    assert_int_equal(a.opened, 1);
}

static struct host_udp udp_of(const struct side *s)
{
    struct host_udp u;
    host_udp(s->host, &u);
    return u;
}

static void test_tcp_that_wins_where_quic_was_tried_says_so(void **state)
{
    (void)state;
    fake_net_rule(REAL, 5000, 0); /* its datagrams are lost */
    assert_int_equal(DIAL(REAL, "/ip4/192.0.2.2/tcp/4001"), GW_ENOPROTO);
    assert_int_equal(udp_of(&a).beaten, 1);
    host_network_changed(a.host);
    assert_int_equal(udp_of(&a).beaten, 0);
}

static void test_tcp_that_wins_elsewhere_says_nothing_of_udp(void **state)
{
    (void)state;
    fake_net_rule(DEAD1, 5000, 0);
    assert_int_equal(DIAL(DEAD1, "/ip4/192.0.2.2/tcp/4001"), GW_ENOPROTO);
    assert_int_equal(udp_of(&a).beaten, 0);
}

static void test_quic_connections_are_counted_until_the_network_changes(void **state)
{
    (void)state;
    join(&a, &b);
    run_ms(10);
    assert_int_equal(udp_of(&a).ready, 1);
    assert_int_equal(udp_of(&b).ready, 1);
    host_network_changed(b.host);
    assert_int_equal(udp_of(&b).ready, 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, hosts_setup, hosts_teardown)
    const struct CMUnitTest tests[] = {
        T(test_a_dead_address_costs_a_quarter_second),
        T(test_a_failed_address_costs_nothing),
        T(test_the_first_ready_wins_and_the_others_are_closed),
        T(test_of_two_ways_to_the_peer_one_connection_remains),
        T(test_requests_for_one_peer_share_one_dial),
        T(test_a_later_request_adds_its_addresses),
        T(test_cancel_of_the_last_waiter_gives_the_dial_up),
        cmocka_unit_test_setup_teardown(test_all_addresses_share_the_deadline, setup_quick,
                                        hosts_teardown),
        T(test_the_most_telling_error_is_told),
        T(test_another_peer_behind_the_address_is_an_identity_error),
        T(test_no_address_that_can_be_dialled_is_offline),
        T(test_nobody_calls_himself),
        T(test_an_address_heard_of_is_dialled_and_the_same_only_once),
        T(test_an_address_that_worked_is_remembered),
        T(test_a_connection_from_the_peer_ends_the_dial),
        T(test_tcp_that_wins_where_quic_was_tried_says_so),
        T(test_tcp_that_wins_elsewhere_says_nothing_of_udp),
        T(test_quic_connections_are_counted_until_the_network_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
