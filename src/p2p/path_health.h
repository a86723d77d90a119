/* path_health.h - whether the path to a peer is still good: results of probes in, a verdict and the
 * time of the next probe out.  Pure: no clock, and randomness is an argument.
 *
 * A probe is bad when it is answered late or not at all.  So many bad ones in a row make the path
 * degraded; a single good one ends that.  Probes of many peers that connected at once do not come
 * at once: each pause loses a random part of it.
 */
#ifndef GW_P2P_PATH_HEALTH_H
#define GW_P2P_PATH_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#define PATH_HEALTH_LATE 5 /* an answer so many times later than slow_ms is none */
#define PATH_HEALTH_SOON 5 /* a bad probe is followed by the next in so much less time */

struct path_rules {
    uint64_t probe_ms; /* between probes; 0: none */
    uint64_t slow_ms;  /* an answer that takes longer is late */
    uint32_t failures; /* bad probes in a row that make a path degraded; > 0 */
};

struct path_health { /* of one connection; zeroed: nothing is known */
    uint32_t bad;    /* probes in a row that were late or unanswered, */
    uint32_t lost;   /* and those at their end that were unanswered */
    uint64_t rtt_us; /* of the last answer; 0: none yet */
};

/* The answer to a probe, or (err) none. */
void path_health_note(struct path_health *h, const struct path_rules *r, int err, uint64_t rtt_us);

bool path_health_is_degraded(const struct path_health *h, const struct path_rules *r);
/* Degraded, and not even answers come late. */
bool path_health_is_dead(const struct path_health *h, const struct path_rules *r);

/* How long after this probe, or after the connection came up, the next one is due.  `random`: any
 * 32 bits. */
uint64_t path_health_pause_ms(const struct path_health *h, const struct path_rules *r,
                              uint32_t random);
/* How long an answer is waited for. */
uint64_t path_health_timeout_ms(const struct path_rules *r);

#endif
