/* test_autonat.c - two nodes in memory: b, which has dialled a, tells it whether it can be reached.
 */
#include "p2p/autonat.h"

#include "p2p/autonat_wire.h"
#include "p2p/identify.h"
#include "two_hosts.h"

#define AT_A "/ip4/192.0.2.1/udp/4001/quic-v1"

struct end {
    struct announce *announce;
    struct identify *identify;
    struct autonat *autonat;
};
static struct end at_a, at_b;
static const struct autonat_pace pace = { .delay_ms = 200, .retry_ms = 1000, .refresh_ms = 9000 };

static void start(struct end *e, struct side *s, bool serves)
{
    assert_non_null(e->announce = announce_new(s->host));
    assert_non_null(e->identify = identify_new(s->host));
    assert_non_null(e->autonat = autonat_new(s->host, e->announce, serves));
    autonat_set_pace(e->autonat, &pace);
}

static int setup(void **state)
{
    hosts_setup(state);
    start(&at_a, &a, false);
    start(&at_b, &b, true);
    join(&b, &a);
    fake_net.dials = 0;
    return 0;
}

static int teardown(void **state)
{
    host_stop(a.host, 0);
    host_stop(b.host, 0);
    run_ms(5);
    autonat_free(at_a.autonat);
    autonat_free(at_b.autonat);
    hosts_teardown(state);
    identify_free(at_a.identify);
    identify_free(at_b.identify);
    announce_free(at_a.announce);
    announce_free(at_b.announce);
    return 0;
}

static bool is_settled(void *arg)
{
    (void)arg;
    return announce_reach(at_a.announce) != ANNOUNCE_REACH_UNKNOWN;
}

static struct autonat_finding only_finding(void)
{
    struct autonat_finding f[2];
    struct multiaddr want = maddr(AT_A);
    assert_int_equal(autonat_findings(at_a.autonat, f, COUNT(f)), 1);
    assert_true(multiaddr_eq(&f[0].address, &want));
    assert_true(f[0].at_ms > 0);
    return f[0];
}

static void test_a_node_that_is_dialled_back_is_public_until_the_network_changes(void **state)
{
    (void)state;
    run_until(is_settled, NULL);
    assert_int_equal(announce_reach(at_a.announce), ANNOUNCE_REACH_PUBLIC);
    assert_int_equal(fake_net.dials, 1);
    struct autonat_finding f = only_finding();
    assert_int_equal(f.reach, ANNOUNCE_REACH_PUBLIC);
    assert_int_equal(f.tally.solicited, 1); /* it listens there, so that will do */
    assert_int_equal(f.tally.reached + f.tally.failed, 0);
    assert_int_equal(announce_reach(at_b.announce), ANNOUNCE_REACH_UNKNOWN); /* a does not serve */

    autonat_network_changed(at_a.autonat);
    assert_int_equal(announce_reach(at_a.announce), ANNOUNCE_REACH_UNKNOWN);
    assert_int_equal(autonat_findings(at_a.autonat, &f, 1), 0);
    run_ms((unsigned)pace.delay_ms + 100);
    assert_int_equal(fake_net.dials, 1); /* b was asked less than a minute ago */
}

static void test_a_node_that_is_not_reached_is_private(void **state)
{
    (void)state;
    fake_net_rule(AT_A, 0, GW_EREFUSED);
    run_until(is_settled, NULL);
    assert_int_equal(announce_reach(at_a.announce), ANNOUNCE_REACH_PRIVATE);
    struct autonat_finding f = only_finding();
    assert_int_equal(f.reach, ANNOUNCE_REACH_PRIVATE);
    assert_int_equal(f.tally.failed, 1);
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

/* Two could be asked, so two would have to agree, if the second counted. */
static void test_a_peer_that_tells_nothing_is_not_waited_for(void **state)
{
    (void)state;
    struct side mute = { .addr = maddr("/ip4/192.0.2.3/udp/4001/quic-v1") };
    unsigned asked = 0;
    assert_int_equal(key_generate(&mute.key), 0);
    assert_non_null(mute.host = host_new(loop, turn, mute.key, &config, NULL, NULL));
    assert_int_equal(host_listen(mute.host, &mute.addr, NULL), 0);
    assert_int_equal(host_handle(mute.host, AUTONAT2_DIAL_PROTOCOL, NULL, refuse, &asked), 0);
    struct identify *identify = identify_new(mute.host);
    assert_non_null(identify);
    open_from(&a, &mute, "/no/such/protocol");
    run_until(is_settled, NULL);
    assert_int_equal(asked, 1);
    assert_int_equal(announce_reach(at_a.announce), ANNOUNCE_REACH_PUBLIC);
    host_stop(mute.host, 0);
    run_ms(5);
    host_free(mute.host);
    identify_free(identify);
    key_free(mute.key);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_a_node_that_is_dialled_back_is_public_until_the_network_changes),
        T(test_a_node_that_is_not_reached_is_private),
        T(test_a_peer_that_tells_nothing_is_not_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
