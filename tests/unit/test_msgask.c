/* test_msgask.c - a question and its answer between two hosts in memory. */
#include "p2p/msgask.h"

#include "p2p/msgread.h"
#include "two_hosts.h"

#define PROTOCOL "/test/ask/1"

static const struct bytes question = { (const uint8_t *)"\x03who", 4 };

static struct {          /* b's end */
    struct bytes answer; /* n 0: it says nothing */
    struct msgread *reader;
    struct stream *s; /* the question's */
    unsigned heard;
    bool is_ended, is_closed;
    int close_err;
} server;

static struct {
    unsigned calls;
    int err;
    uint8_t answer[64];
    size_t n;
} told;

static void on_end(struct stream *s)
{
    server.is_ended = true;
    s->ops->shutdown(s);
}

static void on_close(struct stream *s, int err)
{
    (void)s;
    server.is_closed = true;
    server.close_err = err;
}

static const struct stream_events server_events = { .on_data = stream_ignore_data,
                                                    .on_drained = stream_ignore_drained,
                                                    .on_eof = on_end,
                                                    .on_close = on_close };

static void on_question(void *arg, int err, struct stream *s, struct bytes msg, struct bytes rest)
{
    (void)arg;
    (void)rest;
    if (err)
        return;
    assert_true(bytes_eq(msg, question));
    server.heard++;
    server.s = s;
    stream_own(s, &server_events, NULL);
    s->ops->credit(s, 0);
    if (server.answer.n)
        assert_true(s->ops->write(s, server.answer) >= 0);
}

static void serve(void *arg, struct conn *c, struct stream *s, const char *protocol,
                  struct bytes early)
{
    static const struct msgread_limits limits = { .max = 16, .timeout_ms = 5000 };
    (void)arg;
    (void)c;
    (void)protocol;
    msgread_start(loop, s, early, &limits, &server.reader, on_question, NULL);
}

static int setup(void **state)
{
    hosts_setup(state);
    memset(&server, 0, sizeof server);
    memset(&told, 0, sizeof told);
    assert_int_equal(host_handle(b.host, PROTOCOL, NULL, serve, NULL), 0);
    return 0;
}

static void on_answer(void *arg, int err, struct bytes answer)
{
    (void)arg;
    told.calls++;
    told.err = err;
    told.n = answer.n;
    assert_true(answer.n <= sizeof told.answer);
    if (answer.n)
        memcpy(told.answer, answer.p, answer.n);
}

static bool is_told(void *arg)
{
    (void)arg;
    return told.calls > 0;
}

static struct msgask_req req_of(const char *protocol)
{
    return (struct msgask_req){ .peer = *key_peerid(b.key),
                                .addrs = &b.addr,
                                .naddrs = 1,
                                .protocol = protocol,
                                .question = question,
                                .max = 16,
                                .timeout_ms = 1000 };
}

static void ask(const struct msgask_req *req)
{
    assert_non_null(msgask_start(a.host, req, on_answer, NULL));
    run_until(is_told, NULL);
    run_ms(20);
    assert_int_equal(told.calls, 1);
}

static void test_the_answer_comes_whole(void **state)
{
    const struct msgask_req req = req_of(PROTOCOL);
    (void)state;
    server.answer = (struct bytes){ (const uint8_t *)"\x02it", 3 };
    ask(&req);
    assert_int_equal(told.err, 0);
    assert_int_equal(told.n, 3);
    assert_memory_equal(told.answer, "\x02it", 3);
}

/* js-libp2p 2 over QUIC ends a stream whose end it sees before it has sent its answer, and that
 * goes with it. */
static void test_the_stream_is_ended_behind_the_answer_and_not_before(void **state)
{
    const struct msgask_req req = req_of(PROTOCOL);
    (void)state;
    assert_non_null(msgask_start(a.host, &req, on_answer, NULL));
    run_ms(100);
    assert_int_equal(server.heard, 1);
    assert_false(server.is_ended);
    assert_true(server.s->ops->write(server.s, (struct bytes){ (const uint8_t *)"\x02it", 3 }) >=
                0);
    run_until(is_told, NULL);
    run_ms(20);
    assert_int_equal(told.err, 0);
    assert_true(server.is_ended);
    assert_true(server.is_closed);
    assert_int_equal(server.close_err, 0);
}

static void test_an_answer_that_is_too_long_is_none(void **state)
{
    const struct msgask_req req = req_of(PROTOCOL);
    (void)state;
    server.answer = (struct bytes){ (const uint8_t *)"\x11", 1 };
    ask(&req);
    assert_int_equal(told.err, GW_EPROTO);
    assert_int_equal(told.n, 0);
}

static void test_silence_ends_in_time(void **state)
{
    const struct msgask_req req = req_of(PROTOCOL);
    (void)state;
    ask(&req);
    assert_int_equal(told.err, GW_ETIMEOUT);
    assert_int_equal(server.heard, 1);
}

static void test_a_statement_waits_for_nothing(void **state)
{
    struct msgask_req req = req_of(PROTOCOL);
    (void)state;
    req.is_statement = true;
    ask(&req);
    assert_int_equal(told.err, 0);
    assert_int_equal(told.n, 0);
    assert_int_equal(server.heard, 1);
}

static void test_who_does_not_speak_it_is_told(void **state)
{
    const struct msgask_req req = req_of("/test/other/1");
    (void)state;
    ask(&req);
    assert_int_equal(told.err, GW_ENOPROTO);
}

static void test_cancel_at_any_time_calls_nobody(void **state)
{
    const struct msgask_req req = req_of(PROTOCOL);
    (void)state;
    for (unsigned ms = 0; ms <= 20; ms += 5) {
        struct msgask *q = msgask_start(a.host, &req, on_answer, NULL);
        assert_non_null(q);
        if (ms)
            run_ms(ms);
        msgask_cancel(q);
    }
    run_ms(2000);
    assert_int_equal(told.calls, 0);
    msgask_cancel(NULL);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, hosts_teardown)
    const struct CMUnitTest tests[] = {
        T(test_the_answer_comes_whole),
        T(test_the_stream_is_ended_behind_the_answer_and_not_before),
        T(test_an_answer_that_is_too_long_is_none),
        T(test_silence_ends_in_time),
        T(test_a_statement_waits_for_nothing),
        T(test_who_does_not_speak_it_is_told),
        T(test_cancel_at_any_time_calls_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
