/* test_child.c - programs of this machine run as children: what they get, and how they end. */
#include "net/child.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "tmpfiles.h"

static struct fixture {
    struct ev_loop *loop;
    struct tmpfiles tmp;
    unsigned calls;
    int err, status;
    char *out; /* owned, a NUL behind it */
    size_t n;
} x;

static int setup(void **state)
{
    (void)state;
    x = (struct fixture){ .loop = ev_loop_new(EVFLAG_AUTO) };
    assert_non_null(x.loop);
    tmpfiles_init(&x.tmp);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    ev_run(x.loop, 0); /* returns: nothing is watched any more */
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    ev_loop_destroy(x.loop);

    tmpfiles_fini(&x.tmp);
    free(x.out);
    return 0;
}

static void on_done(void *arg, int err, int status, struct bytes out)
{
    assert_ptr_equal(arg, &x);
    x.calls++;
    x.err = err;
    x.status = status;
    free(x.out);
    x.out = malloc(out.n + 1);
    assert_non_null(x.out);
    if (!err) {
        assert_int_equal(out.p[out.n], 0);
        memcpy(x.out, out.p, out.n);
    } else {
        assert_int_equal(out.n, 0);
    }
    x.out[out.n] = '\0';
    x.n = out.n;
}

static struct child *start(const struct child_req *req)
{
    struct child *c;
    x.calls = 0;
    assert_int_equal(child_start(x.loop, req, on_done, &x, &c), 0);
    assert_int_equal(x.calls, 0);
    return c;
}

/* Runs it to its end, which comes within the test's patience. */
static int run(const struct child_req *req)
{
    start(req);
    ev_run(x.loop, 0);
    assert_int_equal(x.calls, 1);
    return x.err;
}

#define ARGV(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define SHELL(script) \
    (&(const struct child_req){ ARGV("sh", "-c", script), .max_out = 4096, .timeout_ms = 20000 })

/* A process that is over, whether or not somebody has reaped it. */
static bool is_over(pid_t pid)
{
    char path[64], state = 'Z';
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "r");
    if (!f)
        return true;
    assert_int_equal(fscanf(f, "%*d (%*[^)]) %c", &state), 1);
    fclose(f);
    return state == 'Z' || state == 'X';
}

static void assert_over_soon(pid_t pid)
{
    const struct timespec step = { .tv_nsec = 10000000 };
    for (int i = 0; i < 300 && !is_over(pid); i++)
        nanosleep(&step, NULL);
    assert_true(is_over(pid));
}

/* The number that a program has put into the fixture's file. */
static pid_t pid_in_file(void)
{
    int pid = 0;
    FILE *f = fopen(x.tmp.path, "r");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%d", &pid), 1);
    fclose(f);
    assert_true(pid > 1);
    return pid;
}

static void until_file_holds_a_line(void)
{
    struct stat st;
    const struct timespec step = { .tv_nsec = 5000000 };
    for (int i = 0; i < 2000 && (stat(x.tmp.path, &st) != 0 || st.st_size == 0); i++)
        nanosleep(&step, NULL);
}

static unsigned open_files(void)
{
    unsigned n = 0;
    DIR *d = opendir("/proc/self/fd");
    assert_non_null(d);
    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

/* ---- in and out ---- */

static void test_what_goes_in_comes_out(void **state)
{
    (void)state;
    const struct child_req req = { ARGV("cat"), B("a name\n\0and more"), .max_out = 100,
                                   .timeout_ms = 20000 };
    assert_int_equal(run(&req), 0);
    assert_bytes((struct bytes){ (uint8_t *)x.out, x.n }, req.input);
    assert_int_equal(x.status, 0);
}

static void test_no_input_is_an_empty_one(void **state)
{
    (void)state;
    assert_int_equal(run(SHELL("cat; echo end")), 0);
    assert_string_equal(x.out, "end\n");
}

static void test_more_than_a_pipe_holds_goes_both_ways(void **state)
{
    (void)state;
    const size_t n = 3u << 20;
    uint8_t *p = malloc(n);
    assert_non_null(p);
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)(i * 2654435761u >> 13);
    const struct child_req req = { ARGV("cat"), { p, n }, .max_out = n, .timeout_ms = 20000 };
    assert_int_equal(run(&req), 0);
    assert_int_equal(x.n, n);
    assert_memory_equal(x.out, p, n);
    free(p);
}

static void test_what_is_written_just_before_the_end_is_read(void **state)
{
    (void)state;
    assert_int_equal(run(SHELL("echo one; exec head -c 4000 /dev/zero")), 0);
    assert_int_equal(x.n, 4004);
}

static void test_its_complaints_do_not_block_it(void **state)
{
    (void)state;
    assert_int_equal(run(SHELL("head -c 3000000 /dev/zero >&2; echo said; echo not\\ ours >&2")),
                     0);
    assert_string_equal(x.out, "said\n");
}

/* ---- ends ---- */

static void test_a_status_is_told(void **state)
{
    (void)state;
    assert_int_equal(run(SHELL("echo ignored; exit 3")), GW_EREFUSED);
    assert_true(WIFEXITED(x.status));
    assert_int_equal(WEXITSTATUS(x.status), 3);
    assert_int_equal(run(SHELL("kill -SEGV $$")), GW_EREFUSED);
    assert_true(WIFSIGNALED(x.status));
    assert_int_equal(WTERMSIG(x.status), SIGSEGV);
}

static void test_a_status_is_told_though_our_parent_ignored_SIGCHLD(void **state)
{
    (void)state;
    void (*was)(int) = signal(SIGCHLD, SIG_IGN);
    assert_int_equal(run(SHELL("exit 3")), GW_EREFUSED);
    assert_int_equal(WEXITSTATUS(x.status), 3);
    signal(SIGCHLD, was);
}

static void test_what_cannot_be_run_is_told_later(void **state)
{
    (void)state;
    static const char *const missing[] = { "gw-no-such-program", "/nowhere/at-all" };
    for (size_t i = 0; i < COUNT(missing); i++)
        assert_int_equal(run(&(struct child_req){ ARGV(missing[i]), .timeout_ms = 1000 }),
                         GW_ENOTFOUND);
    const struct child_req req = { ARGV(x.tmp.path), .max_out = 10, .timeout_ms = 1000 };
    tmpfiles_write(x.tmp.path, "#!/bin/sh\n"); /* 0600 */
    assert_int_equal(run(&req), GW_EPERM);
    tmpfiles_write(x.tmp.path, "no program\n");
    assert_int_equal(chmod(x.tmp.path, 0700), 0);
    assert_int_equal(run(&req), GW_EPERM);
    tmpfiles_write(x.tmp.path, "#!/nowhere/at-all\n");
    assert_int_equal(chmod(x.tmp.path, 0700), 0);
    assert_int_equal(run(&req), GW_ENOTFOUND);
}

static void test_who_hangs_is_killed_with_its_group(void **state)
{
    (void)state;
    char script[256];
    snprintf(script, sizeof script, "trap '' TERM; sleep 99 & echo $! >%s; echo part; wait",
             x.tmp.path);
    struct child_req req = *SHELL(script);
    req.timeout_ms = 700;
    uint64_t start_ms = clock_mono_ms();
    assert_int_equal(run(&req), GW_ETIMEOUT);
    assert_in_range(clock_mono_ms() - start_ms, 650, 5000);
    assert_over_soon(pid_in_file());
}

static void test_who_says_too_much_is_killed(void **state)
{
    (void)state;
    struct child_req req = *SHELL("yes");
    assert_int_equal(run(&req), GW_ELIMIT);
    req = *SHELL("printf 12345");
    req.max_out = 5;
    assert_int_equal(run(&req), 0);
    assert_string_equal(x.out, "12345");
    req.max_out = 4;
    assert_int_equal(run(&req), GW_ELIMIT);
    req.max_out = 0;
    assert_int_equal(run(&req), GW_ELIMIT);
}

static void test_what_it_leaves_behind_is_not_waited_for(void **state)
{
    (void)state;
    char script[256];
    snprintf(script, sizeof script, "sleep 99 & echo $! >%s; echo done", x.tmp.path);
    uint64_t start_ms = clock_mono_ms();
    assert_int_equal(run(SHELL(script)), 0);
    assert_in_range(clock_mono_ms() - start_ms, 0, 5000);
    assert_string_equal(x.out, "done\n");
    assert_over_soon(pid_in_file());
}

static void test_cancel_kills_and_calls_nobody(void **state)
{
    (void)state;
    char script[256];
    snprintf(script, sizeof script, "sleep 99 & echo $! >%s; wait", x.tmp.path);
    struct child *c = start(SHELL(script));
    until_file_holds_a_line();
    child_cancel(c);
    assert_over_soon(pid_in_file());
    child_cancel(start(&(struct child_req){ ARGV("/nowhere/at-all"), .timeout_ms = 1000 }));
    child_cancel(start(SHELL("exit 0")));
    child_cancel(NULL);
    ev_run(x.loop, 0);
    assert_int_equal(x.calls, 0);
}

/* ---- what it has of ours ---- */

static void test_it_has_no_descriptor_of_ours(void **state)
{
    (void)state;
    int pair[2];
    assert_int_equal(pipe(pair), 0); /* not closed on exec */
    int high = dup2(pair[0], 200);
    assert_int_equal(run(SHELL("cd /proc/$$/fd; echo *")), 0);
    /* the shell's own ones stand above 9, as bash has 255 */
    assert_int_equal(strncmp(x.out, "0 1 2", 5), 0);
    assert_null(strstr(x.out, "200"));
    assert_int_equal(run(SHELL("exec ls /proc/self/fd")), 0);
    assert_string_equal(x.out, "0\n1\n2\n3\n"); /* 3: the directory that is listed */
    close(pair[0]);
    close(pair[1]);
    close(high);
}

static void test_its_environment_is_three_variables(void **state)
{
    (void)state;
    assert_int_equal(setenv("LANG", "C.UTF-8", 1), 0);
    assert_int_equal(setenv("HOME", "/root/of=all", 1), 0);
    assert_int_equal(setenv("GW_SECRET", "hidden", 1), 0);
    assert_int_equal(setenv("PATHS", "no", 1), 0);
    assert_int_equal(run(SHELL("exec env | sort")), 0);
    char *home = strstr(x.out, "HOME=/root/of=all\n"), *lang = strstr(x.out, "LANG=C.UTF-8\n");
    assert_non_null(home);
    assert_non_null(lang);
    assert_non_null(strstr(x.out, "PATH="));
    assert_null(strstr(x.out, "hidden"));
    assert_null(strstr(x.out, "PATHS"));
    assert_int_equal(unsetenv("LANG"), 0);
    const struct child_req req = { ARGV("env"), .max_out = 4096, .timeout_ms = 20000 };
    assert_int_equal(run(&req), 0);
    size_t lines = 0;
    for (const char *p = x.out; *p; p++)
        lines += *p == '\n';
    assert_int_equal(lines, 2);
}

static void test_signals_are_as_by_default(void **state)
{
    (void)state;
    sigset_t set, before;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    assert_int_equal(sigprocmask(SIG_BLOCK, &set, &before), 0);
    void (*pipe_was)(int) = signal(SIGPIPE, SIG_IGN);
    const struct child_req req = { ARGV("grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"),
                                   .max_out = 4096, .timeout_ms = 20000 };
    assert_int_equal(run(&req), 0);
    unsigned long long blocked, ignored;
    assert_int_equal(sscanf(x.out, "SigBlk: %llx SigIgn: %llx", &blocked, &ignored), 2);
    assert_int_equal(blocked, 0);
    assert_int_equal(ignored & 0x7fffffff, 0); /* glibc ignores 32 and 33, which are its own */
    signal(SIGPIPE, pipe_was);
    sigprocmask(SIG_SETMASK, &before, NULL);
}

static void test_it_leads_a_group_of_its_own(void **state)
{
    (void)state;
    assert_int_equal(
        run(SHELL("read -r pid comm st ppid pgrp rest </proc/$$/stat; echo $((pgrp - $$))")), 0);
    assert_string_equal(x.out, "0\n");
}

/* ---- many ---- */

static void test_a_thousand_runs_leave_nothing_open(void **state)
{
    (void)state;
    const struct child_req good = { ARGV("true"), B("x"), .max_out = 10, .timeout_ms = 20000 };
    const struct child_req bad = { ARGV("/nowhere/at-all"), .max_out = 10, .timeout_ms = 20000 };
    unsigned before = open_files();
    for (int i = 0; i < 500; i++) {
        assert_int_equal(run(&good), 0);
        assert_int_equal(run(&bad), GW_ENOTFOUND);
    }
    assert_int_equal(open_files(), before);
}

static unsigned crowd;

static void on_one_of_many(void *arg, int err, int status, struct bytes out)
{
    (void)arg;
    (void)status;
    assert_int_equal(err, 0);
    assert_bytes(out, bytes_of("here\n"));
    crowd++;
}

static void test_many_run_at_a_time(void **state)
{
    (void)state;
    struct child *c;
    for (int i = 0; i < 50; i++)
        assert_int_equal(
            child_start(x.loop, SHELL("sleep 0.1; echo here"), on_one_of_many, NULL, &c), 0);
    ev_run(x.loop, 0);
    assert_int_equal(crowd, 50);
}

static void test_without_descriptors_it_does_not_start(void **state)
{
    (void)state;
    int fds[4096], n = 0, spare;
    struct child *c;
    unsigned before = open_files();
    do {
        spare = n < (int)COUNT(fds) ? fcntl(0, F_DUPFD_CLOEXEC, 3) : -1;
        if (spare >= 0)
            fds[n++] = spare;
    } while (spare >= 0);
    if (n < (int)COUNT(fds)) /* else the limit is too high for this */
        for (int left = 0; left < 4; left++) {
            assert_int_equal(child_start(x.loop, SHELL("true"), on_done, &x, &c), GW_ENOFD);
            close(fds[--n]);
        }
    while (n)
        close(fds[--n]);
    assert_int_equal(open_files(), before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_goes_in_comes_out),
        TEST(no_input_is_an_empty_one),
        TEST(more_than_a_pipe_holds_goes_both_ways),
        TEST(what_is_written_just_before_the_end_is_read),
        TEST(its_complaints_do_not_block_it),
        TEST(a_status_is_told),
        TEST(a_status_is_told_though_our_parent_ignored_SIGCHLD),
        TEST(what_cannot_be_run_is_told_later),
        TEST(who_hangs_is_killed_with_its_group),
        TEST(who_says_too_much_is_killed),
        TEST(what_it_leaves_behind_is_not_waited_for),
        TEST(cancel_kills_and_calls_nobody),
        TEST(it_has_no_descriptor_of_ours),
        TEST(its_environment_is_three_variables),
        TEST(signals_are_as_by_default),
        TEST(it_leads_a_group_of_its_own),
        TEST(a_thousand_runs_leave_nothing_open),
        TEST(many_run_at_a_time),
        TEST(without_descriptors_it_does_not_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
