/* ping.h - /ipfs/ping/1.0.0, both sides (libp2p specs, ping/ping.md): 32 random octets go out and
 * come back. */
#ifndef GW_P2P_PING_H
#define GW_P2P_PING_H

#include "host/host.h"

#define PING_PROTOCOL "/ipfs/ping/1.0.0"
#define PING_IDLE_MS  10000 /* a served stream is reset after it; js-libp2p does the same */

int ping_serve(struct host *h); /* 0, or as host_handle */

struct ping_round {
    uint32_t count;       /* > 0 */
    uint64_t interval_ms; /* from one answer to the next ping */
    uint64_t timeout_ms;  /* for the opening, and for each answer */
};

struct ping;

/* err 0: an answer, `count` of them in all.  Else the round has failed: this is the last call. */
typedef void ping_answer_fn(void *arg, int err, uint64_t rtt_us);

/* Pings on one stream of its own.  Calls `answer` from the loop; the object is gone after the last
 * answer or a failure.  Returns NULL when out of memory or when the connection takes no stream. */
struct ping *ping_start(struct conn *c, const struct ping_round *round, ping_answer_fn *answer,
                        void *arg);
void ping_cancel(struct ping *p); /* answer will not be called any more; NULL is fine */

#endif
