/* ask_quota.h - how often each peer asks: a number of questions in a minute.  Pure: the time is an
 * argument; the memory is bounded. */
#ifndef GW_P2P_ASK_QUOTA_H
#define GW_P2P_ASK_QUOTA_H

#include "id/peerid.h"

#define ASK_QUOTA_PEERS_MAX 4096 /* whose questions are counted; the oldest makes room */

struct ask_quota { /* zeroed: nobody has asked */
    struct ask_quota_peer *peers;
};

/* Counts a question.  False: too many in the minute that began with the peer's first one, or memory
 * is out. */
bool ask_quota_take(struct ask_quota *q, const struct peerid *peer, uint32_t per_minute,
                    uint64_t now_ms);
void ask_quota_fini(struct ask_quota *q);

#endif
