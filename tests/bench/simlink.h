/* simlink.h - a slow, long, lossy link between two UDP endpoints of this process, in virtual time.
 *
 * Who links simlink.c has its clock_gettime, gettimeofday and epoll_wait in the place of libc's,
 * for itself, libev and every other library.  Time stands still while the program runs and goes on,
 * by itself, when the loop waits: to its next timer or to the next packets of the link, whichever
 * comes first.  So what is measured is what the protocol does, and not how busy the machine is. */
#ifndef GW_TESTS_SIMLINK_H
#define GW_TESTS_SIMLINK_H

#include <stdint.h>

struct simlink_config {
    uint64_t rate;     /* bits a second, each way, IP and UDP headers included */
    uint64_t delay_us; /* one way */
    uint64_t queue;    /* octets that wait before the link, each way; what is more is dropped */
    double loss;       /* share of the packets, at random, each way */
    uint64_t seed;
};

struct simlink_count { /* packets of one way */
    uint64_t sent, lost, dropped;
};

/* A link to 127.0.0.1:`port`.  Returns the port of 127.0.0.1 at which its near end listens, or 0.
 */
uint16_t simlink_open(const struct simlink_config *cfg, uint16_t port);

uint64_t simlink_now_us(void);
/* Towards `port`. */
struct simlink_count simlink_count(void);

#endif
