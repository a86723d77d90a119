/* test_resolver.c - tiers in order, each with its time, one lookup per name, the cache and its
 * file, the trace. */
#include "name/resolver.h"

#include <stdio.h>

#include "fake_host.h"
#include "testpeers.h"
#include "tmpfiles.h"

struct fake_tier { /* answers as told: at once, or when the test says so */
    int err;
    const char *why;
    struct name_answer answer;
    bool is_slow;
    struct tier_query *pending;
    unsigned asked, cancelled;
    char name[NAME_MAX_OCTETS + 1]; /* that it was asked for last */
};

static void fake_lookup(void *tier, const struct name *n, struct tier_query *q)
{
    struct fake_tier *t = tier;
    memcpy(t->name, n->raw, sizeof t->name);
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

static const struct tier_ops ops_one = {
    .name = "one", .timeout_ms = 10, .lookup = fake_lookup, .cancel = fake_cancel
};
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
    struct resolver_trace trace;
    bool has_trace;
    struct resolver_req *cancel_in_done;
    struct tmpfiles tmp;
};

/* A resolver with both tiers. */
static void open_resolver(struct fixture *x)
{
    x->r = resolver_new(x->loop, 50);
    assert_int_equal(resolver_add_tier(x->r, &ops_one, &x->one), 0);
    assert_int_equal(resolver_add_tier(x->r, &ops_two, &x->two), 0);
}

static int begin(void **state)
{
    struct fixture *x = calloc(1, sizeof *x);
    x->loop = ev_loop_new(EVFLAG_AUTO);
    x->one = (struct fake_tier){ .err = GW_ENONAME, .why = "no line" };
    x->two.answer.peer = peer_of(PEER_A);
    open_resolver(x);
    tmpfiles_init(&x->tmp);
    *state = x;
    return 0;
}

static int end(void **state)
{
    struct fixture *x = *state;
    resolver_free(x->r);
    ev_loop_destroy(x->loop);
    tmpfiles_fini(&x->tmp);
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
    x->has_trace = resolver_trace(x->r) != NULL;
    if (x->has_trace)
        x->trace = *resolver_trace(x->r);
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

static struct multiaddr maddr(const char *text)
{
    struct multiaddr a;
    assert_int_equal(multiaddr_parse(bytes_of(text), &a), 0);
    return a;
}

static bool is_known_peer(void *arg, const struct peerid *peer, bool was_lost)
{
    return arg && !was_lost && peerid_eq(arg, peer);
}

static bool is_connected_peer(void *arg, const struct peerid *peer, bool was_lost)
{
    (void)was_lost;
    return peerid_eq(arg, peer);
}

/* The first tier knows who, and maybe a place; the second one knows of another place. */
static void who_and_where(struct fixture *x, bool has_first)
{
    x->one = (struct fake_tier){ .answer = { .peer = peer_of(PEER_A), .service = "db" } };
    x->two.answer = (struct name_answer){ .peer = peer_of(PEER_A), .naddrs = 1, .ttl_ms = 9000 };
    x->two.answer.addrs[0] = maddr("/ip4/192.0.2.2/udp/4/quic-v1");
    if (has_first)
        x->one.answer.addrs[x->one.answer.naddrs++] = maddr("/ip4/192.0.2.1/udp/4/quic-v1");
}

static void test_a_peer_without_a_place_is_sought_further_by_its_id(void **state)
{
    struct fixture *x = *state;
    who_and_where(x, false);
    resolver_set_placed(x->r, is_known_peer, NULL);
    assert_null(ask(x, "db.alice"));
    assert_string_equal(x->two.name, PEER_A);
    assert_int_equal(x->err, 0);
    assert_string_equal(x->answer.service, "db");
    assert_string_equal(x->answer.tier, "one");
    assert_int_equal(x->answer.naddrs, 1);
    assert_true(multiaddr_eq(&x->answer.addrs[0], &x->two.answer.addrs[0]));
    assert_null(ask(x, "db.alice")); /* as long as the place holds */
    assert_int_equal(x->two.asked, 1);
}

static void test_a_peer_that_nobody_has_a_place_of_is_an_answer_all_the_same(void **state)
{
    struct fixture *x = *state;
    who_and_where(x, false);
    resolver_set_placed(x->r, is_known_peer, NULL);
    x->two.answer.naddrs = 0;
    assert_null(ask(x, "alice"));
    assert_int_equal(x->err, 0);
    assert_int_equal(x->answer.naddrs, 0);
    x->two.err = GW_ENETDOWN;
    assert_null(ask(x, "alice"));
    assert_int_equal(x->err, 0);
    x->two.err = 0;
    x->two.answer = (struct name_answer){ .peer = peer_of(PEER_B), .naddrs = 1 };
    assert_null(ask(x, "alice"));
    assert_true(peerid_eq(&x->answer.peer, &x->one.answer.peer)); /* another one's is not taken */
    assert_int_equal(x->answer.naddrs, 0);
}

static void test_a_peer_that_has_a_place_is_not_sought(void **state)
{
    struct fixture *x = *state;
    struct peerid known = peer_of(PEER_A);
    who_and_where(x, true);
    resolver_set_placed(x->r, is_known_peer, NULL);
    ask(x, "alice");
    assert_int_equal(x->two.asked, 0);
    x->one.answer.naddrs = 0;
    resolver_set_placed(x->r, is_known_peer, &known);
    ask(x, "alice");
    assert_int_equal(x->two.asked, 0);
}

static void test_a_peer_that_was_not_reached_is_sought_elsewhere_as_well(void **state)
{
    struct fixture *x = *state;
    struct peerid known = peer_of(PEER_A);
    who_and_where(x, true);
    resolver_set_placed(x->r, is_known_peer, &known);
    resolver_forget(x->r, &known);
    ask(x, "alice");
    assert_int_equal(x->answer.naddrs, 2);
    assert_true(multiaddr_eq(&x->answer.addrs[0], &x->one.answer.addrs[0]));
    assert_true(multiaddr_eq(&x->answer.addrs[1], &x->two.answer.addrs[0]));
    resolver_flush(x->r);
    ask(x, "alice"); /* it was found: no more than ever */
    assert_int_equal(x->answer.naddrs, 1);
}

static void test_a_peer_that_is_back_is_not_sought_any_more(void **state)
{
    struct fixture *x = *state;
    struct peerid known = peer_of(PEER_A);
    who_and_where(x, true);
    resolver_set_placed(x->r, is_connected_peer, &known);
    resolver_forget(x->r, &known);
    ask(x, "alice");
    assert_int_equal(x->two.asked, 0);
    resolver_set_placed(x->r, is_known_peer, NULL); /* gone again, in peace: its place holds */
    ask(x, "alice");
    assert_int_equal(x->two.asked, 0);
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
    x->one.why = x->two.why = why;
    x->two.err = GW_ENONAME;
    assert_null(ask(x, "alice"));
    assert_int_equal(strlen(x->trail), RESOLVER_TRAIL_MAX - 1);
    assert_int_equal(strlen(x->trace.steps[0].why), RESOLVER_WHY_MAX - 1);
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

static void test_a_silent_tier_does_not_stop_the_next(void **state)
{
    struct fixture *x = *state;
    x->one.is_slow = true;
    assert_non_null(ask(x, "alice"));
    assert_true(fake_run_until(x->loop, &x->is_done));
    assert_int_equal(x->err, 0);
    assert_true(peerid_eq(&x->answer.peer, &x->two.answer.peer));
    assert_int_equal(x->one.cancelled, 1);
    assert_int_equal(x->trace.steps[0].asked, RESOLVER_SILENT);
    assert_true(x->trace.steps[0].took_us >= 9000);
    x->two.err = GW_ENONAME;
    x->two.why = "nobody";
    x->is_done = false;
    assert_non_null(ask(x, "bob"));
    assert_true(fake_run_until(x->loop, &x->is_done));
    assert_int_equal(x->err, GW_ENONAME);
    assert_string_equal(x->trail, "one: no answer in time; two: nobody");
}

static void test_after_the_whole_time_only_tiers_that_answer_at_once_are_asked(void **state)
{
    static const struct tier_ops ops_prompt = { .name = "prompt", .lookup = fake_lookup };
    struct fixture *x = *state;
    struct fake_tier three = { 0 }, prompt = { .answer.peer = peer_of(PEER_B) };
    assert_int_equal(resolver_add_tier(x->r, &ops_one, &three), 0);
    assert_int_equal(resolver_add_tier(x->r, &ops_prompt, &prompt), 0);
    x->two.is_slow = true;
    assert_non_null(ask(x, "alice"));
    assert_true(fake_run_until(x->loop, &x->is_done));
    assert_int_equal(x->err, 0);
    assert_true(peerid_eq(&x->answer.peer, &prompt.answer.peer));
    assert_int_equal(three.asked, 0);
    assert_int_equal(x->trace.steps[2].asked, RESOLVER_NOT_ASKED);
    prompt.err = GW_ENONAME;
    x->is_done = false;
    assert_non_null(ask(x, "bob"));
    assert_true(fake_run_until(x->loop, &x->is_done));
    assert_int_equal(x->err, GW_ETIMEOUT);
}

static void test_trace_tells_of_every_tier(void **state)
{
    struct fixture *x = *state;
    struct fake_tier three = { 0 };
    assert_int_equal(resolver_add_tier(x->r, &ops_two, &three), 0);
    x->two.why = "through relay R";
    x->two.answer.ttl_ms = 60000;
    assert_null(resolver_trace(x->r));
    ask(x, "alice");
    assert_int_equal(x->trace.source, RESOLVER_FROM_TIER);
    assert_int_equal(x->trace.nsteps, 3);
    assert_string_equal(x->trace.steps[0].tier, "one");
    assert_int_equal(x->trace.steps[0].asked, RESOLVER_FAILED);
    assert_string_equal(x->trace.steps[0].why, "no line");
    assert_int_equal(x->trace.steps[1].asked, RESOLVER_ANSWERED);
    assert_string_equal(x->trace.steps[1].why, "through relay R");
    assert_int_equal(x->trace.steps[2].asked, RESOLVER_NOT_ASKED);
    assert_int_equal(x->trace.left_ms, 60000);
    assert_null(resolver_trace(x->r));
    x->one.err = GW_EUNSUP;
    ask(x, "bob");
    assert_int_equal(x->trace.steps[0].asked, RESOLVER_NOT_ITS);
}

static void test_trace_of_a_cached_answer_says_so_with_its_remark(void **state)
{
    struct fixture *x = *state;
    x->two.why = "through relay R";
    x->two.answer.ttl_ms = 60000;
    ask(x, "alice");
    ask(x, "alice");
    assert_int_equal(x->trace.source, RESOLVER_FROM_MEMORY);
    assert_int_equal(x->trace.nsteps, 2);
    assert_int_equal(x->trace.steps[1].asked, RESOLVER_NOT_ASKED);
    assert_string_equal(x->trace.steps[1].why, "through relay R");
    assert_true(x->trace.left_ms > 50000 && x->trace.left_ms <= 60000);
    ask(x, "a..b");
    assert_false(x->has_trace);
}

static void test_an_answer_without_ttl_of_its_own_gets_the_default(void **state)
{
    struct fixture *x = *state;
    x->two.answer.ttl_ms = RESOLVER_TTL_DEFAULT;
    ask(x, "alice");
    assert_int_equal(x->answer.ttl_ms, RESOLVER_TTL_MS);
    resolver_set_ttl(x->r, 7000);
    ask(x, "bob");
    assert_int_equal(x->answer.ttl_ms, 7000);
    resolver_set_ttl(x->r, 0);
    ask(x, "carol");
    ask(x, "carol");
    assert_int_equal(x->two.asked, 4);
}

static void test_forget_asks_anew_for_that_peer(void **state)
{
    struct fixture *x = *state;
    struct peerid b = peer_of(PEER_B);
    x->two.answer.ttl_ms = 60000;
    ask(x, "alice");
    ask(x, "db.alice");
    resolver_forget(x->r, &b);
    ask(x, "alice");
    assert_int_equal(x->two.asked, 2);
    resolver_forget(x->r, &x->two.answer.peer);
    ask(x, "alice");
    ask(x, "db.alice");
    assert_int_equal(x->two.asked, 4);
}

/* Ends the resolver and begins another, as a restart does. */
static void restart(struct fixture *x)
{
    resolver_free(x->r);
    open_resolver(x);
    assert_int_equal(resolver_keep(x->r, x->tmp.path), 0);
}

static void test_answers_outlive_a_restart(void **state)
{
    struct fixture *x = *state;
    assert_int_equal(resolver_keep(x->r, x->tmp.path), 0);
    x->two.answer.ttl_ms = 60000;
    strcpy(x->two.answer.service, "db");
    ask(x, "db.alice");
    x->two.answer.ttl_ms = 0;
    ask(x, "bob");
    restart(x);
    memset(&x->answer, 0, sizeof x->answer);
    assert_null(ask(x, "db.alice"));
    assert_int_equal(x->two.asked, 2);
    assert_true(peerid_eq(&x->answer.peer, &x->two.answer.peer));
    assert_string_equal(x->answer.service, "db");
    assert_string_equal(x->answer.tier, "two");
    assert_int_equal(x->trace.source, RESOLVER_FROM_DISK);
    ask(x, "bob");
    assert_int_equal(x->two.asked, 3);
    resolver_flush(x->r);
    restart(x);
    ask(x, "db.alice");
    assert_int_equal(x->two.asked, 4);
}

static void test_a_file_that_cannot_be_read_or_written_is_no_failure(void **state)
{
    struct fixture *x = *state;
    resolver_free(x->r);
    open_resolver(x);
    assert_int_equal(resolver_keep(x->r, "/dev/null/names-cache"), 0);
    x->two.answer.ttl_ms = 60000;
    ask(x, "alice");
    ask(x, "alice");
    assert_int_equal(x->two.asked, 1);
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

static void test_stop_gives_up_what_is_under_way_and_asks_no_tier_any_more(void **state)
{
    struct fixture *x = *state;
    x->one.is_slow = true;
    assert_non_null(ask(x, "alice"));
    resolver_stop(x->r);
    assert_int_equal(x->one.cancelled, 1);
    assert_int_equal(x->ndone, 0);
    assert_null(ask(x, "alice"));
    assert_int_equal(x->one.asked, 1);
    assert_int_equal(x->err, GW_ENONAME);
    assert_null(resolver_name_of(x->r, &x->two.answer.peer));
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
        TEST(test_a_peer_without_a_place_is_sought_further_by_its_id),
        TEST(test_a_peer_that_nobody_has_a_place_of_is_an_answer_all_the_same),
        TEST(test_a_peer_that_has_a_place_is_not_sought),
        TEST(test_a_peer_that_was_not_reached_is_sought_elsewhere_as_well),
        TEST(test_a_peer_that_is_back_is_not_sought_any_more),
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
        TEST(test_a_silent_tier_does_not_stop_the_next),
        TEST(test_after_the_whole_time_only_tiers_that_answer_at_once_are_asked),
        TEST(test_trace_tells_of_every_tier),
        TEST(test_trace_of_a_cached_answer_says_so_with_its_remark),
        TEST(test_an_answer_without_ttl_of_its_own_gets_the_default),
        TEST(test_forget_asks_anew_for_that_peer),
        TEST(test_answers_outlive_a_restart),
        TEST(test_a_file_that_cannot_be_read_or_written_is_no_failure),
        TEST(test_tiers_tell_their_domains_and_names),
        TEST(test_stop_gives_up_what_is_under_way_and_asks_no_tier_any_more),
        TEST(test_free_gives_up_what_is_under_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
