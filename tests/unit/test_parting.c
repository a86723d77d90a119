/* test_parting.c - the last words on a stream. */
#include "net/parting.h"

#include "fake_host.h"
#include "looprig.h"
#include "vec.h"

#define MS 200

struct fixture {
    struct looprig rig;
    struct fake_stream *f;
    struct parting *list;
};

static int begin(void **state)
{
    struct fixture *x = calloc(1, sizeof *x);
    looprig_init(&x->rig);
    x->f = fake_stream_new(x->rig.turn);
    *state = x;
    return 0;
}

static int end(void **state)
{
    struct fixture *x = *state;
    assert_null(x->list);
    fake_stream_free(x->f);
    looprig_fini(&x->rig);
    free(x);
    return 0;
}

static void part(struct fixture *x, struct stream *s, struct bytes words, int err)
{
    parting_start(x->rig.loop, s, words, MS, err, &x->list);
}

static void test_words_and_fin_leave_and_input_is_dropped(void **state)
{
    struct fixture *x = *state;
    part(x, &x->f->s, bytes_of("bye"), GW_EDENIED);
    assert_bytes((struct bytes){ x->f->out, x->f->nout }, bytes_of("bye"));
    assert_true(x->f->has_fin);
    fake_stream_deliver(x->f, bytes_of("more"));
    assert_int_equal(x->f->credited, 0);
    fake_stream_eof(x->f);
    assert_true(fake_run_until(x->rig.loop, &x->f->is_closed));
    assert_int_equal(x->f->err, 0);
}

static void test_fin_leaves_without_words(void **state)
{
    struct fixture *x = *state;
    part(x, &x->f->s, (struct bytes){ 0 }, GW_ETIMEOUT);
    assert_true(x->f->has_fin);
    assert_int_equal(x->f->nout, 0);
    fake_stream_eof(x->f);
    assert_true(fake_run_until(x->rig.loop, &x->f->is_closed));
}

static void test_who_does_not_close_is_reset(void **state)
{
    struct fixture *x = *state;
    part(x, &x->f->s, bytes_of("bye"), GW_EDENIED);
    fake_run_ms(x->rig.loop, MS / 2);
    assert_false(x->f->is_closed);
    assert_true(fake_run_until(x->rig.loop, &x->f->is_closed));
    assert_int_equal(x->f->err, GW_EDENIED);
}

/* What a socket has received and nobody has read turns its close into an RST, so it is read on. */
static void test_who_still_sends_to_a_socket_is_read_to_the_end(void **state)
{
    struct fixture *x = *state;
    static const uint8_t flood[20000];
    int fd;
    struct stream *s = looprig_stream(&x->rig, &fd);
    while (write(fd, flood, sizeof flood) > 0)
        continue;
    part(x, s, bytes_of("bye"), 0);
    looprig_run_ms(&x->rig, MS / 4);
    assert_got(fd, "bye", 3);
    assert_eof(fd);
    put(fd, flood, sizeof flood); /* there is room again */
    looprig_run_ms(&x->rig, 2 * MS);
    assert_null(x->list);
    close(fd);
}

static void test_drop_all_resets_what_waits(void **state)
{
    struct fixture *x = *state;
    int fd;
    part(x, &x->f->s, bytes_of("bye"), GW_EDENIED);
    part(x, looprig_stream(&x->rig, &fd), bytes_of("bye"), GW_EDENIED);
    parting_drop_all(&x->list);
    assert_null(x->list);
    assert_true(fake_run_until(x->rig.loop, &x->f->is_closed));
    assert_int_equal(x->f->err, GW_ECANCELED);
    assert_gone(fd);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_words_and_fin_leave_and_input_is_dropped, begin, end),
        cmocka_unit_test_setup_teardown(test_fin_leaves_without_words, begin, end),
        cmocka_unit_test_setup_teardown(test_who_does_not_close_is_reset, begin, end),
        cmocka_unit_test_setup_teardown(test_who_still_sends_to_a_socket_is_read_to_the_end, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_drop_all_resets_what_waits, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
