/* test_activation.c - descriptors that were passed to this process (sd_listen_fds(3)). */
#include "main/activation.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vec.h"

#define LAST 25 /* descriptors 3 to LAST may be put to use in the child */

static void set_number(const char *variable, long n)
{
    char text[24];
    snprintf(text, sizeof text, "%ld", n);
    setenv(variable, text, 1);
}

/* In a process of its own, with descriptors 3 .. 3 + nopen - 1 open: what activation_take returns,
 * when `pid` (0: that of the process) and `count` are in the environment. */
static int take_in_child(int nopen, long pid, const char *count)
{
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int fds[ACTIVATION_MAX];
        for (int fd = 3; fd <= LAST; fd++)
            close(fd);
        for (int i = 0; i < nopen; i++)
            if (open("/dev/null", O_RDONLY) != 3 + i)
                _exit(100);
        set_number("LISTEN_PID", pid ? pid : (long)getpid());
        setenv("LISTEN_FDS", count, 1);
        setenv("LISTEN_FDNAMES", "a:b", 1);
        size_t n = activation_take(fds);
        if (getenv("LISTEN_PID") || getenv("LISTEN_FDS") || getenv("LISTEN_FDNAMES"))
            _exit(101);
        for (size_t i = 0; i < n; i++)
            if (fds[i] != 3 + (int)i || !(fcntl(fds[i], F_GETFD) & FD_CLOEXEC))
                _exit(102);
        for (int i = ACTIVATION_MAX; i < nopen; i++)
            if (fcntl(3 + i, F_GETFD) >= 0)
                _exit(103);
        _exit((int)n);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_take_returns_the_descriptors_of_this_process(void **state)
{
    (void)state;
    assert_int_equal(take_in_child(1, 0, "1"), 1);
    assert_int_equal(take_in_child(3, 0, "3"), 3);
}

static void test_take_leaves_alone_what_is_not_for_this_process(void **state)
{
    (void)state;
    assert_int_equal(take_in_child(1, getpid(), "1"), 0);
}

static void test_take_of_bad_numbers_is_nothing(void **state)
{
    static const char *const counts[] = { "",          "x",  "-1",
                                          "1x",        " 1", "99999999999999999999",
                                          "2147483647" };
    (void)state;
    for (size_t i = 0; i < COUNT(counts); i++)
        assert_int_equal(take_in_child(0, 0, counts[i]), 0);
}

static void test_take_without_the_variables_is_nothing(void **state)
{
    int fds[ACTIVATION_MAX];
    (void)state;
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    assert_int_equal(activation_take(fds), 0);
}

static void test_take_closes_those_beyond_its_bound(void **state)
{
    (void)state;
    assert_int_equal(take_in_child(ACTIVATION_MAX + 2, 0, "18"), ACTIVATION_MAX);
}

static void test_take_skips_what_is_not_open(void **state)
{
    (void)state;
    assert_int_equal(take_in_child(1, 0, "2"), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_take_returns_the_descriptors_of_this_process),
        cmocka_unit_test(test_take_leaves_alone_what_is_not_for_this_process),
        cmocka_unit_test(test_take_of_bad_numbers_is_nothing),
        cmocka_unit_test(test_take_without_the_variables_is_nothing),
        cmocka_unit_test(test_take_closes_those_beyond_its_bound),
        cmocka_unit_test(test_take_skips_what_is_not_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
