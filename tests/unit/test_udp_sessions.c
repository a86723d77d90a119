/* test_udp_sessions.c - sessions behind a real port; the front is a fake. */
#include "gate/udp_sessions.h"

#include <stdio.h>

#include "base/log.h"
#include "fake_front.h"
#include "udprig.h"
#include "vec.h"

#define SESSIONS_MAX 3
#define HOLD_OFF_MS  40

struct rig {
    struct looprig loop;
    struct front front;
    struct udp_port *port;
    struct udp_sessions *sessions;
    const char *head;
    char seen[256]; /* what the far sides got, each followed by a blank */
    size_t octets;
};

static struct rig rig;
static const struct front_target target = { .host = "dns.alice", .port = 53, .is_udp = true };

static void on_datagram(void *arg, const struct udp_port_path *path, struct bytes v)
{
    struct rig *r = arg;
    udp_sessions_input(r->sessions, r->port, path, bytes_of(r->head), &target, v);
}

static void on_far_datagram(struct front_open *o, struct bytes v)
{
    size_t n = strlen(rig.seen);
    (void)o;
    rig.octets += v.n;
    if (n + v.n + 2 < sizeof rig.seen)
        snprintf(rig.seen + n, sizeof rig.seen - n, "%.*s ", (int)v.n, (const char *)v.p);
}

static void close_at_first(struct front_open *o, struct bytes v)
{
    on_far_datagram(o, v);
    o->dgrams->ops->close(o->dgrams, GW_ERESET);
    o->dgrams = NULL;
}

static int start(void **state)
{
    struct sockaddr_any at = addr_of("127.0.0.1:0");
    (void)state;
    memset(&rig, 0, sizeof rig);
    rig.front.on_datagram = on_far_datagram;
    rig.head = "";
    looprig_init(&rig.loop);
    rig.sessions = udp_sessions_new(&rig.front, "test", SESSIONS_MAX, HOLD_OFF_MS);
    assert_non_null(rig.sessions);
    return udp_port_open(rig.loop.loop, &at, on_datagram, &rig, &rig.port);
}

static int stop(void **state)
{
    (void)state;
    udp_sessions_free(rig.sessions);
    udp_port_close(rig.port);
    looprig_fini(&rig.loop);
    return 0;
}

static int add_client(void)
{
    return udp_client("127.0.0.1:0", udp_port_addr(rig.port));
}

static void say(int fd, const char *text)
{
    put(fd, text, strlen(text));
    looprig_run(&rig.loop);
}

static void far_says(size_t i, const char *text)
{
    struct dgrams *d = rig.front.open[i].dgrams;
    assert_non_null(d);
    d->ops->send(d, bytes_of(text));
}

static void test_early_datagrams_wait_and_go_first_in_order(void **state)
{
    int a = add_client();
    (void)state;
    say(a, "1");
    say(a, "2");
    say(a, "3");
    assert_int_equal(rig.front.n, 1);
    assert_string_equal(rig.front.open[0].kind, "test");
    assert_string_equal(rig.front.open[0].target.host, "dns.alice");
    assert_string_equal(rig.seen, "");
    put(a, "4", 1); /* not read yet when it opens */
    fake_front_opened(&rig.front, 0, 0);
    say(a, "5");
    assert_string_equal(rig.seen, "1 2 3 4 5 ");
    assert_int_equal(rig.front.n, 1);
    close(a);
}

static void test_at_most_16_datagrams_wait(void **state)
{
    int a = add_client();
    (void)state;
    for (int i = 0; i < UDP_SESSIONS_WAITING_MAX + 10; i++)
        say(a, "x");
    fake_front_opened(&rig.front, 0, 0);
    assert_int_equal(rig.front.open[0].ndatagrams, UDP_SESSIONS_WAITING_MAX);
    close(a);
}

static void test_at_most_32_kib_wait(void **state)
{
    static uint8_t big[20000];
    int a = add_client();
    (void)state;
    put(a, big, sizeof big);
    put(a, big, sizeof big);                           /* does not fit beside the first, */
    put(a, big, UDP_SESSIONS_OCTETS_MAX - sizeof big); /* this does to the octet, */
    put(a, big, 1);                                    /* and nothing behind it */
    looprig_run(&rig.loop);
    fake_front_opened(&rig.front, 0, 0);
    assert_int_equal(rig.front.open[0].ndatagrams, 2);
    assert_int_equal(rig.octets, UDP_SESSIONS_OCTETS_MAX);
    close(a);
}

static void test_answer_has_the_head_and_goes_to_its_sender(void **state)
{
    int a = add_client(), b = add_client();
    (void)state;
    rig.head = "A:";
    say(a, "1");
    rig.head = "B:";
    say(b, "2");
    fake_front_opened(&rig.front, 1, 0);
    fake_front_opened(&rig.front, 0, 0);
    far_says(0, "one");
    far_says(1, "two");
    assert_got(a, "A:one", 5);
    assert_got(b, "B:two", 5);
    assert_nothing(a);
    assert_nothing(b);
    close(a);
    close(b);
}

static void test_one_sender_has_a_session_for_every_head(void **state)
{
    int a = add_client();
    (void)state;
    rig.head = "A:";
    say(a, "1");
    rig.head = "AA:";
    say(a, "2");
    rig.head = "A:";
    say(a, "3");
    assert_int_equal(rig.front.n, 2);
    fake_front_opened(&rig.front, 0, 0);
    assert_string_equal(rig.seen, "1 3 ");
    close(a);
}

static void test_refused_is_not_asked_again_at_once_but_later(void **state)
{
    int a = add_client();
    (void)state;
    say(a, "1");
    fake_front_opened(&rig.front, 0, GW_ENONAME);
    for (int i = 0; i < 20; i++)
        say(a, "dropped");
    assert_int_equal(rig.front.n, 1);
    looprig_run_ms(&rig.loop, HOLD_OFF_MS + 5);
    say(a, "2");
    assert_int_equal(rig.front.n, 2);
    assert_int_equal(udp_sessions_count(rig.sessions), 1);
    fake_front_opened(&rig.front, 1, 0);
    assert_string_equal(rig.seen, "2 ");
    close(a);
}

static void test_full_front_counts_as_refused(void **state)
{
    int a = add_client();
    (void)state;
    rig.front.is_full = true;
    say(a, "1");
    rig.front.is_full = false;
    say(a, "2");
    assert_int_equal(rig.front.n, 0);
    looprig_run_ms(&rig.loop, HOLD_OFF_MS + 5);
    say(a, "3");
    fake_front_opened(&rig.front, 0, 0);
    assert_string_equal(rig.seen, "3 ");
    close(a);
}

static void test_ended_by_the_front_it_is_asked_for_anew(void **state)
{
    int a = add_client();
    (void)state;
    say(a, "1");
    fake_front_opened(&rig.front, 0, 0);
    fake_front_end_dgrams(&rig.front, 0, 0);
    assert_int_equal(udp_sessions_count(rig.sessions), 0);
    say(a, "2");
    assert_int_equal(rig.front.n, 2);
    fake_front_opened(&rig.front, 1, 0);
    assert_string_equal(rig.seen, "1 2 ");
    close(a);
}

static void test_pipe_may_be_closed_from_its_own_event(void **state)
{
    int a = add_client();
    (void)state;
    rig.front.on_datagram = close_at_first;
    say(a, "1");
    say(a, "2");
    fake_front_opened(&rig.front, 0, 0); /* while the waiting ones go */
    assert_string_equal(rig.seen, "1 ");
    assert_int_equal(udp_sessions_count(rig.sessions), 0);

    rig.front.on_datagram = NULL;
    say(a, "3");
    fake_front_opened(&rig.front, 1, 0);
    rig.front.on_datagram = close_at_first;
    say(a, "4"); /* in the course of an ordinary one */
    assert_string_equal(rig.seen, "1 4 ");
    assert_int_equal(udp_sessions_count(rig.sessions), 0);
    close(a);
}

static void test_the_one_idle_longest_makes_room(void **state)
{
    int fd[SESSIONS_MAX + 2];
    (void)state;
    for (size_t i = 0; i < COUNT(fd); i++)
        fd[i] = add_client();
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        say(fd[i], "x");
        if (i != 1)
            fake_front_opened(&rig.front, i, 0);
    }
    say(fd[0], "y");            /* used later than 1 and 2 */
    say(fd[SESSIONS_MAX], "x"); /* 1 goes: still being opened */
    assert_true(rig.front.open[1].is_canceled);
    assert_non_null(rig.front.open[0].dgrams);
    assert_non_null(rig.front.open[2].dgrams);

    far_says(2, "answers count as use");
    say(fd[SESSIONS_MAX + 1], "x"); /* 0 goes: joined */
    assert_null(rig.front.open[0].dgrams);
    assert_non_null(rig.front.open[2].dgrams);
    assert_int_equal(udp_sessions_count(rig.sessions), SESSIONS_MAX);
    for (size_t i = 0; i < COUNT(fd); i++)
        close(fd[i]);
}

static void test_free_ends_all_in_every_state(void **state)
{
    int a = add_client(), b = add_client(), c = add_client();
    (void)state;
    say(a, "1");
    say(b, "2");
    say(c, "3");
    fake_front_opened(&rig.front, 1, 0);
    fake_front_opened(&rig.front, 2, GW_EDENIED);
    udp_sessions_free(rig.sessions);
    rig.sessions = NULL;
    assert_true(rig.front.open[0].is_canceled);
    assert_null(rig.front.open[1].dgrams);
    assert_false(rig.front.open[2].is_canceled);
    close(a);
    close(b);
    close(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_early_datagrams_wait_and_go_first_in_order, start,
                                        stop),
        cmocka_unit_test_setup_teardown(test_at_most_16_datagrams_wait, start, stop),
        cmocka_unit_test_setup_teardown(test_at_most_32_kib_wait, start, stop),
        cmocka_unit_test_setup_teardown(test_answer_has_the_head_and_goes_to_its_sender, start,
                                        stop),
        cmocka_unit_test_setup_teardown(test_one_sender_has_a_session_for_every_head, start, stop),
        cmocka_unit_test_setup_teardown(test_refused_is_not_asked_again_at_once_but_later, start,
                                        stop),
        cmocka_unit_test_setup_teardown(test_full_front_counts_as_refused, start, stop),
        cmocka_unit_test_setup_teardown(test_ended_by_the_front_it_is_asked_for_anew, start, stop),
        cmocka_unit_test_setup_teardown(test_pipe_may_be_closed_from_its_own_event, start, stop),
        cmocka_unit_test_setup_teardown(test_the_one_idle_longest_makes_room, start, stop),
        cmocka_unit_test_setup_teardown(test_free_ends_all_in_every_state, start, stop),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
