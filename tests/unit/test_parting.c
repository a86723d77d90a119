/* test_parting.c - the last words on a stream. */
#include "svc/parting.h"

#include "fake_host.h"
#include "vec.h"

struct fixture {
    struct ev_loop *loop;
    struct turn *turn;
    struct fake_stream *f;
};

static int begin(void **state)
{
    struct fixture *x = calloc(1, sizeof *x);
    x->loop = ev_loop_new(EVFLAG_AUTO);
    x->turn = turn_new(x->loop);
    x->f = fake_stream_new(x->turn);
    parting_start(x->loop, &x->f->s, bytes_of("bye"), GW_EDENIED);
    *state = x;
    return 0;
}

static int end(void **state)
{
    struct fixture *x = *state;
    fake_stream_free(x->f);
    turn_free(x->turn);
    ev_loop_destroy(x->loop);
    free(x);
    return 0;
}

static void test_words_and_fin_leave_and_input_is_dropped(void **state)
{
    struct fixture *x = *state;
    assert_bytes((struct bytes){ x->f->out, x->f->nout }, bytes_of("bye"));
    assert_true(x->f->has_fin);
    fake_stream_deliver(x->f, bytes_of("more"));
    assert_int_equal(x->f->credited, 0);
    fake_stream_eof(x->f);
    assert_true(fake_run_until(x->loop, &x->f->is_closed));
    assert_int_equal(x->f->err, 0);
}

static void test_who_does_not_close_is_reset(void **state)
{
    struct fixture *x = *state;
    fake_run_ms(x->loop, (unsigned)(PARTING_S * 1000) - 500);
    assert_false(x->f->is_closed);
    assert_true(fake_run_until(x->loop, &x->f->is_closed));
    assert_int_equal(x->f->err, GW_EDENIED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_words_and_fin_leave_and_input_is_dropped, begin, end),
        cmocka_unit_test_setup_teardown(test_who_does_not_close_is_reset, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
