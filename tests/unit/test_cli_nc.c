/* test_cli_nc.c - stdin and stdout against a socket: half-close, both directions at once, ends
 * that go away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "cli/cli_nc.h"

struct fixture {
    int sock, in, out; /* our ends: the daemon's socket, what feeds stdin, what reads stdout */
    pid_t pid;         /* runs cli_nc_run; exit status 0 for 0, 3 for GW_ERESET, 4 else */
};

static void start(struct fixture *f, const char *early)
{
    int s[2], in[2], out[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, s), 0);
    assert_int_equal(pipe(in), 0);
    assert_int_equal(pipe(out), 0);
    f->pid = fork();
    if (f->pid == 0) {
        close(s[0]);
        close(in[1]);
        close(out[0]);
        signal(SIGPIPE, SIG_IGN);
        alarm(10);
        int err = cli_nc_run(s[1], in[0], out[1], bytes_of(early));
        _exit(err == 0 ? 0 : err == GW_ERESET ? 3 : 4);
    }
    close(s[1]);
    close(in[0]);
    close(out[1]);
    f->sock = s[0];
    f->in = in[1];
    f->out = out[0];
}

static int end(struct fixture *f)
{
    int status;

    assert_int_equal(waitpid(f->pid, &status, 0), f->pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void put(int fd, const char *text)
{
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
}

/* Reads until the end of the file. */
static void expect(int fd, const char *want)
{
    char got[256];
    size_t n = 0;
    ssize_t r;

    while ((r = read(fd, got + n, sizeof got - 1 - n)) > 0)
        n += (size_t)r;
    got[n] = '\0';
    assert_string_equal(got, want);
}

static void test_end_of_stdin_leaves_the_answer_coming(void **state)
{
    struct fixture f;

    (void)state;
    start(&f, "");
    put(f.in, "question");
    close(f.in);
    expect(f.sock, "question"); /* with the FIN behind it */
    put(f.sock, "answer");
    close(f.sock);
    expect(f.out, "answer");
    assert_int_equal(end(&f), 0);
    close(f.out);
}

static void test_end_of_socket_leaves_stdin_going(void **state)
{
    struct fixture f;

    (void)state;
    start(&f, "");
    put(f.sock, "greeting");
    shutdown(f.sock, SHUT_WR);
    expect(f.out, "greeting"); /* stdout is closed */
    put(f.in, "late");
    close(f.in);
    expect(f.sock, "late");
    assert_int_equal(end(&f), 0);
    close(f.sock);
    close(f.out);
}

static void test_early_octets_go_first(void **state)
{
    struct fixture f;

    (void)state;
    start(&f, "early ");
    put(f.sock, "late");
    close(f.sock);
    expect(f.out, "early late");
    close(f.in);
    assert_int_equal(end(&f), 0);
    close(f.out);
}

static void test_closed_socket_ends_it_while_stdin_stays_open(void **state)
{
    struct fixture f;

    (void)state;
    start(&f, "");
    close(f.sock);
    assert_int_equal(end(&f), 0);
    close(f.in);
    close(f.out);
}

static void test_reader_of_stdout_gone_ends_it_well(void **state)
{
    struct fixture f;

    (void)state;
    start(&f, "");
    close(f.out);
    assert_int_equal(end(&f), 0);
    close(f.in);
    close(f.sock);
}

/* Fills `to` until its far end, which nobody reads, has taken no more for a tenth of a second. */
static void jam(int to)
{
    static const char chunk[3001];

    fcntl(to, F_SETFL, O_NONBLOCK);
    for (int quiet = 0; quiet < 10;) {
        if (write(to, chunk, sizeof chunk) > 0) {
            quiet = 0;
        } else {
            quiet++;
            usleep(10000);
        }
    }
    fcntl(to, F_SETFL, 0);
}

static void expect_now(int fd, char want)
{
    char c = 0;

    assert_int_equal(read(fd, &c, 1),
                     1); /* the alarm ends a child that hangs, and then this fails */
    assert_int_equal(c, want);
}

static void test_a_jam_on_stdout_does_not_stop_stdin(void **state)
{
    struct fixture f;

    (void)state;
    start(&f, "");
    jam(f.sock);
    put(f.in, "x");
    expect_now(f.sock, 'x');
    close(f.sock);
    close(f.out);
    close(f.in);
    end(&f);
}

static void test_a_jam_on_the_socket_does_not_stop_stdout(void **state)
{
    struct fixture f;

    (void)state;
    start(&f, "");
    jam(f.in);
    put(f.sock, "y");
    expect_now(f.out, 'y');
    close(f.sock);
    close(f.out);
    close(f.in);
    end(&f);
}

#define MUCH (8u << 20)

struct flow { /* one direction: what was put in and what came out, byte i being (i * 31) */
    int from, to;
    size_t put, got;
};

static void push(struct flow *w)
{
    uint8_t buf[5000];
    size_t n = MUCH - w->put < sizeof buf ? MUCH - w->put : sizeof buf;

    for (size_t i = 0; i < n; i++)
        buf[i] = (uint8_t)((w->put + i) * 31);
    ssize_t r = write(w->from, buf, n);
    w->put += r > 0 ? (size_t)r : 0;
    if (w->put == MUCH && shutdown(w->from, SHUT_WR) != 0) {
        close(w->from);
        w->from = -1;
    }
}

static void pull(struct flow *w)
{
    uint8_t buf[7000];
    ssize_t r = read(w->to, buf, sizeof buf);

    for (ssize_t i = 0; i < r; i++)
        if (buf[i] != (uint8_t)((w->got + (size_t)i) * 31))
            fail_msg("octet %zu is another", w->got + (size_t)i);
    w->got += r > 0 ? (size_t)r : 0;
}

/* More than any buffer in both directions, neither reader waiting for the other. */
static void test_both_directions_at_once_lose_nothing(void **state)
{
    struct fixture f;

    (void)state;
    start(&f, "");
    struct flow up = { f.in, f.sock, 0, 0 }, down = { f.sock, f.out, 0, 0 };
    fcntl(f.in, F_SETFL, O_NONBLOCK);
    fcntl(f.sock, F_SETFL, O_NONBLOCK);
    fcntl(f.out, F_SETFL, O_NONBLOCK);
    while (up.got < MUCH || down.got < MUCH) {
        if (up.put < MUCH)
            push(&up);
        if (down.put < MUCH)
            push(&down);
        pull(&up);
        pull(&down);
    }
    assert_int_equal(end(&f), 0);
    close(f.sock);
    close(f.out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_end_of_stdin_leaves_the_answer_coming),
        cmocka_unit_test(test_end_of_socket_leaves_stdin_going),
        cmocka_unit_test(test_early_octets_go_first),
        cmocka_unit_test(test_closed_socket_ends_it_while_stdin_stays_open),
        cmocka_unit_test(test_reader_of_stdout_gone_ends_it_well),
        cmocka_unit_test(test_a_jam_on_stdout_does_not_stop_stdin),
        cmocka_unit_test(test_a_jam_on_the_socket_does_not_stop_stdout),
        cmocka_unit_test(test_both_directions_at_once_lose_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
