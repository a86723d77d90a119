/* test_conns.c - connections of two hosts in memory: which one is used, limits, idle ends. */
#include "two_hosts.h"

#include "host/conns.h"

static void count_one(void *arg, struct conn *c)
{
    (void)c;
    ++*(unsigned *)arg;
}

static unsigned conns_of(const struct side *s)
{
    unsigned n = 0;
    host_each_conn(s->host, count_one, &n);
    return n;
}

static const struct peerid *id_of(const struct side *s)
{
    return key_peerid(s->key);
}

static struct host_open *open_begin(struct side *from, const struct side *to, struct opened *o)
{
    struct host_proposal p = { .protocol = "/x" };
    struct host_open_req req = {
        .peer = *id_of(to), .addrs = &to->addr, .naddrs = 1, .proposals = &p, .nproposals = 1
    };
    return host_open(from->host, &req, note_opened, o);
}

/* Both dial at once: `a` gets through, and `b`, who has dialled already, too. */
static void join_both_ways(void)
{
    struct opened oa = { 0 }, ob = { 0 };
    fake_net_rule("/ip4/192.0.2.1/udp/4001/quic-v1", 5, 0);
    fake_net_rule("/ip4/192.0.2.2/udp/4001/quic-v1", 5, 0);
    assert_non_null(open_begin(&a, &b, &oa));
    assert_non_null(open_begin(&b, &a, &ob));
    run_until(is_opened, &oa);
    run_until(is_opened, &ob);
}

static void no_events(struct muxed *m)
{
    (void)m;
}

/* A bare dialler with from's key: its connection reaches `to` behind from's back. */
static struct quic *stranger;

static bool admit_all(void *arg, const struct peerid *peer)
{
    (void)arg;
    (void)peer;
    return true;
}

static void on_accept(void *arg, struct muxed *m)
{
    (void)arg;
    (void)m;
}

static void on_stream(struct muxed *m, struct stream *s)
{
    (void)m;
    stream_drop(s, GW_ECANCELED);
}

static int bare_close_err;

static void on_close(struct muxed *m, int err)
{
    (void)m;
    bare_close_err = err;
}

static const struct muxed_events bare_events = {
    .on_ready = no_events, .on_stream = on_stream, .on_moved = no_events, .on_close = on_close
};

static void dial_again(struct side *from, struct side *to)
{
    static const struct quic_config cfg;
    struct muxed *m;

    if (!stranger)
        stranger = quic_new(loop, turn, from->key, &cfg, admit_all, on_accept, NULL);
    assert_int_equal(quic_dial(stranger, &to->addr, id_of(to), &m), 0);
    m->ev = &bare_events;
}

static int teardown(void **state)
{
    if (stranger) {
        quic_stop(stranger, 0);
        run_ms(1);
        quic_free(stranger);
        stranger = NULL;
    }
    return hosts_teardown(state);
}

static void test_conns_are_seen_by_both_ends(void **state)
{
    (void)state;
    struct conn *c = join(&a, &b);
    struct muxed_info info;

    assert_false(conn_is_inbound(c));
    assert_true(peerid_eq(conn_peer(c), id_of(&b)));
    assert_ptr_equal(conn_host(c), a.host);
    conn_info(c, &info);
    assert_true(multiaddr_eq(&info.remote, &b.addr));
    assert_true(conn_is_inbound(host_conn(b.host, id_of(&a))));
    assert_int_equal(a.opened, 1);
    assert_int_equal(b.opened, 1);
}

static bool both_closed(void *arg)
{
    (void)arg;
    return a.closed && b.closed;
}

static void test_close_peer_ends_the_connection_with_its_reason(void **state)
{
    (void)state;
    join(&a, &b);
    host_close_peer(b.host, id_of(&a), GW_EDENIED);
    assert_null(host_conn(b.host, id_of(&a))); /* not used any more, at once */
    run_until(both_closed, NULL);
    assert_int_equal(b.close_err, GW_EDENIED);
    assert_int_equal(a.close_err, GW_EDENIED);
    assert_null(host_conn(a.host, id_of(&b)));
    assert_int_equal(conns_of(&a), 0);
}

/* Both see an inbound and an outbound connection.  The smaller id's dial is the one. */
static void test_of_two_the_one_dialled_by_the_smaller_id_is_used(void **state)
{
    (void)state;
    join(&b, &a); /* the greater id dials first */
    assert_true(conn_is_inbound(host_conn(a.host, id_of(&b))));
    dial_again(&a, &b); /* and the smaller one, afterwards */
    run_ms(5);
    assert_int_equal(conns_of(&b), 2);
    struct conn *used = host_conn(b.host, id_of(&a));
    assert_true(conn_is_inbound(used));

    dial_again(&a, &b);
    run_ms(5);
    assert_ptr_not_equal(host_conn(b.host, id_of(&a)), used); /* of equals the youngest */
    assert_true(conn_is_inbound(host_conn(b.host, id_of(&a))));
}

static void test_dialling_at_once_leads_both_to_the_same_connection(void **state)
{
    (void)state;
    join_both_ways();
    run_ms(5);
    struct conn *at_a = host_conn(a.host, id_of(&b)), *at_b = host_conn(b.host, id_of(&a));
    assert_non_null(at_a);
    assert_non_null(at_b);
    assert_true(conn_is_inbound(at_a) != conn_is_inbound(at_b));
}

static void test_the_spare_one_is_closed_once_idle(void **state)
{
    (void)state;
    join(&b, &a);
    dial_again(&b, &a); /* now the one in use at a: the first is spare */
    run_ms(5);
    assert_int_equal(conns_of(&a), 2);
    run_ms((CONNS_SPARE_IDLE_S + 2) * 1000);
    assert_int_equal(conns_of(&a), 1);
    assert_int_equal(a.close_err, 0);
    assert_int_equal(conns_of(&b), 0); /* it was b's own */
}

static void test_a_dialled_connection_is_closed_when_idle(void **state)
{
    (void)state;
    join(&a, &b);
    run_ms(3000);
    assert_int_equal(a.closed, 1);
    assert_int_equal(a.close_err, 0);
}

static void test_a_connection_may_have_an_idle_limit_of_its_own(void **state)
{
    (void)state;
    conn_set_idle(join(&a, &b), 0);
    run_ms(3000);
    assert_int_equal(a.closed, 0);
    conn_set_idle(host_conn(b.host, id_of(&a)), 100); /* the end that did not dial */
    run_ms(1500);
    assert_int_equal(b.closed, 1);
    assert_int_equal(b.close_err, 0);
}

static int setup_idle(void **state)
{
    hosts_setup(state);
    config.idle_ms = 1500;
    host_set_config(a.host, &config);
    return 0;
}

static struct stream *held;

static void hold(void *arg, int err, struct conn *c, struct stream *s, const char *protocol,
                 struct bytes early)
{
    (void)arg;
    (void)c;
    (void)protocol;
    (void)early;
    assert_int_equal(err, 0);
    stream_own(s, &quiet_events, NULL);
    held = s;
}

static void test_a_stream_keeps_its_connection_open(void **state)
{
    (void)state;
    unsigned served = 0;
    assert_int_equal(host_handle(b.host, "/hold", NULL, quiet_handler, &served), 0);
    struct conn *c = join(&a, &b);
    assert_int_equal(conn_open(c, "/hold", (struct bytes){ 0 }, hold, NULL), 0);
    run_ms(3000);
    assert_int_equal(a.closed, 0);
    stream_drop(held, GW_ECANCELED);
    run_ms(3000);
    assert_int_equal(a.closed, 1);
}

static int setup_one_peer(void **state)
{
    hosts_setup(state);
    config.max_peers = 1;
    host_set_config(b.host, &config);
    return 0;
}

static void test_beyond_max_peers_the_newcomer_is_closed(void **state)
{
    (void)state;
    struct conn *first = join(&a, &b);
    dial_again(&a, &b);
    run_ms(5);
    assert_int_equal(bare_close_err, GW_ELIMIT);
    assert_int_equal(conns_of(&b), 1);
    assert_ptr_equal(host_conn(a.host, id_of(&b)), first);
}

static void test_one_peer_gets_no_more_than_its_share(void **state)
{
    (void)state;
    join(&a, &b);
    for (int i = 1; i < CONNS_PER_PEER_MAX; i++)
        dial_again(&a, &b);
    run_ms(5);
    assert_int_equal(conns_of(&b), CONNS_PER_PEER_MAX);
    dial_again(&a, &b);
    run_ms(5);
    assert_int_equal(bare_close_err, GW_ELIMIT);
    assert_int_equal(conns_of(&b), CONNS_PER_PEER_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_conns_are_seen_by_both_ends, hosts_setup, teardown),
        cmocka_unit_test_setup_teardown(test_close_peer_ends_the_connection_with_its_reason,
                                        hosts_setup, teardown),
        cmocka_unit_test_setup_teardown(test_of_two_the_one_dialled_by_the_smaller_id_is_used,
                                        hosts_setup, teardown),
        cmocka_unit_test_setup_teardown(test_dialling_at_once_leads_both_to_the_same_connection,
                                        hosts_setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_spare_one_is_closed_once_idle, hosts_setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_dialled_connection_is_closed_when_idle, setup_idle,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_connection_may_have_an_idle_limit_of_its_own,
                                        setup_idle, teardown),
        cmocka_unit_test_setup_teardown(test_a_stream_keeps_its_connection_open, setup_idle,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_beyond_max_peers_the_newcomer_is_closed,
                                        setup_one_peer, teardown),
        cmocka_unit_test_setup_teardown(test_one_peer_gets_no_more_than_its_share, hosts_setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
