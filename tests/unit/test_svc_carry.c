/* test_svc_carry.c - what crosses to the target of a service, counted from the caller's side. */
#include "svc/svc_carry.h"

#include "base/err.h"
#include "fake_dgrams.h"
#include "looprig.h"

struct fixture {
    struct looprig r;
    unsigned dones;
    int err;
    struct svc_carry_stats stats;
};

static void on_done(void *arg, int err, const struct svc_carry_stats *st)
{
    struct fixture *x = arg;
    x->dones++;
    x->err = err;
    x->stats = *st;
}

static void assert_counts(const struct fixture *x, uint64_t in, uint64_t out, uint64_t n_in,
                          uint64_t n_out)
{
    assert_int_equal(x->dones, 1);
    assert_int_equal(x->stats.octets_in, in);
    assert_int_equal(x->stats.octets_out, out);
    assert_int_equal(x->stats.datagrams_in, n_in);
    assert_int_equal(x->stats.datagrams_out, n_out);
}

static void test_octets_are_counted_from_the_caller(void **state)
{
    struct fixture x = { 0 };
    int caller, target;
    (void)state;
    looprig_init(&x.r);
    struct stream *c = looprig_stream(&x.r, &caller), *t = looprig_stream(&x.r, &target);
    assert_non_null(svc_carry_octets(c, t, bytes_of("early"), NULL, on_done, &x));
    put(caller, "ask", 3);
    put(target, "to", 2);
    looprig_run(&x.r);
    assert_got(target, "earlyask", 8);
    assert_got(caller, "to", 2);
    close(caller);
    close(target);
    looprig_run(&x.r);
    assert_counts(&x, 8, 2, 0, 0);
    looprig_fini(&x.r);
}

static void begin_datagrams(struct fixture *x, struct fake_dgrams *caller,
                            struct fake_dgrams *target, struct svc_carry **c)
{
    *x = (struct fixture){ 0 };
    looprig_init(&x->r);
    fake_dgrams_init(caller);
    fake_dgrams_init(target);
    *c = svc_carry_datagrams(x->r.loop, &caller->d, &target->d, NULL, 10000, on_done, x);
    assert_non_null(*c);
    fake_dgrams_deliver(caller, bytes_of("ask"));
    fake_dgrams_deliver(caller, bytes_of("again"));
    fake_dgrams_deliver(target, bytes_of("reply!"));
    assert_string_equal(target->out, "ask again ");
    assert_string_equal(caller->out, "reply! ");
}

static void test_datagrams_are_counted_from_the_caller(void **state)
{
    struct fixture x;
    struct fake_dgrams caller, target;
    struct svc_carry *c;
    (void)state;
    begin_datagrams(&x, &caller, &target, &c);
    fake_dgrams_end(&caller, 0);
    assert_counts(&x, 8, 6, 2, 1);
    assert_int_equal(x.err, 0);
    looprig_fini(&x.r);
}

static void test_cancel_ends_both_and_tells_what_has_crossed(void **state)
{
    struct fixture x;
    struct fake_dgrams caller, target;
    struct svc_carry *c;
    int caller_fd, target_fd;
    (void)state;
    begin_datagrams(&x, &caller, &target, &c);
    svc_carry_cancel(c, GW_EDENIED);
    assert_counts(&x, 8, 6, 2, 1);
    assert_int_equal(x.err, GW_EDENIED);
    assert_int_equal(caller.err, GW_EDENIED);
    assert_int_equal(target.err, GW_EDENIED);

    x.dones = 0;
    struct stream *cs = looprig_stream(&x.r, &caller_fd), *ts = looprig_stream(&x.r, &target_fd);
    c = svc_carry_octets(cs, ts, bytes_of("early"), NULL, on_done, &x);
    assert_non_null(c);
    svc_carry_cancel(c, GW_EDENIED);
    looprig_run(&x.r);
    assert_counts(&x, 5, 0, 0, 0);
    assert_int_equal(x.err, GW_EDENIED);
    close(caller_fd);
    close(target_fd);
    looprig_fini(&x.r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_octets_are_counted_from_the_caller),
        cmocka_unit_test(test_datagrams_are_counted_from_the_caller),
        cmocka_unit_test(test_cancel_ends_both_and_tells_what_has_crossed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
