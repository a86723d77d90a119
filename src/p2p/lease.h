/* lease.h - the life of our slot at one relay: when it is asked for, renewed, tried again.  No I/O;
 * time (monotonic) and randomness are arguments.
 *
 *   CONNECTING --granted--> HELD --granted again, after about 2/3 of its life--> HELD
 *       |  \                 `--lost: the connection ended--> DOWN
 *       |   `--failed: no answer--> DOWN --pause--> CONNECTING
 *       `--failed: another status--> REFUSED --long pause--> CONNECTING
 *
 * A renewal that fails leaves it HELD until it ends, unless the relay says that we may not.
 */
#ifndef GW_P2P_LEASE_H
#define GW_P2P_LEASE_H

#include "p2p/backoff.h"
#include "p2p/reservations.h"

struct lease {
    enum reservation_state state;
    int err;          /* the last failure since it was held: GW_E*; 0: none */
    uint64_t next_ms; /* when to ask next; of no meaning while asking */
    uint64_t end_ms;  /* of HELD */
    uint64_t since_ms;
    struct backoff down, refused;
};

void lease_init(struct lease *l);
void lease_asking(struct lease *l);
void lease_granted(struct lease *l, uint64_t now_ms, uint64_t life_ms, uint32_t random);
/* is_refused: the relay has answered. */
void lease_failed(struct lease *l, uint64_t now_ms, int err, bool is_refused, uint32_t random);
void lease_lost(struct lease *l, uint64_t now_ms, int err, uint32_t random);
void lease_hurry(struct lease *l); /* the network is another one: pauses begin small again */

#endif
