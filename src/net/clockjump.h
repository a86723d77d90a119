/* clockjump.h - what the clocks of the machine did since the last look.  Pure: the caller reads
 * them. */
#ifndef GW_NET_CLOCKJUMP_H
#define GW_NET_CLOCKJUMP_H

#include <stdbool.h>
#include <stdint.h>

#define CLOCKJUMP_SLEPT_MS 500  /* shorter sleeps end no connection */
#define CLOCKJUMP_SET_MS   2000 /* less is a clock kept in step */

struct clockjump_now { /* milliseconds, all read at one time */
    int64_t mono;      /* CLOCK_MONOTONIC: stands still while the machine sleeps */
    int64_t boot;      /* CLOCK_BOOTTIME: does not */
    int64_t wall;      /* CLOCK_REALTIME: and can be set */
};

enum clockjump_what {
    CLOCKJUMP_NONE,
    CLOCKJUMP_SLEPT, /* the machine was asleep; wall time went on, as it should */
    CLOCKJUMP_SET,   /* the wall clock was set, forward or back */
};

struct clockjump { /* zeroed: the first look finds no jump */
    bool is_set;
    int64_t slept; /* boot - mono at the last look */
    int64_t base;  /* wall - boot */
};

enum clockjump_what clockjump_look(struct clockjump *c, const struct clockjump_now *now);

#endif
