/* test_loss.c - bursts of datagrams between two hosts in memory, where nothing gets lost. */
#include "p2p/loss.h"

#include "two_hosts.h"

static struct loss_server *served;
static bool b_lets;

static struct {
    unsigned calls;
    int err;
    struct loss_result r;
} told;

static bool may(void *arg, const struct peerid *peer)
{
    (void)arg;
    (void)peer;
    return b_lets;
}

static int setup(void **state)
{
    hosts_setup(state);
    fake_net.datagram_max = 1200;
    served = loss_serve(b.host, may, NULL);
    assert_non_null(served);
    b_lets = true;
    memset(&told, 0, sizeof told);
    return 0;
}

static int teardown(void **state)
{
    host_stop(a.host, 0);
    host_stop(b.host, 0);
    run_ms(5);
    loss_server_free(served);
    return hosts_teardown(state);
}

static void on_done(void *arg, int err, const struct loss_result *r)
{
    (void)arg;
    told.calls++;
    told.err = err;
    if (r)
        told.r = *r;
}

static bool is_told(void *arg)
{
    (void)arg;
    return told.calls > 0;
}

static struct loss *start(void)
{
    struct loss *l = NULL;
    assert_int_equal(loss_start(join(&a, &b), on_done, NULL, &l), 0);
    return l;
}

static void test_every_packet_comes_back_on_a_clean_path(void **state)
{
    (void)state;
    start();
    run_until(is_told, NULL);
    assert_int_equal(told.err, 0);
    assert_int_equal(told.r.sent, LOSS_PACKETS_MAX);
    assert_int_equal(told.r.there, told.r.sent);
    assert_int_equal(told.r.back, told.r.sent);
    run_ms(10);
    assert_int_equal(told.calls, 1);
}

static void test_strangers_are_not_served(void **state)
{
    (void)state;
    b_lets = false;
    start();
    run_until(is_told, NULL);
    assert_int_equal(told.err, GW_ENOPROTO);
}

/* One burst is a thousand datagrams back at the most; many at once would be a way to keep us busy.
 */
static void test_a_peer_has_one_burst_served_at_a_time(void **state)
{
    (void)state;
    start();
    run_ms(20);
    start();
    run_until(is_told, NULL);
    assert_int_equal(told.err, GW_ERESET); /* the second one */
    told.calls = 0;
    run_until(is_told, NULL);
    assert_int_equal(told.err, 0); /* the first one goes on */
    assert_int_equal(told.r.back, LOSS_PACKETS_MAX);
    run_ms(5);
    told.calls = 0;
    start(); /* and once it is over there is room */
    run_until(is_told, NULL);
    assert_int_equal(told.err, 0);
}

static void test_connection_without_datagrams_is_told_at_once(void **state)
{
    struct loss *l;
    (void)state;
    fake_net.datagram_max = 0;
    assert_int_equal(loss_start(join(&a, &b), on_done, NULL, &l), GW_EUNSUP);
    fake_net.datagram_max = LOSS_LEN;
    assert_int_equal(loss_start(join(&a, &b), on_done, NULL, &l), GW_EUNSUP);
}

static void test_end_of_the_connection_is_told(void **state)
{
    (void)state;
    start();
    run_ms(20);
    host_close_peer(b.host, key_peerid(a.key), 0);
    run_until(is_told, NULL);
    assert_int_not_equal(told.err, 0);
    assert_int_equal(told.calls, 1);
}

static void test_cancel_at_any_time_calls_nobody(void **state)
{
    static const unsigned after_ms[] = { 0, 1, 20 };
    (void)state;
    for (size_t i = 0; i < COUNT(after_ms); i++) {
        struct loss *l = start();
        if (after_ms[i])
            run_ms(after_ms[i]);
        loss_cancel(l);
        run_ms(20);
    }
    assert_int_equal(told.calls, 0);
    loss_cancel(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_every_packet_comes_back_on_a_clean_path),
        T(test_strangers_are_not_served),
        T(test_a_peer_has_one_burst_served_at_a_time),
        T(test_connection_without_datagrams_is_told_at_once),
        T(test_end_of_the_connection_is_told),
        T(test_cancel_at_any_time_calls_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
