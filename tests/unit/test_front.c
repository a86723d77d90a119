/* test_front.c - name to bridge; resolver, services and host are played by the test, the streams
 * are socket pairs. */
#include "gate/front.h"

#include <stdio.h>

#include "base/log.h"
#include "looprig.h"
#include "testpeers.h"
#include "vec.h"

/* ---- the layers below ---- */

struct resolver {
    const struct name_answer *answer; /* given at once; NULL: err at once, unless is_slow */
    int err;
    const char *trail;
    bool is_slow, is_canceled;
    resolver_done_fn *done; /* of a slow lookup */
    void *arg;
    char host[256];
};

struct resolver_req {
    struct resolver *r;
};

static struct resolver_req the_req;

struct resolver_req *resolver_lookup(struct resolver *r, const char *host, resolver_done_fn *done,
                                     void *arg)
{
    snprintf(r->host, sizeof r->host, "%s", host);
    if (r->is_slow) {
        r->done = done;
        r->arg = arg;
        the_req.r = r;
        return &the_req;
    }
    done(arg, r->answer ? 0 : r->err, r->answer, r->trail);
    return NULL;
}

void resolver_cancel(struct resolver_req *q)
{
    q->r->is_canceled = true;
}

static struct svc_out {
    struct svc_target target;
    char protocol[96];
    uint64_t timeout_ms;
    svc_out_done_fn *done;
    void *arg;
    int calls;
    bool is_canceled, is_out_of_memory;
} svc;

struct svc_out *svc_out_open(struct host *h, const struct svc_target *t, uint64_t timeout_ms,
                             svc_out_done_fn *done, void *arg)
{
    (void)h;
    if (svc.is_out_of_memory)
        return NULL;
    svc.target = *t;
    snprintf(svc.protocol, sizeof svc.protocol, "%s", t->protocol ? t->protocol : "");
    svc.timeout_ms = timeout_ms;
    svc.done = done;
    svc.arg = arg;
    svc.calls++;
    return &svc;
}

void svc_out_cancel(struct svc_out *o)
{
    o->is_canceled = true;
}

struct host {
    struct turn *turn;
};

struct turn *host_turn(const struct host *h)
{
    return h->turn;
}

void conn_info(const struct conn *c, struct muxed_info *out)
{
    (void)c;
    *out = (struct muxed_info){ .transport = "test" };
}

/* ---- the rig ---- */

struct rig {
    struct looprig loop;
    struct host host;
    struct resolver resolver;
    struct name_answer answer;
    struct front *front;
    struct front_open *open;
    int opened, err; /* calls of on_opened */
    char why[1024];
    int remote_fd, client_fd; /* the far ends */
    int done, done_err;       /* calls of on_done */
    struct bridge_stats moved;
};

static struct rig rig;
static const struct front_target db = { .host = "db.alice", .port = 5432 };

static void on_opened(void *arg, int err, const char *why)
{
    struct rig *r = arg;
    r->opened++;
    r->err = err;
    snprintf(r->why, sizeof r->why, "%s", why);
    if (err)
        r->open = NULL;
}

static void on_done(void *arg, int err, const struct bridge_stats *st)
{
    struct rig *r = arg;
    r->done++;
    r->done_err = err;
    r->moved = *st;
}

static int start(void **state)
{
    (void)state;
    memset(&rig, 0, sizeof rig);
    memset(&svc, 0, sizeof svc);
    looprig_init(&rig.loop);
    rig.host.turn = rig.loop.turn;
    rig.answer.peer = peer_of(PEER_A);
    rig.answer.tier = "test";
    rig.resolver.answer = &rig.answer;
    rig.front = front_new(&rig.host, &rig.resolver, 5000, 2);
    assert_non_null(rig.front);
    rig.remote_fd = rig.client_fd = -1;
    return 0;
}

static int stop(void **state)
{
    (void)state;
    front_free(rig.front);
    looprig_fini(&rig.loop);
    if (rig.remote_fd >= 0)
        close(rig.remote_fd);
    if (rig.client_fd >= 0)
        close(rig.client_fd);
    return 0;
}

static void ask(const struct front_target *t)
{
    rig.open = front_open(rig.front, "test", t, on_opened, &rig);
    assert_non_null(rig.open);
}

/* The service opens, with these octets of it. */
static void open_remote(struct bytes early)
{
    struct stream *s = looprig_stream(&rig.loop, &rig.remote_fd);
    svc.done(svc.arg, 0, NULL, s, early, "");
    assert_int_equal(rig.opened, 1);
    assert_int_equal(rig.err, 0);
}

static void join(void)
{
    struct stream *s = looprig_stream(&rig.loop, &rig.client_fd);
    front_join(rig.open, s, on_done, &rig);
    looprig_run(&rig.loop);
}

static struct front_stats stats(void)
{
    struct front_stats st;
    front_get_stats(rig.front, &st);
    return st;
}

/* ---- names and services ---- */

static void test_open_never_calls_back_from_inside(void **state)
{
    (void)state;
    rig.resolver.answer = NULL;
    rig.resolver.err = GW_ENONAME;
    rig.resolver.trail = "names file: no line; peer id: not one";
    ask(&db);
    assert_int_equal(rig.opened, 0);
    looprig_run(&rig.loop);
    assert_int_equal(rig.opened, 1);
    assert_int_equal(rig.err, GW_ENONAME);
    assert_string_equal(rig.why,
                        "no resolver tier knows the name (names file: no line; peer id: not one)");
    assert_string_equal(rig.resolver.host, "db.alice");
    assert_int_equal(svc.calls, 0);
    assert_int_equal(stats().failed, 1);
    assert_int_equal(stats().opening, 0);
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
        { "port alone", { "alice", "", 22 }, "", "", 22, "" },
        { "asked for", { "alice", "ssh", 0 }, "", "ssh", 0, "" },
        { "of the name first, then the port", { "db.alice", "", 5432 }, "db", "db", 5432, "" },
        { "asked for wins", { "db.alice", "ssh", 0 }, "db", "ssh", 0, "" },
        { "port that is mapped", { "alice", "", 2222 }, "", "", 2222, "/x/ssh" },
    };
    (void)state;
    rig.answer.nmaps = 1;
    rig.answer.maps[0] = (struct name_map){ 2222, "/x/ssh" };
    for (size_t i = 0; i < COUNT(cases); i++) {
        snprintf(rig.answer.service, sizeof rig.answer.service, "%s", cases[i].of_name);
        ask(&cases[i].target);
        assert_true(peerid_eq(&svc.target.peer, &rig.answer.peer));
        assert_string_equal(svc.target.service, cases[i].service);
        assert_int_equal(svc.target.port, cases[i].port);
        assert_string_equal(svc.protocol, cases[i].protocol);
        assert_in_range(svc.timeout_ms, 1, 5000);
        front_cancel(rig.open, GW_ECANCELED);
    }
}

static void test_denial_ends_in_the_escaped_words_of_the_peer(void **state)
{
    (void)state;
    ask(&db);
    svc.done(svc.arg, GW_EDENIED, NULL, NULL, (struct bytes){ 0 }, "ask \x1b[31mbob");
    looprig_run(&rig.loop);
    assert_int_equal(rig.err, GW_EDENIED);
    assert_string_equal(rig.why, "denied by the peer: ask \\x1b[31mbob");
}

static void test_words_that_say_the_same_once_more_are_left_out(void **state)
{
    (void)state;
    ask(&db);
    svc.done(svc.arg, GW_ENOSERVICE, NULL, NULL, (struct bytes){ 0 }, "no such service");
    looprig_run(&rig.loop);
    assert_string_equal(rig.why, "peer offers no such service");
}

static void test_other_failures_say_what_happened(void **state)
{
    (void)state;
    ask(&db);
    svc.done(svc.arg, GW_EOFFLINE, NULL, NULL, (struct bytes){ 0 }, "");
    looprig_run(&rig.loop);
    assert_int_equal(rig.err, GW_EOFFLINE);
    assert_string_equal(rig.why, gw_strerror(GW_EOFFLINE));
}

static void test_no_memory_for_the_service_is_told(void **state)
{
    (void)state;
    svc.is_out_of_memory = true;
    ask(&db);
    looprig_run(&rig.loop);
    assert_int_equal(rig.opened, 1);
    assert_int_equal(rig.err, GW_ENOMEM);
}

static void test_opening_is_bounded(void **state)
{
    struct front_open *a, *b;
    (void)state;
    rig.resolver.is_slow = true;
    a = front_open(rig.front, "test", &db, on_opened, &rig);
    b = front_open(rig.front, "test", &db, on_opened, &rig);
    assert_null(front_open(rig.front, "test", &db, on_opened, &rig));
    assert_int_equal(stats().opening, 2);
    front_cancel(a, GW_ECANCELED);
    front_cancel(b, GW_ECANCELED);
    assert_int_equal(stats().opening, 0);
}

/* ---- streams ---- */

static void test_join_moves_octets_and_fin_both_ways(void **state)
{
    (void)state;
    ask(&db);
    open_remote((struct bytes)B("banner "));
    join();
    assert_int_equal(stats().active, 1);
    assert_int_equal(stats().opening, 0);
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
    assert_int_equal(stats().active, 0);
    assert_int_equal(stats().opened, 1);
}

static void test_octets_sent_ahead_come_first(void **state)
{
    (void)state;
    ask(&db);
    open_remote((struct bytes){ 0 });
    assert_int_equal(front_send(rig.open, (struct bytes)B("early "), true), 0);
    join();
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
    ask(&db);
    struct stream *s = looprig_stream(&rig.loop, &rig.remote_fd);
    svc.done(svc.arg, 0, NULL, s, (struct bytes)B("early "), "");
    s->ev->on_data(s, (struct bytes)B("and "));
    s->ev->on_data(s, (struct bytes)B("later"));
    s->ev->on_eof(s);
    join();
    assert_got(rig.client_fd, "early and later", 15);
    assert_eof(rig.client_fd);
}

static void test_remote_lost_before_the_join_resets_the_client(void **state)
{
    (void)state;
    ask(&db);
    struct stream *s = looprig_stream(&rig.loop, &rig.remote_fd);
    svc.done(svc.arg, 0, NULL, s, (struct bytes){ 0 }, "");
    s->ops->reset(s, GW_ERESET); /* what a lost connection does */
    looprig_run(&rig.loop);
    assert_int_equal(front_send(rig.open, (struct bytes)B("x"), false), GW_ERESET);
    join();
    assert_gone(rig.client_fd);
    assert_int_equal(rig.done, 1);
    assert_int_equal(rig.done_err, GW_ERESET);
}

static void test_cancel_stops_what_is_under_way(void **state)
{
    (void)state;
    rig.resolver.is_slow = true;
    ask(&db);
    front_cancel(rig.open, GW_ECANCELED);
    assert_true(rig.resolver.is_canceled);

    rig.resolver.is_slow = false;
    ask(&db);
    front_cancel(rig.open, GW_ECANCELED);
    assert_true(svc.is_canceled);

    ask(&db);
    open_remote((struct bytes){ 0 });
    front_cancel(rig.open, GW_ECANCELED);
    looprig_run(&rig.loop);
    assert_gone(rig.remote_fd);
    assert_int_equal(rig.opened, 1);
    assert_int_equal(stats().opening, 0);
}

static void test_free_ends_bridges_without_a_call(void **state)
{
    (void)state;
    ask(&db);
    open_remote((struct bytes){ 0 });
    join();
    front_free(rig.front);
    rig.front = NULL;
    looprig_run(&rig.loop);
    assert_gone(rig.client_fd);
    assert_gone(rig.remote_fd);
    assert_int_equal(rig.done, 0);
}

/* ---- targets as text ---- */

static void test_target_parse_reads_what_print_prints(void **state)
{
    static const struct {
        const char *text;
        struct front_target want;
    } cases[] = {
        { "db.alice:5432", { "db.alice", "", 5432 } },
        { "alice:ssh", { "alice", "ssh", 0 } },
        { PEER_A ":22", { PEER_A, "", 22 } }, /* base58 keeps its case */
        { "[fd00::1]:443", { "fd00::1", "", 443 } },
        { "[fd00::1]:web", { "fd00::1", "web", 0 } },
        { "a:65535", { "a", "", 65535 } },
    };
    char text[FRONT_TARGET_STR_MAX];
    struct front_target got;
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(front_target_parse(cases[i].text, &got), 0);
        assert_string_equal(got.host, cases[i].want.host);
        assert_string_equal(got.service, cases[i].want.service);
        assert_int_equal(got.port, cases[i].want.port);
        assert_string_equal(front_target_print(&got, text), cases[i].text);
    }
}

static void test_target_parse_refuses(void **state)
{
    static const char *const bad[] = {
        "",           ":",          "alice",  "alice:", ":22",      "a:0",   "a:65536",
        "a:99999999", "a:-1",       "a b:22", "a..b:1", "a:UP_PER", "[::1]", "[nonsense]:1",
        "[]:1",       "fd00::1:22", "a:2 2"
    };
    struct front_target got;
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_true(front_target_parse(bad[i], &got) < 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(test_open_never_calls_back_from_inside),
        T(test_service_asked_for_wins_over_that_of_the_name_and_over_the_port),
        T(test_denial_ends_in_the_escaped_words_of_the_peer),
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
        T(test_target_parse_reads_what_print_prints),
        T(test_target_parse_refuses),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
