/* test_names_judge.c - whose questions a relay answers, hands on, or refuses. */
#include "p2p/names_server.h"

#include "vec.h"

static struct peerid id(uint8_t n)
{
    return (struct peerid){ .n = 2, .mh = { 0, n } };
}

enum { SELF = 1, LAPTOP, STRANGER, B1, B2, C1, D1, G2 };

/* We are a relay of grewal; bob has two relays, carol and dave one each. */
static struct networks networks(enum network_trust bob, enum network_trust carol, bool transit)
{
    struct networks n = { .n = 4, .own = "grewal", .transit = transit };
    strcpy(n.v[0].name, "grewal");
    n.v[0].nrelays = 1;
    n.v[0].relays[0].peer = id(G2);
    strcpy(n.v[1].name, "bob");
    n.v[1].trust = bob;
    n.v[1].nrelays = 2;
    n.v[1].relays[0].peer = id(B1);
    n.v[1].relays[1].peer = id(B2);
    strcpy(n.v[2].name, "carol");
    n.v[2].trust = carol;
    n.v[2].nrelays = 1;
    n.v[2].relays[0].peer = id(C1);
    strcpy(n.v[3].name, "dave"); /* of whom no relay is known yet */
    n.v[3].trust = NETWORK_TRUST_FULL;
    return n;
}

#define FULL    NETWORK_TRUST_FULL
#define ONE_WAY NETWORK_TRUST_ONE_WAY
#define NONE    NETWORK_TRUST_NONE
#define ANSWER  (-1)
#define HAND_ON (-2)

static const struct {
    const char *what;
    enum network_trust bob, carol;
    bool transit;
    int from;
    enum names_type type;
    const char *network;
    int want; /* ANSWER, HAND_ON, or why it is refused */
} cases[] = {
    /* our own network */
    { "a member finds", NONE, NONE, false, LAPTOP, NAMES_FIND, "grewal", ANSWER },
    { "a member claims", NONE, NONE, false, LAPTOP, NAMES_CLAIM, "grewal", ANSWER },
    { "a member gives back", NONE, NONE, false, LAPTOP, NAMES_RELEASE, "grewal", ANSWER },
    { "a member lists", NONE, NONE, false, LAPTOP, NAMES_LIST, "grewal", ANSWER },
    { "a stranger finds", FULL, FULL, true, STRANGER, NAMES_FIND, "grewal", NAMES_DENIED },
    { "a stranger lists", FULL, FULL, true, STRANGER, NAMES_LIST, "grewal", NAMES_DENIED },
    { "a trusted relay finds", FULL, NONE, false, B1, NAMES_FIND, "grewal", ANSWER },
    { "a trusted relay lists", FULL, NONE, false, B1, NAMES_LIST, "grewal", NAMES_DENIED },
    { "a trusted relay claims", FULL, NONE, false, B1, NAMES_CLAIM, "grewal", NAMES_DENIED },
    { "a relay trusted one way", ONE_WAY, NONE, true, B1, NAMES_FIND, "grewal", NAMES_DENIED },
    { "a relay not trusted", NONE, NONE, true, B1, NAMES_FIND, "grewal", NAMES_DENIED },
    { "our other relay", FULL, FULL, true, G2, NAMES_FIND, "grewal", NAMES_DENIED },
    /* others' */
    { "a member into a trusted one", FULL, NONE, false, LAPTOP, NAMES_FIND, "bob", HAND_ON },
    { "a member one way", ONE_WAY, NONE, false, LAPTOP, NAMES_FIND, "bob", HAND_ON },
    { "a member, no trust", NONE, FULL, true, LAPTOP, NAMES_FIND, "bob", NAMES_NO_NETWORK },
    { "a member, no relay", FULL, FULL, true, LAPTOP, NAMES_FIND, "dave", NAMES_NO_NETWORK },
    { "a member claims there", FULL, FULL, true, LAPTOP, NAMES_CLAIM, "bob", NAMES_NO_NETWORK },
    { "a member, unknown network", FULL, NONE, false, LAPTOP, NAMES_FIND, "eve", HAND_ON },
    { "no one to ask", NONE, NONE, true, LAPTOP, NAMES_FIND, "eve", NAMES_NO_NETWORK },
    { "a stranger", FULL, FULL, true, STRANGER, NAMES_FIND, "bob", NAMES_DENIED },
    { "a stranger lists there", FULL, FULL, true, STRANGER, NAMES_LIST, "bob", NAMES_DENIED },
    /* passing through */
    { "no transit", FULL, FULL, false, C1, NAMES_FIND, "bob", NAMES_DENIED },
    { "transit", FULL, FULL, true, C1, NAMES_FIND, "bob", HAND_ON },
    { "transit, one way on", ONE_WAY, FULL, true, C1, NAMES_FIND, "bob", HAND_ON },
    { "transit, one way in", FULL, ONE_WAY, true, C1, NAMES_FIND, "bob", NAMES_DENIED },
    { "transit, no trust on", NONE, FULL, true, C1, NAMES_FIND, "bob", NAMES_NO_NETWORK },
    { "transit to an unknown one", FULL, FULL, true, C1, NAMES_FIND, "eve", HAND_ON },
    { "back to where it comes from", FULL, FULL, true, B1, NAMES_FIND, "bob", NAMES_DENIED },
    { "our other relay as transit", FULL, FULL, true, G2, NAMES_FIND, "bob", NAMES_DENIED },
};

static int judge(const struct networks *n, int from, const struct names_question *q)
{
    struct peerid self = id(SELF), asker = id((uint8_t)from);
    enum names_status status = NAMES_OK;
    switch (names_judge(n, &self, &asker, from == LAPTOP, q, &status)) {
    case NAMES_ANSWER_IT:
        return ANSWER;
    case NAMES_HAND_ON:
        return HAND_ON;
    default:
        return (int)status;
    }
}

static void test_judge_lets_those_who_may(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct networks n = networks(cases[i].bob, cases[i].carol, cases[i].transit);
        const struct names_question q = { .type = cases[i].type,
                                          .network = bytes_of(cases[i].network),
                                          .host = B("laptop") };
        int got = judge(&n, cases[i].from, &q);
        if (got != cases[i].want)
            fail_msg("%s: %d, not %d", cases[i].what, got, cases[i].want);
    }
}

static void pass(struct names_question *q, const struct peerid *relay)
{
    pb_list_add(&q->via, (struct bytes){ relay->mh, relay->n });
}

static void test_judge_cuts_loops(void **state)
{
    const struct networks n = networks(FULL, FULL, true);
    const struct peerid self = id(SELF), others[] = { id(20), id(21), id(22), id(23), id(24) };
    struct names_question q = { .network = B("grewal"), .host = B("laptop") };
    (void)state;
    pass(&q, &others[0]);
    assert_int_equal(judge(&n, B1, &q), ANSWER);
    pass(&q, &self);
    assert_int_equal(judge(&n, B1, &q), NAMES_LOOP);
    q.via.n = 0;
    for (size_t i = 0; i < NAMES_VIA_MAX; i++)
        pass(&q, &others[i]);
    assert_int_equal(judge(&n, B1, &q), ANSWER); /* it ends here */
    q.network = (struct bytes)B("carol");
    assert_int_equal(judge(&n, B1, &q), NAMES_LOOP); /* it would not */
    pass(&q, &others[4]);
    q.network = (struct bytes)B("grewal");
    assert_int_equal(judge(&n, B1, &q), NAMES_LOOP);
}

static size_t next(const struct networks *n, int from, const struct names_question *q, char *out)
{
    const struct network_relay *v[NAMES_POLL_MAX];
    struct peerid asker = id((uint8_t)from);
    size_t count = names_next_relays(n, &asker, q, v);
    for (size_t i = 0; i < count; i++)
        out[i] = (char)('0' + v[i]->peer.mh[1]);
    out[count] = '\0';
    return count;
}

static void test_next_relays_are_those_that_may_know(void **state)
{
    struct networks n = networks(FULL, FULL, true);
    const struct peerid b1 = id(B1);
    struct names_question q = { .network = B("bob"), .host = B("x") };
    char got[NAMES_POLL_MAX + 1];
    (void)state;
    next(&n, LAPTOP, &q, got);
    assert_string_equal(got, "45");
    pass(&q, &b1);
    next(&n, LAPTOP, &q, got);
    assert_string_equal(got, "5");
    q = (struct names_question){ .network = B("eve"), .host = B("x") };
    next(&n, LAPTOP, &q, got);
    assert_string_equal(got, "456");
    next(&n, C1, &q, got);
    assert_string_equal(got, "45");
    next(&n, B1, &q, got); /* not bob's other relay, either */
    assert_string_equal(got, "6");
    n.v[2].trust = NONE;
    next(&n, LAPTOP, &q, got);
    assert_string_equal(got, "45");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_judge_lets_those_who_may),
        cmocka_unit_test(test_judge_cuts_loops),
        cmocka_unit_test(test_next_relays_are_those_that_may_know),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
