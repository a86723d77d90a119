/* relay_quota.h - how much of the relay one peer, and all together, may use: requests a minute,
 * circuits that wait, circuits that stand.  Pure: the time is an argument.
 */
#ifndef GW_P2P_RELAY_QUOTA_H
#define GW_P2P_RELAY_QUOTA_H

#include "p2p/relay.h"

struct relay_quota;

/* Borrows cfg, and looks at it anew each time. */
struct relay_quota *relay_quota_new(const struct relay_config *cfg); /* owned, or NULL */
void relay_quota_free(struct relay_quota *q);                        /* NULL is fine */

/* Counts a RESERVE or CONNECT of the peer.  False: too many in the minute that began with its first
 * one, or memory is out. */
bool relay_quota_ask(struct relay_quota *q, const struct peerid *peer, uint64_t now_ms);

/* Counts a circuit that waits for the far end.  False: too many in all, too many that wait, too
 * many called by `from` or to `to`, or memory is out; then nothing is counted. */
bool relay_quota_open(struct relay_quota *q, const struct peerid *from, const struct peerid *to);
void relay_quota_join(struct relay_quota *q); /* one that waited does so no longer */
void relay_quota_close(struct relay_quota *q, const struct peerid *from, const struct peerid *to,
                       bool is_waiting);

uint32_t relay_quota_circuits(const struct relay_quota *q); /* those that wait, too */

#endif
