/* script.h - what runs a fuzzed script: a loop with its turn and the clock that the target turns,
 * and an end for an input that takes too long, since libFuzzer's own watch goes by that clock. */
#ifndef GW_FUZZ_SCRIPT_H
#define GW_FUZZ_SCRIPT_H

#include <ev.h>
#include <signal.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/time.h>

#include "../unit/handclock.h"
#include "base/log.h"
#include "fuzz.h"
#include "net/turn.h"

#define SCRIPT_CPU_S 5 /* of this process; the machine may be busy */

static struct ev_loop *loop;
static struct turn *turn;

static inline void script_expired(int signum)
{
    (void)signum;
    abort();
}

/* For the input that begins. */
static inline void script_begin(void)
{
    const struct itimerval limit = { .it_value.tv_sec = SCRIPT_CPU_S };

    signal(SIGVTALRM, script_expired);
    setitimer(ITIMER_VIRTUAL, &limit, NULL);
    assert(sodium_init() >= 0);
    log_set_level(LOG_LEVEL_ERROR);
    handclock_set_grace(0);
    loop = ev_loop_new(EVFLAG_AUTO);
    assert(loop && (turn = turn_new(loop)));
}

static inline void script_end(void)
{
    turn_free(turn);
    ev_loop_destroy(loop);
}

#endif
