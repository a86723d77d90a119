/* test_autonat_ask.c - one question to a peer, from the request to a vote, with a hand-turned
 * clock. */
#include "p2p/autonat_ask.h"

#include "vec.h"

#define T0    UINT64_C(7000000)
#define HOUR  UINT64_C(3600000)
#define NONCE UINT64_C(0x0123456789abcdef)

static struct multiaddr addrs[2]; /* the first is TCP */
static struct autonat_ask ask;

static struct multiaddr maddr(const char *text)
{
    struct multiaddr m;
    assert_int_equal(multiaddr_parse(bytes_of(text), &m), 0);
    return m;
}

static void begin(bool is_v2)
{
    struct autonat_ask_of of = { .is_v2 = is_v2,
                                 .nonce = NONCE,
                                 .from = { .family = 4, .b = { 203, 0, 113, 9 } },
                                 .addrs = addrs,
                                 .naddrs = COUNT(addrs) };
    autonat_ask_init(&ask, &of);
    assert_int_equal(autonat_ask_due(&ask), UINT64_MAX); /* opening has a deadline of its own */
    autonat_ask_opened(&ask, T0);
    assert_int_equal(autonat_ask_due(&ask), T0 + AUTONAT_ASK_MS);
}

static int setup(void **state)
{
    (void)state;
    addrs[0] = maddr("/ip4/192.0.2.1/tcp/4001");
    addrs[1] = maddr("/ip4/192.0.2.1/udp/4001/quic-v1");
    return 0;
}

static size_t take(struct bytes in, uint64_t at_ms)
{
    return autonat_ask_input(&ask, in, T0 + at_ms);
}

static size_t say_v2(enum autonat2_status status, uint32_t index, enum autonat2_dial_status dial,
                     uint64_t at_ms)
{
    uint8_t out[64];
    struct autonat2_msg m = { .kind = AUTONAT2_DIAL_RESPONSE,
                              .response = {
                                  .status = status, .addr_index = index, .dial_status = dial } };
    int n = autonat2_msg_encode(out, sizeof out, &m);
    assert_true(n > 0);
    for (size_t i = 0; i < (size_t)n; i++) /* every prefix waits */
        assert_int_equal(take((struct bytes){ out, i }, at_ms), 0);
    return take((struct bytes){ out, (size_t)n }, at_ms);
}

static void demand(uint32_t index, uint64_t nbytes, uint64_t at_ms)
{
    uint8_t out[64];
    struct autonat2_msg m = { .kind = AUTONAT2_DATA_REQUEST,
                              .data_request = { .addr_index = index, .nbytes = nbytes } };
    int n = autonat2_msg_encode(out, sizeof out, &m);
    take((struct bytes){ out, (size_t)n }, at_ms);
}

static void say_v1(enum autonat_status status, const struct multiaddr *where, uint64_t at_ms)
{
    uint8_t out[AUTONAT_MSG_WIRE_MAX];
    struct autonat_msg m = { .type = AUTONAT_DIAL_RESPONSE, .status = status };
    if (where)
        m.addr = (struct bytes){ where->b, where->n };
    int n = autonat_msg_encode(out, sizeof out, &m);
    take((struct bytes){ out, (size_t)n }, at_ms);
}

static void assert_vote(enum autonat_answer answer, const struct multiaddr *on, uint64_t at_ms)
{
    struct multiaddr none = { 0 };
    assert_int_equal(ask.state, AUTONAT_ASK_OVER);
    assert_int_equal(ask.err, 0);
    assert_int_equal(ask.vote.answer, answer);
    assert_true(multiaddr_eq(&ask.vote.address, on ? on : &none));
    assert_int_equal(ask.vote.at_ms, T0 + at_ms);
    assert_int_equal(ask.vote.from.b[3], 9);
    assert_int_equal(autonat_ask_due(&ask), UINT64_MAX);
}

static void assert_no_vote(int err)
{
    assert_int_equal(ask.state, AUTONAT_ASK_OVER);
    assert_int_equal(ask.err, err);
}

/* ---- the request ---- */

static void test_the_request_tells_addresses_in_order_and_the_nonce(void **state)
{
    uint8_t out[AUTONAT_ASK_REQUEST_MAX];
    struct peerid self = { .n = 3, .mh = { 0, 1, 7 } };
    struct autonat2_msg v2;
    struct autonat_msg v1;
    (void)state;

    begin(true);
    int n = autonat_ask_request(&ask, &self, out, sizeof out);
    assert_int_equal(autonat2_msg_decode((struct bytes){ out, (size_t)n }, &v2), n);
    assert_int_equal(v2.kind, AUTONAT2_DIAL_REQUEST);
    assert_true(v2.request.nonce == NONCE);
    assert_int_equal(v2.request.addrs.n, 2);
    assert_bytes(v2.request.addrs.v[0], (struct bytes){ addrs[0].b, addrs[0].n });
    begin(false);
    n = autonat_ask_request(&ask, &self, out, sizeof out);
    assert_int_equal(autonat_msg_decode((struct bytes){ out, (size_t)n }, &v1), n);
    assert_int_equal(v1.type, AUTONAT_DIAL);
    assert_bytes(v1.peer.id, (struct bytes){ self.mh, self.n });
    assert_bytes(v1.peer.addrs.v[1], (struct bytes){ addrs[1].b, addrs[1].n });
}

static void test_as_many_addresses_as_there_may_be_fit_into_it(void **state)
{
    uint8_t out[AUTONAT_ASK_REQUEST_MAX];
    struct peerid self = { .n = 3 };
    struct multiaddr many[AUTONAT_ASK_ADDRS + 4];
    struct autonat_ask_of of = { .addrs = many, .naddrs = COUNT(many) };
    (void)state;

    for (size_t i = 0; i < COUNT(many); i++)
        many[i] = maddr("/ip6/2001:db8::1/udp/4001/quic-v1");
    for (int v = 1; v <= 2; v++) {
        of.is_v2 = v == 2;
        autonat_ask_init(&ask, &of);
        assert_int_equal(ask.naddrs, AUTONAT_ASK_ADDRS);
        assert_true(autonat_ask_request(&ask, &self, out, sizeof out) > 0);
    }
}

/* ---- answers ---- */

enum came { NOBODY, ON_TCP, ON_UDP, SOLICITED };

static void come(enum came who, uint64_t at_ms)
{
    if (who != NOBODY)
        autonat_ask_arrived(&ask, who == ON_TCP, who == SOLICITED, T0 + at_ms);
}

#define NONE (-1)
static const struct answer_row { /* err, else vote */
    const char *what;
    enum came came;
    int status, index, dial;
    int err, vote;
} v2_rows[] = {
    { "reached", ON_UDP, AUTONAT2_OK, 1, AUTONAT2_DIAL_OK, 0, AUTONAT_REACHED },
    { "from where it sent", SOLICITED, AUTONAT2_OK, 1, AUTONAT2_DIAL_OK, 0,
      AUTONAT_REACHED_SOLICITED },
    { "nobody came", NOBODY, AUTONAT2_OK, 1, AUTONAT2_DIAL_OK, GW_EPROTO, NONE },
    { "on another transport", ON_UDP, AUTONAT2_OK, 0, AUTONAT2_DIAL_OK, GW_EPROTO, NONE },
    { "failed", NOBODY, AUTONAT2_OK, 1, AUTONAT2_DIAL_ERROR, 0, AUTONAT_FAILED },
    { "it thinks that it failed", ON_UDP, AUTONAT2_OK, 1, AUTONAT2_DIAL_ERROR, 0, AUTONAT_REACHED },
    { "the receipt was lost", ON_TCP, AUTONAT2_OK, 0, AUTONAT2_DIAL_BACK_ERROR, 0,
      AUTONAT_REACHED },
    { "no nonce came", NOBODY, AUTONAT2_OK, 1, AUTONAT2_DIAL_BACK_ERROR, GW_EDENIED, NONE },
    { "refused", NOBODY, AUTONAT2_DIAL_REFUSED, 0, AUTONAT2_DIAL_UNUSED, GW_EDENIED, NONE },
    { "rejected", NOBODY, AUTONAT2_REQUEST_REJECTED, 0, AUTONAT2_DIAL_UNUSED, GW_EDENIED, NONE },
    { "broken", NOBODY, AUTONAT2_INTERNAL_ERROR, 0, AUTONAT2_DIAL_UNUSED, GW_EDENIED, NONE },
    { "no address of ours", ON_UDP, AUTONAT2_OK, 2, AUTONAT2_DIAL_OK, GW_EPROTO, NONE },
};

static void test_v2_answers_are_judged_by_who_came(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(v2_rows); i++) {
        const struct answer_row *r = &v2_rows[i];
        begin(true);
        come(r->came, 40);
        say_v2((enum autonat2_status)r->status, (uint32_t)r->index,
               (enum autonat2_dial_status)r->dial, 50);
        if (ask.state != AUTONAT_ASK_OVER || ask.err != r->err)
            fail_msg("%s: state %d err %d", r->what, (int)ask.state, ask.err);
        if (!r->err)
            assert_vote((enum autonat_answer)r->vote, &addrs[r->index], 50);
    }
}

static void test_the_first_who_comes_counts(void **state)
{
    (void)state;
    begin(true);
    come(SOLICITED, 10);
    come(ON_TCP, 20);
    say_v2(AUTONAT2_OK, 1, AUTONAT2_DIAL_OK, 30);
    assert_vote(AUTONAT_REACHED_SOLICITED, &addrs[1], 30);
    come(ON_UDP, 40); /* when all is over */
    assert_vote(AUTONAT_REACHED_SOLICITED, &addrs[1], 30);
}

static void test_v1_listens_a_while_for_what_was_told(void **state)
{
    struct multiaddr other = maddr("/ip4/198.51.100.7/udp/4001/quic-v1");
    (void)state;
    begin(false);
    come(ON_UDP, 10);
    say_v1(AUTONAT_OK, &addrs[1], 20);
    assert_vote(AUTONAT_REACHED, &addrs[1], 20);

    begin(false);
    say_v1(AUTONAT_OK, &addrs[1], 20);
    assert_int_equal(ask.state, AUTONAT_ASK_LISTENING);
    assert_int_equal(autonat_ask_due(&ask), T0 + 20 + AUTONAT_LISTEN_MS);
    autonat_ask_failed(&ask, GW_ECLOSED); /* the stream has done its work */
    assert_int_equal(ask.state, AUTONAT_ASK_LISTENING);
    come(ON_UDP, 30);
    assert_vote(AUTONAT_REACHED, &addrs[1], 30);

    begin(false);
    say_v1(AUTONAT_OK, &addrs[1], 20);
    come(ON_TCP, 30);
    assert_no_vote(GW_EPROTO);

    begin(false);
    say_v1(AUTONAT_OK, &addrs[1], 20);
    autonat_ask_tick(&ask, T0 + 19 + AUTONAT_LISTEN_MS);
    assert_int_equal(ask.state, AUTONAT_ASK_LISTENING);
    autonat_ask_tick(&ask, T0 + 20 + AUTONAT_LISTEN_MS);
    assert_no_vote(GW_ETIMEOUT);

    begin(false);
    say_v1(AUTONAT_DIAL_ERROR, NULL, 20);
    assert_vote(AUTONAT_FAILED, NULL, 20);
    begin(false);
    say_v1(AUTONAT_DIAL_REFUSED, NULL, 20);
    assert_no_vote(GW_EDENIED);
    begin(false);
    say_v1(AUTONAT_OK, &other, 20);
    assert_no_vote(GW_EDENIED);
}

/* ---- time, garbage and payment ---- */

static void test_no_answer_in_time_is_none(void **state)
{
    for (int v = 1; v <= 2; v++) {
        setup(state);
        begin(v == 2);
        autonat_ask_tick(&ask, T0 + AUTONAT_ASK_MS - 1);
        assert_int_equal(ask.state, AUTONAT_ASK_WAITING);
        autonat_ask_tick(&ask, T0 + AUTONAT_ASK_MS);
        assert_no_vote(GW_ETIMEOUT);
    }
}

static void test_an_answer_after_an_hour_asleep_is_none(void **state)
{
    (void)state;
    begin(true);
    come(ON_UDP, 10);
    assert_int_equal(say_v2(AUTONAT2_OK, 1, AUTONAT2_DIAL_OK, HOUR), 0);
    assert_no_vote(GW_ETIMEOUT);
}

static void test_garbage_and_the_end_of_the_stream_end_it(void **state)
{
    uint8_t out[64];
    struct autonat2_msg m = { .kind = AUTONAT2_DIAL_REQUEST };
    int n = autonat2_msg_encode(out, sizeof out, &m);
    (void)state;

    begin(true);
    take(bytes_of("\x03xyz"), 1);
    assert_no_vote(GW_EPROTO);
    begin(true);
    take((struct bytes){ out, (size_t)n }, 1); /* a question is no answer */
    assert_no_vote(GW_EPROTO);
    begin(true);
    autonat_ask_failed(&ask, GW_ERESET);
    assert_no_vote(GW_ERESET);
    begin(false);
    take(bytes_of("\x02zz"), 1);
    assert_no_vote(GW_EPROTO);
}

static void test_what_is_demanded_is_paid_once_and_within_bounds(void **state)
{
    static const uint64_t prices[] = { 0, 1, AUTONAT2_MSG_DATA_MAX, 30000, AUTONAT_PAY_MAX };
    uint8_t piece[AUTONAT_ASK_PIECE_MAX];
    (void)state;

    for (size_t i = 0; i < COUNT(prices); i++) {
        uint64_t paid = 0;
        size_t n;
        begin(true);
        assert_int_equal(autonat_ask_pay(&ask, piece), 0); /* nobody has asked for it */
        demand(1, prices[i], 10);
        while ((n = autonat_ask_pay(&ask, piece)) > 0) {
            struct autonat2_msg m;
            assert_int_equal(autonat2_msg_decode((struct bytes){ piece, n }, &m), n);
            assert_int_equal(m.kind, AUTONAT2_DATA_RESPONSE);
            paid += m.data.n;
        }
        assert_in_range(paid, prices[i], prices[i] + AUTONAT2_MSG_DATA_MAX - 1);
        assert_int_equal(ask.state, AUTONAT_ASK_WAITING);
        assert_int_equal(autonat_ask_due(&ask), T0 + AUTONAT_ASK_MS); /* it buys no time */
        demand(1, 1, 20);
        assert_no_vote(GW_EDENIED);
        assert_int_equal(autonat_ask_pay(&ask, piece), 0);
    }
    begin(true);
    demand(1, AUTONAT_PAY_MAX + 1, 10);
    assert_no_vote(GW_EDENIED);
    begin(true);
    demand(2, 10, 10); /* no address of ours */
    assert_no_vote(GW_EDENIED);
}

static void test_an_answer_may_come_before_all_is_paid(void **state)
{
    uint8_t piece[AUTONAT_ASK_PIECE_MAX];
    (void)state;
    begin(true);
    demand(1, 30000, 10);
    assert_true(autonat_ask_pay(&ask, piece) > 0);
    say_v2(AUTONAT2_OK, 1, AUTONAT2_DIAL_ERROR, 20);
    assert_vote(AUTONAT_FAILED, &addrs[1], 20);
    assert_int_equal(autonat_ask_pay(&ask, piece), 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup(f, setup)
    const struct CMUnitTest tests[] = {
        T(test_the_request_tells_addresses_in_order_and_the_nonce),
        T(test_as_many_addresses_as_there_may_be_fit_into_it),
        T(test_v2_answers_are_judged_by_who_came),
        T(test_the_first_who_comes_counts),
        T(test_v1_listens_a_while_for_what_was_told),
        T(test_no_answer_in_time_is_none),
        T(test_an_answer_after_an_hour_asleep_is_none),
        T(test_garbage_and_the_end_of_the_stream_end_it),
        T(test_what_is_demanded_is_paid_once_and_within_bounds),
        T(test_an_answer_may_come_before_all_is_paid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
