/* test_dgrams.c - two pipes of datagrams joined. */
#include "net/dgrams.h"

#include "base/clock.h"
#include "base/err.h"
#include "fake_dgrams.h"
#include "looprig.h"

struct fixture {
    struct looprig r;
    struct fake_dgrams a, b;
    struct dgrams_join *join;
    unsigned dones;
    int err;
    struct dgrams_stats stats;
};

static void on_done(void *arg, int err, const struct dgrams_stats *st)
{
    struct fixture *x = arg;
    x->dones++;
    x->err = err;
    x->stats = *st;
}

static void begin(struct fixture *x, uint64_t idle_ms)
{
    *x = (struct fixture){ 0 };
    looprig_init(&x->r);
    fake_dgrams_init(&x->a);
    fake_dgrams_init(&x->b);
    ev_now_update(x->r.loop);
    x->join = dgrams_join(x->r.loop, &x->a.d, &x->b.d, idle_ms, on_done, x);
    assert_non_null(x->join);
}

static void test_join_carries_both_ways_and_counts(void **state)
{
    struct fixture x;
    (void)state;
    begin(&x, 10000);
    fake_dgrams_deliver(&x.a, bytes_of("one"));
    fake_dgrams_deliver(&x.a, (struct bytes){ 0 });
    fake_dgrams_deliver(&x.a, bytes_of("two"));
    fake_dgrams_deliver(&x.b, bytes_of("back"));
    assert_string_equal(x.b.out, "one  two ");
    assert_string_equal(x.a.out, "back ");
    const struct dgrams_stats *st = dgrams_join_stats(x.join);
    assert_int_equal(st->datagrams[0], 3);
    assert_int_equal(st->octets[0], 6);
    assert_int_equal(st->datagrams[1], 1);
    assert_int_equal(st->octets[1], 4);
    dgrams_join_cancel(x.join, 0);
    looprig_fini(&x.r);
}

static void test_end_of_one_closes_the_other_with_its_error(void **state)
{
    static const int errs[] = { 0, GW_EREFUSED };
    (void)state;
    for (int side = 0; side < 2; side++)
        for (int i = 0; i < 2; i++) {
            struct fixture x;
            begin(&x, 10000);
            struct fake_dgrams *one = side ? &x.b : &x.a, *other = side ? &x.a : &x.b;
            fake_dgrams_deliver(&x.a, bytes_of("x"));
            fake_dgrams_end(one, errs[i]);
            assert_false(one->is_closed); /* it is gone already */
            assert_true(other->is_closed);
            assert_int_equal(other->err, errs[i]);
            assert_int_equal(x.dones, 1);
            assert_int_equal(x.err, errs[i]);
            assert_int_equal(x.stats.datagrams[0], 1);
            looprig_fini(&x.r);
        }
}

static void test_idle_join_ends_in_order(void **state)
{
    struct fixture x;
    (void)state;
    begin(&x, 30);
    looprig_run_ms(&x.r, 60);
    assert_int_equal(x.dones, 1);
    assert_int_equal(x.err, 0);
    assert_true(x.a.is_closed && x.b.is_closed);
    assert_int_equal(x.a.err, 0);
    looprig_fini(&x.r);
}

/* Traffic in either direction counts. */
static void test_traffic_keeps_a_join(void **state)
{
    struct fixture x;
    (void)state;
    begin(&x, 400);
    for (int i = 0; i < 9; i++) {
        x.a.nout = x.b.nout = 0;
        fake_dgrams_deliver(i % 2 ? &x.a : &x.b, bytes_of("x"));
        looprig_run_ms(&x.r, 399);
        assert_int_equal(x.dones, 0);
    }
    looprig_run_ms(&x.r, 1);
    assert_int_equal(x.dones, 1);
    looprig_fini(&x.r);
}

static void test_cancel_closes_both_without_done(void **state)
{
    struct fixture x;
    (void)state;
    begin(&x, 20);
    dgrams_join_cancel(x.join, GW_EDENIED);
    assert_int_equal(x.a.err, GW_EDENIED);
    assert_int_equal(x.b.err, GW_EDENIED);
    looprig_run_ms(&x.r, 40);
    assert_int_equal(x.dones, 0);
    looprig_fini(&x.r);
}

/* limit.h: a bucket holds 16 KiB at least, and an overdraft is paid back first. */
static void test_what_exceeds_the_limit_is_lost_both_ways(void **state)
{
    static const uint8_t much[16 * 1024];
    struct fixture x;
    (void)state;
    begin(&x, 10000);
    struct limit *limit = limit_new(x.r.loop, 1024);
    dgrams_join_limit(x.join, limit);
    limit_take(limit, sizeof much - 200);
    fake_dgrams_deliver(&x.a, (struct bytes){ much, 200 });
    fake_dgrams_deliver(&x.a, bytes_of("lost"));
    fake_dgrams_deliver(&x.b, bytes_of("lost"));
    assert_int_equal(x.b.nout, 201);
    assert_int_equal(x.a.nout, 0);
    assert_int_equal(dgrams_join_stats(x.join)->datagrams[0], 1);
    assert_int_equal(dgrams_join_stats(x.join)->datagrams[1], 0);
    looprig_run_ms(&x.r, 60);
    fake_dgrams_deliver(&x.b, bytes_of("again"));
    assert_string_equal(x.a.out, "again ");
    dgrams_join_cancel(x.join, 0);
    limit_free(limit);
    looprig_fini(&x.r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_join_carries_both_ways_and_counts),
        cmocka_unit_test(test_end_of_one_closes_the_other_with_its_error),
        cmocka_unit_test(test_idle_join_ends_in_order),
        cmocka_unit_test(test_traffic_keeps_a_join),
        cmocka_unit_test(test_cancel_closes_both_without_done),
        cmocka_unit_test(test_what_exceeds_the_limit_is_lost_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
