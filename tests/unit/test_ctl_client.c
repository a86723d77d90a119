/* test_ctl_client.c - the terminal's end of the control socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "cli/ctl_client.h"

struct fixture {
    char dir[64];
    int listener, fd; /* the daemon's end */
    struct ctl_client *client;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    char path[CTL_CLIENT_PATH_MAX];

    strcpy(f->dir, "/tmp/gw-cc-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    strcpy(a.sun_path, ctl_client_path(f->dir, path));
    f->listener = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(f->listener, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(f->listener, 1), 0);
    assert_int_equal(ctl_client_open(f->dir, &f->client), 0);
    f->fd = accept(f->listener, NULL, NULL);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    char path[CTL_CLIENT_PATH_MAX];

    ctl_client_close(f->client);
    close(f->fd);
    close(f->listener);
    unlink(ctl_client_path(f->dir, path));
    rmdir(f->dir);
    free(f);
    return 0;
}

static void say(struct fixture *f, const char *text)
{
    assert_int_equal(write(f->fd, text, strlen(text)), strlen(text));
}

static json_int_t recv_n(struct fixture *f)
{
    json_t *v;

    assert_int_equal(ctl_client_recv(f->client, 1000, &v), 0);
    json_int_t n = json_integer_value(json_object_get(v, "n"));
    json_decref(v);
    return n;
}

static void test_send_writes_one_line(void **state)
{
    struct fixture *f = *state;
    char got[64] = "";

    assert_int_equal(ctl_client_send(f->client, json_pack("{s:s}", "cmd", "a\nb")), 0);
    assert_true(read(f->fd, got, sizeof got - 1) > 0);
    assert_string_equal(got, "{\"cmd\":\"a\\nb\"}\n");
    assert_int_equal(ctl_client_send(f->client, NULL), GW_EINVAL);
}

static void test_recv_splits_lines_and_leaves_the_rest(void **state)
{
    struct fixture *f = *state;

    say(f, "{\"n\":1}\n{\"n\":2}\nraw");
    assert_int_equal(recv_n(f), 1);
    assert_int_equal(recv_n(f), 2);
    struct bytes rest = ctl_client_rest(f->client);
    assert_int_equal(rest.n, 3);
    assert_memory_equal(rest.p, "raw", 3);
}

/* A status with many peers is longer than what is read at once. */
static void test_recv_takes_long_lines(void **state)
{
    struct fixture *f = *state;
    static char pad[60000];

    say(f, "{\"n\":7}\n{\"pad\":\"");
    memset(pad, 'x', sizeof pad - 1);
    say(f, pad);
    say(f, "\",\"n\":8}\n");
    assert_int_equal(recv_n(f), 7);
    assert_int_equal(recv_n(f), 8);
}

static void test_recv_gives_up_after_its_time(void **state)
{
    struct fixture *f = *state;
    uint64_t start_ms = clock_mono_ms();
    json_t *v;

    say(f, "{\"n\":");
    assert_int_equal(ctl_client_recv(f->client, 50, &v), GW_ETIMEOUT);
    assert_in_range(clock_mono_ms() - start_ms, 50, 5000);
    say(f, "3}\n"); /* what came before is not lost */
    assert_int_equal(recv_n(f), 3);
}

static void test_recv_refuses_what_is_no_object(void **state)
{
    struct fixture *f = *state;
    json_t *v;

    say(f, "[]\n{\"n\":4}\n");
    assert_int_equal(ctl_client_recv(f->client, 1000, &v), GW_EPROTO);
    assert_int_equal(recv_n(f), 4);
}

static void test_recv_tells_the_end(void **state)
{
    struct fixture *f = *state;
    json_t *v;

    say(f, "{\"n\":5}\n{\"cut");
    shutdown(f->fd, SHUT_WR);
    assert_int_equal(recv_n(f), 5);
    assert_int_equal(ctl_client_recv(f->client, 1000, &v), GW_ECLOSED);
}

static void test_open_refuses_a_path_that_does_not_fit(void **state)
{
    struct ctl_client *c;
    char dir[200];

    (void)state;
    memset(dir, 'd', sizeof dir);
    dir[0] = '/';
    dir[sizeof dir - 1] = '\0';
    assert_int_equal(ctl_client_open(dir, &c), GW_EINVAL);
    assert_int_equal(ctl_client_open("/nowhere", &c), GW_ENOTFOUND);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_send_writes_one_line),
        T(test_recv_splits_lines_and_leaves_the_rest),
        T(test_recv_takes_long_lines),
        T(test_recv_gives_up_after_its_time),
        T(test_recv_refuses_what_is_no_object),
        T(test_recv_tells_the_end),
        T(test_open_refuses_a_path_that_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
