/* test_perf.c - octet counts both ways between two hosts in memory. */
#include "p2p/perf.h"

#include "two_hosts.h"

struct outcome {
    unsigned calls;
    int err;
    struct perf_result r;
};

static struct outcome got;

static int setup(void **state)
{
    got = (struct outcome){ 0 };
    hosts_setup(state);
    assert_int_equal(perf_serve(b.host), 0);
    return 0;
}

static void on_done(void *arg, int err, const struct perf_result *r)
{
    struct outcome *o = arg;
    o->calls++;
    o->err = err;
    o->r = *r;
}

static bool is_done(void *arg)
{
    (void)arg;
    return got.calls > 0;
}

static uint32_t streams_of(const struct conn *c)
{
    struct muxed_info info;
    conn_info(c, &info);
    return info.streams;
}

static void test_so_many_octets_go_up_and_so_many_come_down(void **state)
{
    static const struct {
        uint64_t up, down;
        size_t piece;
    } cases[] = {
        { 0, 0, 0 },
        { 1, 0, 0 },
        { 0, 1, 0 },
        { 5000, 7, 1 },
        { 100000, 100001, 999 },
        { FAKE_WINDOW + 1, FAKE_WINDOW + 2, 0 },
        { 50000000, 60000000, 0 },
    };
    (void)state;
    struct conn *c = join(&a, &b);
    for (size_t i = 0; i < COUNT(cases); i++) {
        got = (struct outcome){ 0 };
        fake_net.piece = cases[i].piece;
        assert_non_null(perf_start(c, cases[i].up, cases[i].down, on_done, &got));
        run_until(is_done, NULL);
        assert_int_equal(got.err, 0);
        assert_int_equal(got.r.up, cases[i].up);
        assert_int_equal(got.r.down, cases[i].down);
    }
    assert_int_equal(streams_of(c), 0);
}

/* A server that says what it likes. */
static void answer_wrongly(void *arg, struct conn *c, struct stream *s, const char *protocol,
                           struct bytes early)
{
    static const uint8_t octets[100];
    unsigned served = 0;
    quiet_handler(&served, c, s, protocol, early);
    assert_true(s->ops->write(s, (struct bytes){ octets, *(size_t *)arg }) >= 0);
    s->ops->shutdown(s);
}

static void test_another_count_than_asked_for_is_a_fault(void **state)
{
    for (size_t says = 9; says <= 11; says += 2) {
        got = (struct outcome){ 0 };
        hosts_setup(state);
        assert_int_equal(host_handle(b.host, PERF_PROTOCOL, NULL, answer_wrongly, &says), 0);
        assert_non_null(perf_start(join(&a, &b), 0, 10, on_done, &got));
        run_until(is_done, NULL);
        assert_int_equal(got.err, GW_EPROTO);
        hosts_teardown(state);
    }
}

static void refuse_by_reset(void *arg, struct conn *c, struct stream *s, const char *protocol,
                            struct bytes early)
{
    unsigned served = 0;
    (void)arg;
    quiet_handler(&served, c, s, protocol, early);
    s->ops->reset(s, GW_EPROTO);
}

static void test_a_reset_in_place_of_na_is_one(void **state)
{
    got = (struct outcome){ 0 };
    hosts_setup(state);
    assert_int_equal(host_handle(b.host, PERF_PROTOCOL, NULL, refuse_by_reset, NULL), 0);
    assert_non_null(perf_start(join(&a, &b), 0, 10, on_done, &got));
    run_until(is_done, NULL);
    assert_int_equal(got.err, GW_ENOPROTO);
    hosts_teardown(state);
}

static void test_a_header_cut_short_resets_the_stream(void **state)
{
    (void)state;
    struct opened o = { 0 };
    struct conn *c = join(&a, &b);
    assert_int_equal(conn_open(c, PERF_PROTOCOL, (struct bytes){ (const uint8_t *)"\0\0\0", 3 },
                               note_opened, &o),
                     0);
    run_until(is_opened, &o);
    run_ms(5);
    assert_int_equal(streams_of(c), 0);
}

static void test_cancel_calls_nobody_and_ends_the_stream(void **state)
{
    (void)state;
    struct conn *c = join(&a, &b);
    perf_cancel(perf_start(c, 1, 1, on_done, &got)); /* while it opens */
    fake_net.round_ms = 1;
    struct perf *p = perf_start(c, 0, UINT64_MAX, on_done, &got);
    run_ms(10);
    assert_int_equal(streams_of(c), 1);
    perf_cancel(p);
    run_ms(5);
    assert_int_equal(got.calls, 0);
    assert_int_equal(streams_of(c), 0);
}

static void test_the_end_of_the_connection_is_told_with_the_counts(void **state)
{
    (void)state;
    struct conn *c = join(&a, &b);
    fake_net.round_ms = 1;
    assert_non_null(perf_start(c, 0, UINT64_MAX, on_done, &got));
    run_ms(10);
    host_close_peer(b.host, key_peerid(a.key), GW_EDENIED);
    run_until(is_done, NULL);
    assert_int_equal(got.calls, 1);
    assert_true(got.err != 0);
    assert_true(got.r.down > 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, hosts_teardown)
    const struct CMUnitTest tests[] = {
        T(test_so_many_octets_go_up_and_so_many_come_down),
        cmocka_unit_test(test_another_count_than_asked_for_is_a_fault),
        cmocka_unit_test(test_a_reset_in_place_of_na_is_one),
        T(test_a_header_cut_short_resets_the_stream),
        T(test_cancel_calls_nobody_and_ends_the_stream),
        T(test_the_end_of_the_connection_is_told_with_the_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
