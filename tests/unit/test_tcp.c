/* test_tcp.c - connections over TCP on loopback: listening, dialling, the second attempt with TLS,
 * and every way in which a dial comes to nothing. */
#include "transport/tcp.h"

#include <arpa/inet.h>
#include <stdio.h>

#include "base/log.h"
#include "net/chunkq.h"
#include "net/listen.h"
#include "upgraderig.h"

static struct looprig rig;
static struct node dialler, listener;
static struct tcp *dials, *listens;
static struct multiaddr at; /* where the listener is */
static struct streamend one;

/* ---- the rig ---- */

static struct multiaddr addr(const char *text)
{
    struct multiaddr a;
    assert_int_equal(multiaddr_parse(bytes_of(text), &a), 0);
    return a;
}

static uint16_t port_of(const struct multiaddr *a)
{
    struct ipaddr ip;
    uint16_t port;
    assert_true(multiaddr_as_tcp(a, &ip, &port));
    return port;
}

static void listen_on(const char *text)
{
    struct multiaddr a = addr(text);
    assert_int_equal(tcp_listen(listens, &a, &at), 0);
}

static void dial_as(const struct multiaddr *to, const struct peerid *expect)
{
    struct muxed *m;
    assert_int_equal(tcp_dial(dials, to, expect, &m), 0);
    node_own(&dialler, m);
}

static void dial(void)
{
    dial_as(&at, key_peerid(listener.key));
}

static void stop(struct tcp *t)
{
    tcp_stop(t);
    looprig_run(&rig);
    tcp_stop(t);
    looprig_run(&rig);
    tcp_free(t);
}

static int setup(void **state)
{
    (void)state;
    looprig_init(&rig);
    node_reset(&dialler, &rig);
    node_reset(&listener, &rig);
    dials = tcp_new(&dialler.env);
    listens = tcp_new(&listener.env);
    one = (struct streamend){ 0 };
    assert_true(dials && listens);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    node_close(&dialler);
    node_close(&listener);
    looprig_run(&rig);
    stop(dials);
    stop(listens);
    assert_null(dialler.m);
    assert_null(listener.m);
    assert_int_equal(listener.env.nhalf_open, 0);
    assert_int_equal(chunkq_total(), 0);
    looprig_fini(&rig);
    return 0;
}

static void again(void)
{
    teardown(NULL);
    setup(NULL);
}

/* ---- a listener by hand, one plain peer for each that comes ---- */

static struct {
    struct listen *listen;
    struct plain plains[4];
    int nplains;
    const char *security;
} hand;

static void hand_accept(void *arg, int fd, const struct sockaddr_any *from)
{
    struct plain *p = &hand.plains[hand.nplains++];
    (void)arg;
    (void)from;

    *p = (struct plain){
        .node = &listener, .security = hand.security, .muxer = YAMUX_PROTOCOL, .is_inbound = true
    };
    plain_start(p, fdstream_new(rig.loop, rig.turn, fd, fd));
}

static void hand_listen(const char *security)
{
    struct sockaddr_any a;
    struct ipaddr ip;
    uint16_t port;

    hand.nplains = 0;
    hand.security = security;
    assert_int_equal(sockaddr_parse("127.0.0.1:0", &a), 0);
    assert_int_equal(listen_open(rig.loop, &a, hand_accept, NULL, &hand.listen), 0);
    assert_int_equal(sockaddr_to_ip(listen_addr(hand.listen), &ip, &port), 0);
    multiaddr_make_tcp(&ip, port, &at);
}

/* ---- connections ---- */

static void check_connection(const char *where)
{
    struct muxed_info d, l;

    listen_on(where);
    assert_true(port_of(&at) > 0);
    dial();
    assert_int_equal(dialler.nready, 0); /* never from inside the call */
    RUN_UNTIL(rig.loop, dialler.nready && listener.naccepted);
    assert_true(peerid_eq(&dialler.m->peer, key_peerid(listener.key)));
    assert_true(peerid_eq(&listener.m->peer, key_peerid(dialler.key)));
    dialler.m->ops->info(dialler.m, &d);
    listener.m->ops->info(listener.m, &l);
    assert_string_equal(d.transport, "tcp");
    assert_string_equal(l.transport, "tcp");
    assert_true(multiaddr_eq(&d.remote, &at) && multiaddr_eq(&l.local, &at));
    assert_true(multiaddr_eq(&d.local, &l.remote));
    assert_int_not_equal(port_of(&d.local), port_of(&at));
}

static void test_dial_and_listen_meet_on_both_families(void **state)
{
    (void)state;
    check_connection("/ip4/127.0.0.1/tcp/0");
    again();
    check_connection("/ip6/::1/tcp/0");
}

static void test_streams_opened_before_it_is_ready_are_carried(void **state)
{
    (void)state;
    listen_on("/ip4/127.0.0.1/tcp/0");
    dial();
    node_open(&dialler, &one);
    streamend_send(&one, 1 << 20, true);
    RUN_UNTIL(rig.loop, listener.nin && listener.in[0].has_eof);
    assert_int_equal(listener.in[0].got, 1 << 20);
    streamend_send(&listener.in[0], 5, true);
    RUN_UNTIL(rig.loop, one.nclosed);
    assert_int_equal(one.got, 5);
}

static void check_second(enum upgrade_security first, const char *spoken)
{
    hand_listen(spoken);
    dialler.env.first = first;
    dial();
    node_open(&dialler, &one);
    streamend_send(&one, 1000, true);
    RUN_UNTIL(rig.loop, listener.nin && listener.in[0].has_eof);
    assert_int_equal(dialler.nready, 1);
    assert_int_equal(hand.nplains, 2);
    assert_int_equal(hand.plains[0].err, GW_ENOPROTO);
    listen_close(hand.listen);
}

static void test_dial_comes_again_with_what_is_spoken(void **state)
{
    (void)state;
    check_second(UPGRADE_NOISE, TLS_PROTOCOL);
    again();
    check_second(UPGRADE_TLS, NOISE_PROTOCOL);
}

static void test_a_peer_that_speaks_neither_is_noproto(void **state)
{
    (void)state;
    hand_listen("/plaintext/2.0.0");
    dial();
    RUN_UNTIL(rig.loop, dialler.nclosed && hand.nplains == 2 && hand.plains[1].is_over);
    assert_int_equal(dialler.err, GW_ENOPROTO);
    listen_close(hand.listen);
}

/* ---- dials that come to nothing ---- */

static void test_nobody_there_is_refused_from_the_loop(void **state)
{
    (void)state;
    hand_listen(NOISE_PROTOCOL);
    listen_close(hand.listen);
    dial();
    node_open(&dialler, &one);
    assert_int_equal(dialler.nclosed, 0);
    RUN_UNTIL(rig.loop, dialler.nclosed);
    assert_int_equal(dialler.err, GW_EREFUSED);
    assert_int_equal(one.nclosed, 1);
}

static void test_another_peer_is_not_taken_for_the_one_meant(void **state)
{
    (void)state;
    listen_on("/ip4/127.0.0.1/tcp/0");
    dial_as(&at, key_peerid(dialler.key));
    RUN_UNTIL(rig.loop, dialler.nclosed && !listener.env.nhalf_open);
    assert_int_equal(dialler.err, GW_EIDENTITY);
    assert_int_equal(listener.naccepted, 0);
}

static void test_a_silent_listener_times_out(void **state)
{
    (void)state;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    char text[64];

    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(fd, 1), 0); /* the kernel accepts, nobody answers */
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &(socklen_t){ sizeof a }), 0);
    snprintf(text, sizeof text, "/ip4/127.0.0.1/tcp/%u", ntohs(a.sin_port));
    at = addr(text);
    dialler.env.timeout_ms = 100;
    dial();
    RUN_UNTIL(rig.loop, dialler.nclosed);
    assert_int_equal(dialler.err, GW_ETIMEOUT);
    close(fd);
}

/* After each turn of the loop in turn, until the connection is ready. */
static void test_close_while_dialling_is_told_once_and_leaves_nothing(void **state)
{
    (void)state;
    for (int turns = 0, was_ready = 0; !was_ready; turns++) {
        listen_on("/ip4/127.0.0.1/tcp/0");
        dial();
        for (int i = 0; i < turns; i++)
            ev_run(rig.loop, EVRUN_NOWAIT);
        was_ready = dialler.nready;
        dialler.m->ops->close(dialler.m, GW_ECANCELED);
        assert_int_equal(dialler.nclosed, 0);
        RUN_UNTIL(rig.loop, dialler.nclosed && !listener.m);
        assert_int_equal(dialler.nclosed, 1);
        assert_int_equal(dialler.err, GW_ECANCELED);
        again();
    }
}

static void test_stop_at_any_time_ends_all_that_is_under_way(void **state)
{
    (void)state;
    for (int turns = 0, was_ready = 0; !was_ready; turns++) {
        listen_on("/ip4/127.0.0.1/tcp/0");
        dial();
        for (int i = 0; i < turns; i++)
            ev_run(rig.loop, EVRUN_NOWAIT);
        was_ready = dialler.nready;
        tcp_stop(dials);
        tcp_stop(listens);
        assert_int_equal(dialler.nclosed, 0); /* from the loop */
        assert_int_equal(listener.env.nhalf_open, 0);
        looprig_run(&rig);
        if (!was_ready) {
            assert_int_equal(dialler.nclosed, 1);
            assert_int_equal(dialler.err, GW_ECANCELED);
        }
        again();
    }
}

static void test_stop_closes_the_listeners(void **state)
{
    (void)state;
    listen_on("/ip4/127.0.0.1/tcp/0");
    tcp_stop(listens);
    dial();
    RUN_UNTIL(rig.loop, dialler.nclosed);
    assert_int_equal(dialler.err, GW_EREFUSED);
}

static void test_farewells_do_not_outlive_the_second_stop(void **state)
{
    (void)state;
    listen_on("/ip4/127.0.0.1/tcp/0");
    dial();
    RUN_UNTIL(rig.loop, dialler.nready && listener.naccepted);
    node_close(&dialler);
    while (!dialler.nclosed)
        ev_run(rig.loop, EVRUN_NOWAIT);
    assert_non_null(dialler.env.partings);
    tcp_stop(dials);
    assert_null(dialler.env.partings);
    RUN_UNTIL(rig.loop, listener.nclosed);
}

/* ---- addresses ---- */

static void test_listen_tells_what_is_wrong_with_an_address(void **state)
{
    (void)state;
    struct multiaddr quic = addr("/ip4/127.0.0.1/udp/0/quic-v1");
    struct multiaddr any = addr("/ip4/127.0.0.1/tcp/0"), bound, got[TCP_LISTENS_MAX + 1];
    struct muxed *m;

    assert_int_equal(tcp_listen(listens, &quic, &bound), GW_EUNSUP);
    assert_int_equal(tcp_dial(dials, &quic, key_peerid(listener.key), &m), GW_EUNSUP);
    assert_int_equal(tcp_listen(listens, &any, &bound), 0);
    assert_int_equal(tcp_listen(listens, &bound, NULL), GW_EINUSE);
    for (int i = 1; i < TCP_LISTENS_MAX; i++)
        assert_int_equal(tcp_listen(listens, &any, NULL), 0);
    assert_int_equal(tcp_listen(listens, &any, NULL), GW_ELIMIT);
    assert_int_equal(tcp_listen_addrs(listens, got, TCP_LISTENS_MAX + 1), TCP_LISTENS_MAX);
    assert_true(multiaddr_eq(&got[0], &bound));
    assert_int_equal(tcp_listen_addrs(listens, got, 3), 3);
}

static int make_keys(void **state)
{
    (void)state;
    return node_make_key(&dialler) || node_make_key(&listener) ? -1 : 0;
}

static int free_keys(void **state)
{
    (void)state;
    node_free_key(&dialler);
    node_free_key(&listener);
    return 0;
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_dial_and_listen_meet_on_both_families),
        TEST(test_streams_opened_before_it_is_ready_are_carried),
        TEST(test_dial_comes_again_with_what_is_spoken),
        TEST(test_a_peer_that_speaks_neither_is_noproto),
        TEST(test_nobody_there_is_refused_from_the_loop),
        TEST(test_another_peer_is_not_taken_for_the_one_meant),
        TEST(test_a_silent_listener_times_out),
        TEST(test_close_while_dialling_is_told_once_and_leaves_nothing),
        TEST(test_stop_at_any_time_ends_all_that_is_under_way),
        TEST(test_stop_closes_the_listeners),
        TEST(test_farewells_do_not_outlive_the_second_stop),
        TEST(test_listen_tells_what_is_wrong_with_an_address),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
