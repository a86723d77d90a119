/* handclock.h - a clock that only the test moves.
 *
 * A test that links handclock.c has its clock_gettime, gettimeofday, time, epoll_wait and nanosleep
 * in the place of libc's, for itself, libev and every other library.  Time stands still while the
 * program runs, however slowly; who sleeps moves it on, by exactly the time asked for and without
 * waiting for it.  So timers fire in the order of their times on any machine, and an hour takes no
 * longer than a millisecond.
 *
 * What comes from outside of the program (a packet on loopback, a child) knows nothing of that:
 * each sleep waits for it for a bounded real time, and moves the clock only when nothing came.
 * A wait without a timeout, poll(), and whatever sleeps in the kernel are in real time.
 *
 * The wall clock begins at the second that it really is, the monotonic clocks at HANDCLOCK_BEGIN_S.
 * Each look for events takes a nanosecond, for a libev timer is due when its time is past. */
#ifndef GW_TESTS_HANDCLOCK_H
#define GW_TESTS_HANDCLOCK_H

#define HANDCLOCK_BEGIN_S 1000000
#define HANDCLOCK_GRACE   1 /* ms, unless set */

/* Moves the clock without a sleep: what became due meanwhile is late. */
void handclock_pass(unsigned ms);

/* Real ms that a sleep leaves to the world outside; 0 for a test that has none. */
void handclock_set_grace(unsigned ms);

#endif
