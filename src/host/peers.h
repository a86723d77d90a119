/* peers.h - addresses that peers were heard to have, for later dials, and when each was last seen.
 * In memory, bounded. */
#ifndef GW_HOST_PEERS_H
#define GW_HOST_PEERS_H

#include "id/multiaddr.h"

#define PEERS_MAX       4096 /* the one not heard of for longest makes room */
#define PEERS_ADDRS_MAX 16   /* of one peer; the oldest makes room */

struct peer;

struct peers {          /* zeroed means empty */
    struct peer *by_id; /* the one heard of last stands last */
};

/* Puts the address (without its /p2p) first in the peer's list.  Out of memory forgets it. */
void peers_learn(struct peers *ps, const struct peerid *id, const struct multiaddr *addr);

/* The peer's addresses, the one learnt last first; a view until the next peers_learn.  NULL when *n
 * is 0. */
const struct multiaddr *peers_addrs(const struct peers *ps, const struct peerid *id, size_t *n);

/* The peer is, or was just now, connected.  Out of memory forgets it. */
void peers_saw(struct peers *ps, const struct peerid *id, uint64_t now_ms);
uint64_t peers_seen_ms(const struct peers *ps, const struct peerid *id); /* 0: never */

void peers_fini(struct peers *ps);

#endif
