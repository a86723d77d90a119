/* test_autonat_verdict.c - what follows from the answers of several observers, with a hand-turned
 * clock. */
#include "p2p/autonat_verdict.h"

#include "vec.h"

static struct autonat_votes votes;

static int setup(void **state)
{
    (void)state;
    votes = (struct autonat_votes){ 0 };
    return 0;
}

static struct multiaddr address(const char *text)
{
    struct multiaddr m = { 0 };
    if (*text)
        assert_int_equal(multiaddr_parse(bytes_of(text), &m), 0);
    return m;
}

static struct ipaddr observer(uint8_t last)
{
    return (struct ipaddr){ .family = 4, .b = { 203, 0, 113, last } };
}

#define ONE "/ip4/192.0.2.1/udp/4001/quic-v1"
#define TWO "/ip4/192.0.2.1/tcp/4001"

static void vote(uint8_t by, const char *on, enum autonat_answer answer, uint64_t at_ms)
{
    struct autonat_vote v = {
        .from = observer(by), .address = address(on), .answer = answer, .at_ms = at_ms
    };
    autonat_votes_note(&votes, &v);
}

static struct autonat_tally count(const char *on, uint64_t now_ms)
{
    struct multiaddr a = address(on);
    return autonat_votes_count(&votes, *on ? &a : NULL, now_ms);
}

static void assert_tally(struct autonat_tally t, unsigned reached, unsigned solicited,
                         unsigned failed)
{
    assert_int_equal(t.reached, reached);
    assert_int_equal(t.solicited, solicited);
    assert_int_equal(t.failed, failed);
}

static void test_count_takes_each_observers_last_answer(void **state)
{
    (void)state;
    vote(1, ONE, AUTONAT_FAILED, 10);
    vote(2, ONE, AUTONAT_FAILED, 20);
    vote(3, ONE, AUTONAT_REACHED_SOLICITED, 30);
    assert_tally(count(ONE, 40), 0, 1, 2);
    vote(1, ONE, AUTONAT_REACHED, 50);
    assert_tally(count(ONE, 60), 1, 1, 1);
    assert_int_equal(count(ONE, 60).last_ms, 50);
}

static void test_count_tells_addresses_apart_and_sums_up_over_all(void **state)
{
    (void)state;
    vote(1, ONE, AUTONAT_FAILED, 10);
    vote(1, TWO, AUTONAT_REACHED, 20);
    vote(2, ONE, AUTONAT_FAILED, 30);
    vote(3, "", AUTONAT_FAILED, 40); /* v1 */
    assert_tally(count(ONE, 50), 0, 0, 2);
    assert_tally(count(TWO, 50), 1, 0, 0);
    assert_tally(count("", 50), 1, 0, 2);
}

static void test_count_forgets_after_a_vote_s_life(void **state)
{
    (void)state;
    vote(1, ONE, AUTONAT_REACHED, 1000);
    vote(2, ONE, AUTONAT_FAILED, 2000);
    assert_tally(count(ONE, 999 + AUTONAT_VOTE_LIFE_MS), 1, 0, 1);
    assert_tally(count(ONE, 1000 + AUTONAT_VOTE_LIFE_MS), 0, 0, 1);
    assert_tally(count(ONE, 2000 + AUTONAT_VOTE_LIFE_MS), 0, 0, 0);
    assert_int_equal(count(ONE, 2000 + AUTONAT_VOTE_LIFE_MS).last_ms, 0);
}

static void test_note_lets_the_oldest_make_room(void **state)
{
    (void)state;
    for (unsigned i = 0; i < AUTONAT_VOTES_MAX; i++)
        vote((uint8_t)i, ONE, AUTONAT_FAILED, 100 + (i + 5) % AUTONAT_VOTES_MAX);
    vote(200, ONE, AUTONAT_REACHED, 1000);
    assert_tally(count(ONE, 1000), 1, 0, AUTONAT_VOTES_MAX - 1);
    struct ipaddr oldest = observer(AUTONAT_VOTES_MAX - 5), other = observer(0);
    struct multiaddr a = address(ONE);
    assert_int_equal(autonat_votes_last_ms(&votes, &oldest, &a), 0);
    assert_int_equal(autonat_votes_last_ms(&votes, &other, &a), 105);
}

static void test_keep_forgets_other_addresses_but_not_v1(void **state)
{
    (void)state;
    struct multiaddr two = address(TWO);
    vote(1, ONE, AUTONAT_REACHED, 10);
    vote(2, TWO, AUTONAT_FAILED, 10);
    vote(3, "", AUTONAT_FAILED, 10);
    autonat_votes_keep(&votes, &two, 1);
    assert_tally(count("", 20), 0, 0, 2);
    assert_tally(count(ONE, 20), 0, 0, 0);
}

enum { U = ANNOUNCE_REACH_UNKNOWN, PUB = ANNOUNCE_REACH_PUBLIC, PRIV = ANNOUNCE_REACH_PRIVATE };

static void test_verdict_wants_three_that_agree_or_all_there_are(void **state)
{
    (void)state;
    static const struct {
        unsigned reached, failed, askable;
        int before, verdict;
    } rows[] = {
        { 0, 0, 0, U, U },       { 0, 0, 3, U, U },    { 1, 0, 3, U, U },
        { 2, 0, 9, U, U },       { 3, 0, 9, U, PUB },  { 0, 2, 9, U, U },
        { 0, 3, 9, U, PRIV },    { 3, 1, 9, U, U },    { 4, 1, 9, U, PUB },
        { 1, 0, 1, U, PUB },     { 0, 1, 1, U, PRIV }, { 1, 0, 2, U, U },
        { 2, 0, 2, U, PUB },     { 1, 1, 2, U, U },    { 1, 0, 0, U, PUB }, /* it has gone since */
        { 2, 1, 9, PUB, PUB }, /* stands as long as most say so */
        { 2, 2, 9, PUB, U },     { 1, 2, 9, PUB, U },  { 0, 3, 9, PUB, PRIV },
        { 1, 2, 9, PRIV, PRIV }, { 2, 2, 9, PRIV, U }, { 4, 1, 9, PRIV, PUB },
        { 0, 0, 9, PUB, U },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        int got = (int)autonat_verdict(rows[i].reached, rows[i].failed, rows[i].askable,
                                       (enum announce_reach)rows[i].before);
        if (got != rows[i].verdict)
            fail_msg("row %zu: %d", i, got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_count_takes_each_observers_last_answer, setup),
        cmocka_unit_test_setup(test_count_tells_addresses_apart_and_sums_up_over_all, setup),
        cmocka_unit_test_setup(test_count_forgets_after_a_vote_s_life, setup),
        cmocka_unit_test_setup(test_note_lets_the_oldest_make_room, setup),
        cmocka_unit_test_setup(test_keep_forgets_other_addresses_but_not_v1, setup),
        cmocka_unit_test_setup(test_verdict_wants_three_that_agree_or_all_there_are, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
