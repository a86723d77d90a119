/* test_autonat_client.c - a asks to be dialled back; b answers with messages made by hand. */
#include "p2p/autonat_client.h"

#include <string.h>

#include "p2p/autonat_dialer.h"
#include "p2p/autonat_wire.h"
#include "p2p/identify.h"
#include "two_hosts.h"

#define AT_A  "/ip4/192.0.2.1/udp/4001/quic-v1"
#define TCP_A "/ip4/192.0.2.1/tcp/4001"

static struct identify *at_a, *at_b;
static struct autonat_client *client;
static struct autonat_dialer *dialer;
static struct conn *to_b;

/* ---- b ---- */

static struct script {
    struct stream *s;
    bool has_request, is_reset;
    uint64_t nonce;
    size_t naddrs, paid, longest;
    struct autonat_inbox in;
} script;

static void take_v2(const struct autonat2_msg *m)
{
    if (m->kind == AUTONAT2_DIAL_REQUEST) {
        script.has_request = true;
        script.nonce = m->request.nonce;
        script.naddrs = m->request.addrs.n;
        return;
    }
    assert_int_equal(m->kind, AUTONAT2_DATA_RESPONSE);
    script.paid += m->data.n;
    if (m->data.n > script.longest)
        script.longest = m->data.n;
}

static void take_v1(const struct autonat_msg *m)
{
    struct bytes id = { key_peerid(a.key)->mh, key_peerid(a.key)->n };
    assert_int_equal(m->type, AUTONAT_DIAL);
    assert_true(bytes_eq(m->peer.id, id));
    script.has_request = true;
    script.naddrs = m->peer.addrs.n;
}

static void script_on_data(struct stream *s, struct bytes v)
{
    bool is_v1 = s->owner != NULL;
    s->ops->credit(s, v.n);
    for (;;) {
        struct autonat_msg m1;
        struct autonat2_msg m2;
        autonat_inbox_fill(&script.in, &v);
        struct bytes in = autonat_inbox_view(&script.in);
        int used = is_v1 ? autonat_msg_decode(in, &m1) : autonat2_msg_decode(in, &m2);
        assert_true(used >= 0);
        if (used == 0)
            return;
        if (is_v1)
            take_v1(&m1);
        else
            take_v2(&m2);
        autonat_inbox_drop(&script.in, (size_t)used);
    }
}

static void script_on_close(struct stream *s, int err)
{
    (void)s;
    script.is_reset = err != 0;
    script.s = NULL;
}

static const struct stream_events script_events = { .on_data = script_on_data,
                                                    .on_drained = stream_ignore_drained,
                                                    .on_eof = stream_ignore_eof,
                                                    .on_close = script_on_close };

static void on_request(void *arg, struct conn *c, struct stream *s, const char *protocol,
                       struct bytes early)
{
    (void)arg;
    (void)c;
    script.s = s;
    stream_own(s, &script_events, strcmp(protocol, AUTONAT_PROTOCOL) == 0 ? &script : NULL);
    script_on_data(s, early);
}

static void say(struct bytes v)
{
    assert_true(script.s->ops->write(script.s, v) >= 0);
}

static void say_v1(enum autonat_status status, const char *where)
{
    uint8_t out[AUTONAT_MSG_WIRE_MAX];
    struct multiaddr at = *where ? maddr(where) : (struct multiaddr){ 0 };
    struct autonat_msg m = { .type = AUTONAT_DIAL_RESPONSE,
                             .status = status,
                             .addr = { at.b, at.n } };
    say((struct bytes){ out, (size_t)autonat_msg_encode(out, sizeof out, &m) });
}

static void say_v2(enum autonat2_status status, uint32_t index, enum autonat2_dial_status dial)
{
    uint8_t out[64];
    struct autonat2_msg m = { .kind = AUTONAT2_DIAL_RESPONSE,
                              .response = {
                                  .status = status, .addr_index = index, .dial_status = dial } };
    say((struct bytes){ out, (size_t)autonat2_msg_encode(out, sizeof out, &m) });
}

static void demand(uint32_t index, uint64_t nbytes)
{
    uint8_t out[64];
    struct autonat2_msg m = { .kind = AUTONAT2_DATA_REQUEST,
                              .data_request = { .addr_index = index, .nbytes = nbytes } };
    say((struct bytes){ out, (size_t)autonat2_msg_encode(out, sizeof out, &m) });
}

/* ---- the dial-back ---- */

struct backed {
    unsigned calls;
    enum autonat_back back;
};

static void on_back(void *arg, enum autonat_back back)
{
    struct backed *done = arg;
    done->calls++;
    done->back = back;
}

static bool is_backed(void *arg)
{
    return ((struct backed *)arg)->calls > 0;
}

static enum autonat_back dial_back(const uint64_t *nonce)
{
    struct multiaddr to = maddr(AT_A);
    struct autonat_dialback *handle;
    struct backed done = { 0 };
    assert_int_equal(
        autonat_dialback_start(dialer, &to, key_peerid(a.key), nonce, on_back, &done, &handle), 0);
    run_until(is_backed, &done);
    return done.back;
}

/* ---- a ---- */

static struct told {
    unsigned calls;
    int err;
    struct autonat_vote vote;
} told;

static void on_vote(void *arg, int err, const struct autonat_vote *vote)
{
    (void)arg;
    told.calls++;
    told.err = err;
    if (vote)
        told.vote = *vote;
}

static bool is_told(void *arg)
{
    (void)arg;
    return told.calls > 0;
}

static bool is_known(void *arg)
{
    (void)arg;
    return conn_identity(to_b)->is_known;
}

static bool has_request(void *arg)
{
    (void)arg;
    return script.has_request;
}

static int ask(void)
{
    struct multiaddr addrs[] = { maddr(TCP_A), maddr(AT_A) };
    return autonat_client_ask(client, to_b, addrs, COUNT(addrs), on_vote, NULL);
}

static void begin(void)
{
    assert_true(autonat_client_can_ask(to_b));
    assert_int_equal(ask(), 0);
    run_until(has_request, NULL);
    assert_int_equal(script.naddrs, 2);
}

static void assert_vote(enum autonat_answer answer, const char *on)
{
    struct multiaddr at = *on ? maddr(on) : (struct multiaddr){ 0 };
    struct ipaddr from;
    struct multiaddr at_b_ = maddr("/ip4/192.0.2.2/tcp/1");
    uint16_t port;
    run_until(is_told, NULL);
    assert_int_equal(told.err, 0);
    assert_int_equal(told.vote.answer, answer);
    assert_true(multiaddr_eq(&told.vote.address, &at));
    assert_true(multiaddr_as_socket(&at_b_, &from, &port));
    assert_true(ipaddr_eq(&from, &told.vote.from));
}

static void assert_no_vote(int err)
{
    run_until(is_told, NULL);
    assert_int_equal(told.err, err);
    assert_int_equal(told.calls, 1);
}

static bool admits_all; /* whoever comes is no guest */

/* Stands for main's admit function, which asks this last. */
static void at_the_door(void *arg, struct conn *c)
{
    (void)arg;
    if (!admits_all && conn_is_inbound(c) && !peerid_eq(conn_peer(c), key_peerid(b.key)))
        autonat_client_expects(client, conn_peer(c));
}

static const struct host_events door = { .on_conn = at_the_door };

static void start_parts(void)
{
    script = (struct script){ 0 };
    told = (struct told){ 0 };
    admits_all = false;
    assert_non_null(at_a = identify_new(a.host));
    assert_non_null(at_b = identify_new(b.host));
    assert_int_equal(host_observe(a.host, &door, NULL), 0);
    assert_non_null(client = autonat_client_new(a.host));
    assert_non_null(dialer = autonat_dialer_new(loop, turn));
}

static int start(void **state, const char *protocol)
{
    hosts_setup(state);
    start_parts();
    if (protocol)
        assert_int_equal(host_handle(b.host, protocol, NULL, on_request, NULL), 0);
    to_b = join(&a, &b);
    run_until(is_known, NULL);
    return 0;
}

static int setup_v1(void **state)
{
    return start(state, AUTONAT_PROTOCOL);
}

static int setup_v2(void **state)
{
    return start(state, AUTONAT2_DIAL_PROTOCOL);
}

/* b has dialled: in fake_muxed, dial-backs come from where it is seen. */
static int setup_v2_inbound(void **state)
{
    hosts_setup(state);
    start_parts();
    assert_int_equal(host_handle(b.host, AUTONAT2_DIAL_PROTOCOL, NULL, on_request, NULL), 0);
    join(&b, &a);
    to_b = host_conn(a.host, key_peerid(b.key));
    run_until(is_known, NULL);
    return 0;
}

static int setup_neither(void **state)
{
    return start(state, NULL);
}

static int teardown(void **state)
{
    host_stop(a.host, 0);
    host_stop(b.host, 0);
    run_ms(5);
    autonat_client_free(client);
    autonat_dialer_free(dialer);
    hosts_teardown(state);
    identify_free(at_a);
    identify_free(at_b);
    return 0;
}

/* ---- v2 ---- */

static void test_v2_believes_a_success_that_came_with_the_nonce(void **state)
{
    (void)state;
    begin();
    assert_int_equal(dial_back(&script.nonce), AUTONAT_BACK_OK);
    say_v2(AUTONAT2_OK, 1, AUTONAT2_DIAL_OK);
    assert_vote(AUTONAT_REACHED, AT_A);
}

static void test_v2_takes_a_dial_back_from_elsewhere_of_a_peer_with_rights_too(void **state)
{
    (void)state;
    admits_all = true;
    begin();
    assert_int_equal(dial_back(&script.nonce), AUTONAT_BACK_OK);
    say_v2(AUTONAT2_OK, 1, AUTONAT2_DIAL_OK);
    assert_vote(AUTONAT_REACHED, AT_A);
}

static void test_v2_tells_a_dial_back_from_where_it_had_sent_to_itself(void **state)
{
    (void)state;
    begin();
    assert_int_equal(dial_back(&script.nonce), AUTONAT_BACK_OK);
    say_v2(AUTONAT2_OK, 1, AUTONAT2_DIAL_OK);
    run_until(is_told, NULL);
    assert_int_equal(told.err, 0);
    assert_int_equal(told.vote.answer, AUTONAT_REACHED_SOLICITED);
}

static void test_v2_believes_no_success_without_the_nonce(void **state)
{
    (void)state;
    begin();
    say_v2(AUTONAT2_OK, 1, AUTONAT2_DIAL_OK);
    assert_no_vote(GW_EPROTO);
}

static void test_v2_takes_no_other_nonce(void **state)
{
    (void)state;
    begin();
    uint64_t other = script.nonce ^ 1;
    dial_back(&other);
    say_v2(AUTONAT2_OK, 1, AUTONAT2_DIAL_OK);
    assert_no_vote(GW_EPROTO);
}

static void test_v2_takes_no_nonce_when_it_does_not_ask(void **state)
{
    (void)state;
    begin();
    say_v2(AUTONAT2_OK, 1, AUTONAT2_DIAL_ERROR);
    assert_vote(AUTONAT_FAILED, AT_A);
    dial_back(&script.nonce);
    assert_int_equal(told.calls, 1);
}

static void test_v2_believes_no_success_over_the_wrong_transport(void **state)
{
    (void)state;
    begin();
    assert_int_equal(dial_back(&script.nonce), AUTONAT_BACK_OK); /* on QUIC */
    say_v2(AUTONAT2_OK, 0, AUTONAT2_DIAL_OK);                    /* TCP_A */
    assert_no_vote(GW_EPROTO);
}

static void test_v2_counts_a_failure_for_its_address(void **state)
{
    (void)state;
    begin();
    say_v2(AUTONAT2_OK, 0, AUTONAT2_DIAL_ERROR);
    assert_vote(AUTONAT_FAILED, TCP_A);
}

static void test_v2_makes_nothing_of_what_is_no_answer(void **state)
{
    static const struct {
        enum autonat2_status status;
        uint32_t index;
        enum autonat2_dial_status dial;
        int err;
    } rows[] = {
        { AUTONAT2_REQUEST_REJECTED, 0, AUTONAT2_DIAL_UNUSED, GW_EDENIED },
        { AUTONAT2_DIAL_REFUSED, 0, AUTONAT2_DIAL_UNUSED, GW_EDENIED },
        { AUTONAT2_INTERNAL_ERROR, 0, AUTONAT2_DIAL_UNUSED, GW_EDENIED },
        { AUTONAT2_OK, 2, AUTONAT2_DIAL_ERROR, GW_EPROTO },
        { AUTONAT2_OK, 0xffffffff, AUTONAT2_DIAL_OK, GW_EPROTO },
        { AUTONAT2_OK, 1, AUTONAT2_DIAL_BACK_ERROR, GW_EDENIED },
    };
    (void)state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        script = (struct script){ 0 };
        told = (struct told){ 0 };
        begin();
        say_v2(rows[i].status, rows[i].index, rows[i].dial);
        assert_no_vote(rows[i].err);
    }
}

static void test_v2_ends_at_garbage_and_at_the_end_of_the_stream(void **state)
{
    (void)state;
    begin();
    say(bytes_of("\x03xyz"));
    assert_no_vote(GW_EPROTO);
    script = (struct script){ 0 };
    told = (struct told){ 0 };
    begin();
    script.s->ops->shutdown(script.s);
    assert_no_vote(GW_EPROTO);
    script = (struct script){ 0 };
    told = (struct told){ 0 };
    begin();
    conn_close(to_b, 0);
    run_until(is_told, NULL);
    assert_int_not_equal(told.err, 0);
}

static bool has_paid(void *arg)
{
    return script.paid >= *(size_t *)arg;
}

static void test_v2_pays_what_is_demanded_once(void **state)
{
    (void)state;
    size_t price = AUTONAT_PAY_MAX;
    begin();
    demand(1, price);
    run_until(has_paid, &price);
    assert_true(script.paid < price + AUTONAT2_MSG_DATA_MAX);
    assert_int_equal(script.longest, AUTONAT2_MSG_DATA_MAX);
    demand(1, 1);
    assert_no_vote(GW_EDENIED);
    assert_in_range(script.paid, price, price + AUTONAT2_MSG_DATA_MAX - 1);
}

static void test_v2_pays_no_more_than_its_bound(void **state)
{
    (void)state;
    begin();
    demand(1, AUTONAT_PAY_MAX + 1);
    assert_no_vote(GW_EDENIED);
    run_ms(3);
    assert_int_equal(script.paid, 0);
    assert_true(script.is_reset);
}

/* ---- v1 ---- */

static void test_v1_believes_a_success_that_it_saw_come(void **state)
{
    (void)state;
    begin();
    assert_int_equal(dial_back(NULL), AUTONAT_BACK_OK);
    say_v1(AUTONAT_OK, AT_A);
    assert_vote(AUTONAT_REACHED, AT_A);
}

static void test_v1_waits_for_a_success_to_come(void **state)
{
    (void)state;
    begin();
    say_v1(AUTONAT_OK, AT_A);
    run_ms(5);
    assert_int_equal(told.calls, 0);
    assert_int_equal(dial_back(NULL), AUTONAT_BACK_OK);
    assert_vote(AUTONAT_REACHED, AT_A);
}

static void test_v1_believes_no_success_that_never_came(void **state)
{
    (void)state;
    begin();
    say_v1(AUTONAT_OK, TCP_A);
    run_ms(5);
    assert_int_equal(dial_back(NULL), AUTONAT_BACK_OK); /* on QUIC */
    assert_no_vote(GW_EPROTO);
    script = (struct script){ 0 };
    told = (struct told){ 0 };
    begin();
    say_v1(AUTONAT_OK, AT_A);
    assert_no_vote(GW_ETIMEOUT);
}

static void test_v1_counts_a_failure_for_all(void **state)
{
    (void)state;
    begin();
    say_v1(AUTONAT_DIAL_ERROR, "");
    assert_vote(AUTONAT_FAILED, "");
}

static void test_v1_makes_nothing_of_what_is_no_answer(void **state)
{
    (void)state;
    begin();
    say_v1(AUTONAT_DIAL_REFUSED, "");
    assert_no_vote(GW_EDENIED);
    script = (struct script){ 0 };
    told = (struct told){ 0 };
    begin();
    say_v1(AUTONAT_OK, "/ip4/203.0.113.5/udp/9/quic-v1"); /* not ours */
    assert_no_vote(GW_EDENIED);
}

/* ---- guests and asking ---- */

static void test_guests_are_few_and_come_only_while_it_asks(void **state)
{
    (void)state;
    struct peerid who = { .n = 1 };
    assert_false(autonat_client_expects(client, &who));
    begin();
    for (uint8_t i = 0; i < AUTONAT_GUESTS_MAX; i++) {
        who.mh[0] = i;
        assert_true(autonat_client_expects(client, &who));
        assert_true(autonat_client_expects(client, &who));
    }
    who.mh[0]++;
    assert_false(autonat_client_expects(client, &who));
    say_v2(AUTONAT2_OK, 1, AUTONAT2_DIAL_ERROR);
    run_until(is_told, NULL);
    who.mh[0] = 0;
    assert_false(autonat_client_expects(client, &who));
}

static bool is_let_in(void *arg)
{
    return host_conn(a.host, arg) != NULL;
}

static bool is_shown_out(void *arg)
{
    return host_conn(a.host, arg) == NULL;
}

static void test_guests_are_shown_out_after_the_ask(void **state)
{
    (void)state;
    struct side guest = { 0 };
    assert_int_equal(key_generate(&guest.key), 0);
    struct peerid who = *key_peerid(guest.key);
    assert_non_null(guest.host = host_new(loop, turn, guest.key, &config, NULL, NULL));
    begin();
    join(&guest, &a);
    run_until(is_let_in, &who);
    say_v2(AUTONAT2_OK, 1, AUTONAT2_DIAL_ERROR);
    run_until(is_told, NULL);
    assert_true(is_let_in(&who));
    run_until(is_shown_out, &who);
    assert_non_null(host_conn(a.host, key_peerid(b.key)));
    run_ms(5);
    host_free(guest.host);
    key_free(guest.key);
}

static void test_a_peer_that_serves_neither_cannot_be_asked(void **state)
{
    (void)state;
    assert_false(autonat_client_can_ask(to_b));
}

static void test_cancel_says_nothing_any_more(void **state)
{
    (void)state;
    begin();
    autonat_client_cancel(client);
    run_ms(5);
    assert_int_equal(told.calls, 0);
    assert_true(script.is_reset);
    assert_int_equal(ask(), 0);
    autonat_client_cancel(client); /* while the stream is opened */
    run_ms(5);
    assert_int_equal(told.calls, 0);
    script = (struct script){ 0 };
    begin(); /* the next one is not disturbed */
    say_v2(AUTONAT2_OK, 1, AUTONAT2_DIAL_ERROR);
    assert_vote(AUTONAT_FAILED, AT_A);
}

int main(void)
{
#define V1(f) cmocka_unit_test_setup_teardown(f, setup_v1, teardown)
#define V2(f) cmocka_unit_test_setup_teardown(f, setup_v2, teardown)
    const struct CMUnitTest tests[] = {
        V2(test_v2_believes_a_success_that_came_with_the_nonce),
        V2(test_v2_takes_a_dial_back_from_elsewhere_of_a_peer_with_rights_too),
        cmocka_unit_test_setup_teardown(test_v2_tells_a_dial_back_from_where_it_had_sent_to_itself,
                                        setup_v2_inbound, teardown),
        V2(test_v2_believes_no_success_without_the_nonce),
        V2(test_v2_takes_no_other_nonce),
        V2(test_v2_takes_no_nonce_when_it_does_not_ask),
        V2(test_v2_believes_no_success_over_the_wrong_transport),
        V2(test_v2_counts_a_failure_for_its_address),
        V2(test_v2_makes_nothing_of_what_is_no_answer),
        V2(test_v2_ends_at_garbage_and_at_the_end_of_the_stream),
        V2(test_v2_pays_what_is_demanded_once),
        V2(test_v2_pays_no_more_than_its_bound),
        V1(test_v1_believes_a_success_that_it_saw_come),
        V1(test_v1_waits_for_a_success_to_come),
        V1(test_v1_believes_no_success_that_never_came),
        V1(test_v1_counts_a_failure_for_all),
        V1(test_v1_makes_nothing_of_what_is_no_answer),
        V2(test_guests_are_few_and_come_only_while_it_asks),
        V2(test_guests_are_shown_out_after_the_ask),
        cmocka_unit_test_setup_teardown(test_a_peer_that_serves_neither_cannot_be_asked,
                                        setup_neither, teardown),
        V2(test_cancel_says_nothing_any_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
