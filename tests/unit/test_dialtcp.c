/* test_dialtcp.c - connecting over loopback: every outcome is told once, from the loop. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/err.h"
#include "looprun.h"
#include "net/dialtcp.h"

static struct ev_loop *loop;
static int calls, got_err, got_fd, server = -1;
static struct sockaddr_any addr; /* of server */

static void done(void *arg, int err, int fd)
{
    assert_ptr_equal(arg, &calls);
    calls++;
    got_err = err;
    got_fd = fd;
}

static int setup(void **state)
{
    (void)state;
    loop = ev_loop_new(EVFLAG_AUTO);
    calls = 0;
    got_fd = -1;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    if (got_fd >= 0)
        close(got_fd);
    if (server >= 0)
        close(server);
    server = -1;
    ev_loop_destroy(loop);
    return 0;
}

static void serve(const char *text, int backlog)
{
    assert_int_equal(sockaddr_parse(text, &addr), 0);
    server = socket(addr.sa.sa_family, SOCK_STREAM, 0);
    assert_int_equal(bind(server, &addr.sa, addr.len), 0);
    assert_int_equal(listen(server, backlog), 0);
    addr.len = sizeof addr.un;
    assert_int_equal(getsockname(server, &addr.sa, &addr.len), 0);
}

static struct dialtcp *start(uint64_t timeout_ms)
{
    int err = 0;
    struct dialtcp *d = dialtcp_start(loop, &addr, timeout_ms, done, &calls, &err);
    assert_non_null(d);
    assert_int_equal(calls, 0);
    return d;
}

static void run(void)
{
    LOOPRUN_UNTIL(loop, calls);
    ev_run(loop, EVRUN_NOWAIT);
    assert_int_equal(calls, 1);
}

static void test_connected_socket_is_ready_for_use(void **state)
{
    (void)state;
    int on = 0;
    socklen_t len = sizeof on;
    serve("127.0.0.1:0", 5);
    start(1000);
    run();
    assert_int_equal(got_err, 0);
    assert_true(fcntl(got_fd, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(got_fd, F_GETFD) & FD_CLOEXEC);
    assert_int_equal(getsockopt(got_fd, IPPROTO_TCP, TCP_NODELAY, &on, &len), 0);
    assert_true(on);
    int peer = accept(server, NULL, NULL);
    assert_true(peer >= 0);
    assert_int_equal(write(got_fd, "x", 1), 1);
    close(peer);
}

static void test_refused_is_told(void **state)
{
    (void)state;
    serve("127.0.0.1:0", 5);
    close(server);
    server = -1;
    start(1000);
    run();
    assert_int_equal(got_err, GW_EREFUSED);
    assert_int_equal(got_fd, -1);
}

static void test_silence_times_out(void **state)
{
    (void)state;
    int filler[2];
    serve("127.0.0.1:0", 0); /* takes one; what comes after it hears nothing */
    for (int i = 0; i < 2; i++) {
        filler[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        int rc = connect(filler[i], &addr.sa, addr.len);
        assert_true(rc == 0 || errno == EINPROGRESS);
    }
    uint64_t start_ms = clock_mono_ms();
    start(50);
    run();
    assert_int_equal(got_err, GW_ETIMEOUT);
    assert_int_equal(got_fd, -1);
    assert_int_equal(clock_mono_ms() - start_ms, 50);
    close(filler[0]);
    close(filler[1]);
}

static void test_unix_socket_connects(void **state)
{
    (void)state;
    char dir[] = "/tmp/test_dialtcp.XXXXXX", path[64];
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/s", dir);
    serve(path, 0);
    start(1000);
    run();
    assert_int_equal(got_err, 0);

    int first = got_fd; /* nobody accepts it: the queue of one is full */
    calls = 0;
    start(1000);
    run();
    assert_int_equal(got_err, GW_EREFUSED);

    calls = 0;
    unlink(path);
    rmdir(dir);
    start(1000);
    run();
    assert_int_equal(got_err, GW_ENOTFOUND);
    close(first);
}

static void test_cancel_is_silent(void **state)
{
    (void)state;
    serve("127.0.0.1:0", 5);
    dialtcp_cancel(start(1000));
    close(server);
    server = -1;
    dialtcp_cancel(start(1000)); /* refused already, not told yet */
    dialtcp_cancel(NULL);
    ev_run(loop, EVRUN_NOWAIT);
    assert_int_equal(calls, 0);
}

static void test_start_without_descriptors_fails(void **state)
{
    (void)state;
    struct rlimit old;
    int err = 0, fd = dup(0);
    close(fd);
    assert_int_equal(sockaddr_parse("127.0.0.1:9", &addr), 0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &(struct rlimit){ (rlim_t)fd, old.rlim_max }), 0);
    assert_null(dialtcp_start(loop, &addr, 1000, done, &calls, &err));
    setrlimit(RLIMIT_NOFILE, &old);
    assert_int_equal(err, GW_ENOFD);
    ev_run(loop, EVRUN_NOWAIT);
    assert_int_equal(calls, 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_connected_socket_is_ready_for_use),
        T(test_refused_is_told),
        T(test_silence_times_out),
        T(test_unix_socket_connects),
        T(test_cancel_is_silent),
        T(test_start_without_descriptors_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
