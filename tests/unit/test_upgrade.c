/* test_upgrade.c - raw streams that become connections: who is at the other end, in how few
 * flights, and what comes of peers that leave, are silent or speak something else. */
#include "transport/upgrade.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "fake_stream.h"
#include "net/chunkq.h"
#include "upgraderig.h"

#define MANY 300000 /* octets: more than a window */

static struct looprig rig;
static struct node dialler, listener;
static struct fake_pair *pair;
static struct upgrade *dialling;
static int ndone, done_err;
static struct streamend one;

static const struct multiaddr nowhere;

/* ---- the rig ---- */

static void on_done(void *arg, int err)
{
    (void)arg;
    ndone++;
    done_err = err;
    dialling = NULL;
    assert_int_equal(dialler.nready, 0); /* that comes next */
    if (err)
        yamux_fail(dialler.m, err);
}

/* m waits from now on for what comes of the stream. */
static void dial(struct stream *raw, const struct peerid *expect, enum upgrade_security security)
{
    node_own(&dialler,
             yamux_new(rig.loop, rig.turn, &dialler.env.mux, false, "test", &nowhere, &nowhere));
    assert_int_equal(
        upgrade_start(&dialler.env, dialler.m, raw, expect, security, on_done, NULL, &dialling), 0);
    assert_int_equal(ndone, 0); /* never from inside the call */
}

static void dial_listener(struct stream *raw, enum upgrade_security security)
{
    dial(raw, key_peerid(listener.key), security);
}

static void accept_at(struct stream *raw)
{
    upgrade_accept(&listener.env, raw, "test", &nowhere, &nowhere);
}

static struct stream *fd_stream(int fd)
{
    struct stream *s = fdstream_new(rig.loop, rig.turn, fd, fd);
    assert_non_null(s);
    return s;
}

static void make_sockets(struct stream *out[2])
{
    int fd[2];
    tcp_pair(fd);
    out[0] = fd_stream(fd[0]);
    out[1] = fd_stream(fd[1]);
}

static void pair_gone(struct fake_pair *p)
{
    (void)p;
    pair = NULL;
}

static void make_memory(struct stream *out[2])
{
    pair = fake_pair_new(rig.loop);
    pair->gone = pair_gone;
    out[0] = &pair->end[0].s;
    out[1] = &pair->end[1].s;
}

static void connect_over(struct stream *raw[2], enum upgrade_security security)
{
    dial_listener(raw[0], security);
    accept_at(raw[1]);
    RUN_UNTIL(rig.loop, dialler.nready && listener.nready + listener.naccepted);
}

static int setup(void **state)
{
    (void)state;
    looprig_init(&rig);
    node_reset(&dialler, &rig);
    node_reset(&listener, &rig);
    one = (struct streamend){ 0 };
    dialling = NULL;
    ndone = done_err = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    upgrade_cancel(dialling, GW_ECANCELED);
    node_close(&dialler);
    node_close(&listener);
    looprig_run(&rig);
    upgrade_cancel_all(&dialler.env);
    upgrade_cancel_all(&listener.env);
    looprig_run(&rig);
    assert_null(dialler.m);
    assert_null(listener.m);
    assert_null(pair);
    assert_int_equal(listener.env.nhalf_open, 0);
    assert_int_equal(chunkq_total(), 0);
    looprig_fini(&rig);
    return 0;
}

static void again(void)
{
    teardown(NULL);
    setup(NULL);
}

/* ---- connections ---- */

/* Streams both ways, more octets than a window has. */
static void check_usable(void)
{
    struct streamend back = { 0 };

    node_open(&dialler, &one);
    node_open(&listener, &back);
    streamend_send(&one, MANY, true);
    streamend_send(&back, MANY, true);
    RUN_UNTIL(rig.loop,
              dialler.nin && listener.nin && dialler.in[0].has_eof && listener.in[0].has_eof);
    assert_int_equal(dialler.in[0].got, MANY);
    assert_int_equal(listener.in[0].got, MANY);
    assert_false(dialler.in[0].is_wrong || listener.in[0].is_wrong);
    streamend_send(&dialler.in[0], 0, true);
    streamend_send(&listener.in[0], 0, true);
    RUN_UNTIL(rig.loop, one.nclosed && back.nclosed);
    assert_int_equal(one.err | back.err, 0);
}

static void test_both_ends_are_proved_and_carry_streams(void **state)
{
    (void)state;
    for (int security = UPGRADE_NOISE; security <= UPGRADE_TLS; security++) {
        for (size_t piece = 0; piece < 3; piece++) {
            struct stream *raw[2];

            make_memory(raw);
            pair->piece = piece * piece * 300; /* all, 300, 1200 */
            connect_over(raw, (enum upgrade_security)security);
            assert_int_equal(ndone, 1);
            assert_int_equal(done_err, 0);
            assert_int_equal(listener.naccepted, 1);
            assert_int_equal(listener.env.nhalf_open, 0);
            assert_true(peerid_eq(&dialler.m->peer, key_peerid(listener.key)));
            assert_true(peerid_eq(&listener.m->peer, key_peerid(dialler.key)));
            assert_true(listener.m->is_inbound && !dialler.m->is_inbound);
            check_usable();
            again();
        }
    }
}

static void test_octet_by_octet_is_the_same(void **state)
{
    (void)state;
    for (int security = UPGRADE_NOISE; security <= UPGRADE_TLS; security++) {
        struct stream *raw[2];

        make_memory(raw);
        pair->piece = 1;
        connect_over(raw, (enum upgrade_security)security);
        assert_int_equal(done_err, 0);
        assert_int_equal(listener.naccepted, 1);
        again();
    }
}

/* What one end has said so far, in one piece, to the other end. */
static size_t flight(int from, int to, uint8_t *buf, size_t cap)
{
    looprig_run(&rig);
    ssize_t n = recv(from, buf, cap, MSG_DONTWAIT);
    if (n <= 0)
        return 0;
    put(to, buf, (size_t)n);
    looprig_run(&rig);
    return (size_t)n;
}

/* A round trip makes a connection, and what was written before goes with the last words of the
 * handshake. */
static void check_flights(enum upgrade_security security, const char *proposal)
{
    uint8_t buf[8192];
    int fd[2];

    dial_listener(looprig_stream(&rig, &fd[0]), security);
    accept_at(looprig_stream(&rig, &fd[1]));
    node_open(&dialler, &one);
    streamend_send(&one, 100, true);

    size_t n = flight(fd[0], fd[1], buf, sizeof buf);
    size_t lines = strlen(proposal);
    assert_memory_equal(buf, proposal, lines);
    if (security == UPGRADE_NOISE) {
        assert_int_equal(n, lines + 2 + 32); /* e, specs/noise */
        assert_memory_equal(buf + lines, "\0\x20", 2);
    } else {
        assert_true(n > lines);
        assert_memory_equal(buf + lines, "\x16\x03", 2); /* a ClientHello, whole */
        assert_int_equal(n, lines + 5 + (size_t)(buf[lines + 3] << 8 | buf[lines + 4]));
    }
    assert_int_equal(dialler.nready, 0);
    n = flight(fd[1], fd[0], buf, sizeof buf);
    assert_memory_equal(buf, proposal, lines);
    assert_true(n > lines);
    assert_int_equal(dialler.nready, 1);
    assert_int_equal(listener.naccepted, 0);
    assert_true(flight(fd[0], fd[1], buf, sizeof buf) > 0);
    assert_int_equal(listener.naccepted, 1);
    assert_int_equal(listener.nin, 1);
    assert_int_equal(listener.in[0].got, 100);
    assert_true(listener.in[0].has_eof);
    close(fd[0]);
    close(fd[1]);
}

static void test_first_octets_arrive_in_the_third_flight(void **state)
{
    (void)state;
    check_flights(UPGRADE_NOISE, "\x13/multistream/1.0.0\n\x07/noise\n");
    again();
    check_flights(UPGRADE_TLS, "\x13/multistream/1.0.0\n\x0b/tls/1.0.0\n");
}

/* ---- peers that tell no muxer early ---- */

static void check_plain(const char *security, bool is_inbound)
{
    struct plain p = { .node = is_inbound ? &listener : &dialler,
                       .expect = key_peerid(is_inbound ? dialler.key : listener.key),
                       .security = security,
                       .muxer = YAMUX_PROTOCOL,
                       .is_inbound = is_inbound };
    struct stream *raw[2];

    make_sockets(raw);
    plain_start(&p, raw[is_inbound]);
    if (is_inbound)
        dial_listener(raw[0], strcmp(security, NOISE_PROTOCOL) ? UPGRADE_TLS : UPGRADE_NOISE);
    else
        accept_at(raw[1]);
    RUN_UNTIL(rig.loop, p.is_over && dialler.m && listener.m &&
                            dialler.nready + listener.nready + listener.naccepted >= 2);
    assert_int_equal(p.err, 0);
    check_usable();
}

static void test_muxer_is_negotiated_where_it_was_not_told_early(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        check_plain(i % 2 ? NOISE_PROTOCOL : TLS_PROTOCOL, i / 2);
        again();
    }
}

static void test_a_peer_with_another_muxer_is_not_supported(void **state)
{
    (void)state;
    struct plain p = {
        .node = &listener, .security = NOISE_PROTOCOL, .muxer = "/mplex/6.7.0", .is_inbound = true
    };
    struct stream *raw[2];

    make_sockets(raw);
    plain_start(&p, raw[1]);
    dial_listener(raw[0], UPGRADE_NOISE);
    RUN_UNTIL(rig.loop, ndone && p.is_over);
    assert_int_equal(done_err, GW_EUNSUP);
    again();

    struct plain q = { .node = &dialler, .security = NOISE_PROTOCOL, .muxer = "/mplex/6.7.0" };
    make_sockets(raw);
    plain_start(&q, raw[0]);
    accept_at(raw[1]);
    RUN_UNTIL(rig.loop, q.is_over && !listener.env.nhalf_open);
    assert_int_equal(q.err, GW_ENOPROTO);
    assert_int_equal(listener.naccepted, 0);
}

/* ---- peers that are not welcome ---- */

static void test_a_peer_without_the_security_protocol_is_noproto(void **state)
{
    (void)state;
    struct plain p = {
        .node = &listener, .security = TLS_PROTOCOL, .muxer = YAMUX_PROTOCOL, .is_inbound = true
    };
    struct stream *raw[2];

    make_sockets(raw);
    plain_start(&p, raw[1]);
    dial_listener(raw[0], UPGRADE_NOISE);
    RUN_UNTIL(rig.loop, ndone && p.is_over);
    assert_int_equal(done_err, GW_ENOPROTO);
    again();

    struct plain q = { .node = &dialler, .security = "/plaintext/2.0.0", .muxer = YAMUX_PROTOCOL };
    make_sockets(raw);
    plain_start(&q, raw[0]);
    accept_at(raw[1]);
    RUN_UNTIL(rig.loop, q.is_over && !listener.env.nhalf_open);
    assert_int_equal(q.err, GW_ENOPROTO);
    assert_int_equal(listener.naccepted, 0);
}

static void test_another_peer_than_expected_is_told_to_the_dialler(void **state)
{
    (void)state;
    for (int security = UPGRADE_NOISE; security <= UPGRADE_TLS; security++) {
        struct stream *raw[2];

        make_sockets(raw);
        accept_at(raw[1]);
        dial(raw[0], key_peerid(dialler.key), (enum upgrade_security)security);
        RUN_UNTIL(rig.loop, ndone && !listener.env.nhalf_open);
        assert_int_equal(done_err, GW_EIDENTITY);
        assert_int_equal(listener.naccepted, 0);
        again();
    }
}

static void test_a_peer_that_is_not_admitted_is_told_so(void **state)
{
    (void)state;
    for (int security = UPGRADE_NOISE; security <= UPGRADE_TLS; security++) {
        struct stream *raw[2];

        make_sockets(raw);
        listener.admits = false;
        accept_at(raw[1]);
        dial_listener(raw[0], (enum upgrade_security)security);
        RUN_UNTIL(rig.loop, dialler.nclosed && !listener.env.nhalf_open);
        assert_int_equal(dialler.err, GW_EDENIED);
        assert_int_equal(listener.naccepted, 0);
        again();
    }
}

/* Else strangers who connect and say nothing kept everybody out. */
static void test_an_inbound_upgrade_too_many_resets_the_oldest(void **state)
{
    (void)state;
    int fd[3];

    listener.env.max_half_open = 2;
    for (int i = 0; i < 3; i++)
        accept_at(looprig_stream(&rig, &fd[i]));
    looprig_run(&rig);
    assert_int_equal(listener.env.nhalf_open, 2);
    assert_gone(fd[0]);
    assert_nothing(fd[1]);
    assert_nothing(fd[2]);
    for (int i = 0; i < 3; i++)
        close(fd[i]);
    looprig_run(&rig);
    assert_int_equal(listener.env.nhalf_open, 0);
}

/* ---- peers that leave or fall silent ---- */

/* Passes octets on from one end to the other until `limit` of them have gone from the dialler. */
static size_t pass(const int fd[2], size_t passed, size_t limit)
{
    uint8_t buf[4096];
    ssize_t n;

    while ((n = recv(fd[1], buf, sizeof buf, MSG_DONTWAIT)) > 0)
        put(fd[0], buf, (size_t)n);
    size_t most = limit - passed < sizeof buf ? limit - passed : sizeof buf;
    while (most && (n = recv(fd[0], buf, most, MSG_DONTWAIT)) > 0) {
        put(fd[1], buf, (size_t)n);
        passed += (size_t)n;
        most = limit - passed < sizeof buf ? limit - passed : sizeof buf;
    }
    return passed;
}

/* How many octets the dialler says until it is ready; at most `limit` of them pass. */
static size_t run_dialler(enum upgrade_security security, size_t limit, int fd[2])
{
    size_t passed = 0, before;

    dial_listener(looprig_stream(&rig, &fd[0]), security);
    accept_at(looprig_stream(&rig, &fd[1]));
    do {
        before = passed;
        ev_run(rig.loop, EVRUN_NOWAIT);
        ev_run(rig.loop, EVRUN_NOWAIT);
        passed = pass(fd, passed, limit);
        ev_run(rig.loop, EVRUN_NOWAIT);
        ev_run(rig.loop, EVRUN_NOWAIT);
    } while (passed != before || (!listener.naccepted && limit == SIZE_MAX));
    return passed;
}

/* The line is cut behind each octet in turn: both ends are told once, nothing is left. */
static void check_cuts(enum upgrade_security security, size_t step)
{
    int fd[2];
    size_t all = run_dialler(security, SIZE_MAX, fd);

    close(fd[0]);
    close(fd[1]);
    again();
    for (size_t limit = 0; limit < all; limit += step) {
        run_dialler(security, limit, fd);
        close(fd[0]);
        close(fd[1]);
        RUN_UNTIL(rig.loop, dialler.nclosed && !listener.env.nhalf_open && !listener.m);
        assert_int_equal(ndone, 1);
        assert_int_equal(dialler.nclosed, 1);
        assert_true(dialler.err < 0);
        assert_int_equal(listener.naccepted, listener.nclosed);
        again();
    }
}

static void test_a_line_cut_anywhere_ends_both_ends_once(void **state)
{
    (void)state;
    check_cuts(UPGRADE_NOISE, 1);
    check_cuts(UPGRADE_TLS, 17);
}

/* The owner changes its mind after each turn of the loop in turn. */
static void test_cancel_at_any_time_is_silent_and_leaves_nothing(void **state)
{
    (void)state;
    for (int security = UPGRADE_NOISE; security <= UPGRADE_TLS; security++) {
        bool was_under_way = true;

        for (int turns = 0; was_under_way; turns++) {
            struct stream *raw[2];

            make_sockets(raw);
            accept_at(raw[1]);
            dial_listener(raw[0], (enum upgrade_security)security);
            for (int i = 0; i < turns; i++)
                ev_run(rig.loop, EVRUN_NOWAIT);
            was_under_way = dialling != NULL;
            upgrade_cancel(dialling, GW_ECANCELED);
            if (was_under_way)
                assert_int_equal(ndone, 0);
            dialling = NULL;
            node_close(&dialler);
            RUN_UNTIL(rig.loop, dialler.nclosed && !listener.env.nhalf_open && !listener.m);
            assert_int_equal(ndone, !was_under_way);
            again();
        }
    }
}

static void test_one_deadline_is_for_the_whole(void **state)
{
    (void)state;
    static const char hello[] = "\x13/multistream/1.0.0\n\x07/noise\n";
    uint64_t start_ms = clock_mono_ms();
    int fd[2];

    dialler.env.timeout_ms = listener.env.timeout_ms = 1000;
    dial_listener(looprig_stream(&rig, &fd[0]), UPGRADE_NOISE);
    accept_at(looprig_stream(&rig, &fd[1]));
    looprig_run_ms(&rig, 500);
    put(fd[0], hello, sizeof hello - 1); /* the handshake begins, and no more is heard */
    put(fd[1], hello, sizeof hello - 1);
    RUN_UNTIL(rig.loop, ndone && !listener.env.nhalf_open);
    assert_int_equal(done_err, GW_ETIMEOUT);
    assert_int_equal(clock_mono_ms() - start_ms, 1000);
    close(fd[0]);
    close(fd[1]);
}

static void test_cancel_all_frees_inbound_ones_and_tells_diallers(void **state)
{
    (void)state;
    int fd[2];

    accept_at(looprig_stream(&rig, &fd[0]));
    dial_listener(looprig_stream(&rig, &fd[1]), UPGRADE_NOISE);
    looprig_run(&rig);
    upgrade_cancel_all(&listener.env);
    assert_int_equal(listener.env.nhalf_open, 0);
    upgrade_cancel_all(&dialler.env);
    assert_int_equal(ndone, 1);
    assert_int_equal(done_err, GW_ECANCELED);
    looprig_run(&rig);
    assert_gone(fd[0]);
    close(fd[0]);
    close(fd[1]);
}

/* ---- over a stream of another connection, as through a relay: the caller has read from it ---- */

static const struct bytes question = { (const uint8_t *)"?", 1 },
                          answer = { (const uint8_t *)"!", 1 };

static void hand_on(struct stream *s, struct bytes v)
{
    if (v.n > 1)
        s->ev->on_data(s, (struct bytes){ v.p + 1, v.n - 1 });
}

static void on_question(struct stream *s, struct bytes v)
{
    assert_memory_equal(v.p, question.p, 1);
    s->ops->credit(s, 1);
    s->ops->write(s, answer);
    accept_at(s);
    hand_on(s, v);
}

static void on_answer(struct stream *s, struct bytes v)
{
    assert_memory_equal(v.p, answer.p, 1);
    s->ops->credit(s, 1);
    dial_listener(s, UPGRADE_NOISE);
    hand_on(s, v);
    node_open(&dialler, &one);
    streamend_send(&one, 100, false);
}

static void ask(struct stream *s, void (*on_data)(struct stream *s, struct bytes v))
{
    static struct stream_events events[2];
    struct stream_events *ev = &events[on_data == on_answer];

    *ev = (struct stream_events){ .on_data = on_data, .on_drained = stream_ignore_drained };
    stream_own(s, ev, NULL);
    s->ops->credit(s, 0);
    if (on_data == on_answer)
        s->ops->write(s, question);
}

static void on_outer_stream(struct node *n, struct stream *s)
{
    (void)n;
    ask(s, on_question);
}

/* Gives the connection that there is to `outer`. */
static void make_outer(struct node outer[2])
{
    for (int i = 0; i < 2; i++) {
        struct node *n = i ? &listener : &dialler;
        outer[i] = *n;
        node_own(&outer[i], n->m);
        node_reset(n, &rig);
    }
    outer[1].on_stream = on_outer_stream;
    ndone = 0;
}

static void close_outer(struct node outer[2])
{
    node_close(&dialler);
    RUN_UNTIL(rig.loop, dialler.nclosed && listener.nclosed);
    assert_int_equal(listener.err, 0);
    assert_int_equal(outer[0].nclosed | outer[1].nclosed, 0); /* it lives on */
    node_close(&outer[0]);
    RUN_UNTIL(rig.loop, outer[0].nclosed && outer[1].nclosed);
}

static void test_a_stream_of_another_connection_carries_one(void **state)
{
    (void)state;
    for (int security = UPGRADE_NOISE; security <= UPGRADE_TLS; security++) {
        struct stream *raw[2], *s;
        struct node outer[2];

        make_sockets(raw);
        connect_over(raw, (enum upgrade_security)security);
        make_outer(outer);
        assert_int_equal(outer[0].m->ops->open(outer[0].m, &s), 0);
        ask(s, on_answer);
        RUN_UNTIL(rig.loop, listener.nin);
        streamend_send(&one, MANY, true);
        RUN_UNTIL(rig.loop, listener.in[0].has_eof);
        assert_int_equal(listener.in[0].got, 100 + MANY);
        streamend_send(&listener.in[0], MANY, true);
        RUN_UNTIL(rig.loop, one.nclosed);
        assert_int_equal(one.got, MANY);
        close_outer(outer);
        again();
    }
}

/* Question and answer, proposal and answer, and the octets with the last words: no flight more. */
static void test_over_another_connection_it_takes_no_more_flights(void **state)
{
    (void)state;
    uint8_t buf[8192];
    struct node outer[2];
    struct stream *s;
    int fd[2];

    dial_listener(looprig_stream(&rig, &fd[0]), UPGRADE_NOISE);
    accept_at(looprig_stream(&rig, &fd[1]));
    for (int i = 0; i < 6; i++) /* pings, too */
        flight(fd[i % 2], fd[!(i % 2)], buf, sizeof buf);
    assert_int_equal(listener.naccepted, 1);
    make_outer(outer);
    assert_int_equal(outer[0].m->ops->open(outer[0].m, &s), 0);
    ask(s, on_answer);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(listener.nin, 0);
        assert_true(flight(fd[i % 2], fd[!(i % 2)], buf, sizeof buf) > 0);
        assert_int_equal(dialler.nready, i >= 3);
    }
    assert_int_equal(listener.nin, 1);
    assert_int_equal(listener.in[0].got, 100);
    close(fd[0]);
    close(fd[1]);
    RUN_UNTIL(rig.loop,
              outer[0].nclosed && outer[1].nclosed && dialler.nclosed && listener.nclosed);
}

static void on_raw_close(struct stream *s, int err)
{
    (void)s;
    (void)err;
}

/* All that a dialler says at first, in one delivery with the question. */
static void test_octets_behind_the_callers_part_are_handed_on(void **state)
{
    (void)state;
    static const struct stream_events raw_events = { .on_drained = stream_ignore_drained,
                                                     .on_close = on_raw_close };
    uint8_t buf[4096] = "?";
    struct stream *raw[2];
    int fd;

    dial_listener(looprig_stream(&rig, &fd), UPGRADE_NOISE);
    looprig_run(&rig);
    ssize_t n = recv(fd, buf + 1, sizeof buf - 1, MSG_DONTWAIT);
    assert_true(n > 0);
    make_memory(raw);
    stream_own(raw[0], &raw_events, NULL); /* it does not read: what is for it stays in the queue */
    ask(raw[1], on_question);
    raw[0]->ops->write(raw[0], (struct bytes){ buf, 1 + (size_t)n });
    looprig_run(&rig);
    assert_int_equal(pair->end[1].uncredited, 0);

    assert_true(pair->end[1].len > 1);
    assert_memory_equal(pair->end[1].queue, answer.p, 1);
    put(fd, pair->end[1].queue + 1, pair->end[1].len - 1);
    RUN_UNTIL(rig.loop, dialler.nready);
    n = recv(fd, buf, sizeof buf, MSG_DONTWAIT);
    assert_true(n > 0);
    raw[0]->ops->write(raw[0], (struct bytes){ buf, (size_t)n });
    RUN_UNTIL(rig.loop, listener.naccepted);
    close(fd);
    stream_drop(raw[0], GW_ECANCELED);
    RUN_UNTIL(rig.loop, dialler.nclosed && listener.nclosed);
}

static int make_keys(void **state)
{
    (void)state;
    return node_make_key(&dialler) || node_make_key(&listener) ? -1 : 0;
}

static int free_keys(void **state)
{
    (void)state;
    node_free_key(&dialler);
    node_free_key(&listener);
    return 0;
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_both_ends_are_proved_and_carry_streams),
        TEST(test_octet_by_octet_is_the_same),
        TEST(test_first_octets_arrive_in_the_third_flight),
        TEST(test_muxer_is_negotiated_where_it_was_not_told_early),
        TEST(test_a_peer_with_another_muxer_is_not_supported),
        TEST(test_a_peer_without_the_security_protocol_is_noproto),
        TEST(test_another_peer_than_expected_is_told_to_the_dialler),
        TEST(test_a_peer_that_is_not_admitted_is_told_so),
        TEST(test_an_inbound_upgrade_too_many_resets_the_oldest),
        TEST(test_a_line_cut_anywhere_ends_both_ends_once),
        TEST(test_cancel_at_any_time_is_silent_and_leaves_nothing),
        TEST(test_one_deadline_is_for_the_whole),
        TEST(test_cancel_all_frees_inbound_ones_and_tells_diallers),
        TEST(test_a_stream_of_another_connection_carries_one),
        TEST(test_over_another_connection_it_takes_no_more_flights),
        TEST(test_octets_behind_the_callers_part_are_handed_on),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
