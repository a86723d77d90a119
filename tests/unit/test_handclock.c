/* test_handclock.c - the clock that the tests turn by hand: libev, libc and gw's own clocks follow
 * it, and nothing else moves it. */
#include "handclock.h"

#include <ev.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "looprun.h"
#include "vec.h"

static double real_s(void)
{
    struct timespec t;
    assert_int_equal(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &t), 0);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
    (void)loop;
    (void)revents;
    *(uint64_t *)w->data = clock_mono_ms();
}

static void start(struct ev_loop *loop, ev_timer *t, double after, uint64_t *fired)
{
    ev_timer_init(t, on_timer, after, 0.);
    t->data = fired;
    ev_timer_start(loop, t);
}

static void test_an_hour_takes_no_time_and_an_hour_of_ours(void **state)
{
    struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
    uint64_t began = clock_mono_ms(), wall = clock_wall_ms(), fired = 0;
    double really = real_s();
    ev_timer t;
    (void)state;

    start(loop, &t, 3600, &fired);
    ev_run(loop, 0);
    assert_int_equal(fired - began, 3600 * 1000);
    assert_int_equal(clock_wall_ms() - wall, 3600 * 1000);
    assert_true(real_s() - really < 60);
    ev_loop_destroy(loop);
}

/* Both are late by the real clock; by this one the first has its turn alone. */
static void test_timers_fire_one_by_one_after_a_stall(void **state)
{
    static const struct timespec stall = { .tv_nsec = 20000000 };
    struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
    uint64_t began = clock_mono_ms(), early = 0, late = 0;
    ev_timer t[2];
    (void)state;

    start(loop, &t[1], 7e-3, &late);
    start(loop, &t[0], 5e-3, &early);
    syscall(SYS_nanosleep, &stall, NULL);
    ev_run(loop, EVRUN_ONCE);
    assert_int_equal(early - began, 5);
    assert_int_equal(late, 0);
    ev_run(loop, EVRUN_ONCE);
    assert_int_equal(late - began, 7);
    ev_loop_destroy(loop);
}

static void test_a_run_ends_when_it_is_so(void **state)
{
    struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
    uint64_t began = clock_mono_ms(), fired = 0;
    ev_timer t;
    (void)state;

    start(loop, &t, 123e-3, &fired);
    LOOPRUN_UNTIL(loop, fired);
    assert_int_equal(clock_mono_ms() - began, 123);
    looprun_ms(loop, 77);
    assert_int_equal(clock_mono_ms() - began, 200);
    LOOPRUN_UNTIL_MS(loop, 50, false);
    assert_int_equal(clock_mono_ms() - began, 250);
    ev_loop_destroy(loop);
}

static void test_a_timer_of_no_time_is_due_at_the_next_look(void **state)
{
    struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
    uint64_t began = clock_mono_ms(), fired = 0;
    ev_timer t;
    (void)state;

    start(loop, &t, 0, &fired);
    ev_run(loop, EVRUN_NOWAIT);
    assert_int_equal(fired, began);
    ev_loop_destroy(loop);
}

static void on_octet(struct ev_loop *loop, ev_io *w, int revents)
{
    (void)revents;
    *(uint64_t *)w->data = clock_mono_ms();
    ev_io_stop(loop, w);
}

static void test_what_comes_while_it_sleeps_comes_before_the_timer(void **state)
{
    struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
    uint64_t began = clock_mono_ms(), read_at = 0, fired = 0;
    ev_timer t;
    ev_io io;
    int fd[2];
    (void)state;

    assert_int_equal(pipe(fd), 0);
    handclock_set_grace(10000);
    pid_t child = fork();
    if (child == 0) {
        syscall(SYS_nanosleep, &(struct timespec){ .tv_nsec = 20000000 }, NULL);
        _exit(write(fd[1], "x", 1) == 1 ? 0 : 1);
    }
    ev_io_init(&io, on_octet, fd[0], EV_READ);
    io.data = &read_at;
    ev_io_start(loop, &io);
    start(loop, &t, 60, &fired);
    ev_run(loop, EVRUN_ONCE);
    assert_int_equal(read_at, began);
    assert_int_equal(fired, 0);
    handclock_set_grace(HANDCLOCK_GRACE);
    ev_loop_destroy(loop);
    close(fd[0]);
    close(fd[1]);
}

static void test_who_sleeps_moves_it_and_who_computes_does_not(void **state)
{
    uint64_t began = clock_mono_ns();
    int64_t wall = clock_wall_s();
    struct timeval tv;
    (void)state;

    nanosleep(&(struct timespec){ .tv_sec = 86400, .tv_nsec = 5 }, NULL);
    assert_int_equal(clock_mono_ns() - began, 86400 * UINT64_C(1000000000) + 5);
    assert_int_equal(clock_wall_s() - wall, 86400);
    assert_int_equal(gettimeofday(&tv, NULL), 0);
    assert_int_equal(tv.tv_sec - wall, 86400);
    began = clock_mono_ns();
    syscall(SYS_nanosleep, &(struct timespec){ .tv_nsec = 2000000 }, NULL);
    assert_int_equal(clock_mono_ns(), began);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_hour_takes_no_time_and_an_hour_of_ours),
        cmocka_unit_test(test_timers_fire_one_by_one_after_a_stall),
        cmocka_unit_test(test_a_run_ends_when_it_is_so),
        cmocka_unit_test(test_a_timer_of_no_time_is_due_at_the_next_look),
        cmocka_unit_test(test_what_comes_while_it_sleeps_comes_before_the_timer),
        cmocka_unit_test(test_who_sleeps_moves_it_and_who_computes_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
