/* test_resolver.c - tiers in order, one lookup per name, the cache. */
#include "name/resolver.h"

#include <stdio.h>

#include "fake_host.h"
#include "testpeers.h"

struct fake_tier { /* answers as told: at once, or when the test says so */
    int err;
    const char *why;
    struct name_answer answer;
    bool is_slow;
    struct tier_query *pending;
    unsigned asked, cancelled;
};

static void fake_lookup(void *tier, const struct name *n, struct tier_query *q)
{
    struct fake_tier *t = tier;
    (void)n;
    t->asked++;
    if (t->is_slow)
        t->pending = q;
    else
        tier_answer(q, t->err, t->err ? NULL : &t->answer, t->why);
}

static void fake_cancel(void *tier, struct tier_query *q)
{
    struct fake_tier *t = tier;
    assert_ptr_equal(t->pending, q);
    t->pending = NULL;
    t->cancelled++;
}

static void fake_domains(void *tier, void (*each)(void *arg, const char *domain), void *arg)
{
    (void)tier;
    each(arg, "alice");
    each(arg, "lap.grewal");
}

static const char *fake_name_of(void *tier, const struct peerid *peer)
{
    struct fake_tier *t = tier;
    return peerid_eq(peer, &t->answer.peer) ? "alice" : NULL;
}

static const struct tier_ops ops_one = { .name = "one",
                                         .lookup = fake_lookup,
                                         .cancel = fake_cancel };
static const struct tier_ops ops_two = { .name = "two",
                                         .lookup = fake_lookup,
                                         .cancel = fake_cancel,
                                         .domains = fake_domains,
                                         .name_of = fake_name_of };

struct fixture {
    struct ev_loop *loop;
    struct resolver *r;
    struct fake_tier one, two;
    unsigned ndone;
    bool is_done;
    int err;
    struct name_answer answer;
    char trail[RESOLVER_TRAIL_MAX];
    struct resolver_req *cancel_in_done;
};

static int begin(void **state)
{
    struct fixture *x = calloc(1, sizeof *x);
    x->loop = ev_loop_new(EVFLAG_AUTO);
    x->r = resolver_new(x->loop, 50);
    x->one = (struct fake_tier){ .err = GW_ENONAME, .why = "no line" };
    x->two.answer.peer = peer_of(PEER_A);
    assert_int_equal(resolver_add_tier(x->r, &ops_one, &x->one), 0);
    assert_int_equal(resolver_add_tier(x->r, &ops_two, &x->two), 0);
    *state = x;
    return 0;
}

static int end(void **state)
{
    struct fixture *x = *state;
    resolver_free(x->r);
    ev_loop_destroy(x->loop);
    free(x);
    return 0;
}

static void on_done(void *arg, int err, const struct name_answer *a, const char *trail)
{
    struct fixture *x = arg;
    x->ndone++;
    x->is_done = true;
    x->err = err;
    assert_int_equal(err == 0, a != NULL);
    if (a)
        x->answer = *a;
    snprintf(x->trail, sizeof x->trail, "%s", trail);
    if (x->cancel_in_done)
        resolver_cancel(x->cancel_in_done);
    x->cancel_in_done = NULL;
}

static struct resolver_req *ask(struct fixture *x, const char *host)
{
    return resolver_lookup(x->r, host, on_done, x);
}

static void test_first_tier_that_knows_answers(void **state)
{
    struct fixture *x = *state;
    assert_null(ask(x, "alice"));
    assert_int_equal(x->ndone, 1);
    assert_int_equal(x->err, 0);
    assert_true(peerid_eq(&x->answer.peer, &x->two.answer.peer));
    x->one.err = 0;
    x->one.answer.peer = peer_of(PEER_B);
    assert_null(ask(x, "alice"));
    assert_true(peerid_eq(&x->answer.peer, &x->one.answer.peer));
    assert_int_equal(x->two.asked, 1);
}

static void test_failure_says_what_every_tier_said(void **state)
{
    struct fixture *x = *state;
    x->two.err = GW_ENETDOWN;
    assert_null(ask(x, "alice"));
    assert_int_equal(x->err, GW_ENONAME);
    assert_string_equal(x->trail, "one: no line; two: network unreachable");
    x->one.err = GW_EUNSUP;
    assert_null(ask(x, "alice"));
    assert_string_equal(x->trail, "two: network unreachable");
}

static void test_long_reasons_are_cut(void **state)
{
    struct fixture *x = *state;
    char why[2 * RESOLVER_TRAIL_MAX];
    memset(why, 'w', sizeof why - 1);
    why[sizeof why - 1] = '\0';
    x->one.why = why;
    x->two.err = GW_ENONAME;
    assert_null(ask(x, "alice"));
    assert_int_equal(strlen(x->trail), RESOLVER_TRAIL_MAX - 1);
}

static void test_what_is_no_name_is_not_looked_up(void **state)
{
    struct fixture *x = *state;
    assert_null(ask(x, "a..b"));
    assert_int_equal(x->err, GW_ESYNTAX);
    assert_int_equal(x->one.asked, 0);
}

static void test_those_who_ask_meanwhile_share_the_lookup(void **state)
{
    struct fixture *x = *state;
    x->one.is_slow = true;
    assert_non_null(ask(x, "alice"));
    assert_non_null(ask(x, "alice"));
    assert_int_equal(x->one.asked, 1);
    assert_int_equal(x->ndone, 0);
    tier_answer(x->one.pending, GW_ENONAME, NULL, "late");
    assert_int_equal(x->ndone, 2);
    assert_int_equal(x->err, 0);
    assert_int_equal(x->two.asked, 1);
}

static void test_other_names_have_their_own_lookup(void **state)
{
    struct fixture *x = *state;
    x->one.is_slow = true;
    struct resolver_req *a = ask(x, "alice");
    struct tier_query *of_a = x->one.pending;
    assert_non_null(ask(x, "bob"));
    assert_int_equal(x->one.asked, 2);
    tier_answer(x->one.pending, GW_ENONAME, NULL, "");
    assert_int_equal(x->ndone, 1);
    x->one.pending = of_a;
    resolver_cancel(a);
}

static void test_cancel_of_the_last_one_stops_the_tier(void **state)
{
    struct fixture *x = *state;
    x->one.is_slow = true;
    struct resolver_req *a = ask(x, "alice"), *b = ask(x, "alice");
    resolver_cancel(a);
    assert_int_equal(x->one.cancelled, 0);
    resolver_cancel(b);
    assert_int_equal(x->one.cancelled, 1);
    assert_int_equal(x->ndone, 0);
}

static void test_one_who_waits_may_cancel_another_when_told(void **state)
{
    struct fixture *x = *state;
    x->one.is_slow = true;
    assert_non_null(ask(x, "alice"));
    x->cancel_in_done = ask(x, "alice");
    tier_answer(x->one.pending, GW_ENONAME, NULL, "");
    assert_int_equal(x->ndone, 1);
}

static void test_answers_are_kept_for_their_ttl(void **state)
{
    struct fixture *x = *state;
    x->two.answer.ttl_ms = 30;
    assert_null(ask(x, "alice"));
    assert_null(ask(x, "alice"));
    assert_int_equal(x->ndone, 2);
    assert_int_equal(x->err, 0);
    assert_int_equal(x->one.asked, 1);
    fake_run_ms(x->loop, 40);
    assert_null(ask(x, "alice"));
    assert_int_equal(x->one.asked, 2);
}

static void test_failures_and_answers_without_ttl_are_not_kept(void **state)
{
    struct fixture *x = *state;
    ask(x, "alice");
    ask(x, "alice");
    assert_int_equal(x->two.asked, 2);
    x->two.err = GW_ENONAME;
    x->two.answer.ttl_ms = 10000;
    ask(x, "bob");
    ask(x, "bob");
    assert_int_equal(x->two.asked, 4);
}

static void test_flush_forgets_also_what_is_under_way(void **state)
{
    struct fixture *x = *state;
    x->two.answer.ttl_ms = 10000;
    ask(x, "alice");
    resolver_flush(x->r);
    ask(x, "alice");
    assert_int_equal(x->two.asked, 2);
    x->one.is_slow = true;
    assert_non_null(ask(x, "bob"));
    resolver_flush(x->r);
    tier_answer(x->one.pending, GW_ENONAME, NULL, "");
    x->one.is_slow = false;
    ask(x, "bob");
    assert_int_equal(x->two.asked, 4);
}

static void test_cache_forgets_the_oldest_of_too_many(void **state)
{
    struct fixture *x = *state;
    char host[32];
    x->two.answer.ttl_ms = 100000;
    for (unsigned i = 0; i < 1025; i++) {
        snprintf(host, sizeof host, "h%u", i);
        ask(x, host);
    }
    assert_int_equal(x->two.asked, 1025);
    ask(x, "h1");
    ask(x, "h1024");
    assert_int_equal(x->two.asked, 1025);
    ask(x, "h0");
    assert_int_equal(x->two.asked, 1026);
}

static void test_a_tier_that_stays_silent_ends_at_the_deadline(void **state)
{
    struct fixture *x = *state;
    x->two.is_slow = true;
    assert_non_null(ask(x, "alice"));
    assert_true(fake_run_until(x->loop, &x->is_done));
    assert_int_equal(x->err, GW_ETIMEOUT);
    assert_string_equal(x->trail, "one: no line; two: no answer in time");
    assert_int_equal(x->two.cancelled, 1);
}

static void add_domain(void *arg, const char *domain)
{
    char *all = arg;
    strcat(all, domain);
    strcat(all, " ");
}

static void test_tiers_tell_their_domains_and_names(void **state)
{
    struct fixture *x = *state;
    struct peerid a = peer_of(PEER_A), b = peer_of(PEER_B);
    char all[64] = "";
    resolver_domains(x->r, add_domain, all);
    assert_string_equal(all, "alice lap.grewal ");
    assert_string_equal(resolver_name_of(x->r, &a), "alice");
    assert_null(resolver_name_of(x->r, &b));
}

static void test_free_gives_up_what_is_under_way(void **state)
{
    struct fixture *x = *state;
    x->one.is_slow = true;
    assert_non_null(ask(x, "alice"));
    resolver_free(x->r);
    assert_int_equal(x->one.cancelled, 1);
    assert_int_equal(x->ndone, 0);
    x->r = NULL;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_first_tier_that_knows_answers),
        TEST(test_failure_says_what_every_tier_said),
        TEST(test_long_reasons_are_cut),
        TEST(test_what_is_no_name_is_not_looked_up),
        TEST(test_those_who_ask_meanwhile_share_the_lookup),
        TEST(test_other_names_have_their_own_lookup),
        TEST(test_cancel_of_the_last_one_stops_the_tier),
        TEST(test_one_who_waits_may_cancel_another_when_told),
        TEST(test_answers_are_kept_for_their_ttl),
        TEST(test_failures_and_answers_without_ttl_are_not_kept),
        TEST(test_flush_forgets_also_what_is_under_way),
        TEST(test_cache_forgets_the_oldest_of_too_many),
        TEST(test_a_tier_that_stays_silent_ends_at_the_deadline),
        TEST(test_tiers_tell_their_domains_and_names),
        TEST(test_free_gives_up_what_is_under_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
