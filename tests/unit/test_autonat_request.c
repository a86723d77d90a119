/* test_autonat_request.c - one request to be dialled back, from its message to the answer, with a
 * hand-turned clock and a machine that is a list of addresses. */
#include "p2p/autonat_request.h"

#include "vec.h"

#define T0    UINT64_C(9000000)
#define HOUR  UINT64_C(3600000)
#define NONCE UINT64_C(0x1122334455667788)

static struct autonat_request req;
static struct autonat_quota quota;
static struct ipaddr own[4];
static size_t nown;
static struct peerid asker, other;

static struct ipaddr ip_of(const char *socket)
{
    struct multiaddr m;
    struct ipaddr ip;
    uint16_t port;
    assert_int_equal(multiaddr_parse(bytes_of(socket), &m), 0);
    assert_true(multiaddr_as_socket(&m, &ip, &port));
    return ip;
}

static int setup(void **state)
{
    (void)state;
    quota = (struct autonat_quota){ 0 };
    own[0] = ip_of("/ip4/198.51.100.1/tcp/1"); /* 198.51.100.1 is ours, and 192.168.1.1 */
    own[1] = ip_of("/ip4/192.168.1.1/tcp/1");
    own[2] = ip_of("/ip6/fd00::1/tcp/1");
    nown = 3;
    asker = (struct peerid){ .n = 38, .mh = { 0, 36, 8, 1, 18, 32, 1 } };
    other = (struct peerid){ .n = 38, .mh = { 0, 36, 8, 1, 18, 32, 2 } };
    return 0;
}

static void begin(bool is_v2, const char *from)
{
    struct ipaddr ip = ip_of(from);
    autonat_request_init(&req, is_v2, &asker, &ip, T0);
    assert_int_equal(req.due_ms, T0 + AUTONAT_REQUEST_MS);
}

static size_t take(struct bytes in, uint64_t at_ms)
{
    const struct autonat_request_env env = {
        .quota = &quota, .own = own, .nown = nown, .random = 12345
    };
    return autonat_request_input(&req, in, &env, T0 + at_ms);
}

static struct pb_list list_of(const char *const *addrs, size_t n)
{
    static struct multiaddr m[PB_LIST_MAX];
    struct pb_list l = { 0 };

    for (size_t i = 0; i < n; i++) {
        assert_int_equal(multiaddr_parse(bytes_of(addrs[i]), &m[i]), 0);
        pb_list_add(&l, (struct bytes){ m[i].b, m[i].n });
    }
    return l;
}
#define LIST(...) \
    list_of((const char *const[]){ __VA_ARGS__ }, COUNT(((const char *const[]){ __VA_ARGS__ })))

static void ask_v1(const struct peerid *who, struct pb_list addrs)
{
    uint8_t out[AUTONAT_MSG_WIRE_MAX];
    struct autonat_msg m = { .type = AUTONAT_DIAL, .peer = { { who->mh, who->n }, addrs } };
    int n = autonat_msg_encode(out, sizeof out, &m);
    assert_true(n > 0);
    assert_int_equal(take((struct bytes){ out, (size_t)n - 1 }, 1), 0);
    assert_int_equal(take((struct bytes){ out, (size_t)n }, 1), n);
}

static void ask_v2(struct pb_list addrs)
{
    uint8_t out[AUTONAT2_MSG_WIRE_MAX];
    struct autonat2_msg m = { .kind = AUTONAT2_DIAL_REQUEST,
                              .request = { .addrs = addrs, .nonce = NONCE } };
    int n = autonat2_msg_encode(out, sizeof out, &m);
    assert_true(n > 0);
    assert_int_equal(take((struct bytes){ out, (size_t)n - 1 }, 1), 0);
    assert_int_equal(take((struct bytes){ out, (size_t)n }, 1), n);
}

static void pay(size_t n, uint64_t at_ms)
{
    static const uint8_t zeros[AUTONAT2_MSG_DATA_MAX];
    uint8_t out[AUTONAT2_MSG_DATA_MAX + 16];
    struct autonat2_msg m = { .kind = AUTONAT2_DATA_RESPONSE, .data = { zeros, n } };
    int len = autonat2_msg_encode(out, sizeof out, &m);
    assert_true(len > 0);
    take((struct bytes){ out, (size_t)len }, at_ms);
}

static struct autonat_msg said_v1(void)
{
    struct autonat_msg m;
    assert_int_equal(req.state, AUTONAT_REQUEST_OVER);
    assert_int_equal(req.err, 0);
    assert_int_equal(req.due_ms, UINT64_MAX);
    assert_int_equal(autonat_msg_decode((struct bytes){ req.words, req.nwords }, &m), req.nwords);
    assert_int_equal(m.type, AUTONAT_DIAL_RESPONSE);
    return m;
}

static struct autonat2_response said_v2(void)
{
    struct autonat2_msg m;
    assert_int_equal(req.state, AUTONAT_REQUEST_OVER);
    assert_int_equal(req.err, 0);
    assert_int_equal(autonat2_msg_decode((struct bytes){ req.words, req.nwords }, &m), req.nwords);
    assert_int_equal(m.kind, AUTONAT2_DIAL_RESPONSE);
    return m.response;
}

#define HERE "/ip4/203.0.113.5/udp/4001/quic-v1" /* where the asker is seen */

/* ---- v1 ---- */

static void test_v1_dials_four_addresses_of_the_asker_at_most(void **state)
{
    (void)state;
    begin(false, HERE);
    ask_v1(&asker,
           LIST("/ip4/203.0.113.6/tcp/1", HERE, "/ip4/203.0.113.5/tcp/1", "/ip4/203.0.113.5/tcp/0",
                "/ip4/203.0.113.5/tcp/2", "/ip4/203.0.113.5/tcp/3", "/ip4/203.0.113.5/tcp/4"));
    assert_int_equal(req.state, AUTONAT_REQUEST_DIALLING);
    assert_int_equal(req.ndials, AUTONAT_REQUEST_DIALS);
    assert_int_equal(req.due_ms, UINT64_MAX); /* dials have deadlines of their own */
    autonat_request_failed(&req, GW_ECLOSED); /* the asker has said what it had to */
    assert_int_equal(req.state, AUTONAT_REQUEST_DIALLING);
}

static void test_v1_tells_the_first_dial_that_comes_through_or_that_none_did(void **state)
{
    enum { OK = AUTONAT_BACK_OK, FAILED = AUTONAT_BACK_FAILED, NONE = AUTONAT_BACK_NONE, END = -1 };
    static const struct {
        int backs[3]; /* of two dials */
        enum autonat_status status;
        int reached;
    } rows[] = {
        { { OK, END }, AUTONAT_OK, 0 },
        { { FAILED, OK, END }, AUTONAT_OK, 1 },
        { { NONE, OK, END }, AUTONAT_OK, 1 },
        { { FAILED, FAILED, END }, AUTONAT_DIAL_ERROR, -1 },
        { { NONE, FAILED, END }, AUTONAT_DIAL_ERROR, -1 },
        { { NONE, NONE, END }, AUTONAT_INTERNAL_ERROR, -1 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        setup(state);
        begin(false, HERE);
        ask_v1(&asker, LIST(HERE, "/ip4/203.0.113.5/tcp/1"));
        for (size_t k = 0; rows[i].backs[k] != END; k++) {
            assert_int_equal(req.state, AUTONAT_REQUEST_DIALLING);
            autonat_request_dialled(&req, k, (enum autonat_back)rows[i].backs[k]);
        }
        struct autonat_msg m = said_v1();
        if (m.status != rows[i].status)
            fail_msg("row %zu: status %d", i, (int)m.status);
        if (rows[i].reached >= 0)
            assert_bytes(m.addr, (struct bytes){ req.dials[rows[i].reached].b,
                                                 req.dials[rows[i].reached].n });
        autonat_request_dialled(&req, 1, AUTONAT_BACK_OK); /* a late one changes nothing */
        assert_int_equal(said_v1().status, rows[i].status);
    }
}

static void test_v1_answers_what_it_will_not_do(void **state)
{
    (void)state;
    begin(false, HERE);
    ask_v1(&other, LIST(HERE));
    assert_int_equal(said_v1().status, AUTONAT_BAD_REQUEST);
    begin(false, HERE);
    take(bytes_of("\x03xyz"), 1);
    assert_int_equal(said_v1().status, AUTONAT_BAD_REQUEST);
    begin(false, HERE);
    ask_v1(&asker, LIST("/ip4/203.0.113.6/tcp/1"));
    assert_int_equal(said_v1().status, AUTONAT_DIAL_REFUSED);
    for (unsigned i = 1; i < AUTONAT_QUOTA_PER_IP; i++) {
        begin(false, HERE);
        ask_v1(&asker, LIST(HERE));
        assert_int_equal(req.state, AUTONAT_REQUEST_DIALLING);
    }
    begin(false, HERE);
    ask_v1(&asker, LIST(HERE));
    assert_int_equal(said_v1().status, AUTONAT_DIAL_REFUSED);
}

/* ---- v2 ---- */

static void test_v2_takes_the_first_address_that_is_fit(void **state)
{
    enum { REFUSED = -1, PAID = 10 };
    static const struct {
        const char *from, *addrs[3];
        int want; /* its index, plus PAID if data is demanded */
    } rows[] = {
        { HERE, { HERE }, 0 },
        { HERE, { "/ip4/203.0.113.5/tcp/0", "/ip4/203.0.113.5/tcp/1" }, 1 },
        { HERE, { "/dns4/a.example/tcp/1", "/ip4/10.0.0.1/tcp/1", HERE }, 2 },
        { HERE, { "/ip4/203.0.113.6/tcp/1", HERE }, 0 + PAID },
        { HERE, { "/ip4/198.51.100.1/tcp/1" }, REFUSED }, /* that is us */
        { HERE, { "/ip4/192.168.1.1/tcp/1" }, REFUSED },
        { HERE, { "/ip6/2001:db8::5/tcp/1" }, REFUSED }, /* no way there from a private one */
        { HERE, { "/ip4/100.64.0.1/tcp/1", "/ip4/224.0.0.1/udp/1/quic-v1" }, REFUSED },
        { HERE, { "/ip4/0.0.0.0/tcp/1", "/ip4/192.0.0.8/tcp/1" }, REFUSED },
        { "/ip4/192.168.1.7/tcp/1", { "/ip4/192.168.1.7/udp/9/quic-v1" }, 0 }, /* a neighbour */
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t n = 0;
        while (n < 3 && rows[i].addrs[n])
            n++;
        setup(state);
        begin(true, rows[i].from);
        ask_v2(list_of(rows[i].addrs, n));
        int got = (int)req.index + (req.state == AUTONAT_REQUEST_PAYING ? PAID : 0);
        if (req.state == AUTONAT_REQUEST_OVER) {
            assert_int_equal(said_v2().status, AUTONAT2_DIAL_REFUSED);
            got = REFUSED;
        }
        if (got != rows[i].want)
            fail_msg("row %zu: %d", i, got);
        assert_true(req.nonce == NONCE);
    }
}

static void test_v2_dials_elsewhere_only_when_it_is_paid(void **state)
{
    struct autonat2_msg m;
    (void)state;
    begin(true, HERE);
    ask_v2(LIST("/ip4/10.0.0.1/tcp/1", "/ip4/203.0.113.6/tcp/1"));
    assert_int_equal(req.state, AUTONAT_REQUEST_PAYING);
    assert_true(autonat2_msg_decode((struct bytes){ req.words, req.nwords }, &m) > 0);
    assert_int_equal(m.kind, AUTONAT2_DATA_REQUEST);
    assert_int_equal(m.data_request.addr_index, 1);
    assert_in_range(m.data_request.nbytes, AUTONAT_DATA_MIN, AUTONAT_DATA_MAX);
    uint64_t left = m.data_request.nbytes;
    for (; left > 4000; left -= 4000) {
        pay(4000, 10);
        assert_int_equal(req.state, AUTONAT_REQUEST_PAYING);
    }
    pay(left - 1, 20);
    assert_int_equal(req.state, AUTONAT_REQUEST_PAYING);
    assert_int_equal(req.due_ms, T0 + AUTONAT_REQUEST_MS); /* it buys no time */
    pay(1, 30);                                            /* the last may be small */
    assert_int_equal(req.state, AUTONAT_REQUEST_DIALLING);
    assert_int_equal(req.ndials, 1);
}

static void test_v2_is_not_paid_in_crumbs_nor_before_it_asks(void **state)
{
    (void)state;
    begin(true, HERE);
    ask_v2(LIST("/ip4/203.0.113.6/tcp/1"));
    pay(AUTONAT_PIECE_MIN - 1, 10);
    assert_int_equal(req.state, AUTONAT_REQUEST_OVER);
    assert_int_equal(req.err, GW_EPROTO);
    begin(true, HERE);
    pay(4000, 10);
    assert_int_equal(req.err, GW_EPROTO);
    begin(true, HERE);
    take(bytes_of("\x03xyz"), 1);
    assert_int_equal(req.err, GW_EPROTO);
}

static void test_v2_tells_what_came_of_the_dial(void **state)
{
    static const struct {
        enum autonat_back back;
        enum autonat2_status status;
        enum autonat2_dial_status dial;
    } rows[] = {
        { AUTONAT_BACK_OK, AUTONAT2_OK, AUTONAT2_DIAL_OK },
        { AUTONAT_BACK_FAILED, AUTONAT2_OK, AUTONAT2_DIAL_ERROR },
        { AUTONAT_BACK_UNTOLD, AUTONAT2_OK, AUTONAT2_DIAL_BACK_ERROR },
        { AUTONAT_BACK_NONE, AUTONAT2_INTERNAL_ERROR, AUTONAT2_DIAL_UNUSED },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        setup(state);
        begin(true, HERE);
        ask_v2(LIST("/ip4/10.0.0.1/tcp/1", HERE));
        autonat_request_dialled(&req, 0, rows[i].back);
        struct autonat2_response r = said_v2();
        assert_int_equal(r.status, rows[i].status);
        assert_int_equal(r.dial_status, rows[i].dial);
        assert_int_equal(r.addr_index, 1);
    }
}

/* ---- time ---- */

static void test_a_request_or_data_that_comes_too_late_is_none(void **state)
{
    for (int v = 1; v <= 2; v++) {
        setup(state);
        begin(v == 2, HERE);
        autonat_request_tick(&req, T0 + AUTONAT_REQUEST_MS - 1);
        assert_int_equal(req.state, AUTONAT_REQUEST_ASKED);
        autonat_request_tick(&req, T0 + AUTONAT_REQUEST_MS);
        assert_int_equal(req.state, AUTONAT_REQUEST_OVER);
        assert_int_equal(req.err, GW_ETIMEOUT);
    }
    begin(true, HERE);
    ask_v2(LIST("/ip4/203.0.113.6/tcp/1"));
    pay(4000, HOUR); /* we slept, or it did */
    assert_int_equal(req.err, GW_ETIMEOUT);
}

static void test_an_end_before_all_was_said_resets(void **state)
{
    (void)state;
    begin(true, HERE);
    autonat_request_failed(&req, GW_EPROTO);
    assert_int_equal(req.state, AUTONAT_REQUEST_OVER);
    assert_int_equal(req.err, GW_EPROTO);
}

static void test_a_refusal_is_one_of_its_version(void **state)
{
    uint8_t out[AUTONAT_WORDS_MAX];
    struct autonat_msg v1;
    struct autonat2_msg v2;
    (void)state;
    size_t n = autonat_request_refuse(false, out);
    assert_int_equal(autonat_msg_decode((struct bytes){ out, n }, &v1), n);
    assert_int_equal(v1.status, AUTONAT_DIAL_REFUSED);
    n = autonat_request_refuse(true, out);
    assert_int_equal(autonat2_msg_decode((struct bytes){ out, n }, &v2), n);
    assert_int_equal(v2.response.status, AUTONAT2_REQUEST_REJECTED);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup(f, setup)
    const struct CMUnitTest tests[] = {
        T(test_v1_dials_four_addresses_of_the_asker_at_most),
        T(test_v1_tells_the_first_dial_that_comes_through_or_that_none_did),
        T(test_v1_answers_what_it_will_not_do),
        T(test_v2_takes_the_first_address_that_is_fit),
        T(test_v2_dials_elsewhere_only_when_it_is_paid),
        T(test_v2_is_not_paid_in_crumbs_nor_before_it_asks),
        T(test_v2_tells_what_came_of_the_dial),
        T(test_a_request_or_data_that_comes_too_late_is_none),
        T(test_an_end_before_all_was_said_resets),
        T(test_a_refusal_is_one_of_its_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
