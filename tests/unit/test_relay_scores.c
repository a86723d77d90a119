/* test_relay_scores.c - the order of relays, with a clock turned by hand. */
#include "p2p/relay_scores.h"

#include "vec.h"

#define S UINT64_C(1000) /* in ms */
#define M (60 * S)

enum who { A, B_, NOBODY };

static struct relay_scores scores;

static struct peerid id_of(unsigned i)
{
    struct peerid id = { .n = 2, .mh = { (uint8_t)(i >> 8), (uint8_t)i } };
    return id;
}

static int setup(void **state)
{
    (void)state;
    scores = (struct relay_scores){ 0 };
    return 0;
}

static void note(unsigned who, enum relay_sign sign, uint64_t ms, uint64_t at_ms)
{
    struct peerid id = id_of(who);
    relay_scores_note(&scores, &id, sign, ms * 1000, at_ms);
}

static uint64_t cost(unsigned who, uint64_t at_ms)
{
    struct peerid id = id_of(who);
    return relay_scores_cost_ms(&scores, &id, at_ms);
}

static enum relay_load load(unsigned who, uint64_t at_ms)
{
    struct peerid id = id_of(who);
    return relay_scores_load(&scores, &id, at_ms);
}

static enum who first(uint64_t at_ms)
{
    uint64_t a = cost(A, at_ms), b = cost(B_, at_ms);
    return a == b ? NOBODY : a < b ? A : B_;
}

/* What is noted, at which time, and what is so behind it. */
struct line {
    uint64_t at_ms;
    enum who who;
    int sign; /* -1: nothing is noted */
    uint64_t ms;
    enum who first;
    enum relay_load load; /* of `who` */
};

static const struct {
    const char *title;
    struct line v[10];
} scripts[] = {
    { "the nearer one is first",
      { { 1 * S, A, RELAY_RTT, 80, A, RELAY_LOAD_LOW },
        { 1 * S, B_, RELAY_RTT, 20, B_, RELAY_LOAD_LOW } } },
    { "one that was never measured stands behind a near one and before one that is far",
      { { 1 * S, A, RELAY_RTT, 151, NOBODY, RELAY_LOAD_LOW },
        { 2 * S, A, RELAY_RTT, 20, A, RELAY_LOAD_LOW },
        { 1 * M + 2 * S, B_, -1, 0, A, RELAY_LOAD_UNKNOWN } } },
    { "as near as makes no difference: nobody is first",
      { { 1 * S, A, RELAY_RTT, 20, A, RELAY_LOAD_LOW },
        { 1 * S, B_, RELAY_RTT, 22, NOBODY, RELAY_LOAD_LOW } } },
    { "a queue counts twice: a loaded near one stands behind an idle one farther away",
      { { 1 * S, A, RELAY_RTT, 20, A, RELAY_LOAD_LOW },
        { 1 * S, B_, RELAY_RTT, 80, A, RELAY_LOAD_LOW },
        { 3 * M, A, RELAY_RTT, 70, B_, RELAY_LOAD_BUSY },
        { 5 * M, A, RELAY_RTT, 20, A, RELAY_LOAD_LOW } } },
    { "one late answer moves nothing",
      { { 1 * S, A, RELAY_RTT, 40, A, RELAY_LOAD_LOW },
        { 1 * S, B_, RELAY_RTT, 80, A, RELAY_LOAD_LOW },
        { 11 * S, A, RELAY_RTT, 80, A, RELAY_LOAD_LOW },
        { 21 * S, A, RELAY_RTT, 40, A, RELAY_LOAD_LOW } } },
    { "busy ends at half of where it began",
      { { 1 * S, A, RELAY_RTT, 20, A, RELAY_LOAD_LOW },
        { 2 * M, A, RELAY_RTT, 49, A, RELAY_LOAD_LOW },
        { 4 * M, A, RELAY_RTT, 50, A, RELAY_LOAD_BUSY },
        { 6 * M, A, RELAY_RTT, 35, A, RELAY_LOAD_BUSY },
        { 8 * M, A, RELAY_RTT, 34, A, RELAY_LOAD_LOW } } },
    { "on a long way more is needed",
      { { 1 * S, A, RELAY_RTT, 200, B_, RELAY_LOAD_LOW },
        { 2 * M, A, RELAY_RTT, 299, B_, RELAY_LOAD_LOW },
        { 4 * M, A, RELAY_RTT, 300, B_, RELAY_LOAD_BUSY } } },
    { "a RESERVE that is answered late is load as well",
      { { 1 * S, A, RELAY_RTT, 20, A, RELAY_LOAD_LOW },
        { 1 * S, A, RELAY_WORK, 4, A, RELAY_LOAD_LOW },
        { 2 * M, A, RELAY_WORK, 300, B_, RELAY_LOAD_BUSY },
        { 2 * M + RELAY_SCORES_FRESH_MS, A, RELAY_RTT, 20, A, RELAY_LOAD_LOW } } },
    { "a refusal holds for a minute, the second one for two",
      { { 1 * S, A, RELAY_RTT, 20, A, RELAY_LOAD_LOW },
        { 1 * S, A, RELAY_REFUSED, 0, B_, RELAY_LOAD_FULL },
        { 61 * S - 1, A, -1, 0, B_, RELAY_LOAD_FULL },
        { 61 * S, A, -1, 0, A, RELAY_LOAD_LOW },
        { 61 * S, A, RELAY_REFUSED, 0, B_, RELAY_LOAD_FULL },
        { 181 * S - 1, A, -1, 0, B_, RELAY_LOAD_FULL },
        { 181 * S, A, -1, 0, A, RELAY_LOAD_LOW } } },
    { "until it takes something",
      { { 1 * S, A, RELAY_RTT, 20, A, RELAY_LOAD_LOW },
        { 1 * S, A, RELAY_REFUSED, 0, B_, RELAY_LOAD_FULL },
        { 2 * S, A, RELAY_RTT, 20, B_, RELAY_LOAD_FULL },
        { 3 * S, A, RELAY_ACCEPTED, 0, A, RELAY_LOAD_LOW } } },
    { "one that was not reached stands last for a while, and is not called full",
      { { 1 * S, A, RELAY_RTT, 20, A, RELAY_LOAD_LOW },
        { 1 * S, A, RELAY_UNREACHED, 0, B_, RELAY_LOAD_LOW },
        { 16 * S - 1, A, -1, 0, B_, RELAY_LOAD_LOW },
        { 16 * S, A, -1, 0, A, RELAY_LOAD_LOW },
        { 16 * S, A, RELAY_UNREACHED, 0, B_, RELAY_LOAD_LOW },
        { 17 * S, A, RELAY_RTT, 20, A, RELAY_LOAD_LOW } } },
    { "what was measured long ago tells the distance, and nothing of load",
      { { 1 * S, A, RELAY_RTT, 20, A, RELAY_LOAD_LOW },
        { 2 * M, A, RELAY_RTT, 220, B_, RELAY_LOAD_BUSY },
        { 2 * M + RELAY_SCORES_FRESH_MS - 1, A, -1, 0, B_, RELAY_LOAD_BUSY },
        { 2 * M + RELAY_SCORES_FRESH_MS, A, -1, 0, A, RELAY_LOAD_UNKNOWN } } },
    { "a way that has become longer for good is no load",
      { { 1 * S, A, RELAY_RTT, 20, A, RELAY_LOAD_LOW },
        { 9 * M, A, RELAY_RTT, 120, B_, RELAY_LOAD_BUSY },
        { 12 * M, A, RELAY_RTT, 120, B_, RELAY_LOAD_BUSY },
        { 19 * M, A, RELAY_RTT, 120, B_, RELAY_LOAD_BUSY },
        { 23 * M, A, RELAY_RTT, 120, A, RELAY_LOAD_LOW } } },
};

static void test_order_and_load_follow_the_signs(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(scripts); i++) {
        setup(NULL);
        for (const struct line *l = scripts[i].v; l->at_ms; l++) {
            if (l->sign >= 0)
                note(l->who, (enum relay_sign)l->sign, l->ms, l->at_ms);
            if (first(l->at_ms) != l->first || load(l->who, l->at_ms) != l->load)
                fail_msg("%s: line %zu: first %d, load %s", scripts[i].title,
                         (size_t)(l - scripts[i].v), first(l->at_ms),
                         relay_load_name(load(l->who, l->at_ms)));
        }
    }
}

/* Round trips that waver by a third around 24 and 30 ms, each on its own. */
static void test_order_does_not_flap(void **state)
{
    uint32_t bits = 12345;
    unsigned changes = 0;
    enum who was = NOBODY;
    (void)state;

    for (uint64_t at_ms = 10 * S; at_ms < 1000 * 10 * S; at_ms += 10 * S) {
        for (unsigned who = A; who <= B_; who++) {
            uint64_t mean = who == A ? 24 : 30;
            bits = bits * 1103515245 + 12345;
            note(who, RELAY_RTT, mean - mean / 6 + (bits >> 16) % (mean / 3), at_ms);
        }
        enum who now = first(at_ms);
        changes += was != NOBODY && now != NOBODY && now != was;
        was = now == NOBODY ? was : now;
    }
    assert_int_equal(was, A);
    assert_int_equal(changes, 0);
}

static void test_another_network_is_measured_anew(void **state)
{
    (void)state;
    note(A, RELAY_RTT, 20, S);
    note(A, RELAY_UNREACHED, 0, S);
    note(B_, RELAY_REFUSED, 0, S);
    relay_scores_moved(&scores);
    assert_int_equal(cost(A, S), RELAY_SCORES_UNKNOWN_MS);
    assert_int_equal(load(A, S), RELAY_LOAD_UNKNOWN);
    assert_int_equal(load(B_, S), RELAY_LOAD_FULL);
    note(A, RELAY_RTT, 300, 2 * S);
    assert_int_equal(load(A, 2 * S), RELAY_LOAD_LOW);
    assert_int_equal(cost(A, 2 * S), 300);
}

static void test_of_too_many_the_one_unheard_of_longest_is_forgotten(void **state)
{
    (void)state;
    for (unsigned i = 0; i <= RELAY_SCORES_MAX; i++)
        note(i, RELAY_RTT, 20, (i == 7 ? 1 : 10 + i) * S);
    assert_int_equal(scores.n, RELAY_SCORES_MAX);
    for (unsigned i = 0; i <= RELAY_SCORES_MAX; i++)
        assert_int_equal(cost(i, 100 * S), i == 7 ? RELAY_SCORES_UNKNOWN_MS : 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_order_and_load_follow_the_signs, setup),
        cmocka_unit_test_setup(test_order_does_not_flap, setup),
        cmocka_unit_test_setup(test_another_network_is_measured_anew, setup),
        cmocka_unit_test_setup(test_of_too_many_the_one_unheard_of_longest_is_forgotten, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
