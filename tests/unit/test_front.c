/* test_front.c - name to bridge, and targets as text. */
#include "base/log.h"
#include "frontrig.h"

static const struct front_target db = { .host = "db.alice", .port = 5432 };

/* The tests of one open have their own callback where they start several. */
static void on_opened(void *arg, int err, const char *why)
{
    (void)err;
    (void)why;
    ++*(int *)arg;
}

/* ---- names and services ---- */

static void test_open_never_calls_back_from_inside(void **state)
{
    (void)state;
    rig.resolver.answer = NULL;
    rig.resolver.err = GW_ENONAME;
    rig.resolver.trail = "names file: no line; peer id: not one";
    rig_ask(&db);
    assert_int_equal(rig.opened, 0);
    looprig_run(&rig.loop);
    assert_int_equal(rig.opened, 1);
    assert_int_equal(rig.err, GW_ENONAME);
    assert_string_equal(
        rig.why, "nobody who was asked knows the name (names file: no line; peer id: not one); "
                 "db.alice is nobody's here ([proxy] other = refuse)");
    assert_string_equal(rig.resolver.host, "db.alice");
    assert_int_equal(svc.calls, 0);
    assert_int_equal(rig_stats().failed, 1);
    assert_int_equal(rig_stats().opening, 0);
}

static void test_service_asked_for_wins_over_that_of_the_name_and_over_the_port(void **state)
{
    static const struct {
        const char *what;
        struct front_target target;
        const char *of_name; /* the answer's service */
        const char *service;
        uint16_t port;
        const char *protocol;
    } cases[] = {
        { "port alone", { "alice", .port = 22 }, "", "", 22, "" },
        { "asked for", { "alice", .service = "ssh" }, "", "ssh", 0, "" },
        { "of the name first, then the port", { "db.alice", .port = 5432 }, "db", "db", 5432, "" },
        { "asked for wins", { "db.alice", .service = "ssh" }, "db", "ssh", 0, "" },
        { "port that is mapped", { "alice", .port = 2222 }, "", "", 2222, "/x/ssh" },
    };
    (void)state;
    rig.answer.nmaps = 1;
    rig.answer.maps[0] = (struct name_map){ 2222, "/x/ssh" };
    for (size_t i = 0; i < COUNT(cases); i++) {
        snprintf(rig.answer.service, sizeof rig.answer.service, "%s", cases[i].of_name);
        rig_ask(&cases[i].target);
        assert_true(peerid_eq(&svc.target.peer, &rig.answer.peer));
        assert_string_equal(svc.target.service, cases[i].service);
        assert_int_equal(svc.target.port, cases[i].port);
        assert_string_equal(svc.protocol, cases[i].protocol);
        assert_int_equal(svc.timeout_ms, 5000);
        front_cancel(rig.open, GW_ECANCELED);
    }
}

static void test_denial_ends_in_the_escaped_words_of_the_peer(void **state)
{
    (void)state;
    rig_ask(&db);
    svc.done(svc.arg, GW_EDENIED, NULL, NULL, (struct bytes){ 0 }, "ask \x1b[31mbob");
    looprig_run(&rig.loop);
    assert_int_equal(rig.err, GW_EDENIED);
    assert_string_equal(rig.why, "denied by the peer: ask \\x1b[31mbob");
}

static void test_a_name_is_forgotten_when_its_peer_is_not_reached(void **state)
{
    (void)state;
    rig_ask(&db);
    rig.host.is_connected = true;
    svc.done(svc.arg, GW_EUNREACH, NULL, NULL, (struct bytes){ 0 }, "");
    looprig_run(&rig.loop);
    assert_int_equal(rig.resolver.forgotten, 0);
    rig_ask(&db);
    rig.host.is_connected = false;
    svc.done(svc.arg, GW_EOFFLINE, NULL, NULL, (struct bytes){ 0 }, "");
    looprig_run(&rig.loop);
    assert_int_equal(rig.resolver.forgotten, 1);
}

static void test_words_that_say_the_same_once_more_are_left_out(void **state)
{
    (void)state;
    rig_ask(&db);
    svc.done(svc.arg, GW_ENOSERVICE, NULL, NULL, (struct bytes){ 0 }, "no such service");
    looprig_run(&rig.loop);
    assert_string_equal(rig.why, "peer offers no such service");
}

static void test_other_failures_say_what_happened(void **state)
{
    (void)state;
    rig_ask(&db);
    svc.done(svc.arg, GW_EOFFLINE, NULL, NULL, (struct bytes){ 0 }, "");
    looprig_run(&rig.loop);
    assert_int_equal(rig.err, GW_EOFFLINE);
    assert_string_equal(rig.why, gw_strerror(GW_EOFFLINE));
}

static void test_no_memory_for_the_service_is_told(void **state)
{
    (void)state;
    svc.is_out_of_memory = true;
    rig_ask(&db);
    looprig_run(&rig.loop);
    assert_int_equal(rig.opened, 1);
    assert_int_equal(rig.err, GW_ENOMEM);
}

static void test_opening_is_bounded(void **state)
{
    struct front_open *a, *b, *c;
    (void)state;
    rig.resolver.is_slow = true;
    assert_int_equal(front_open(rig.front, "test", &db, on_opened, &rig.opened, &a), 0);
    assert_int_equal(front_open(rig.front, "test", &db, on_opened, &rig.opened, &b), 0);
    assert_int_equal(front_open(rig.front, "test", &db, on_opened, &rig.opened, &c), GW_ELIMIT);
    assert_int_equal(rig_stats().opening, 2);
    front_cancel(a, GW_ECANCELED);
    front_cancel(b, GW_ECANCELED);
    assert_int_equal(rig_stats().opening, 0);
}

/* ---- streams ---- */

static void test_join_moves_octets_and_fin_both_ways(void **state)
{
    (void)state;
    rig_ask(&db);
    rig_open_remote((struct bytes)B("banner "));
    rig_join();
    assert_int_equal(rig_stats().active, 1);
    assert_int_equal(rig_stats().opening, 0);
    assert_got(rig.client_fd, "banner ", 7);
    put(rig.client_fd, "question", 8);
    shutdown(rig.client_fd, SHUT_WR);
    looprig_run(&rig.loop);
    assert_got(rig.remote_fd, "question", 8);
    assert_eof(rig.remote_fd);
    put(rig.remote_fd, "answer", 6); /* the half that is open goes on */
    shutdown(rig.remote_fd, SHUT_WR);
    looprig_run(&rig.loop);
    assert_got(rig.client_fd, "answer", 6);
    assert_eof(rig.client_fd);
    assert_int_equal(rig.done, 1);
    assert_int_equal(rig.done_err, 0);
    assert_int_equal(rig.moved.moved[0], 8);
    assert_int_equal(rig.moved.moved[1], 13);
    assert_int_equal(rig_stats().active, 0);
    assert_int_equal(rig_stats().opened, 1);
}

static void test_octets_sent_ahead_come_first(void **state)
{
    (void)state;
    rig_ask(&db);
    rig_open_remote((struct bytes){ 0 });
    assert_int_equal(front_send(rig.open, (struct bytes)B("early "), true), 0);
    rig_join();
    assert_got(rig.remote_fd, "early ", 6);
    assert_eof(rig.remote_fd);
    put(rig.remote_fd, "answer", 6);
    looprig_run(&rig.loop);
    assert_got(rig.client_fd, "answer", 6);
}

/* A carrier such as QUIC delivers without asking for room. */
static void test_late_join_loses_nothing(void **state)
{
    (void)state;
    rig_ask(&db);
    struct stream *s = looprig_stream(&rig.loop, &rig.remote_fd);
    svc.done(svc.arg, 0, NULL, s, (struct bytes)B("early "), "");
    s->ev->on_data(s, (struct bytes)B("and "));
    s->ev->on_data(s, (struct bytes)B("later"));
    s->ev->on_eof(s);
    rig_join();
    assert_got(rig.client_fd, "early and later", 15);
    assert_eof(rig.client_fd);
}

static void test_remote_lost_before_the_join_resets_the_client(void **state)
{
    (void)state;
    rig_ask(&db);
    struct stream *s = looprig_stream(&rig.loop, &rig.remote_fd);
    svc.done(svc.arg, 0, NULL, s, (struct bytes){ 0 }, "");
    s->ops->reset(s, GW_ERESET); /* what a lost connection does */
    looprig_run(&rig.loop);
    assert_int_equal(front_send(rig.open, (struct bytes)B("x"), false), GW_ERESET);
    rig_join();
    assert_gone(rig.client_fd);
    assert_int_equal(rig.done, 1);
    assert_int_equal(rig.done_err, GW_ERESET);
}

static void test_cancel_stops_what_is_under_way(void **state)
{
    (void)state;
    rig.resolver.is_slow = true;
    rig_ask(&db);
    front_cancel(rig.open, GW_ECANCELED);
    assert_true(rig.resolver.is_canceled);

    rig.resolver.is_slow = false;
    rig_ask(&db);
    front_cancel(rig.open, GW_ECANCELED);
    assert_true(svc.is_canceled);

    rig_ask(&db);
    rig_open_remote((struct bytes){ 0 });
    front_cancel(rig.open, GW_ECANCELED);
    looprig_run(&rig.loop);
    assert_gone(rig.remote_fd);
    assert_int_equal(rig.opened, 1);
    assert_int_equal(rig_stats().opening, 0);
}

static void test_free_ends_bridges_without_a_call(void **state)
{
    (void)state;
    rig_ask(&db);
    rig_open_remote((struct bytes){ 0 });
    rig_join();
    front_free(rig.front);
    rig.front = NULL;
    looprig_run(&rig.loop);
    assert_gone(rig.client_fd);
    assert_gone(rig.remote_fd);
    assert_int_equal(rig.done, 0);
}

/* ---- what became of it, for people who look later ---- */

static void test_failures_are_kept_newest_first_and_no_more_than_sixteen(void **state)
{
    struct front_failure got[FRONT_FAILURES_MAX + 4];
    struct front_target t = db;
    (void)state;
    assert_int_equal(front_failures(rig.front, got, 4), 0);
    rig.resolver.answer = NULL;
    for (uint16_t i = 1; i <= FRONT_FAILURES_MAX + 3; i++) {
        t.port = i;
        rig_ask(&t);
        looprig_run(&rig.loop);
    }
    assert_int_equal(front_failures(rig.front, got, COUNT(got)), FRONT_FAILURES_MAX);
    for (uint16_t i = 0; i < FRONT_FAILURES_MAX; i++)
        assert_int_equal(got[i].target.port, FRONT_FAILURES_MAX + 3 - i);
    assert_int_equal(got[0].err, GW_ENONAME);
    assert_string_equal(got[0].kind, "test");
    assert_string_equal(got[0].why, rig.why);
    assert_int_equal(front_failures(rig.front, got, 2), 2);
    assert_int_equal(got[1].target.port, FRONT_FAILURES_MAX + 2);
}

static void test_what_the_client_gave_up_is_a_failure_too(void **state)
{
    struct front_failure got;
    (void)state;
    rig_ask(&db);
    front_cancel(rig.open, GW_ECLOSED);
    assert_int_equal(front_failures(rig.front, &got, 1), 1);
    assert_int_equal(got.err, GW_ECLOSED);
    assert_string_equal(got.why, gw_strerror(GW_ECLOSED));
}

#define T(name) cmocka_unit_test_setup_teardown(name, rig_start, rig_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_open_never_calls_back_from_inside),
        T(test_service_asked_for_wins_over_that_of_the_name_and_over_the_port),
        T(test_denial_ends_in_the_escaped_words_of_the_peer),
        T(test_a_name_is_forgotten_when_its_peer_is_not_reached),
        T(test_words_that_say_the_same_once_more_are_left_out),
        T(test_other_failures_say_what_happened),
        T(test_no_memory_for_the_service_is_told),
        T(test_opening_is_bounded),
        T(test_join_moves_octets_and_fin_both_ways),
        T(test_octets_sent_ahead_come_first),
        T(test_late_join_loses_nothing),
        T(test_remote_lost_before_the_join_resets_the_client),
        T(test_cancel_stops_what_is_under_way),
        T(test_free_ends_bridges_without_a_call),
        T(test_failures_are_kept_newest_first_and_no_more_than_sixteen),
        T(test_what_the_client_gave_up_is_a_failure_too),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
