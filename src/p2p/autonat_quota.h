/* autonat_quota.h - how many dial-backs may be asked for: in all, and by one IP address (an IPv6
 * /64).  Pure: no loop, the time is an argument; the memory is bounded.
 */
#ifndef GW_P2P_AUTONAT_QUOTA_H
#define GW_P2P_AUTONAT_QUOTA_H

#include "id/multiaddr.h"

#define AUTONAT_QUOTA_ALL    60 /* a minute, and at once */
#define AUTONAT_QUOTA_PER_IP 12
#define AUTONAT_QUOTA_IPS    (2 * AUTONAT_QUOTA_ALL) /* more cannot have a debt at one time */

struct autonat_quota { /* zeroed: nothing was taken */
    uint64_t all_ms;   /* when everything taken is paid back */
    struct {
        struct ipaddr ip;
        uint64_t paid_ms;
    } by_ip[AUTONAT_QUOTA_IPS];
};

/* Takes one; false: there is none left for this address now. */
bool autonat_quota_take(struct autonat_quota *q, const struct ipaddr *ip, uint64_t now_ms);

#endif
