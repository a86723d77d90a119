/* punch_core.h - what is due when in one try at a hole (punch.h).  Pure: no I/O; time and
 * randomness are arguments.
 *
 *     who dials:   dial, datagrams ...........................................  end
 *     who serves:  serve, datagrams ..... dial after PUNCH_WAIT_MS, datagrams ..  end
 *
 * The try ends after PUNCH_MS and not before: when our dial has failed, the other end's may come
 * through yet.  A clock that has jumped over all of it (the machine slept) leaves nothing but the
 * end to be done.
 */
#ifndef GW_P2P_PUNCH_CORE_H
#define GW_P2P_PUNCH_CORE_H

#include <stdbool.h>
#include <stdint.h>

#define PUNCH_WAIT_MS      400
#define PUNCH_MS           3000 /* a try's longest life */
#define PUNCH_PAUSE_MIN_MS 10   /* between datagrams, at random */
#define PUNCH_PAUSE_MAX_MS 200

enum {                          /* what is to be done now: a set, in this order */
       PUNCH_SERVE = 1,         /* connects from our TCP port; before a dial takes other ports */
       PUNCH_DIAL = 1 << 1,     /* all addresses at once */
       PUNCH_DATAGRAM = 1 << 2, /* one to each address of QUIC */
       PUNCH_END = 1 << 3,      /* nothing came of it */
};

struct punch_core {
    uint64_t dial_ms; /* UINT64_MAX: we have dialled */
    uint64_t datagram_ms, end_ms;
};

/* `random`: any 32 bits, here and below.  Returns the set. */
unsigned punch_core_start(struct punch_core *c, bool serves, uint32_t random, uint64_t now_ms);
/* At punch_core_due, or at any other time. */
unsigned punch_core_tick(struct punch_core *c, uint32_t random, uint64_t now_ms);
uint64_t punch_core_due(const struct punch_core *c);

#endif
