/* relay_scores.h - which relay is the better one for us now: how far each is, and how loaded.  It
 * orders the circuits that we announce, and those by which a peer is dialled.  No I/O; time
 * (monotonic) is an argument.
 *
 * Circuit v2 has no field for load, so it is read off what a relay does:
 *   - it refuses for want of room (RESOURCE_LIMIT_EXCEEDED, RESERVATION_REFUSED): full, until it
 *     takes something, or for a minute, twice as long after each refusal in a row, 16 at most;
 *   - its round trips take longer than the shortest of the last 10 to 20 minutes: they queue there;
 *   - its answer to RESERVE, which it gives alone, takes longer than a round trip.  (That to
 *     CONNECT waits for the peer that is called, which may be far.)
 * One that cannot be reached is passed over in the same way, from 15 s on.
 *
 * So that the order does not flap: samples are averaged, a cost moves when what was measured has
 * left it by a quarter and by a step, it is told in steps, busy ends at half of where it began, and
 * what is as good keeps the order that it had (in a peer's list: that peer's own).
 */
#ifndef GW_P2P_RELAY_SCORES_H
#define GW_P2P_RELAY_SCORES_H

#include "id/peerid.h"

#define RELAY_SCORES_MAX        64  /* relays; of more, the one heard of longest ago is forgotten */
#define RELAY_SCORES_STEP_MS    5   /* of costs */
#define RELAY_SCORES_UNKNOWN_MS 150 /* the cost of one that was never measured */
#define RELAY_SCORES_AVOIDED_MS 60000  /* more for one that is full or was not reached */
#define RELAY_SCORES_FRESH_MS   300000 /* signs of load that are older do not count */
#define RELAY_SCORES_BEST_MS    600000 /* half of the time that the shortest round trip is of */

enum relay_sign {
    RELAY_RTT,       /* `us`: a round trip on a connection to it */
    RELAY_WORK,      /* `us`: by how much its answer to RESERVE took longer than that */
    RELAY_ACCEPTED,  /* a reservation or a circuit was granted */
    RELAY_REFUSED,   /* for want of room */
    RELAY_UNREACHED, /* or it said nothing */
};

enum relay_load {
    RELAY_LOAD_UNKNOWN,
    RELAY_LOAD_LOW,
    RELAY_LOAD_BUSY,
    RELAY_LOAD_FULL, /* it refused lately */
};
const char *relay_load_name(enum relay_load l); /* "unknown", "low", ... */

struct relay_score {
    struct peerid relay;
    uint64_t heard_ms;
    uint64_t rtt_us, rtt_ms;   /* averaged, and of when; 0: none yet */
    uint64_t best_us[2];       /* the shortest of this half of the window and of the one before */
    uint64_t best_ms;          /* when this half began */
    uint64_t work_us, work_ms; /* averaged, and of when */
    uint64_t cost_us;          /* as last settled; 0: not yet */
    bool is_busy;
    struct relay_avoided {
        uint64_t until_ms;
        unsigned times; /* in a row */
    } full, unreached;
};

struct relay_scores { /* zeroed: nothing is known */
    size_t n;
    struct relay_score v[RELAY_SCORES_MAX];
};

void relay_scores_note(struct relay_scores *t, const struct peerid *relay, enum relay_sign sign,
                       uint64_t us, uint64_t now_ms);
/* We are in another network: distances are others, and who was not reached may be. */
void relay_scores_moved(struct relay_scores *t);

/* The smaller the better. */
uint64_t relay_scores_cost_ms(struct relay_scores *t, const struct peerid *relay, uint64_t now_ms);
enum relay_load relay_scores_load(struct relay_scores *t, const struct peerid *relay,
                                  uint64_t now_ms);

#endif
