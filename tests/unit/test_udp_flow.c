/* test_udp_flow.c - a pipe of datagrams to a peer; the peer's end of connection and stream is the
 * test. */
#include "svc/udp_flow.h"

#include "fake_host.h"
#include "testpeers.h"

#define FLOW 7

struct fixture {
    struct ev_loop *loop;
    struct turn *turn;
    struct host *host;
    struct conn c;
    struct fake_stream *f;
    struct dgrams *flow;
    char got[256]; /* each datagram and a blank */
    size_t ngot;
    bool is_closed;
    int err;
    bool closes_at_first; /* the flow, from inside its event */
};

static void on_datagram(struct dgrams *d, struct bytes v)
{
    struct fixture *x = d->owner;
    assert_true(x->ngot + v.n + 2 <= sizeof x->got);
    if (v.n)
        memcpy(x->got + x->ngot, v.p, v.n);
    x->ngot += v.n;
    x->got[x->ngot++] = ' ';
    if (x->closes_at_first) {
        d->ops->close(d, 0);
        x->flow = NULL;
    }
}

static void on_close(struct dgrams *d, int err)
{
    struct fixture *x = d->owner;
    assert_false(x->is_closed);
    x->is_closed = true;
    x->err = err;
    x->flow = NULL;
}

static const struct dgrams_events events = { on_datagram, on_close };

static int begin(void **state)
{
    struct fixture *x = calloc(1, sizeof *x);
    x->loop = ev_loop_new(EVFLAG_AUTO);
    x->turn = turn_new(x->loop);
    x->host = fake_host_new(x->loop, x->turn);
    x->c.peer = peer_of(PEER_A);
    x->c.host = x->host;
    x->f = fake_stream_new(x->turn);
    *state = x;
    return 0;
}

static int end(void **state)
{
    struct fixture *x = *state;
    if (x->flow)
        x->flow->ops->close(x->flow, GW_ECLOSED);
    fake_run_ms(x->loop, 10);
    if (x->f->s.ev && !x->f->is_closed) { /* a parting waits for the other end */
        fake_stream_eof(x->f);
        fake_run_ms(x->loop, 10);
    }
    assert_false(fake_conn_deliver(&x->c, FLOW, true, bytes_of("nobody is there")));
    fake_stream_free(x->f);
    fake_host_free(x->host);
    turn_free(x->turn);
    ev_loop_destroy(x->loop);
    free(x);
    return 0;
}

static void make(struct fixture *x, struct bytes early)
{
    x->f->delivered = early.n;
    x->flow = udp_flow_new(&x->c, &x->f->s, FLOW, true, early);
    assert_non_null(x->flow);
    dgrams_own(x->flow, &events, x);
}

static void assert_written(const struct fixture *x, const char *want, size_t n)
{
    assert_int_equal(x->f->nout, n);
    assert_memory_equal(x->f->out, want, n);
}

static void test_datagrams_go_by_the_connection_where_they_fit(void **state)
{
    struct fixture *x = *state;
    x->c.datagram_max = 5;
    make(x, bytes_of(""));
    x->flow->ops->send(x->flow, bytes_of("short"));
    x->flow->ops->send(x->flow, bytes_of("longer"));
    x->flow->ops->send(x->flow, (struct bytes){ 0 });
    assert_int_equal(x->c.nsent, 2);
    assert_int_equal(x->c.sent[0].flow, FLOW);
    assert_true(x->c.sent[0].is_opener);
    assert_bytes((struct bytes){ x->c.sent[0].data, x->c.sent[0].n }, bytes_of("short"));
    assert_int_equal(x->c.sent[1].n, 0);
    assert_written(x, "\6longer", 7);
}

static void test_datagrams_come_by_both_ways(void **state)
{
    struct fixture *x = *state;
    make(x, bytes_of(""));
    assert_true(fake_conn_deliver(&x->c, FLOW, true, bytes_of("one")));
    fake_stream_deliver(x->f, bytes_of("\3two\5three"));
    assert_string_equal(x->got, "one two three ");
    assert_int_equal(x->f->credited, x->f->delivered);
}

static void test_stream_octet_by_octet_is_read_and_credited(void **state)
{
    struct fixture *x = *state;
    const char *wire = "\3abc\0\1d";
    make(x, bytes_of(""));
    for (size_t i = 0; i < 7; i++)
        fake_stream_deliver(x->f, (struct bytes){ (const uint8_t *)wire + i, 1 });
    assert_string_equal(x->got, "abc  d ");
    assert_int_equal(x->f->credited, 7);
}

static void test_early_datagrams_are_delivered_from_the_loop(void **state)
{
    struct fixture *x = *state;
    make(x, bytes_of("\3one\3two\3th"));
    assert_int_equal(x->ngot, 0);
    assert_int_equal(x->f->credited, 0);
    fake_run_ms(x->loop, 10);
    assert_string_equal(x->got, "one two ");
    fake_stream_deliver(x->f, bytes_of("r"));
    assert_string_equal(x->got, "one two thr ");
    assert_int_equal(x->f->credited, x->f->delivered);
}

static void test_early_datagrams_come_before_later_ones_and_the_end(void **state)
{
    struct fixture *x = *state;
    make(x, bytes_of("\3one\3t"));
    fake_stream_deliver(x->f, bytes_of("wo"));
    assert_string_equal(x->got, "one two ");
    fake_stream_eof(x->f);
    assert_true(x->is_closed);
    assert_int_equal(x->err, 0);
}

static void test_end_of_the_stream_is_answered(void **state)
{
    struct fixture *x = *state;
    make(x, bytes_of("\3one"));
    fake_stream_eof(x->f);
    assert_string_equal(x->got, "one ");
    assert_true(x->is_closed);
    assert_int_equal(x->err, 0);
    assert_true(fake_run_until(x->loop, &x->f->is_closed));
    assert_true(x->f->has_fin);
    assert_int_equal(x->f->err, 0);
}

static void test_reset_of_the_stream_keeps_its_error(void **state)
{
    struct fixture *x = *state;
    make(x, bytes_of(""));
    fake_stream_break(x->f, GW_ERESET);
    assert_true(fake_run_until(x->loop, &x->is_closed));
    assert_int_equal(x->err, GW_ERESET);
}

static void test_close_in_order_says_fin_and_an_error_resets(void **state)
{
    static const int errs[] = { 0, GW_EDENIED };
    struct fixture *x = *state;
    for (int i = 0; i < 2; i++) {
        make(x, bytes_of(""));
        x->flow->ops->close(x->flow, errs[i]);
        x->flow = NULL;
        assert_int_equal(x->f->has_fin, i == 0);
        assert_int_equal(x->f->is_reset, i == 1);
        assert_false(fake_conn_deliver(&x->c, FLOW, true, bytes_of("x")));
        if (i == 0)
            fake_stream_eof(x->f);
        assert_true(fake_run_until(x->loop, &x->f->is_closed));
        assert_int_equal(x->f->err, errs[i]);
        assert_false(x->is_closed);
        if (i == 0) {
            fake_stream_free(x->f);
            x->f = fake_stream_new(x->turn);
        }
    }
}

static void test_close_from_inside_an_event_is_the_last(void **state)
{
    struct fixture *x = *state;
    x->closes_at_first = true;
    make(x, bytes_of("\3one\3two"));
    fake_run_ms(x->loop, 10);
    assert_string_equal(x->got, "one ");
    assert_false(x->is_closed);
    assert_true(x->f->has_fin);
}

static void test_malformed_length_ends_the_flow(void **state)
{
    struct fixture *x = *state;
    make(x, bytes_of(""));
    fake_stream_deliver(x->f, bytes_of("\3one\xe4\xff\x03"));
    assert_string_equal(x->got, "one ");
    assert_true(x->is_closed);
    assert_int_equal(x->err, GW_EPROTO);
    assert_true(x->f->is_reset);
}

/* The fake stream says of all octets that they have left; one that keeps them stands for a slow
 * peer. */
static ssize_t write_later(struct stream *s, struct bytes v)
{
    struct fake_stream *f = (struct fake_stream *)s;
    assert_true(v.n <= sizeof f->out - f->nout);
    memcpy(f->out + f->nout, v.p, v.n);
    f->nout += v.n;
    return 0;
}

static void test_what_a_slow_stream_has_no_room_for_is_lost(void **state)
{
    static const uint8_t much[30000];
    struct fixture *x = *state;
    struct stream_ops slow = *x->f->s.ops;
    slow.write = write_later;
    x->f->s.ops = &slow;
    make(x, bytes_of(""));
    for (int i = 0; i < 3; i++)
        x->flow->ops->send(x->flow, (struct bytes){ much, sizeof much });
    assert_int_equal(x->f->nout, 2 * (3 + sizeof much));
    x->f->s.ev->on_drained(&x->f->s, 3 + sizeof much);
    x->flow->ops->send(x->flow, (struct bytes){ much, sizeof much });
    assert_int_equal(x->f->nout, 3 * (3 + sizeof much));
    x->flow->ops->close(x->flow, GW_ECLOSED);
    x->flow = NULL;
    assert_true(fake_run_until(x->loop, &x->f->is_closed));
}

static void test_id_in_use_makes_no_flow_and_leaves_the_stream(void **state)
{
    struct fixture *x = *state;
    struct fake_stream *second = fake_stream_new(x->turn);
    make(x, bytes_of(""));
    assert_null(udp_flow_new(&x->c, &second->s, FLOW, true, bytes_of("\1x")));
    assert_null(second->s.ev);
    fake_stream_free(second);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_datagrams_go_by_the_connection_where_they_fit),
        TEST(test_datagrams_come_by_both_ways),
        TEST(test_stream_octet_by_octet_is_read_and_credited),
        TEST(test_early_datagrams_are_delivered_from_the_loop),
        TEST(test_early_datagrams_come_before_later_ones_and_the_end),
        TEST(test_end_of_the_stream_is_answered),
        TEST(test_reset_of_the_stream_keeps_its_error),
        TEST(test_close_in_order_says_fin_and_an_error_resets),
        TEST(test_close_from_inside_an_event_is_the_last),
        TEST(test_malformed_length_ends_the_flow),
        TEST(test_what_a_slow_stream_has_no_room_for_is_lost),
        TEST(test_id_in_use_makes_no_flow_and_leaves_the_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
