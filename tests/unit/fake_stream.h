/* fake_stream.h - a stream in memory, both ends of it, for tests.
 *
 * It keeps the contract of net/stream.h and asserts that its owners do: events come from the loop,
 * on_close once and last; nobody writes behind a shutdown or credits what was not delivered.
 */
#ifndef GW_TESTS_FAKE_STREAM_H
#define GW_TESTS_FAKE_STREAM_H

#include <ev.h>

#include "net/stream.h"

#define FAKE_QUEUE_MAX (256u << 10) /* reserve gives no room beyond */
#define FAKE_WINDOW    (512u << 10) /* octets delivered and not credited yet, at most */

struct fake_pair;

struct fake_stream {
    struct stream s; /* must be first */
    struct fake_pair *pair;
    uint8_t *queue; /* written, not delivered */
    size_t len, cap;
    size_t uncredited;
    unsigned writes; /* calls */
    int close_err;
    bool is_poor; /* the next write gets no memory */
    bool is_started, fin_wanted, fin_delivered, is_reset;
};

struct fake_pair {
    struct fake_stream end[2]; /* [0] is the opener's */
    struct ev_loop *loop;
    ev_timer work;
    size_t piece;      /* octets of one delivery at most; 0: no limit */
    unsigned round_ms; /* what end[0] asks is answered after, at the earliest */
    bool is_announced; /* the far end has an owner */
    int abort_err;     /* != 0: both ends close with it */
    /* end[0] has sent something: give end[1] an owner; NULL: it has one */
    void (*announce)(struct fake_pair *p);
    void (*gone)(struct fake_pair *p); /* just before it frees itself; may be NULL */
    void *arg;
    struct fake_pair *prev, *next;
};

struct fake_pair *fake_pair_new(struct ev_loop *loop);
/* Both ends get on_close at once; p is gone. */
void fake_pair_abort_now(struct fake_pair *p, int err);

#endif
