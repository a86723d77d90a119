/* test_named.c - peers that the configuration names, over a resolver with one tier that is played
 * by the test. */
#include "main/named.h"

#include "base/err.h"
#include "base/log.h"
#include "looprun.h"
#include "vec.h"

static struct ev_loop *loop;
static struct resolver *resolver;
static struct named *named;

static struct { /* the tier */
    bool is_slow, knows;
    unsigned asked;
    struct tier_query *pending;
} tier;

static struct { /* what was told last */
    unsigned calls;
    bool is_known;
} told;

static void answer(struct tier_query *q)
{
    struct name_answer a = { .peer = { .n = 38, .mh = { 0x00, 0x24, 0x08, 0x01, 0x12, 0x20 } } };
    tier_answer(q, tier.knows ? 0 : GW_ENONAME, tier.knows ? &a : NULL, "no line");
}

static void lookup(void *arg, const struct name *n, struct tier_query *q)
{
    (void)arg;
    (void)n;
    tier.asked++;
    if (tier.is_slow)
        tier.pending = q;
    else
        answer(q);
}

static void cancel(void *arg, struct tier_query *q)
{
    (void)arg;
    assert_ptr_equal(tier.pending, q);
    tier.pending = NULL;
}

static const struct tier_ops ops = { .name = "test", .lookup = lookup, .cancel = cancel };

static void on_named(void *arg, const struct named_peer *peers, size_t n)
{
    (void)arg;
    assert_int_equal(n, 1);
    told.calls++;
    told.is_known = peers[0].is_known;
}

static int setup(void **state)
{
    (void)state;
    log_set_level(LOG_LEVEL_ERROR);
    memset(&tier, 0, sizeof tier);
    memset(&told, 0, sizeof told);
    loop = ev_loop_new(EVFLAG_AUTO);
    assert_non_null(resolver = resolver_new(loop, 60000));
    assert_int_equal(resolver_add_tier(resolver, &ops, NULL), 0);
    assert_non_null(named = named_new(loop, resolver, on_named, NULL));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    named_free(named);
    resolver_free(resolver);
    ev_loop_destroy(loop);
    return 0;
}

static void want(const char *name)
{
    char *names[] = { (char *)name };
    assert_int_equal(named_set(named, names, 1), 0);
}

static void test_a_name_that_is_known_is_told_from_inside(void **state)
{
    (void)state;
    tier.knows = true;
    want("alice");
    assert_int_equal(told.calls, 1);
    assert_true(told.is_known);
}

static void test_an_unknown_name_is_asked_for_again(void **state)
{
    (void)state;
    want("alice");
    assert_int_equal(told.calls, 1);
    assert_false(told.is_known);
    told.calls = 0;
    tier.knows = true;
    looprun_ms(loop, NAMED_AGAIN_S * 1000 + 1);
    assert_int_equal(told.calls, 1);
    assert_true(told.is_known);
}

/* A line was written while another tier was still being asked for the name. */
static void test_refresh_asks_anew_for_what_is_under_way(void **state)
{
    (void)state;
    tier.is_slow = true;
    want("alice");
    assert_non_null(tier.pending);
    tier.is_slow = false;
    tier.knows = true;
    named_refresh(named);
    LOOPRUN_UNTIL(loop, told.calls > 0);
    assert_true(told.is_known);
    assert_int_equal(tier.asked, 2);
}

static void test_free_calls_nobody(void **state)
{
    (void)state;
    tier.is_slow = true;
    want("alice");
    named_free(named);
    named = NULL;
    assert_null(tier.pending);
    assert_int_equal(told.calls, 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_a_name_that_is_known_is_told_from_inside),
        T(test_an_unknown_name_is_asked_for_again),
        T(test_refresh_asks_anew_for_what_is_under_way),
        T(test_free_calls_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
