/* loss_tally.h - what a burst of numbered datagrams, each sent back by the other end, says of the
 * path: how many get lost on each way, and how much round trips differ.  No I/O; time is an
 * argument.
 */
#ifndef GW_P2P_LOSS_TALLY_H
#define GW_P2P_LOSS_TALLY_H

#include <stdbool.h>
#include <stdint.h>

#define LOSS_PACKETS_MAX 500
#define LOSS_BURST_MS    2000 /* how long a burst takes; on long ways it has fewer packets then */

struct loss_result {
    uint32_t sent;      /* by us */
    uint32_t there;     /* that the other end got */
    uint32_t back;      /* that came back */
    uint64_t jitter_us; /* mean difference of two round trips, one after the other */
};

struct loss_tally { /* zeroed: nothing was sent */
    uint32_t sent, back, npairs;
    uint64_t last_us, sum_us; /* the last round trip, and the sum of the differences */
    uint64_t sent_us[LOSS_PACKETS_MAX];
    bool is_back[LOSS_PACKETS_MAX];
};

/* Pause between two packets: so that no more than a dozen and a few are under way, which the
 * smallest congestion window lets through.  What waits for one is thrown away here, and that is no
 * loss. */
uint64_t loss_tally_pause_ms(uint64_t rtt_us);
uint32_t loss_tally_packets(uint64_t rtt_us); /* of a burst */

/* The number of the next packet; fewer than LOSS_PACKETS_MAX were sent. */
uint32_t loss_tally_sent(struct loss_tally *t, uint64_t now_us);
/* One has come back.  A number that was never sent, or has come back before, is not counted. */
void loss_tally_back(struct loss_tally *t, uint64_t number, uint64_t now_us);
/* `there`: what the other end says.  What it cannot have got it has not: more than were sent, or
 * fewer than have come back. */
struct loss_result loss_tally_result(const struct loss_tally *t, uint64_t there);

/* Of 100. */
double loss_percent_out(const struct loss_result *r);
double loss_percent_in(const struct loss_result *r);

#endif
