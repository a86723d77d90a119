/* test_msgread.c - one message off a stream in memory, however it is cut into pieces. */
#include "p2p/msgread.h"

#include "fake_stream.h"
#include "looprig.h"
#include "vec.h"

#define BODY "seven!!"
#define WIRE "\x07" BODY

static struct looprig rig;
static struct fake_pair *pair;
static struct msgread *reader;
static struct stream *far; /* the other end; NULL once closed */

struct outcome {
    unsigned calls;
    int err;
    bool had_slot; /* when done was called */
    struct stream *s;
    size_t nmsg, nrest;
    uint8_t msg[32], rest[32];
};
static struct outcome got;

static void take_data(struct stream *s, struct bytes v)
{
    memcpy(got.rest + got.nrest, v.p, v.n);
    got.nrest += v.n;
    s->ops->credit(s, v.n);
}

static void take_close(struct stream *s, int err)
{
    (void)s;
    (void)err;
    got.s = NULL;
}

static void far_close(struct stream *s, int err)
{
    (void)s;
    (void)err;
    far = NULL;
}

static const struct stream_events far_events = { .on_data = stream_ignore_data,
                                                 .on_drained = stream_ignore_drained,
                                                 .on_eof = stream_ignore_eof,
                                                 .on_close = far_close };

static const struct stream_events taking = { .on_data = take_data,
                                             .on_drained = stream_ignore_drained,
                                             .on_eof = stream_ignore_eof,
                                             .on_close = take_close };

static void on_done(void *arg, int err, struct stream *s, struct bytes msg, struct bytes rest)
{
    (void)arg;
    got.calls++;
    got.err = err;
    got.had_slot = reader != NULL;
    got.s = s;
    if (!s)
        return;
    memcpy(got.msg, msg.p, msg.n);
    got.nmsg = msg.n;
    stream_own(s, &taking, NULL);
    if (rest.n)
        take_data(s, rest);
}

static void pair_gone(struct fake_pair *p)
{
    (void)p;
    pair = NULL;
}

static int setup(void **state)
{
    (void)state;
    looprig_init(&rig);
    pair = fake_pair_new(rig.loop);
    pair->gone = pair_gone;
    got = (struct outcome){ 0 };
    far = &pair->end[1].s;
    stream_own(far, &far_events, NULL);
    far->ops->credit(far, 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    if (got.s)
        stream_drop(got.s, GW_ECANCELED);
    looprig_run(&rig);
    assert_null(pair);
    assert_null(reader);
    looprig_fini(&rig);
    return 0;
}

static void start(struct bytes early)
{
    static const struct msgread_limits limits = { 7, 20 };
    pair->end[0].uncredited = early.n;
    msgread_start(rig.loop, &pair->end[0].s, early, &limits, &reader, on_done, NULL);
}

static void say(struct bytes v)
{
    assert_true(far->ops->write(far, v) >= 0);
    looprig_run(&rig);
}

static void assert_message(const char *rest)
{
    assert_int_equal(got.calls, 1);
    assert_int_equal(got.err, 0);
    assert_false(got.had_slot);
    assert_bytes((struct bytes){ got.msg, got.nmsg }, (struct bytes)B(WIRE));
    assert_bytes((struct bytes){ got.rest, got.nrest }, bytes_of(rest));
    assert_int_equal(pair->end[0].uncredited, 0);
}

static void assert_failed(int err)
{
    assert_int_equal(got.calls, 1);
    assert_int_equal(got.err, err);
    assert_false(got.had_slot);
    assert_null(got.s);
}

static void test_message_comes_whole_however_it_is_cut(void **state)
{
    (void)state;
    pair->piece = 1;
    start((struct bytes){ 0 });
    say((struct bytes)B(WIRE "and more"));
    assert_message("and more");
}

static void test_message_and_what_is_behind_it_come_at_once(void **state)
{
    (void)state;
    start((struct bytes){ 0 });
    say((struct bytes)B(WIRE "and more"));
    assert_message("and more");
}

static void test_message_may_have_come_before(void **state)
{
    (void)state;
    start((struct bytes)B(WIRE "early"));
    assert_message("early");
}

static void test_message_may_have_begun_before(void **state)
{
    (void)state;
    start((struct bytes)B("\x07sev"));
    assert_non_null(reader);
    say((struct bytes)B("en!!late"));
    assert_message("late");
}

static void test_longer_message_fails_before_it_has_come(void **state)
{
    (void)state;
    start((struct bytes)B("\x08"));
    assert_failed(GW_EPROTO);
}

static void test_stream_that_ends_too_early_fails(void **state)
{
    (void)state;
    start((struct bytes)B("\x07sev"));
    far->ops->shutdown(far);
    looprig_run(&rig);
    assert_failed(GW_ECLOSED);
}

static void test_reset_is_told(void **state)
{
    (void)state;
    start((struct bytes){ 0 });
    stream_drop(far, GW_ECANCELED);
    looprig_run(&rig);
    assert_failed(GW_ERESET);
}

static void test_slow_message_is_not_waited_for(void **state)
{
    (void)state;
    start((struct bytes){ 0 });
    say((struct bytes)B("\x07sev"));
    looprig_run_ms(&rig, 40);
    assert_failed(GW_ETIMEOUT);
}

static void test_cancel_is_silent(void **state)
{
    (void)state;
    start((struct bytes)B("\x07sev"));
    msgread_cancel(reader, GW_ECANCELED);
    looprig_run(&rig);
    assert_int_equal(got.calls, 0);
    msgread_cancel(NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_message_comes_whole_however_it_is_cut),
        T(test_message_and_what_is_behind_it_come_at_once),
        T(test_message_may_have_come_before),
        T(test_message_may_have_begun_before),
        T(test_longer_message_fails_before_it_has_come),
        T(test_stream_that_ends_too_early_fails),
        T(test_reset_is_told),
        T(test_slow_message_is_not_waited_for),
        T(test_cancel_is_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
