/* test_negotiate.c - multistream-select over streams in memory. */
#include "transport/negotiate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/err.h"
#include "fake_stream.h"
#include "looprun.h"

#define PING         "/ipfs/ping/1.0.0"
#define ID           "/ipfs/id/1.0.0"
#define HEADER       "\x13/multistream/1.0.0\n" /* multistream-select README */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct end { /* of a negotiation, and afterwards the owner of the stream */
    unsigned calls, eofs, closes;
    int err, close_err;
    struct stream *s;
    char protocol[64];
    size_t n;
    uint8_t got[4096];
};

static struct ev_loop *loop;
static struct fake_pair *pair;
static struct stream *left, *right; /* the ends of the pair */
static struct end dialler, listener;

static void keep(struct end *e, struct bytes v)
{
    assert_true(e->n + v.n <= sizeof e->got);
    if (v.n)
        memcpy(e->got + e->n, v.p, v.n);
    e->n += v.n;
}

static void on_data(struct stream *s, struct bytes v)
{
    keep(s->owner, v);
    s->ops->credit(s, v.n);
}

static void on_drained(struct stream *s, size_t n)
{
    (void)s;
    (void)n;
}

static void on_eof(struct stream *s)
{
    ((struct end *)s->owner)->eofs++;
}

static void on_close(struct stream *s, int err)
{
    struct end *e = s->owner;
    e->closes++;
    e->close_err = err;
}

static const struct stream_events events = {
    .on_data = on_data, .on_drained = on_drained, .on_eof = on_eof, .on_close = on_close
};

static void on_dialled(void *arg, int err, struct stream *s, struct bytes early)
{
    struct end *e = arg;

    e->calls++;
    e->err = err;
    e->s = s;
    assert_true(err ? !s : s == left);
    if (!s)
        return;
    stream_own(s, &events, e);
    keep(e, early);
    s->ops->credit(s, early.n);
}

static void on_accepted(void *arg, int err, struct stream *s, const char *protocol,
                        struct bytes early)
{
    struct end *e = arg;

    e->calls++;
    e->err = err;
    e->s = s;
    if (!s)
        return;
    strcpy(e->protocol, protocol);
    stream_own(s, &events, e);
    keep(e, early);
    s->ops->credit(s, early.n);
}

static bool serves_ping(void *arg, struct bytes protocol)
{
    (void)arg;
    return bytes_eq(protocol, bytes_of(PING));
}

static int setup(void **state)
{
    (void)state;
    loop = ev_loop_new(EVFLAG_AUTO);
    pair = fake_pair_new(loop);
    left = &pair->end[0].s;
    right = &pair->end[1].s;
    dialler = listener = (struct end){ 0 };
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    ev_loop_destroy(loop);
    return 0;
}

/* Until everything under way has come: one octet takes a turn of the loop at most. */
static void settle(void)
{
    for (int i = 0; i < 200; i++)
        ev_run(loop, EVRUN_NOWAIT);
}

/* The end of a test in which the stream lives on. */
static void abort_pair(void)
{
    stream_drop(left, GW_ECANCELED);
    settle();
}

static struct negotiate *dial(const char *first)
{
    return negotiate_dial(loop, left, PING, bytes_of(first), 1000, on_dialled, &dialler);
}

static struct negotiate *listen(void)
{
    return negotiate_accept(loop, right, 1000, serves_ping, on_accepted, &listener);
}

/* A peer that is no negotiator: the test itself on the left. */
static void be_raw(void)
{
    stream_own(left, &events, &dialler);
    left->ops->credit(left, 0);
}

static void send_raw(const char *octets, size_t n)
{
    assert_true(left->ops->write(left, (struct bytes){ (const uint8_t *)octets, n }) >= 0);
    settle();
}
#define SEND(literal) send_raw(literal, sizeof(literal) - 1)

static void assert_got(const struct end *e, const char *octets, size_t n)
{
    assert_int_equal(e->n, n);
    assert_memory_equal(e->got, octets, n);
}
#define ASSERT_GOT(e, literal) assert_got(e, literal, sizeof(literal) - 1)

static void test_both_ends_agree_however_the_octets_are_cut(void **state)
{
    static const size_t pieces[] = { 1, 2, 7, 21, 0 };

    for (size_t i = 0; i < COUNT(pieces); i++) {
        if (i)
            setup(state);
        pair->piece = pieces[i];
        assert_non_null(listen());
        assert_non_null(dial("hello"));
        settle();
        assert_int_equal(dialler.calls, 1);
        assert_int_equal(dialler.err, 0);
        assert_int_equal(listener.calls, 1);
        assert_int_equal(listener.err, 0);
        assert_string_equal(listener.protocol, PING);
        ASSERT_GOT(&listener, "hello");
        assert_int_equal(pair->end[0].uncredited, 0);
        assert_int_equal(pair->end[1].uncredited, 0);
        abort_pair();
        if (i + 1 < COUNT(pieces))
            teardown(state);
    }
}

static void test_accept_takes_a_lazy_client_and_answers_in_one_write(void **state)
{
    (void)state;
    be_raw();
    assert_non_null(listen());
    SEND(HEADER "\x11" PING "\n"
                "payload");
    ASSERT_GOT(&listener, "payload");
    ASSERT_GOT(&dialler, HEADER "\x11" PING "\n");
    assert_int_equal(pair->end[1].writes, 1);
    abort_pair();
}

static void test_accept_answers_the_header_before_a_proposal_comes(void **state)
{
    (void)state;
    be_raw();
    assert_non_null(listen());
    SEND(HEADER);
    ASSERT_GOT(&dialler, HEADER);
    assert_int_equal(listener.calls, 0);
    SEND("\x11" PING "\n");
    assert_int_equal(listener.calls, 1);
    abort_pair();
}

static void test_accept_says_na_and_takes_a_second_proposal(void **state)
{
    (void)state;
    be_raw();
    assert_non_null(listen());
    SEND(HEADER "\x0f" ID "\n");
    ASSERT_GOT(&dialler, HEADER "\x03na\n");
    SEND("\x11" PING "\n");
    ASSERT_GOT(&dialler, HEADER "\x03na\n\x11" PING "\n");
    assert_string_equal(listener.protocol, PING);
    abort_pair();
}

static void test_accept_answers_ls_with_na(void **state)
{
    (void)state;
    be_raw();
    assert_non_null(listen());
    SEND(HEADER "\x03ls\n\x11" PING "\n");
    ASSERT_GOT(&dialler, HEADER "\x03na\n\x11" PING "\n");
    abort_pair();
}

static void test_accept_refuses_an_overlong_protocol_with_na(void **state)
{
    char line[3 + 300] = "\xad\x02"; /* 301 octets */
    (void)state;
    be_raw();
    assert_non_null(listen());
    memset(line + 2, 'x', 300);
    line[302] = '\n';
    SEND(HEADER);
    send_raw(line, sizeof line);
    ASSERT_GOT(&dialler, HEADER "\x03na\n");
    abort_pair();
    assert_int_equal(listener.err, GW_ENOPROTO);
}

static void test_accept_ends_after_sixteen_refusals(void **state)
{
    (void)state;
    be_raw();
    assert_non_null(listen());
    SEND(HEADER);
    for (int i = 0; i < NEGOTIATE_PROPOSALS_MAX - 1; i++)
        SEND("\x0f" ID "\n");
    assert_int_equal(dialler.eofs, 0);
    SEND("\x0f" ID "\n");
    assert_int_equal(dialler.eofs, 1);
    assert_int_equal(dialler.n, strlen(HEADER) + 4 * NEGOTIATE_PROPOSALS_MAX);
    SEND("\x11" PING "\n");
    left->ops->shutdown(left);
    settle();
    assert_int_equal(dialler.close_err, 0);
    assert_int_equal(listener.calls, 1);
    assert_int_equal(listener.err, GW_ENOPROTO);
}

static void test_accept_resets_what_it_cannot_read(void **state)
{
    static const struct {
        const char *octets;
        size_t n;
    } bad[] = {
#define BAD(literal) { literal, sizeof(literal) - 1 }
        BAD("GET / HTTP/1.1\r\nHost: example.com\r\nUser-Agent: long enough to be a line of 71 "
            "octets\r\n\r\n"),
        BAD("\x01\n"),
        BAD("\0"),
        BAD("\x13/multistream/2.0.0\n"),
        BAD("\xff\xff\x7f"),
        BAD("\x81\x08"), /* 1025 octets */
        BAD("\x13/multistream/1.0.0\n\x02na\n"),
    };

    for (size_t i = 0; i < COUNT(bad); i++) {
        if (i)
            setup(state);
        be_raw();
        assert_non_null(listen());
        send_raw(bad[i].octets, bad[i].n);
        assert_int_equal(listener.calls, 1);
        assert_int_equal(listener.err, GW_EPROTO);
        assert_int_equal(dialler.closes, 1);
        assert_int_equal(dialler.close_err, GW_ERESET);
        if (i + 1 < COUNT(bad))
            teardown(state);
    }
}

/* What stands behind a refused protocol is its first octets, no garbage: the na must get through.
 */
static void test_na_arrives_in_spite_of_optimistic_data(void **state)
{
    (void)state;
    assert_non_null(negotiate_accept(loop, right, 1000, serves_ping, on_accepted, &listener));
    assert_non_null(
        negotiate_dial(loop, left, ID, bytes_of("\x05hello"), 1000, on_dialled, &dialler));
    settle();
    assert_int_equal(dialler.calls, 1);
    assert_int_equal(dialler.err, GW_ENOPROTO);
    assert_int_equal(listener.calls, 1);
    assert_int_equal(listener.err, GW_ENOPROTO);
}

static void answer_raw(const char *octets, size_t n)
{
    stream_own(right, &events, &listener);
    right->ops->credit(right, 0);
    assert_true(right->ops->write(right, (struct bytes){ (const uint8_t *)octets, n }) >= 0);
    settle();
}
#define ANSWER(literal) answer_raw(literal, sizeof(literal) - 1)

static void test_dial_sends_everything_in_one_flight(void **state)
{
    (void)state;
    struct negotiate *n = dial("hello");
    assert_non_null(n);
    stream_own(right, &events, &listener);
    right->ops->credit(right, 0);
    settle();
    ASSERT_GOT(&listener, HEADER "\x11" PING "\nhello");
    assert_int_equal(dialler.calls, 0);
    negotiate_cancel(n, GW_ECANCELED);
    settle();
    assert_int_equal(listener.closes, 1);
}

static void test_dial_gives_octets_and_fin_behind_the_answer_to_the_new_owner(void **state)
{
    (void)state;
    assert_non_null(dial(""));
    stream_own(right, &events, &listener);
    assert_true(right->ops->write(right, bytes_of(HEADER "\x11" PING "\nearly")) >= 0);
    right->ops->shutdown(right); /* comes with the last octets */
    settle();
    assert_int_equal(dialler.err, 0);
    ASSERT_GOT(&dialler, "early");
    assert_int_equal(dialler.eofs, 1);
    abort_pair();
}

static void test_dial_na_is_noproto(void **state)
{
    (void)state;
    assert_non_null(dial(""));
    ANSWER(HEADER "\x03na\n");
    assert_int_equal(dialler.calls, 1);
    assert_int_equal(dialler.err, GW_ENOPROTO);
    assert_int_equal(listener.closes, 1);
}

static void test_dial_refuses_another_answer(void **state)
{
    (void)state;
    assert_non_null(dial(""));
    ANSWER(HEADER "\x0f" ID "\n");
    assert_int_equal(dialler.err, GW_EPROTO);
    assert_int_equal(listener.close_err, GW_ERESET);
}

static void test_eof_before_the_answer_is_a_fault(void **state)
{
    (void)state;
    assert_non_null(dial(""));
    stream_own(right, &events, &listener);
    right->ops->shutdown(right);
    settle();
    assert_int_equal(dialler.calls, 1);
    assert_int_equal(dialler.err, GW_EPROTO);
}

static void test_reset_by_the_peer_is_told(void **state)
{
    (void)state;
    assert_non_null(dial(""));
    stream_drop(right, GW_ECANCELED);
    settle();
    assert_int_equal(dialler.calls, 1);
    assert_int_equal(dialler.err, GW_ERESET);
}

static void test_deadline_ends_both_roles(void **state)
{
    for (int role = 0; role < 2; role++) {
        if (role)
            setup(state);
        struct stream *silent = role ? left : right;
        struct end *waits = role ? &listener : &dialler, *other = role ? &dialler : &listener;
        stream_own(silent, &events, other);
        silent->ops->credit(silent, 0);
        if (role)
            assert_non_null(negotiate_accept(loop, right, 20, serves_ping, on_accepted, waits));
        else
            assert_non_null(negotiate_dial(loop, left, PING, bytes_of(""), 20, on_dialled, waits));
        settle();
        assert_int_equal(waits->calls, 0);
        LOOPRUN_UNTIL(loop, waits->calls);
        settle();
        assert_int_equal(waits->calls, 1);
        assert_int_equal(waits->err, GW_ETIMEOUT);
        assert_int_equal(other->close_err, GW_ERESET);
        if (!role)
            teardown(state);
    }
}

static void test_cancel_resets_and_calls_nobody(void **state)
{
    (void)state;
    struct negotiate *n = dial("");
    assert_non_null(n);
    assert_non_null(listen());
    negotiate_cancel(n, GW_ECANCELED);
    settle();
    assert_int_equal(dialler.calls, 0);
    assert_int_equal(listener.calls, 1);
    assert_int_equal(listener.err, GW_ERESET);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_both_ends_agree_however_the_octets_are_cut, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_accept_takes_a_lazy_client_and_answers_in_one_write,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_accept_answers_the_header_before_a_proposal_comes,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_accept_says_na_and_takes_a_second_proposal, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_accept_answers_ls_with_na, setup, teardown),
        cmocka_unit_test_setup_teardown(test_accept_refuses_an_overlong_protocol_with_na, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_accept_ends_after_sixteen_refusals, setup, teardown),
        cmocka_unit_test_setup_teardown(test_accept_resets_what_it_cannot_read, setup, teardown),
        cmocka_unit_test_setup_teardown(test_na_arrives_in_spite_of_optimistic_data, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_dial_sends_everything_in_one_flight, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_dial_gives_octets_and_fin_behind_the_answer_to_the_new_owner, setup, teardown),
        cmocka_unit_test_setup_teardown(test_dial_na_is_noproto, setup, teardown),
        cmocka_unit_test_setup_teardown(test_dial_refuses_another_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_eof_before_the_answer_is_a_fault, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reset_by_the_peer_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(test_deadline_ends_both_roles, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cancel_resets_and_calls_nobody, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
