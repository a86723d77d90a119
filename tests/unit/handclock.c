/* handclock.c - see handclock.h. */
#include "handclock.h"

#include <stdint.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S  1000000000
#define NS_PER_MS 1000000

static int64_t passed_ns; /* since the program began */
static unsigned grace_ms = HANDCLOCK_GRACE;

static int64_t ns_of(const struct timespec *t)
{
    return (int64_t)t->tv_sec * NS_PER_S + t->tv_nsec;
}

static int64_t wall_ns(void)
{
    static int64_t began;
    struct timespec now;

    if (!began && syscall(SYS_clock_gettime, CLOCK_REALTIME, &now) == 0)
        began = (int64_t)now.tv_sec * NS_PER_S;
    return began + passed_ns;
}

static int real_wait(int fd, struct epoll_event *events, int max, int timeout)
{
    return (int)syscall(SYS_epoll_pwait, fd, events, max, timeout, NULL, (size_t)0);
}

int clock_gettime(clockid_t id, struct timespec *out)
{
    int64_t now;

    switch (id) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
        now = wall_ns();
        break;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_BOOTTIME:
        now = (int64_t)HANDCLOCK_BEGIN_S * NS_PER_S + passed_ns;
        break;
    default:
        return (int)syscall(SYS_clock_gettime, id, out);
    }
    *out = (struct timespec){ .tv_sec = now / NS_PER_S, .tv_nsec = now % NS_PER_S };
    return 0;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
    int64_t now = wall_ns();
    (void)zone;

    *out = (struct timeval){ .tv_sec = now / NS_PER_S, .tv_usec = now % NS_PER_S / 1000 };
    return 0;
}

time_t time(time_t *out)
{
    time_t now = wall_ns() / NS_PER_S;

    if (out)
        *out = now;
    return now;
}

int epoll_wait(int fd, struct epoll_event *events, int max, int timeout)
{
    int real = timeout < 0 || (unsigned)timeout < grace_ms ? timeout : (int)grace_ms;
    int n = real_wait(fd, events, max, real);

    passed_ns++;
    if (n == 0 && timeout > 0)
        handclock_pass((unsigned)timeout);
    return n;
}

int nanosleep(const struct timespec *t, struct timespec *left)
{
    int64_t grace_ns = (int64_t)grace_ms * NS_PER_MS;
    struct timespec real = { .tv_nsec = ns_of(t) < grace_ns ? ns_of(t) : grace_ns };
    (void)left;

    if (real.tv_nsec)
        syscall(SYS_nanosleep, &real, NULL);
    passed_ns += ns_of(t);
    return 0;
}

void handclock_set_grace(unsigned ms)
{
    grace_ms = ms;
}

void handclock_pass(unsigned ms)
{
    passed_ns += (int64_t)ms * NS_PER_MS;
}
