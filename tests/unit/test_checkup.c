/* test_checkup.c - what a node says of itself, to whom, and asking it; two hosts in memory. */
#include "p2p/checkup.h"

#include "two_hosts.h"

#define RELAY "/ip4/203.0.113.9/udp/4001/quic-v1/p2p/QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N"

static struct fixture {
    struct announce *announce;
    struct autonat *autonat;
    struct dcutr *dcutr;
    struct reservations *reservations;
    struct relay_scores scores;
    struct checkup *checkup;
    bool may;
} f; /* of b */

struct told {
    unsigned calls;
    int err;
    struct checkup_state theirs;
};

static bool may(void *arg, const struct peerid *peer)
{
    assert_true(peerid_eq(peer, key_peerid(a.key)));
    return ((const struct fixture *)arg)->may;
}

static int setup(void **state)
{
    hosts_setup(state);
    f = (struct fixture){ .may = true };
    f.announce = announce_new(b.host);
    f.autonat = autonat_new(b.host, f.announce, false);
    f.dcutr = dcutr_new(b.host, f.announce);
    f.reservations = reservations_new(b.host, f.announce, &f.scores);
    const struct checkup_parts parts = { .host = b.host,
                                         .announce = f.announce,
                                         .autonat = f.autonat,
                                         .dcutr = f.dcutr,
                                         .reservations = f.reservations,
                                         .has_port_map = true,
                                         .version = "9.9" };
    f.checkup = checkup_new(&parts, may, &f);
    assert_non_null(f.checkup);
    return 0;
}

static int teardown(void **state)
{
    host_stop(a.host, 0);
    host_stop(b.host, 0);
    run_ms(20);
    checkup_free(f.checkup);
    autonat_free(f.autonat);
    dcutr_free(f.dcutr);
    reservations_free(f.reservations);
    int err = hosts_teardown(state);
    announce_free(f.announce);
    return err;
}

static void on_told(void *arg, int err, const struct checkup_state *theirs)
{
    struct told *t = arg;
    t->calls++;
    t->err = err;
    if (theirs)
        t->theirs = *theirs;
}

static bool is_told(void *arg)
{
    return ((struct told *)arg)->calls > 0;
}

static const struct told *ask(struct side *from, struct side *to)
{
    static struct told t;
    t = (struct told){ 0 };
    assert_non_null(checkup_ask(from->host, key_peerid(to->key), 300, on_told, &t));
    run_until(is_told, &t);
    run_ms(10);
    assert_int_equal(t.calls, 1);
    return &t;
}

static bool has(const struct checkup_addrs *list, const char *text)
{
    struct multiaddr want = maddr(text);
    for (size_t i = 0; i < list->n; i++)
        if (multiaddr_eq(&list->v[i], &want))
            return true;
    return false;
}

static void test_a_peer_is_told_all_that_we_know(void **state)
{
    (void)state;
    struct multiaddr outer = maddr("/ip4/198.51.100.1/udp/4444/quic-v1"), relay = maddr(RELAY);
    struct peerid relay_id;

    announce_mapped(f.announce, &outer);
    announce_set_reach(f.announce, ANNOUNCE_REACH_PRIVATE);
    fake_net_rule("/ip4/203.0.113.9/udp/4001/quic-v1", 0, GW_EREFUSED);
    assert_int_equal(reservations_set(f.reservations, &relay, 1), 0);
    join(&a, &b);
    run_ms(20);
    const struct told *t = ask(&a, &b);
    assert_int_equal(t->err, 0);
    assert_string_equal(t->theirs.version, "9.9");
    assert_int_equal(t->theirs.net.udp, CHECKUP_UDP_WORKS);
    assert_int_equal(t->theirs.net.reach, CHECKUP_REACH_PRIVATE);
    assert_int_equal(t->theirs.net.port_map, CHECKUP_PORTMAP_MAPPED);
    assert_int_equal(t->theirs.net.mapping, CHECKUP_MAPPING_UNKNOWN);
    assert_int_equal(t->theirs.net.filtering, CHECKUP_FILTERING_UNKNOWN);
    assert_int_not_equal(t->theirs.net.ip4, CHECKUP_IP_UNKNOWN);
    assert_true(has(&t->theirs.mapped, "/ip4/198.51.100.1/udp/4444/quic-v1"));
    assert_true(has(&t->theirs.announced, "/ip4/192.0.2.2/udp/4001/quic-v1"));
    assert_true(has(&t->theirs.candidates, "/ip4/192.0.2.2/udp/4001/quic-v1"));
    assert_int_equal(t->theirs.nrelays, 1);
    assert_int_equal(t->theirs.relays[0].slot, CHECKUP_SLOT_DOWN);
    assert_true(multiaddr_peer(&relay, &relay_id));
    assert_true(peerid_eq(&t->theirs.relays[0].id, &relay_id));
    assert_int_equal(t->theirs.punch.state, CHECKUP_PUNCH_NONE);
}

static void test_who_may_use_nothing_is_told_nothing(void **state)
{
    (void)state;
    f.may = false;
    join(&a, &b);
    assert_int_equal(ask(&a, &b)->err, GW_ENOPROTO);
}

static void test_who_was_dialled_is_told(void **state)
{
    (void)state;
    f.may = false;
    join(&b, &a);
    run_ms(20);
    assert_int_equal(ask(&a, &b)->err, 0);
}

static void test_loopback_addresses_stay_on_this_machine(void **state)
{
    (void)state;
    struct multiaddr lo = maddr("/ip4/127.0.0.1/udp/7/quic-v1");
    static struct checkup_state self;

    assert_int_equal(host_listen(b.host, &lo, NULL), 0);
    join(&a, &b); /* from 198.51.100.7 */
    checkup_look(f.checkup, NULL, &self);
    assert_true(has(&self.announced, "/ip4/127.0.0.1/udp/7/quic-v1"));
    assert_false(has(&ask(&a, &b)->theirs.announced, "/ip4/127.0.0.1/udp/7/quic-v1"));
}

static void test_port_map_that_no_router_grants_is_none(void **state)
{
    (void)state;
    static struct checkup_state self;
    checkup_look(f.checkup, NULL, &self);
    assert_int_equal(self.net.port_map, CHECKUP_PORTMAP_NONE);
    assert_int_equal(self.net.udp, CHECKUP_UDP_UNKNOWN);
    assert_int_equal(self.nrelays, 0);
}

static void test_udp_that_lost_to_tcp_is_blocked(void **state)
{
    (void)state;
    static struct checkup_state self;
    struct multiaddr ways[] = { maddr("/ip4/192.0.2.1/udp/4001/quic-v1"),
                                maddr("/ip4/192.0.2.1/tcp/4001") };
    const struct host_proposal p = { .protocol = "/none" };
    const struct host_open_req req = {
        .peer = *key_peerid(a.key), .addrs = ways, .naddrs = 2, .proposals = &p, .nproposals = 1
    };
    struct opened o = { 0 };

    fake_net_rule("/ip4/192.0.2.1/udp/4001/quic-v1", 5000, 0);
    assert_non_null(host_open(b.host, &req, note_opened, &o));
    run_until(is_opened, &o);
    checkup_look(f.checkup, NULL, &self);
    assert_int_equal(self.net.udp, CHECKUP_UDP_BLOCKED);
}

static void test_a_peer_that_does_not_answer_is_a_timeout(void **state)
{
    (void)state;
    join(&a, &b);
    fake_net.is_silent = true;
    assert_int_equal(ask(&a, &b)->err, GW_ETIMEOUT);
}

static void garbage(void *arg, struct conn *c, struct stream *s, const char *protocol,
                    struct bytes early)
{
    static const uint8_t octets[] = { 2, 0x0a, 0x64 };
    (void)arg;
    (void)c;
    (void)protocol;
    (void)early;
    stream_own(s, &quiet_events, NULL);
    s->ops->write(s, (struct bytes){ octets, sizeof octets });
}

static void test_garbage_is_told_as_such(void **state)
{
    (void)state;
    assert_int_equal(host_handle(a.host, CHECKUP_PROTOCOL, NULL, garbage, NULL), 0);
    join(&b, &a);
    assert_int_equal(ask(&b, &a)->err, GW_EPROTO);
}

static void test_cancel_is_silent(void **state)
{
    (void)state;
    struct told t = { 0 };
    join(&a, &b);
    checkup_ask_cancel(checkup_ask(a.host, key_peerid(b.key), 50, on_told, &t));
    checkup_ask_cancel(NULL);
    run_ms(100);
    assert_int_equal(t.calls, 0);
}

/* RFC 4787 section 5 by way of p2p/autonat.h: who may have sent the dial-back that came in. */
static void test_filtering_follows_from_the_dial_backs(void **state)
{
    static const struct {
        struct autonat_tally first, second;
        enum checkup_filtering is;
    } cases[] = {
        { { .reached = 1, .failed = 2 }, { .failed = 3 }, CHECKUP_FILTERING_INDEPENDENT },
        { { .failed = 1 }, { .reached = 1 }, CHECKUP_FILTERING_INDEPENDENT },
        { { .solicited = 1, .failed = 1 }, { .failed = 1 }, CHECKUP_FILTERING_ADDRESS },
        { { .failed = 1 }, { .solicited = 2 }, CHECKUP_FILTERING_ADDRESS },
        { { .failed = 1 }, { 0 }, CHECKUP_FILTERING_PORT },
        { { 0 }, { 0 }, CHECKUP_FILTERING_UNKNOWN },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct autonat_finding v[2] = { { .tally = cases[i].first }, { .tally = cases[i].second } };
        assert_int_equal(checkup_filtering(v, 2), cases[i].is);
    }
    assert_int_equal(checkup_filtering(NULL, 0), CHECKUP_FILTERING_UNKNOWN);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_a_peer_is_told_all_that_we_know),
        T(test_who_may_use_nothing_is_told_nothing),
        T(test_who_was_dialled_is_told),
        T(test_loopback_addresses_stay_on_this_machine),
        T(test_port_map_that_no_router_grants_is_none),
        T(test_udp_that_lost_to_tcp_is_blocked),
        T(test_a_peer_that_does_not_answer_is_a_timeout),
        T(test_garbage_is_told_as_such),
        T(test_cancel_is_silent),
        cmocka_unit_test(test_filtering_follows_from_the_dial_backs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
