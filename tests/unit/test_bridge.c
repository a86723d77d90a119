/* test_bridge.c - the bridge over in-memory streams: credit, half-close, reset, early octets, rate
 * limit, longest length. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/err.h"
#include "looprun.h"
#include "net/bridge.h"

#define QUEUE_MAX 200000

struct memstream {
    struct stream s;
    uint8_t queue[QUEUE_MAX]; /* all that was written; [0, drained) has left */
    size_t written, drained;
    size_t queue_max; /* what may be queued at once */
    size_t leaves;    /* what of each write leaves at once */
    size_t credit;
    int credits, commits, shutdowns, resets, reset_err;
    bool paused, no_memory;
};

static struct span m_reserve(struct stream *s, size_t want)
{
    struct memstream *m = (struct memstream *)s;
    size_t room = m->queue_max - (m->written - m->drained);
    return room ? (struct span){ m->queue + m->written, want < room ? want : room }
                : (struct span){ 0 };
}

static void m_commit(struct stream *s, size_t n)
{
    struct memstream *m = (struct memstream *)s;
    m->written += n;
    m->commits++;
}

static ssize_t m_write(struct stream *s, struct bytes v)
{
    struct memstream *m = (struct memstream *)s;
    size_t leaves = v.n < m->leaves ? v.n : m->leaves;
    if (m->no_memory)
        return GW_ENOMEM;
    assert_int_equal(m->shutdowns, 0);
    memcpy(m->queue + m->written, v.p, v.n);
    m->written += v.n;
    m->drained += leaves;
    return (ssize_t)leaves;
}

static void m_credit(struct stream *s, size_t n)
{
    struct memstream *m = (struct memstream *)s;
    m->credit += n;
    m->credits++;
    m->paused = false;
}

static void m_shutdown(struct stream *s)
{
    ((struct memstream *)s)->shutdowns++;
}

static void m_reset(struct stream *s, int err)
{
    struct memstream *m = (struct memstream *)s;
    m->resets++;
    m->reset_err = err;
}

static uint64_t m_acked(const struct stream *s)
{
    return ((const struct memstream *)s)->drained;
}

static const struct stream_ops m_ops = { m_reserve,  m_commit, m_write, m_credit,
                                         m_shutdown, m_reset,  m_acked };

/* What the carriers do. */

static void deliver(struct memstream *m, const char *text) /* as QUIC: in its own memory */
{
    m->s.ev->on_data(&m->s, bytes_of(text));
}

static size_t read_into(struct memstream *m, size_t n) /* as a socket: into the owner's room */
{
    struct span to = m->s.ev->on_alloc(&m->s);
    if (!to.n) {
        m->paused = true;
        return 0;
    }
    n = n < to.n ? n : to.n;
    for (size_t i = 0; i < n; i++)
        to.p[i] = (uint8_t)(i * 7);
    m->s.ev->on_data(&m->s, (struct bytes){ to.p, n });
    return n;
}

static void drain(struct memstream *m, size_t n)
{
    assert_true(n <= m->written - m->drained);
    m->drained += n;
    m->s.ev->on_drained(&m->s, n);
}

static void close_stream(struct memstream *m, int err)
{
    m->s.ev->on_close(&m->s, err);
    m->s.ev = NULL; /* freed: a later call would crash */
    m->s.ops = NULL;
}

static struct memstream a, b;
static struct bridge *br;
static int done_calls, done_err;
static struct bridge_stats done_stats;

static void done(void *arg, int err, const struct bridge_stats *st)
{
    assert_ptr_equal(arg, &done_calls);
    done_calls++;
    done_err = err;
    done_stats = *st;
}

static void start_with(const char *early, struct limit *limit)
{
    br = bridge_start(&a.s, &b.s, bytes_of(early), limit, done, &done_calls);
    assert_non_null(br);
    assert_int_equal(done_calls, 0);
}

static int setup(void **state)
{
    (void)state;
    memset(&a, 0, sizeof a);
    memset(&b, 0, sizeof b);
    a.s.ops = b.s.ops = &m_ops;
    a.queue_max = b.queue_max = QUEUE_MAX;
    a.paused = b.paused = true;
    done_calls = done_err = 0;
    return 0;
}

static void finish(void)
{
    if (a.s.ops)
        close_stream(&a, 0);
    assert_int_equal(done_calls, 0);
    close_stream(&b, 0);
    assert_int_equal(done_calls, 1);
}

static void test_start_lifts_both_pauses(void **state)
{
    (void)state;
    start_with("", NULL);
    assert_false(a.paused);
    assert_false(b.paused);
    assert_int_equal(a.credit + b.credit, 0); /* nothing was delivered yet */
    finish();
    assert_int_equal(done_err, 0);
}

static void test_credit_follows_drain(void **state)
{
    (void)state;
    start_with("", NULL);
    deliver(&b, "hello world");
    assert_memory_equal(a.queue, "hello world", 11);
    assert_int_equal(b.credit, 0);
    drain(&a, 5);
    assert_int_equal(b.credit, 5);
    drain(&a, 6);
    assert_int_equal(b.credit, 11);
    assert_int_equal(a.credit, 0);
    assert_int_equal(bridge_stats(br)->moved[1], 11);
    finish();
    assert_int_equal(done_stats.moved[0], 0);
    assert_int_equal(done_stats.moved[1], 11);
}

static void test_credit_for_what_leaves_at_once_comes_at_once(void **state)
{
    (void)state;
    a.leaves = 3;
    start_with("", NULL);
    deliver(&b, "hello");
    assert_int_equal(b.credit, 3);
    drain(&a, 2);
    assert_int_equal(b.credit, 5);
    finish();
}

static void test_credit_never_exceeds_what_was_delivered(void **state)
{
    (void)state;
    m_write(&a.s, bytes_of("reply of the owner before"));
    start_with("", NULL);
    deliver(&b, "hello");
    drain(&a, a.written);
    assert_int_equal(b.credit, 5);
    finish();
}

static void test_alloc_gives_room_in_the_other_queue(void **state)
{
    (void)state;
    start_with("", NULL);
    assert_int_equal(read_into(&a, 1000), 1000);
    assert_int_equal(b.written, 1000);
    assert_int_equal(b.commits, 1); /* in place: nothing was copied */
    assert_int_equal(b.queue[999], (uint8_t)(999 * 7));
    assert_int_equal(bridge_stats(br)->moved[0], 1000);
    finish();
}

static void test_full_queue_pauses_until_drained(void **state)
{
    (void)state;
    b.queue_max = 100;
    start_with("", NULL);
    assert_int_equal(read_into(&a, 1000), 100);
    assert_int_equal(read_into(&a, 1000), 0);
    assert_true(a.paused);
    drain(&b, 1);
    assert_false(a.paused);
    assert_int_equal(read_into(&a, 1000), 1);
    finish();
}

static void test_early_octets_go_first_and_are_credited(void **state)
{
    (void)state;
    start_with("early ", NULL);
    deliver(&b, "late");
    assert_memory_equal(a.queue, "early late", 10);
    assert_int_equal(b.credit, 0);
    drain(&a, 8);
    assert_int_equal(b.credit, 8);
    finish();
    assert_int_equal(done_stats.moved[1], 10);
}

static void test_half_close_crosses_over(void **state)
{
    for (int first = 0; first < 2; first++) {
        struct memstream *x = first ? &b : &a, *y = first ? &a : &b;
        setup(state);
        start_with("", NULL);
        x->s.ev->on_eof(&x->s);
        assert_int_equal(y->shutdowns, 1);
        assert_int_equal(x->shutdowns, 0);
        deliver(y, "still open"); /* the other direction goes on */
        assert_int_equal(x->written, 10);
        y->s.ev->on_eof(&y->s);
        assert_int_equal(x->shutdowns, 1);
        close_stream(x, 0);
        assert_int_equal(done_calls, 0);
        assert_int_equal(y->resets, 0);
        close_stream(y, 0);
        assert_int_equal(done_calls, 1);
        assert_int_equal(done_err, 0);
    }
}

static void test_drain_after_the_other_side_closed_goes_nowhere(void **state)
{
    (void)state;
    start_with("", NULL);
    deliver(&a, "last words");
    a.s.ev->on_eof(&a.s);
    b.s.ev->on_eof(&b.s);
    close_stream(&a, 0);
    drain(&b, 10);
    finish();
}

static void test_reset_crosses_over_once(void **state)
{
    for (int first = 0; first < 2; first++) {
        struct memstream *x = first ? &b : &a, *y = first ? &a : &b;
        setup(state);
        start_with("", NULL);
        close_stream(x, GW_ERESET);
        assert_int_equal(y->resets, 1);
        assert_int_equal(y->reset_err, GW_ERESET);
        assert_int_equal(done_calls, 0);
        close_stream(y, GW_ERESET);
        assert_int_equal(done_calls, 1);
        assert_int_equal(done_err, GW_ERESET);
        assert_int_equal(done_stats.a_failed, !first);
    }
}

static void test_cancel_resets_both_once_and_then_is_done(void **state)
{
    (void)state;
    start_with("", NULL);
    bridge_cancel(br, GW_EDENIED);
    bridge_cancel(br, GW_ETIMEOUT);
    assert_int_equal(done_calls, 0);
    close_stream(&b, GW_EDENIED);
    assert_int_equal(a.resets, 1);
    assert_int_equal(b.resets, 1);
    assert_int_equal(a.reset_err, GW_EDENIED);
    close_stream(&a, GW_EDENIED);
    assert_int_equal(done_calls, 1);
    assert_int_equal(done_err, GW_EDENIED);
}

static void test_write_out_of_memory_resets_both(void **state)
{
    (void)state;
    start_with("", NULL);
    a.no_memory = true;
    deliver(&b, "too much");
    assert_int_equal(a.reset_err, GW_ENOMEM);
    assert_int_equal(b.reset_err, GW_ENOMEM);
    close_stream(&a, GW_ENOMEM);
    close_stream(&b, GW_ENOMEM);
    assert_int_equal(done_err, GW_ENOMEM);
}

static void test_early_out_of_memory_is_done_later(void **state)
{
    (void)state;
    a.no_memory = true;
    start_with("early", NULL);
    assert_int_equal(a.resets + b.resets, 2);
    close_stream(&a, GW_ENOMEM);
    close_stream(&b, GW_ENOMEM);
    assert_int_equal(done_calls, 1);
}

static void test_close_while_paused_ends_the_bridge(void **state)
{
    (void)state;
    b.queue_max = 10;
    start_with("", NULL);
    read_into(&a, 10);
    read_into(&a, 10);
    assert_true(a.paused);
    close_stream(&b, GW_ERESET);
    assert_int_equal(a.resets, 1);
    close_stream(&a, GW_ERESET);
    assert_int_equal(done_calls, 1);
}

#define RATE  2000000u
#define BURST 200000u /* a tenth of a second's worth, see limit.h */

/* The far end of b has sent FIN and wants no answer (QUIC: FIN and STOP_SENDING). */
static void test_writer_to_a_closed_side_is_reset(void **state)
{
    (void)state;
    a.queue_max = b.queue_max = 10;
    start_with("", NULL);
    assert_int_equal(read_into(&a, 10), 10);
    assert_int_equal(read_into(&a, 10), 0);
    assert_true(a.paused);
    b.s.ev->on_eof(&b.s);
    close_stream(&b, 0);
    assert_false(a.paused);
    assert_int_equal(a.resets, 0); /* it may be at its end as well */
    assert_int_equal(read_into(&a, 1), 1);
    assert_int_equal(a.reset_err, GW_ERESET);
    close_stream(&a, GW_ERESET);
    assert_int_equal(done_calls, 1);
    assert_int_equal(done_stats.moved[0], 10);
}

static void test_limit_slows_reads_but_loses_nothing(void **state)
{
    (void)state;
    struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
    struct limit *limit = limit_new(loop, RATE);
    size_t left = QUEUE_MAX;

    limit_take(limit, BURST - 50000);
    start_with("", limit);
    uint64_t start_ms = clock_mono_ms();
    while (left) {
        size_t n = read_into(&a, left);
        left -= n;
        while (a.paused) /* the limit alone lifts this pause: nothing drains */
            ev_run(loop, EVRUN_ONCE);
    }
    assert_int_equal(clock_mono_ms() - start_ms, 75); /* without the 50 000 at once */
    assert_int_equal(b.written, QUEUE_MAX);
    finish();
    limit_free(limit);
    ev_loop_destroy(loop);
}

static void test_limit_holds_credit_back_but_loses_none(void **state)
{
    (void)state;
    struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
    struct limit *limit = limit_new(loop, RATE);
    static const uint8_t window[100000];

    limit_take(limit, BURST);
    start_with("", limit);
    b.s.ev->on_data(&b.s, (struct bytes){ window, sizeof window });
    uint64_t start_ms = clock_mono_ms();
    drain(&a, 60000);
    drain(&a, 40000);
    assert_int_equal(b.credit, 0);
    LOOPRUN_UNTIL(loop, b.credit >= sizeof window);
    assert_int_equal(clock_mono_ms() - start_ms, 50);
    assert_int_equal(b.credit, sizeof window);
    assert_true(b.credits > 2); /* in steps, as the bucket fills */
    finish();
    limit_free(limit);
    ev_loop_destroy(loop);
}

static void test_limit_is_charged_for_what_was_never_credited(void **state)
{
    (void)state;
    struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
    struct limit *limit = limit_new(loop, RATE);
    static const uint8_t window[BURST];

    start_with("", limit);
    b.s.ev->on_data(&b.s, (struct bytes){ window, sizeof window });
    finish(); /* a stream shorter than its window, closed before anything drained */
    assert_int_equal(limit_room(limit), 0);
    limit_free(limit);
    ev_loop_destroy(loop);
}

static void test_close_while_waiting_for_the_limit_leaves_no_waiter(void **state)
{
    (void)state;
    struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
    struct limit *limit = limit_new(loop, RATE);

    limit_take(limit, BURST);
    start_with("", limit);
    assert_int_equal(read_into(&a, 1), 0);
    deliver(&b, "held back");
    drain(&a, 9);
    close_stream(&b, GW_ERESET);
    close_stream(&a, GW_ERESET);
    assert_int_equal(done_calls, 1);
    limit_free(limit); /* asserts that nobody waits */
    ev_loop_destroy(loop);
}

static void test_max_is_each_way_and_lets_so_much_cross(void **state)
{
    (void)state;
    start_with("early", NULL);
    bridge_set_max(br, 8);
    deliver(&a, "12345678");
    deliver(&b, "678");
    assert_int_equal(a.resets + b.resets, 0);
    assert_int_equal(a.written, 8);
    assert_int_equal(b.written, 8);
    finish();
    assert_int_equal(done_err, 0);
}

static void test_max_ends_both_with_the_first_octet_more(void **state)
{
    (void)state;
    start_with("early", NULL);
    bridge_set_max(br, 8);
    deliver(&b, "6789");
    assert_int_equal(a.written, 5);
    assert_int_equal(a.resets, 1);
    assert_int_equal(b.resets, 1);
    assert_int_equal(b.reset_err, GW_ELIMIT);
    close_stream(&a, GW_ELIMIT);
    close_stream(&b, GW_ELIMIT);
    assert_int_equal(done_err, GW_ELIMIT);
    assert_int_equal(done_stats.moved[1], 5);
}

static void test_max_below_what_has_crossed_ends_both(void **state)
{
    (void)state;
    start_with("early", NULL);
    bridge_set_max(br, 0);
    deliver(&b, "more");
    assert_int_equal(a.resets + b.resets, 0);
    bridge_set_max(br, 8);
    assert_int_equal(a.resets + b.resets, 2);
    close_stream(&a, GW_ELIMIT);
    close_stream(&b, GW_ELIMIT);
    assert_int_equal(done_err, GW_ELIMIT);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup(f, setup)
    const struct CMUnitTest tests[] = {
        T(test_start_lifts_both_pauses),
        T(test_credit_follows_drain),
        T(test_credit_for_what_leaves_at_once_comes_at_once),
        T(test_credit_never_exceeds_what_was_delivered),
        T(test_alloc_gives_room_in_the_other_queue),
        T(test_full_queue_pauses_until_drained),
        T(test_early_octets_go_first_and_are_credited),
        T(test_half_close_crosses_over),
        T(test_drain_after_the_other_side_closed_goes_nowhere),
        T(test_reset_crosses_over_once),
        T(test_cancel_resets_both_once_and_then_is_done),
        T(test_write_out_of_memory_resets_both),
        T(test_early_out_of_memory_is_done_later),
        T(test_close_while_paused_ends_the_bridge),
        T(test_writer_to_a_closed_side_is_reset),
        T(test_limit_slows_reads_but_loses_nothing),
        T(test_limit_holds_credit_back_but_loses_none),
        T(test_limit_is_charged_for_what_was_never_credited),
        T(test_close_while_waiting_for_the_limit_leaves_no_waiter),
        T(test_max_is_each_way_and_lets_so_much_cross),
        T(test_max_ends_both_with_the_first_octet_more),
        T(test_max_below_what_has_crossed_ends_both),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
