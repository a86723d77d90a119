/* test_kad_lookup.c - whom a lookup asks, in spite of liars, and when it ends; the clock is turned
 * by hand. */
#include "p2p/kad_lookup.h"

#include <malloc.h>

#include "failing_alloc.h"
#include "vec.h"

#define ANSWER_MS 4000 /* slow after 1000 */

static const struct kad_id target; /* all zero: the distance of an id is the id itself */
static uint64_t now_ms;
static struct kad_lookup *l;

/* ---- peers ---- */

static struct peerid peer_at(uint32_t i)
{
    struct peerid id = { .n = 38 };
    memcpy(id.mh, &i, sizeof i);
    return id;
}

/* Distance i from the target: 1 is the nearest. */
static struct kad_contact at(uint32_t i)
{
    struct kad_contact c = { .peer = peer_at(i) };
    for (unsigned b = 0; b < 4; b++)
        c.id.b[KAD_ID_LEN - 1 - b] = (uint8_t)(i >> 8 * b);
    return c;
}

static size_t fill(struct kad_contact *out, uint32_t first, uint32_t last)
{
    for (uint32_t i = first; i <= last; i++)
        out[i - first] = at(i);
    return last - first + 1;
}

static void begin(unsigned paths, unsigned alpha, unsigned k, unsigned max_asked)
{
    struct peerid self = peer_at(0);
    struct kad_lookup_config cfg = { alpha, k, paths, max_asked, ANSWER_MS };

    now_ms = 1000000;
    l = kad_lookup_new(&target, &self, &cfg);
    assert_non_null(l);
}

static int teardown(void **state)
{
    (void)state;
    alloc_left = UINT_MAX;
    kad_lookup_free(l);
    l = NULL;
    return 0;
}

static void seed(uint32_t first, uint32_t last)
{
    struct kad_contact c[64];
    kad_lookup_seed(l, c, fill(c, first, last));
}

/* first > last: it answers with nobody. */
static void answer(uint32_t from, uint32_t first, uint32_t last)
{
    struct kad_contact c[64];
    struct peerid peer = peer_at(from);
    kad_lookup_answer(l, &peer, c, first > last ? 0 : fill(c, first, last));
}

static void fail_(uint32_t who)
{
    struct peerid peer = peer_at(who);
    kad_lookup_failed(l, &peer);
}

/* The next one asked; 0: nobody. */
static uint32_t ask(void)
{
    struct kad_contact c;
    uint32_t i;

    if (!kad_lookup_next(l, now_ms, &c))
        return 0;
    memcpy(&i, c.peer.mh, sizeof i);
    return i;
}

static void assert_asks(const uint32_t *who, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_int_equal(ask(), who[i]);
    assert_int_equal(ask(), 0);
}

#define ASSERT_ASKS(...) \
    assert_asks((const uint32_t[]){ __VA_ARGS__ }, COUNT(((const uint32_t[]){ __VA_ARGS__ })))
#define ASSERT_ASKS_NOBODY() assert_int_equal(ask(), 0)

static struct kad_lookup_stats stats(void)
{
    struct kad_lookup_stats s;
    kad_lookup_stats(l, &s);
    return s;
}

static void wait_ms(uint64_t ms)
{
    now_ms += ms;
    kad_lookup_tick(l, now_ms, NULL, NULL);
}

/* ---- one path ---- */

static void test_next_asks_the_nearest_alpha_at_once(void **state)
{
    (void)state;
    begin(1, 3, 20, 0);
    seed(10, 15);
    ASSERT_ASKS(10, 11, 12);
    answer(11, 5, 6);
    ASSERT_ASKS(5);
    answer(5, 1, 2);
    fail_(10);
    ASSERT_ASKS(1, 2);
}

static void test_next_asks_neither_self_nor_anybody_twice(void **state)
{
    (void)state;
    begin(1, 3, 20, 0);
    seed(1, 2);
    seed(1, 2);
    ASSERT_ASKS(1, 2);
    answer(1, 0, 2); /* 0: we */
    answer(2, 0, 2);
    ASSERT_ASKS_NOBODY();
    assert_true(kad_lookup_is_done(l));
    assert_int_equal(stats().asked, 2);
}

static void test_done_when_the_k_nearest_have_answered(void **state)
{
    (void)state;
    begin(1, 3, 3, 0);
    seed(1, 6);
    ASSERT_ASKS(1, 2, 3);
    answer(1, 1, 0);
    answer(2, 1, 0);
    ASSERT_ASKS_NOBODY(); /* 4 is not among the nearest three */
    assert_false(kad_lookup_is_done(l));
    answer(3, 1, 0);
    assert_true(kad_lookup_is_done(l));
}

static void test_failed_gives_its_place_to_the_next_nearest(void **state)
{
    struct kad_contact got[4];

    (void)state;
    begin(1, 3, 3, 0);
    seed(1, 6);
    ASSERT_ASKS(1, 2, 3);
    answer(1, 1, 0);
    fail_(2);
    ASSERT_ASKS(4);
    answer(3, 1, 0);
    assert_false(kad_lookup_is_done(l));
    answer(4, 1, 0);
    assert_true(kad_lookup_is_done(l));

    assert_int_equal(kad_lookup_nearest(l, got, COUNT(got)), 3);
    assert_true(got[0].peer.mh[0] == 1 && got[1].peer.mh[0] == 3 && got[2].peer.mh[0] == 4);
    assert_int_equal(kad_lookup_nearest(l, got, 1), 1);
    assert_int_equal(got[0].peer.mh[0], 1);
}

static void test_done_without_anybody(void **state)
{
    (void)state;
    begin(3, 3, 20, 0);
    assert_true(kad_lookup_is_done(l));
    ASSERT_ASKS_NOBODY();
    assert_true(kad_lookup_due(l) == UINT64_MAX);

    seed(1, 2);
    assert_false(kad_lookup_is_done(l));
    ASSERT_ASKS(1, 2);
    fail_(1);
    fail_(2);
    assert_true(kad_lookup_is_done(l));
    assert_int_equal(stats().failed, 2);
}

static void test_hops_are_counted_from_the_seeds(void **state)
{
    (void)state;
    begin(1, 1, 20, 0);
    seed(30, 30);
    ASSERT_ASKS(30);
    answer(30, 20, 21);
    ASSERT_ASKS(20);
    answer(20, 10, 10);
    ASSERT_ASKS(10);
    assert_int_equal(kad_lookup_hops(l, &(struct peerid){ 0 }), 0);
    struct peerid p = peer_at(10), q = peer_at(21), r = peer_at(30);
    assert_int_equal(kad_lookup_hops(l, &p), 3);
    assert_int_equal(kad_lookup_hops(l, &q), 2);
    assert_int_equal(kad_lookup_hops(l, &r), 1);
    assert_int_equal(stats().hops, 2); /* 10 has not answered yet */
    answer(10, 1, 0);
    assert_int_equal(stats().hops, 3);
}

/* ---- time ---- */

static void note_late(void *arg, const struct peerid *peer)
{
    uint32_t *sum = arg;
    *sum = *sum * 10 + peer->mh[0];
}

static void test_tick_takes_the_overdue_for_failed(void **state)
{
    uint32_t late = 0;

    (void)state;
    begin(1, 3, 20, 0);
    seed(1, 4);
    ASSERT_ASKS(1, 2, 3);
    assert_true(kad_lookup_due(l) == now_ms + ANSWER_MS / KAD_SLOW);
    now_ms += ANSWER_MS / KAD_SLOW - 1;
    kad_lookup_tick(l, now_ms, note_late, &late);
    ASSERT_ASKS_NOBODY();

    now_ms++;
    kad_lookup_tick(l, now_ms, note_late, &late);
    ASSERT_ASKS(4); /* three are slow: others may be asked */
    assert_int_equal(late, 0);
    assert_true(kad_lookup_due(l) == now_ms + ANSWER_MS / KAD_SLOW);
    answer(2, 1, 0); /* slow, but not too late */

    now_ms += ANSWER_MS - ANSWER_MS / KAD_SLOW;
    kad_lookup_tick(l, now_ms, note_late, &late);
    assert_int_equal(late, 13);
    assert_int_equal(stats().failed, 2);
    assert_int_equal(stats().answered, 1);
    assert_true(kad_lookup_due(l) == now_ms + ANSWER_MS / KAD_SLOW);
    assert_false(kad_lookup_is_done(l));
    now_ms += ANSWER_MS / KAD_SLOW;
    kad_lookup_tick(l, now_ms, note_late, &late);
    assert_int_equal(late, 134);
    assert_true(kad_lookup_is_done(l));
    assert_true(kad_lookup_due(l) == UINT64_MAX);
}

static void test_slow_gives_its_place_to_the_next_nearest(void **state)
{
    struct kad_contact got[2];

    (void)state;
    begin(1, 3, 2, 0);
    seed(1, 4);
    ASSERT_ASKS(1, 2);
    answer(1, 1, 0);
    wait_ms(ANSWER_MS / KAD_SLOW);
    ASSERT_ASKS(3);
    assert_false(kad_lookup_is_done(l));
    answer(3, 1, 0);
    assert_true(kad_lookup_is_done(l)); /* two have answered: 2 is not waited for */
    answer(2, 1, 0);
    assert_int_equal(kad_lookup_nearest(l, got, 2), 2);
    assert_true(got[0].peer.mh[0] == 1 && got[1].peer.mh[0] == 2);
}

static void test_slow_is_waited_for_when_there_are_few(void **state)
{
    (void)state;
    begin(1, 3, 20, 0);
    seed(1, 2);
    ASSERT_ASKS(1, 2);
    answer(1, 1, 0);
    wait_ms(ANSWER_MS / KAD_SLOW);
    assert_false(kad_lookup_is_done(l));
    answer(2, 3, 3);
    ASSERT_ASKS(3);
}

static void test_answer_late_or_unasked_changes_nothing(void **state)
{
    (void)state;
    begin(1, 1, 20, 0);
    seed(5, 6);
    ASSERT_ASKS(5);
    answer(6, 1, 3); /* waits, not asked */
    answer(9, 1, 3); /* not known */
    fail_(6);
    fail_(9);
    wait_ms(ANSWER_MS);
    answer(5, 1, 3); /* overdue */
    fail_(5);
    ASSERT_ASKS(6);
    answer(6, 1, 0);
    answer(6, 1, 3); /* again */
    ASSERT_ASKS_NOBODY();
    assert_true(kad_lookup_is_done(l));
    assert_int_equal(stats().answered, 1);
    assert_int_equal(stats().failed, 1);
}

/* ---- paths ---- */

static void test_paths_ask_only_whom_they_were_told_of(void **state)
{
    (void)state;
    begin(2, 1, 20, 0);
    seed(10, 13); /* 10 and 12; 11 and 13 */
    ASSERT_ASKS(10, 11);
    answer(10, 1, 3);
    ASSERT_ASKS(1); /* by the first; the second still waits for 11 */
    fail_(11);
    ASSERT_ASKS(13);
    answer(13, 1, 2); /* 1 is asked already */
    ASSERT_ASKS(2);
}

static void test_paths_wait_for_each_others_questions(void **state)
{
    (void)state;
    begin(2, 1, 2, 0);
    seed(10, 11);
    ASSERT_ASKS(10, 11);
    answer(10, 1, 2);
    ASSERT_ASKS(1);
    answer(11, 1, 2);
    ASSERT_ASKS(2);
    answer(1, 1, 0);
    assert_false(kad_lookup_is_done(l));
    answer(2, 1, 0);
    assert_true(kad_lookup_is_done(l)); /* nobody further is asked for the sake of a path */
    assert_int_equal(stats().asked, 4);
}

/* All those that the first seed tells of are nearer than anybody that there is. */
static void test_liar_spoils_one_path_only(void **state)
{
    (void)state;
    begin(2, 3, 3, 0);
    seed(1000, 1001);
    ASSERT_ASKS(1000, 1001);
    answer(1000, 1, 20);
    ASSERT_ASKS(1, 2, 3);
    answer(1001, 101, 103);
    ASSERT_ASKS(101, 102, 103);
    for (uint32_t i = 101; i <= 103; i++)
        answer(i, 101, 103);
    wait_ms(ANSWER_MS / KAD_SLOW);
    for (uint32_t i = ask(), n = 0; i; i = ask(), n++) {
        assert_in_range(i, 4, 20); /* what remains is the first path's trouble */
        assert_in_range(n, 0, 2);
    }
}

static void test_doubted_are_asked_last(void **state)
{
    (void)state;
    begin(1, 1, 20, 0);
    seed(1000, 1001);
    ASSERT_ASKS(1000);
    answer(1000, 1, 10);
    ASSERT_ASKS(1);
    fail_(1);
    ASSERT_ASKS(2);
    fail_(2); /* the second: enough */
    ASSERT_ASKS(1001);
    answer(1001, 100, 102);
    ASSERT_ASKS(100);
    answer(100, 7, 7); /* somebody else tells of 7 */
    ASSERT_ASKS(7);
    answer(7, 1, 0); /* and it is there: 1000 is doubted no more */
    ASSERT_ASKS(3);
    fail_(3);
    ASSERT_ASKS(101);
    answer(101, 1, 0);
    ASSERT_ASKS(102);
    answer(102, 1, 0);
    ASSERT_ASKS(4); /* nobody better is left */
}

static void test_silence_counts_once(void **state)
{
    (void)state;
    begin(1, 1, 20, 0);
    seed(1000, 1001);
    ASSERT_ASKS(1000);
    answer(1000, 1, 10);
    ASSERT_ASKS(1);
    wait_ms(ANSWER_MS); /* slow, and overdue: 1000 is not doubted yet */
    ASSERT_ASKS(2);
}

static void test_done_without_waiting_for_the_doubted(void **state)
{
    (void)state;
    begin(1, 2, 2, 0);
    seed(1000, 1001);
    ASSERT_ASKS(1000, 1001);
    answer(1000, 1, 10);
    ASSERT_ASKS(1);
    answer(1001, 1, 0);
    ASSERT_ASKS(2);
    wait_ms(ANSWER_MS / KAD_SLOW); /* 1 and 2 are slow, so 1000 is doubted */
    assert_true(kad_lookup_is_done(l));
    answer(1, 1, 0); /* and yet one is there */
    assert_false(kad_lookup_is_done(l));
}

/* ---- limits ---- */

static void test_answer_of_too_many_is_cut(void **state)
{
    struct peerid last = peer_at(KAD_K), beyond = peer_at(KAD_K + 1);

    (void)state;
    begin(1, 3, 20, 0);
    seed(1000, 1000);
    ASSERT_ASKS(1000);
    answer(1000, 1, KAD_K + 1);
    assert_int_equal(kad_lookup_hops(l, &last), 2);
    assert_int_equal(kad_lookup_hops(l, &beyond), 0);
}

/* Everybody tells of twenty that are nearer still, and they answer. */
static uint32_t run_endless_liars(uint32_t from)
{
    uint32_t who, asked = 0;

    seed(from, from + 2);
    while ((who = ask()) != 0) {
        answer(who, from - 20 * (asked + 1), from - 20 * asked - 1);
        asked++;
    }
    return asked;
}

static void test_asked_are_limited(void **state)
{
    (void)state;
    begin(3, 3, 20, 30);
    assert_int_equal(run_endless_liars(1000000), 30);
    assert_true(kad_lookup_is_done(l));
}

static void test_path_has_its_share_of_the_questions_only(void **state)
{
    (void)state;
    begin(2, 3, 20, 20);
    seed(100, 101);
    ASSERT_ASKS(100, 101);
    answer(100, 1, 20);
    for (uint32_t i = 1; i < 10; i++) {
        assert_int_equal(ask(), i);
        answer(i, 1, 0);
    }
    ASSERT_ASKS_NOBODY(); /* ten have been asked by the first */
    assert_false(kad_lookup_is_done(l));
    answer(101, 50, 55);
    ASSERT_ASKS(50, 51, 52);
}

static void test_known_are_bounded(void **state)
{
    size_t before = mallinfo2().uordblks;

    (void)state;
    begin(1, 3, 20, 0);
    assert_int_equal(run_endless_liars(1000000), KAD_ASKED_MAX);
    assert_in_range(mallinfo2().uordblks - before, 0, 600 * 1024);
}

static void test_doubted_make_room_first(void **state)
{
    struct peerid doubted = peer_at(3), kept = peer_at(10000), furthest = peer_at(10299);

    (void)state;
    begin(1, 1, 20, 0);
    seed(5000, 5015);
    ASSERT_ASKS(5000);
    answer(5000, 1, 20);
    for (uint32_t i = 1; i <= KAD_DOUBT; i++) {
        ASSERT_ASKS(i);
        fail_(i);
    }
    for (uint32_t i = 1; i <= 15; i++) {
        ASSERT_ASKS(5000 + i);
        answer(5000 + i, 10000 + 20 * (i - 1), 10000 + 20 * i - 1);
    }
    assert_int_equal(kad_lookup_hops(l, &doubted), 0);
    assert_int_equal(kad_lookup_hops(l, &kept), 2);
    assert_int_equal(kad_lookup_hops(l, &furthest), 0);
}

/* Who does not fit is passed over; with who does, the lookup goes on to its end. */
static void test_memory_that_runs_out_makes_it_smaller(void **state)
{
    struct kad_lookup_config cfg = { 3, 20, 2, 0, ANSWER_MS };
    struct peerid self = peer_at(0);
    unsigned answered = 0;

    (void)state;
    for (unsigned left = 0; left < 40; left++) {
        alloc_left = left;
        l = kad_lookup_new(&target, &self, &cfg);
        assert_true(left ? l != NULL : l == NULL);
        if (l) {
            seed(1000, 1005);
            for (uint32_t who; (who = ask()) != 0;)
                answer(who, 1, 20);
            assert_true(kad_lookup_is_done(l));
            answered = stats().answered;
        }
        alloc_left = UINT_MAX;
        kad_lookup_free(l);
        l = NULL;
    }
    assert_in_range(answered, 20, 26);
}

static void test_addresses_of_several_tellers_come_together(void **state)
{
    struct multiaddr addrs[KAD_ADDRS_MAX + 1];
    struct kad_contact c = at(1), got;
    struct peerid a = peer_at(100), b = peer_at(101);

    (void)state;
    for (uint8_t i = 0; i < COUNT(addrs); i++)
        multiaddr_make_quic(&(struct ipaddr){ .family = 4, .b = { 192, 0, 2, i } }, 4001,
                            &addrs[i]);
    begin(1, 2, 20, 0);
    seed(100, 101);
    ASSERT_ASKS(100, 101);
    c.addrs = addrs;
    c.naddrs = KAD_ADDRS_MAX;
    kad_lookup_answer(l, &a, &c, 1);
    c.addrs = addrs + 1; /* three known ones, and one that is new */
    kad_lookup_answer(l, &b, &c, 1);
    assert_true(kad_lookup_next(l, now_ms, &got));
    assert_int_equal(got.naddrs, KAD_ADDRS_MAX);
    for (size_t i = 0; i < KAD_ADDRS_MAX - 1; i++)
        assert_true(multiaddr_eq(&got.addrs[i], &addrs[i]));
    assert_true(multiaddr_eq(&got.addrs[KAD_ADDRS_MAX - 1], &addrs[KAD_ADDRS_MAX]));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_next_asks_the_nearest_alpha_at_once, teardown),
        cmocka_unit_test_teardown(test_next_asks_neither_self_nor_anybody_twice, teardown),
        cmocka_unit_test_teardown(test_done_when_the_k_nearest_have_answered, teardown),
        cmocka_unit_test_teardown(test_failed_gives_its_place_to_the_next_nearest, teardown),
        cmocka_unit_test_teardown(test_done_without_anybody, teardown),
        cmocka_unit_test_teardown(test_hops_are_counted_from_the_seeds, teardown),
        cmocka_unit_test_teardown(test_tick_takes_the_overdue_for_failed, teardown),
        cmocka_unit_test_teardown(test_slow_gives_its_place_to_the_next_nearest, teardown),
        cmocka_unit_test_teardown(test_slow_is_waited_for_when_there_are_few, teardown),
        cmocka_unit_test_teardown(test_answer_late_or_unasked_changes_nothing, teardown),
        cmocka_unit_test_teardown(test_paths_ask_only_whom_they_were_told_of, teardown),
        cmocka_unit_test_teardown(test_paths_wait_for_each_others_questions, teardown),
        cmocka_unit_test_teardown(test_liar_spoils_one_path_only, teardown),
        cmocka_unit_test_teardown(test_doubted_are_asked_last, teardown),
        cmocka_unit_test_teardown(test_silence_counts_once, teardown),
        cmocka_unit_test_teardown(test_done_without_waiting_for_the_doubted, teardown),
        cmocka_unit_test_teardown(test_answer_of_too_many_is_cut, teardown),
        cmocka_unit_test_teardown(test_asked_are_limited, teardown),
        cmocka_unit_test_teardown(test_path_has_its_share_of_the_questions_only, teardown),
        cmocka_unit_test_teardown(test_known_are_bounded, teardown),
        cmocka_unit_test_teardown(test_doubted_make_room_first, teardown),
        cmocka_unit_test_teardown(test_memory_that_runs_out_makes_it_smaller, teardown),
        cmocka_unit_test_teardown(test_addresses_of_several_tellers_come_together, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
