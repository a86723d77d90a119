/* test_ping.c - pings between two hosts in memory, and a server that answers as it should not. */
#include "p2p/ping.h"

#include "two_hosts.h"

struct round {
    unsigned answers, failures;
    int err;
    struct ping *cancel_at_answer;
};

static struct round got;

static int setup(void **state)
{
    got = (struct round){ 0 };
    return hosts_setup(state);
}

static void on_answer(void *arg, int err, uint64_t rtt_us)
{
    struct round *r = arg;

    if (err) {
        r->failures++;
        r->err = err;
        return;
    }
    r->answers++;
    assert_true(rtt_us < 1000000);
    ping_cancel(r->cancel_at_answer);
}

static bool has_failed(void *arg)
{
    (void)arg;
    return got.failures > 0;
}

static bool has_three(void *arg)
{
    (void)arg;
    return got.answers == 3;
}

static struct ping *start(struct conn *c, uint32_t count)
{
    struct ping_round r = { .count = count, .interval_ms = 2, .timeout_ms = 50 };
    struct ping *p = ping_start(c, &r, on_answer, &got);
    assert_non_null(p);
    return p;
}

static uint32_t streams_of(const struct conn *c)
{
    struct muxed_info info;
    conn_info(c, &info);
    return info.streams;
}

static void test_a_round_brings_its_answers_and_ends_its_stream(void **state)
{
    (void)state;
    assert_int_equal(ping_serve(b.host), 0);
    struct conn *c = join(&a, &b);
    fake_net.streams = 0;
    start(c, 3);
    run_until(has_three, NULL);
    run_ms(20);
    assert_int_equal(got.answers, 3);
    assert_int_equal(got.failures, 0);
    assert_int_equal(fake_net.streams, 1);
    assert_int_equal(streams_of(c), 0);
}

static void test_payloads_may_come_in_pieces(void **state)
{
    (void)state;
    assert_int_equal(ping_serve(b.host), 0);
    struct conn *c = join(&a, &b);
    fake_net.piece = 5;
    start(c, 3);
    run_until(has_three, NULL);
}

static void test_a_peer_without_ping_is_noproto(void **state)
{
    (void)state;
    start(join(&a, &b), 1);
    run_until(has_failed, NULL);
    assert_int_equal(got.err, GW_ENOPROTO);
    assert_int_equal(got.failures, 1);
}

static void test_no_answer_is_a_timeout(void **state)
{
    (void)state;
    unsigned served = 0;
    assert_int_equal(host_handle(b.host, PING_PROTOCOL, NULL, quiet_handler, &served), 0);
    struct conn *c = join(&a, &b);
    start(c, 3);
    run_until(has_failed, NULL);
    run_ms(5);
    assert_int_equal(got.err, GW_ETIMEOUT);
    assert_int_equal(got.failures, 1);
    assert_int_equal(streams_of(c), 0);
}

/* The negotiation would be given a second. */
static void test_no_opening_is_a_timeout_in_the_round_s_time(void **state)
{
    (void)state;
    assert_int_equal(ping_serve(b.host), 0);
    struct conn *c = join(&a, &b);
    fake_net.is_silent = true;
    start(c, 1);
    run_ms(200);
    assert_int_equal(got.failures, 1);
    assert_int_equal(got.err, GW_ETIMEOUT);
    run_ms(1000); /* nothing more when the negotiation gives up, too */
    assert_int_equal(got.failures, 1);
    assert_int_equal(streams_of(c), 0);
}

static void say_zeros(void *arg, struct conn *c, struct stream *s, const char *protocol,
                      struct bytes early)
{
    static const uint8_t zeros[32];
    quiet_handler(arg, c, s, protocol, early);
    assert_true(s->ops->write(s, (struct bytes){ zeros, sizeof zeros }) >= 0);
}

static void test_another_payload_is_a_fault(void **state)
{
    (void)state;
    unsigned served = 0;
    assert_int_equal(host_handle(b.host, PING_PROTOCOL, NULL, say_zeros, &served), 0);
    start(join(&a, &b), 1);
    run_until(has_failed, NULL);
    assert_int_equal(got.err, GW_EPROTO);
    assert_int_equal(got.answers, 0);
}

static void test_the_end_of_the_connection_fails_the_round(void **state)
{
    (void)state;
    unsigned served = 0;
    assert_int_equal(host_handle(b.host, PING_PROTOCOL, NULL, quiet_handler, &served), 0);
    start(join(&a, &b), 1);
    run_ms(3);
    host_close_peer(b.host, key_peerid(a.key), GW_EDENIED);
    run_until(has_failed, NULL);
    assert_int_equal(got.failures, 1);
}

static void test_cancel_calls_nobody(void **state)
{
    (void)state;
    assert_int_equal(ping_serve(b.host), 0);
    struct conn *c = join(&a, &b);
    ping_cancel(start(c, 3)); /* while it opens */
    run_ms(5);
    assert_int_equal(got.answers, 0);
    got.cancel_at_answer = start(c, 3); /* from its own callback */
    run_ms(20);
    assert_int_equal(got.answers, 1);
    assert_int_equal(got.failures, 0);
    assert_int_equal(streams_of(c), 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, hosts_teardown)
    const struct CMUnitTest tests[] = {
        T(test_a_round_brings_its_answers_and_ends_its_stream),
        T(test_payloads_may_come_in_pieces),
        T(test_a_peer_without_ping_is_noproto),
        T(test_no_answer_is_a_timeout),
        T(test_no_opening_is_a_timeout_in_the_round_s_time),
        T(test_another_payload_is_a_fault),
        T(test_the_end_of_the_connection_fails_the_round),
        T(test_cancel_calls_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
