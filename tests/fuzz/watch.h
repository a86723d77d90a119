/* watch.h - an input that takes too long, for targets whose clock is turned by hand: libFuzzer's
 * own watch goes by that clock. */
#ifndef GW_FUZZ_WATCH_H
#define GW_FUZZ_WATCH_H

#include <signal.h>
#include <stdlib.h>
#include <sys/time.h>

#define WATCH_CPU_S 5 /* of this process; the machine may be busy */

static inline void watch_expired(int signum)
{
    (void)signum;
    abort();
}

/* For the input that begins. */
static inline void watch_start(void)
{
    const struct itimerval limit = { .it_value.tv_sec = WATCH_CPU_S };

    signal(SIGVTALRM, watch_expired);
    setitimer(ITIMER_VIRTUAL, &limit, NULL);
}

#endif
