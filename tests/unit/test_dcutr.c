/* test_dcutr.c - from a relayed to a direct connection: two hosts in memory, a calls b. */
#include "p2p/dcutr.h"

#include <string.h>

#include "host/conns.h"
#include "p2p/identify.h"
#include "two_hosts.h"
#include "wire/dcutr_msg.h"

#define CIRCUIT "/p2p/12D3KooWCryG7Mon9orvQxcS1rYZjotPgpwoJNHHKcLLfE4Hf5mV/p2p-circuit"
#define AT_A    "/ip4/192.0.2.1/udp/4001/quic-v1"
#define AT_B    "/ip4/192.0.2.2/udp/4001/quic-v1"

struct end {
    struct announce *announce;
    struct identify *identify;
    struct dcutr *dcutr;
};
static struct end at_a, at_b;

static void start(struct end *e, struct side *s, bool with_dcutr)
{
    assert_non_null(e->announce = announce_new(s->host));
    assert_non_null(e->identify = identify_new(s->host));
    e->dcutr = NULL;
    if (with_dcutr)
        assert_non_null(e->dcutr = dcutr_new(s->host, e->announce));
}

static int setup(void **state)
{
    hosts_setup(state);
    start(&at_a, &a, true);
    start(&at_b, &b, true);
    return 0;
}

static int setup_a_without(void **state)
{
    hosts_setup(state);
    start(&at_a, &a, false);
    start(&at_b, &b, true);
    return 0;
}

static int teardown(void **state)
{
    host_stop(a.host, 0);
    host_stop(b.host, 0);
    run_ms(5);
    dcutr_free(at_a.dcutr);
    dcutr_free(at_b.dcutr);
    hosts_teardown(state);
    identify_free(at_a.identify);
    identify_free(at_b.identify);
    announce_free(at_a.announce);
    announce_free(at_b.announce);
    return 0;
}

static struct conn *at(const struct side *s, const struct side *peer)
{
    return host_conn(s->host, key_peerid(peer->key));
}

/* a calls b through the relay. */
static struct conn *call(void)
{
    struct multiaddr circuit = maddr(CIRCUIT), direct = b.addr;
    b.addr = circuit;
    struct conn *c = join(&a, &b);
    b.addr = direct;
    assert_true(conn_is_relayed(c));
    return c;
}

static bool is_direct(void *arg)
{
    (void)arg;
    return at(&a, &b) && !conn_is_relayed(at(&a, &b)) && at(&b, &a) && !conn_is_relayed(at(&b, &a));
}

static struct dcutr_info info_at_b(void)
{
    struct dcutr_info i = { 0 };
    assert_true(dcutr_info(at_b.dcutr, key_peerid(a.key), &i));
    return i;
}

static void test_a_relayed_connection_becomes_direct_at_once(void **state)
{
    (void)state;
    call();
    run_until(is_direct, NULL);
    assert_int_equal(info_at_b().state, DCUTR_IDLE);
    assert_int_equal(info_at_b().tries, 1);
    assert_int_equal(info_at_b().err, 0);
    struct dcutr_info i;
    assert_true(dcutr_info(at_a.dcutr, key_peerid(b.key), &i));
    assert_int_equal(i.state, DCUTR_IDLE);
}

static void test_one_dial_that_comes_through_is_enough(void **state)
{
    (void)state;
    fake_net_rule(AT_A, 0, GW_EOFFLINE); /* nobody reaches a; a reaches b */
    call();
    run_until(is_direct, NULL);
    assert_int_equal(info_at_b().tries, 1);
    assert_int_equal(info_at_b().state, DCUTR_IDLE);
}

static void test_the_end_called_may_be_the_one_that_comes_through(void **state)
{
    (void)state;
    fake_net_rule(AT_B, 0, GW_EOFFLINE);
    call();
    run_until(is_direct, NULL);
    assert_int_equal(info_at_b().state, DCUTR_IDLE);
}

static void test_a_peer_that_does_not_speak_it_is_left_alone(void **state)
{
    (void)state;
    struct conn *c = call();
    run_ms(50);
    assert_int_equal(info_at_b().tries, 0);
    assert_true(conn_is_relayed(at(&a, &b)));
    assert_ptr_equal(at(&a, &b), c);
}

static int setup_b_without(void **state)
{
    hosts_setup(state);
    start(&at_a, &a, true);
    start(&at_b, &b, false);
    return 0;
}

static void test_a_peer_that_never_begins_is_dialled_where_it_says_it_is(void **state)
{
    (void)state;
    call();
    unsigned dials = fake_net.dials;
    run_ms(DCUTR_PATIENCE_MS - 500);
    assert_true(conn_is_relayed(at(&a, &b)));
    assert_int_equal(fake_net.dials, dials);
    run_until(is_direct, NULL);
    assert_int_equal(fake_net.dials, dials + 1);
}

static void test_a_network_change_begins_anew_at_once(void **state)
{
    (void)state;
    fake_net_rule(AT_A, 0, GW_EOFFLINE);
    fake_net_rule(AT_B, 0, GW_EOFFLINE);
    call();
    run_ms(50);
    assert_int_equal(info_at_b().state, DCUTR_UPGRADING);
    assert_true(conn_is_relayed(at(&a, &b)));
    fake_net.nrules = 0;
    dcutr_network_changed(at_b.dcutr);
    run_until(is_direct, NULL);
    assert_int_equal(info_at_b().state, DCUTR_IDLE);
}

static struct opened say(struct conn *c, struct bytes first)
{
    struct opened o = { 0 };
    assert_int_equal(conn_open(c, DCUTR_PROTOCOL, first, note_opened, &o), 0);
    run_until(is_opened, &o);
    return o;
}

static void keep_opened(void *arg, int err, struct conn *c, struct stream *s, const char *protocol,
                        struct bytes early)
{
    (void)err;
    (void)c;
    (void)protocol;
    (void)early;
    ((struct opened *)arg)->calls++;
    stream_own(s, &quiet_events, NULL);
    s->ops->credit(s, 0);
}

static void test_garbage_costs_nothing_but_its_stream(void **state)
{
    (void)state;
    fake_net_rule(AT_A, 0, GW_EOFFLINE);
    fake_net_rule(AT_B, 0, GW_EOFFLINE);
    call();
    run_ms(20);
    say(at(&b, &a), (struct bytes){ (const uint8_t *)"\xff\xff\xff", 3 });
    run_ms(20);
    assert_non_null(at(&a, &b));
    assert_non_null(at(&b, &a));
}

static void test_over_a_direct_connection_nobody_is_told_to_dial(void **state)
{
    uint8_t msg[DCUTR_MSG_WIRE_MAX];
    struct multiaddr victim = maddr("/ip4/203.0.113.9/udp/53/quic-v1");
    struct dcutr_msg m = { .type = DCUTR_CONNECT };
    (void)state;

    struct conn *c = join(&b, &a);
    pb_list_add(&m.addrs, (struct bytes){ victim.b, victim.n });
    int n = dcutr_msg_encode(msg, sizeof msg, &m);
    assert_true(n > 0);
    unsigned dials = fake_net.dials;
    assert_int_equal(say(c, (struct bytes){ msg, (size_t)n }).err, GW_ENOPROTO);
    run_ms(20);
    assert_int_equal(fake_net.dials, dials);
}

/* a has dialled b, with a stream or none, and then the NAT between them forgets. */
static struct conn *fall_silent(bool is_used)
{
    static unsigned served;
    struct multiaddr circuit = maddr(CIRCUIT);
    struct opened o = { 0 };

    assert_int_equal(host_handle(b.host, "/flow", NULL, quiet_handler, &served), 0);
    struct conn *c = join(&a, &b);
    host_learn_addr(a.host, key_peerid(b.key), &circuit);
    assert_int_equal(
        conn_open(c, "/flow", (struct bytes){ 0 }, is_used ? keep_opened : note_opened, &o), 0);
    run_until(is_opened, &o);
    fake_net.unanswered_ms = CONNS_SILENT_MS + 1;
    return c;
}

static bool is_punched_anew(void *arg)
{
    struct dcutr_info i;
    (void)arg;
    return a.opened == 3 && dcutr_info(at_b.dcutr, key_peerid(a.key), &i) && i.state == DCUTR_IDLE;
}

static void test_when_a_connection_falls_silent_a_hole_is_punched_by_a_relay(void **state)
{
    (void)state;
    struct conn *silent = fall_silent(true);
    run_until(is_punched_anew, NULL);
    assert_int_equal(info_at_b().tries, 1);
    assert_non_null(host_conn_by(a.host, key_peerid(b.key), HOST_PATH_RELAY));
    struct conn *used = host_conn_by(a.host, key_peerid(b.key), HOST_PATH_DIRECT);
    assert_ptr_not_equal(used, silent);
    assert_false(conn_is_inbound(used)); /* so that it can move, too */
    assert_int_equal(a.closed, 0);       /* the silent one may be heard again */
}

static void test_when_nothing_is_open_silence_is_left_alone(void **state)
{
    (void)state;
    fall_silent(false);
    run_ms(2500);
    assert_int_equal(a.opened, 1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_a_relayed_connection_becomes_direct_at_once),
        T(test_one_dial_that_comes_through_is_enough),
        T(test_the_end_called_may_be_the_one_that_comes_through),
        cmocka_unit_test_setup_teardown(test_a_peer_that_does_not_speak_it_is_left_alone,
                                        setup_a_without, teardown),
        cmocka_unit_test_setup_teardown(
            test_a_peer_that_never_begins_is_dialled_where_it_says_it_is, setup_b_without,
            teardown),
        T(test_a_network_change_begins_anew_at_once),
        T(test_garbage_costs_nothing_but_its_stream),
        T(test_when_a_connection_falls_silent_a_hole_is_punched_by_a_relay),
        T(test_when_nothing_is_open_silence_is_left_alone),
        T(test_over_a_direct_connection_nobody_is_told_to_dial),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
