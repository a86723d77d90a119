/* activation.c - see activation.h. */
#include "main/activation.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"

#define FIRST_FD 3 /* SD_LISTEN_FDS_START of sd_listen_fds(3) */

/* A decimal number up to INT_MAX in the environment; -1: there is none. */
static long number(const char *variable)
{
    const char *text = getenv(variable);
    char *end;

    if (!text || *text < '0' || *text > '9')
        return -1;
    long n = strtol(text, &end, 10);
    return *end || n > INT_MAX - FIRST_FD ? -1 : n;
}

/* Those that the array has no room for.  The number came from outside: no more than can be open. */
static void close_rest(long passed)
{
    long limit = sysconf(_SC_OPEN_MAX);

    log_warn("activation %ld sockets passed, %d taken", passed, ACTIVATION_MAX);
    for (long i = ACTIVATION_MAX; i < passed && FIRST_FD + i < limit; i++)
        close(FIRST_FD + (int)i);
}

size_t activation_take(int fds[ACTIVATION_MAX])
{
    bool is_ours = number("LISTEN_PID") == getpid();
    long passed = is_ours ? number("LISTEN_FDS") : 0;
    size_t n = 0;

    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    for (int i = 0; i < passed && i < ACTIVATION_MAX; i++)
        if (fcntl(FIRST_FD + i, F_SETFD, FD_CLOEXEC) == 0)
            fds[n++] = FIRST_FD + i;
    if (passed > ACTIVATION_MAX)
        close_rest(passed);
    return n;
}
