/* test_ctl_session.c - lines in, answers out, over a real socket pair and loop. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/err.h"
#include "ctl/ctl_session.h"
#include "net/fdstream.h"
#include "net/sockaddr.h"
#include "no_headroom.h"

struct fixture {
    struct ev_loop *loop;
    struct turn *turn;
    struct ctl_session *session; /* NULL once it ended */
    int fd;                      /* the client's end */
    int requests, canceled, handed;
    bool holds; /* leave the request unanswered */
    bool hands_over;
    char last[64];  /* "say" of the last request */
    char early[64]; /* what came with the hand-over */
    char got[1024];
};

static void on_cancel(void *arg)
{
    ((struct fixture *)arg)->canceled++;
}

static void on_handed(void *arg, struct stream *stream, struct bytes early)
{
    struct fixture *f = arg;

    f->handed++;
    snprintf(f->early, sizeof f->early, "%.*s", (int)early.n, (const char *)early.p);
    stream_drop(stream, GW_ECANCELED);
}

static void on_request(void *arg, struct ctl_session *s, json_t *req)
{
    struct fixture *f = arg;
    const char *say = json_string_value(json_object_get(req, "say"));

    f->requests++;
    snprintf(f->last, sizeof f->last, "%s", say ? say : "");
    if (f->hands_over)
        ctl_session_hand_over(s, on_handed, f);
    else if (f->holds)
        ctl_session_on_cancel(s, on_cancel, f);
    else
        ctl_session_reply(s, json_pack("{s:i}", "n", f->requests));
}

static void on_end(void *arg)
{
    ((struct fixture *)arg)->session = NULL;
}

static const struct ctl_session_events events = { on_request, on_end };

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    int fd[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd) != 0)
        return -1;
    f->loop = ev_loop_new(0);
    f->turn = turn_new(f->loop);
    f->fd = fd[0];
    f->session = ctl_session_new(f->loop, f->turn, fdstream_new(f->loop, f->turn, fd[1], fd[1]),
                                 &events, f);
    *state = f;
    return 0;
}

static void spin(struct fixture *f)
{
    for (int i = 0; i < 20; i++)
        ev_run(f->loop, EVRUN_NOWAIT);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    if (f->session)
        ctl_session_free(f->session);
    spin(f);
    close(f->fd);
    turn_free(f->turn);
    ev_loop_destroy(f->loop);
    free(f);
    return 0;
}

static void say(struct fixture *f, const char *text)
{
    assert_int_equal(write(f->fd, text, strlen(text)), strlen(text));
    spin(f);
}

/* All that has come; "" when nothing, "<end>" when the other end has closed. */
static const char *hear(struct fixture *f)
{
    ssize_t n = read(f->fd, f->got, sizeof f->got - 1);

    if (n == 0)
        return "<end>";
    f->got[n < 0 ? 0 : n] = '\0';
    return f->got;
}

static void test_session_splits_lines_that_came_at_once(void **state)
{
    struct fixture *f = *state;

    say(f, "{\"say\":\"a\"}\n{\"say\":\"b\"}\n{\"say\":");
    assert_int_equal(f->requests, 2);
    assert_string_equal(hear(f), "{\"n\":1,\"ok\":true}\n{\"n\":2,\"ok\":true}\n");
    say(f, "\"c\"}\n");
    assert_string_equal(f->last, "c");
    assert_string_equal(hear(f), "{\"n\":3,\"ok\":true}\n");
}

static void test_session_waits_for_the_newline(void **state)
{
    struct fixture *f = *state;
    const char *line = "{\"say\":\"slow\"}\n";

    for (size_t i = 0; line[i]; i++) {
        char one[2] = { line[i], '\0' };
        assert_int_equal(f->requests, 0);
        say(f, one);
    }
    assert_int_equal(f->requests, 1);
    assert_string_equal(f->last, "slow");
}

static void test_session_answers_what_is_no_object_and_goes_on(void **state)
{
    struct fixture *f = *state;
    static const char *const bad[] = { "hello\n", "[1]\n", "\n", "{\"say\":\n", "\"\xff\"\n" };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        say(f, bad[i]);
        assert_string_equal(hear(f), "{\"ok\":false,\"error\":\"not a JSON object\"}\n");
    }
    assert_int_equal(f->requests, 0);
    say(f, "{}\n");
    assert_int_equal(f->requests, 1);
}

static void test_session_without_headroom_reads_no_request_and_says_so(void **state)
{
    struct fixture *f = *state;

    headroom_left = 0;
    say(f, "{}\n");
    headroom_left = UINT_MAX;
    assert_string_equal(hear(f), "{\"ok\":false,\"error\":\"out of memory\"}\n");
    assert_int_equal(f->requests, 0);
    say(f, "{}\n");
    assert_int_equal(f->requests, 1);
}

static void test_session_takes_a_line_of_the_limit_and_ends_on_a_longer_one(void **state)
{
    struct fixture *f = *state;
    static char line[CTL_LINE_MAX + 1];

    memset(line, ' ', CTL_LINE_MAX - 1);
    line[0] = '{';
    line[CTL_LINE_MAX - 2] = '}';
    line[CTL_LINE_MAX - 1] = '\n';
    say(f, line);
    assert_string_equal(hear(f), "{\"n\":1,\"ok\":true}\n");

    line[CTL_LINE_MAX - 1] = ' ';
    say(f, line);
    assert_string_equal(hear(f), "{\"ok\":false,\"error\":\"request longer than 64 KiB\"}\n");
    say(f, "}\n{}\n");
    assert_int_equal(f->requests, 1);
    assert_string_equal(hear(f), "<end>");
    shutdown(f->fd, SHUT_WR);
    spin(f);
    assert_null(f->session);
}

static void test_session_reads_no_further_request_while_busy(void **state)
{
    struct fixture *f = *state;

    f->holds = true;
    say(f, "{\"say\":\"a\"}\n{\"say\":\"b\"}\n");
    assert_int_equal(f->requests, 1);
    ctl_session_more(f->session, json_pack("{s:i}", "part", 1));
    ctl_session_reply(f->session, json_object());
    spin(f);
    assert_string_equal(hear(f), "{\"part\":1,\"more\":true}\n{\"ok\":true}\n");
    assert_string_equal(f->last, "b");
    assert_int_equal(f->canceled, 0);
}

static void test_session_leaves_the_rest_in_the_kernel_while_busy(void **state)
{
    struct fixture *f = *state;
    int unread = 0;

    f->holds = true;
    say(f, "{}\n");
    say(f, "later");
    say(f, "later");
    assert_int_equal(ioctl(f->fd, SIOCOUTQ, &unread), 0);
    assert_true(unread > 0);
    f->holds = false;
    ctl_session_reply(f->session, json_object());
    spin(f);
    assert_int_equal(ioctl(f->fd, SIOCOUTQ, &unread), 0);
    assert_int_equal(unread, 0);
}

static void test_session_cancels_when_the_client_goes(void **state)
{
    struct fixture *f = *state;

    f->holds = true;
    say(f, "{}\n");
    close(f->fd);
    f->fd = -1;
    ctl_session_more(f->session, json_object()); /* finds nobody */
    spin(f);
    assert_int_equal(f->canceled, 1);
    assert_null(f->session);
}

static void test_session_answers_after_half_close_then_ends(void **state)
{
    struct fixture *f = *state;

    say(f, "{}\n{}\n");
    shutdown(f->fd, SHUT_WR);
    spin(f);
    assert_string_equal(hear(f), "{\"n\":1,\"ok\":true}\n{\"n\":2,\"ok\":true}\n");
    assert_string_equal(hear(f), "<end>");
    assert_null(f->session);
}

static void test_session_fail_makes_the_reason_printable(void **state)
{
    struct fixture *f = *state;

    f->holds = true;
    say(f, "{}\n");
    ctl_session_fail(f->session, "peer said \x1b[2J\xff");
    spin(f);
    assert_string_equal(hear(f), "{\"ok\":false,\"error\":\"peer said ?[2J?\"}\n");
}

static void test_hand_over_brings_what_came_behind_the_request(void **state)
{
    struct fixture *f = *state;

    f->hands_over = true;
    say(f, "{\"say\":\"nc\"}\nSSH-2.0-x\r\n");
    assert_int_equal(f->handed, 1);
    assert_string_equal(f->early, "SSH-2.0-x\r\n");
    assert_null(f->session);
    assert_string_equal(hear(f), "{\"ok\":true}\n");
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_session_splits_lines_that_came_at_once),
        T(test_session_waits_for_the_newline),
        T(test_session_answers_what_is_no_object_and_goes_on),
        T(test_session_without_headroom_reads_no_request_and_says_so),
        T(test_session_takes_a_line_of_the_limit_and_ends_on_a_longer_one),
        T(test_session_reads_no_further_request_while_busy),
        T(test_session_leaves_the_rest_in_the_kernel_while_busy),
        T(test_session_cancels_when_the_client_goes),
        T(test_session_answers_after_half_close_then_ends),
        T(test_session_fail_makes_the_reason_printable),
        T(test_hand_over_brings_what_came_behind_the_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
