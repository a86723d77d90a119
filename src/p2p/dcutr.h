/* dcutr.h - /libp2p/dcutr: from a relayed connection to a direct one by hole punching (libp2p
 * specs, relay/DCUtR), in both roles.
 *
 * The end that was called opens the stream.  Both tell their candidates (CONNECT), which measures
 * the round trip, and set out at the same moment (SYNC; punch.h): the end that called dials.  Three
 * tries; more after a network change and, while the relayed connection is used, with growing
 * pauses.  New streams take the direct connection as soon as it stands (host/conns.h).
 */
#ifndef GW_P2P_DCUTR_H
#define GW_P2P_DCUTR_H

#include "p2p/announce.h"

#define DCUTR_TRIES          3
#define DCUTR_AGAIN_MIN_MS   30000 /* pause after the tries failed, growing to */
#define DCUTR_AGAIN_MAX_MS   600000
#define DCUTR_CANDIDATES_MAX 8

enum dcutr_state { DCUTR_IDLE, DCUTR_UPGRADING, DCUTR_FAILED };

struct dcutr_info { /* of one peer */
    enum dcutr_state state;
    unsigned tries;
    int err;            /* of the last try */
    uint64_t last_ms;   /* clock_mono_ms() of its end; 0: none */
    uint64_t rtt_us;    /* over the relay, as measured by the last CONNECT */
    size_t ncandidates; /* of the other end */
    struct multiaddr candidates[DCUTR_CANDIDATES_MAX];
};

struct dcutr;

/* Serves the protocol and observes the host; borrows both.  Returns owned (free it before the
 * host), or NULL. */
struct dcutr *dcutr_new(struct host *h, const struct announce *a);
void dcutr_free(struct dcutr *d); /* NULL is fine */

void dcutr_network_changed(struct dcutr *d); /* what failed is tried again */
/* False: nothing is known of that peer. */
bool dcutr_info(const struct dcutr *d, const struct peerid *peer, struct dcutr_info *out);

#endif
