/* test_listen.c - accepting, running out of descriptors, Unix socket files. */
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
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"
#include "looprun.h"
#include "net/dialtcp.h"
#include "net/listen.h"

#define CLIENTS 100

static struct ev_loop *loop;
static int accepted[CLIENTS], naccepted;
static char dir[] = "/tmp/test_listen.XXXXXX", path[64];

static void on_accept(void *arg, int fd, const struct sockaddr_any *from)
{
    assert_ptr_equal(arg, &naccepted);
    assert_true(from->len > 0);
    accepted[naccepted++] = fd;
}

static int setup(void **state)
{
    (void)state;
    loop = ev_loop_new(EVFLAG_AUTO);
    strcpy(dir + strlen(dir) - 6, "XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    snprintf(path, sizeof path, "%s/s", dir);
    naccepted = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    while (naccepted)
        close(accepted[--naccepted]);
    unlink(path);
    rmdir(dir);
    ev_loop_destroy(loop);
    return 0;
}

static struct sockaddr_any addr_of(const char *text)
{
    struct sockaddr_any a;
    assert_int_equal(sockaddr_parse(text, &a), 0);
    return a;
}

static struct listen *open_at(const char *text)
{
    struct sockaddr_any a = addr_of(text);
    struct listen *l = NULL;
    assert_int_equal(listen_open(loop, &a, on_accept, &naccepted, &l), 0);
    return l;
}

static int open_error(const char *text)
{
    struct sockaddr_any a = addr_of(text);
    struct listen *l = NULL;
    int err = listen_open(loop, &a, on_accept, &naccepted, &l);
    assert_null(l);
    return err;
}

static int client_of(const struct listen *l)
{
    const struct sockaddr_any *to = listen_addr(l);
    int fd = socket(to->sa.sa_family, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, &to->sa, to->len), 0);
    return fd;
}

static void run_until_accepted(int n)
{
    LOOPRUN_UNTIL(loop, naccepted >= n);
}

static void test_foreign_address_is_told_as_such(void **state)
{
    (void)state;
    assert_int_equal(open_error("192.0.2.1:0"), GW_ENOTLOCAL); /* RFC 5737: nobody has it */
}

static void test_accept_gives_sockets_ready_for_use(void **state)
{
    (void)state;
    struct listen *l = open_at("127.0.0.1:0");
    int on = 0;
    socklen_t len = sizeof on;

    assert_true(sockaddr_port(listen_addr(l)) > 0);
    int c = client_of(l);
    run_until_accepted(1);
    assert_true(fcntl(accepted[0], F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(accepted[0], F_GETFD) & FD_CLOEXEC);
    assert_int_equal(getsockopt(accepted[0], IPPROTO_TCP, TCP_NODELAY, &on, &len), 0);
    assert_true(on);
    close(c);
    listen_close(l);
}

static void test_accept_takes_all_that_wait(void **state)
{
    (void)state;
    struct listen *l = open_at("127.0.0.1:0");
    int c[CLIENTS];
    for (int i = 0; i < CLIENTS; i++)
        c[i] = client_of(l);
    run_until_accepted(CLIENTS);
    for (int i = 0; i < CLIENTS; i++)
        close(c[i]);
    listen_close(l);
}

static void test_open_in_use_is_refused(void **state)
{
    (void)state;
    struct listen *l = open_at("127.0.0.1:0"), *u = open_at(path);
    char text[SOCKADDR_STR_MAX];
    assert_int_equal(open_error(sockaddr_print(listen_addr(l), text)), GW_EINUSE);
    assert_int_equal(open_error(path), GW_EINUSE);
    listen_close(l);
    listen_close(u);
    listen_close(NULL);
}

/* On a port that is below those that the kernel gives to clients: on a busy machine most of these
 * are taken in IPv4. */
static void test_ipv6_leaves_ipv4_alone(void **state)
{
    (void)state;
    struct sockaddr_any any6 = addr_of("[::]:0"), any4 = addr_of("0.0.0.0:0");
    struct listen *six = NULL, *four = NULL;
    int err = GW_EINUSE;

    for (int i = 0; i < 100 && err == GW_EINUSE; i++) {
        any6.in6.sin6_port = any4.in.sin_port = htons((uint16_t)(20000 + (getpid() + i) % 10000));
        err = listen_open(loop, &any6, on_accept, &naccepted, &six);
        if (err == GW_EINUSE)
            continue;
        if (err)
            skip(); /* a machine without IPv6 */
        err = listen_open(loop, &any4, on_accept, &naccepted, &four);
        listen_close(six);
    }
    assert_int_equal(err, 0);
    listen_close(four);
}

/* Takes every descriptor up to a low limit; returns the highest. */
static int take_all_descriptors(struct rlimit *old)
{
    int fd = dup(0), last = fd;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, old), 0);
    struct rlimit low = { (rlim_t)fd + 20, old->rlim_max };
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    while ((fd = dup(0)) >= 0)
        last = fd;
    assert_int_equal(errno, EMFILE);
    return last;
}

static void test_out_of_descriptors_closes_the_client_and_goes_on(void **state)
{
    (void)state;
    struct listen *l = open_at("127.0.0.1:0");
    struct rlimit old;
    int c[3];
    char octet;

    for (int i = 0; i < 3; i++)
        c[i] = client_of(l);
    int last = take_all_descriptors(&old);
    ev_run(loop, EVRUN_ONCE);
    assert_int_equal(naccepted, 0);
    for (int i = 0; i < 3; i++) {
        assert_true(read(c[i], &octet, 1) <= 0); /* closed by the listener, not left waiting */
        close(c[i]);
    }
    for (int fd = c[2] + 1; fd <= last; fd++)
        if (fcntl(fd, F_GETFD) == 0) /* dup() clears close-on-exec, all else here sets it */
            close(fd);
    setrlimit(RLIMIT_NOFILE, &old);

    int again = client_of(l);
    run_until_accepted(1);
    close(again);
    listen_close(l);
}

static void test_unix_socket_is_removed_at_the_end(void **state)
{
    (void)state;
    struct listen *l = open_at(path);
    int c = client_of(l);
    run_until_accepted(1);
    close(c);
    assert_int_equal(access(path, F_OK), 0);
    listen_close(l);
    assert_int_equal(access(path, F_OK), -1);
}

/* A socket file whose owner is gone. */
static void leave_stale(void)
{
    struct sockaddr_any a = addr_of(path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, &a.sa, a.len), 0);
    close(fd);
}

static void test_stale_unix_socket_is_replaced(void **state)
{
    (void)state;
    leave_stale();
    struct listen *l = open_at(path);
    int c = client_of(l);
    run_until_accepted(1);
    close(c);
    listen_close(l);
}

static void test_unix_socket_with_a_full_queue_is_not_stale(void **state)
{
    (void)state;
    struct sockaddr_any a = addr_of(path);
    int busy = socket(AF_UNIX, SOCK_STREAM, 0), waiting = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(busy, &a.sa, a.len), 0);
    assert_int_equal(listen(busy, 0), 0);
    assert_int_equal(connect(waiting, &a.sa, a.len), 0);
    assert_int_equal(open_error(path), GW_EINUSE);
    close(waiting);
    close(busy);
}

static void test_file_that_is_no_socket_is_left_alone(void **state)
{
    (void)state;
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    close(fd);
    assert_int_equal(open_error(path), GW_EINUSE);
    assert_int_equal(access(path, F_OK), 0);
}

static void test_unix_socket_of_a_successor_is_not_removed(void **state)
{
    (void)state;
    struct listen *l = open_at(path);
    char aside[80];
    snprintf(aside, sizeof aside, "%s.old", path);
    assert_int_equal(rename(path, aside), 0);
    leave_stale();
    listen_close(l);
    assert_int_equal(access(path, F_OK), 0);
    unlink(aside);
}

/* A listening socket as another process passes it: blocking, inherited. */
static int passed_at(const char *text)
{
    struct sockaddr_any a = addr_of(text);
    int fd = socket(a.sa.sa_family, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, &a.sa, a.len), 0);
    assert_int_equal(listen(fd, 4), 0);
    return fd;
}

static void test_adopt_accepts_on_a_passed_socket(void **state)
{
    (void)state;
    struct listen *l = NULL;
    int fd = passed_at("127.0.0.1:0");
    assert_int_equal(listen_adopt(loop, fd, on_accept, &naccepted, &l), 0);
    assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    assert_true(sockaddr_port(listen_addr(l)) > 0);
    int c = client_of(l);
    run_until_accepted(1);
    close(c);
    listen_close(l);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
}

static void test_adopt_leaves_the_file_to_its_owner(void **state)
{
    (void)state;
    struct listen *l = NULL;
    assert_int_equal(listen_adopt(loop, passed_at(path), on_accept, &naccepted, &l), 0);
    int c = client_of(l);
    run_until_accepted(1);
    close(c);
    listen_close(l);
    assert_int_equal(access(path, F_OK), 0);
}

static void test_adopt_refuses_what_does_not_listen(void **state)
{
    (void)state;
    struct listen *l = NULL;
    int fds[] = { socket(AF_INET, SOCK_STREAM, 0), socket(AF_INET, SOCK_DGRAM, 0),
                  open("/dev/null", O_RDONLY), -1 };
    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++) {
        assert_int_equal(listen_adopt(loop, fds[i], on_accept, &naccepted, &l), GW_EINVAL);
        assert_null(l);
        if (fds[i] >= 0)
            assert_int_equal(close(fds[i]), 0); /* it was ours still */
    }
}

static void note_fd(void *arg, int err, int fd)
{
    assert_int_equal(err, 0);
    *(int *)arg = fd;
}

static void test_a_shared_port_is_dialled_from_but_not_listened_on(void **state)
{
    struct listen *here = open_at("127.0.0.1:0"), *there = open_at("127.0.0.1:0");
    struct sockaddr_any from = { .len = sizeof from.un };
    struct listen *second = NULL;
    int fd = -1, err = 0;
    (void)state;

    listen_share_port(here);
    assert_int_equal(listen_open(loop, listen_addr(here), on_accept, &naccepted, &second),
                     GW_EINUSE);
    for (int i = 0; i < 2; i++) { /* the second time that pair of ports is taken: another is */
        assert_non_null(dialtcp_start_from(loop, listen_addr(here), listen_addr(there), 1000,
                                           note_fd, &fd, &err));
        LOOPRUN_UNTIL(loop, fd >= 0 && naccepted > i);
        assert_int_equal(getsockname(fd, &from.sa, &from.len), 0);
        assert_int_equal(sockaddr_port(&from) == sockaddr_port(listen_addr(here)), i == 0);
        accepted[naccepted++] = fd; /* to be closed */
        fd = -1;
    }
    listen_close(here);
    listen_close(there);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_accept_gives_sockets_ready_for_use),
        T(test_foreign_address_is_told_as_such),
        T(test_accept_takes_all_that_wait),
        T(test_open_in_use_is_refused),
        T(test_ipv6_leaves_ipv4_alone),
        T(test_out_of_descriptors_closes_the_client_and_goes_on),
        T(test_unix_socket_is_removed_at_the_end),
        T(test_stale_unix_socket_is_replaced),
        T(test_unix_socket_with_a_full_queue_is_not_stale),
        T(test_file_that_is_no_socket_is_left_alone),
        T(test_unix_socket_of_a_successor_is_not_removed),
        T(test_adopt_accepts_on_a_passed_socket),
        T(test_adopt_leaves_the_file_to_its_owner),
        T(test_adopt_refuses_what_does_not_listen),
        T(test_a_shared_port_is_dialled_from_but_not_listened_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
