/* autonat_quota.c - see autonat_quota.h.
 *
 * What is taken is a debt that time pays back at the quota's rate (the generic cell rate
 * algorithm): one number for each quota, the time at which it is paid. */
#include "p2p/autonat_quota.h"

#define MINUTE_MS 60000

static bool has_room(uint64_t paid_ms, uint64_t now_ms, unsigned per_minute)
{
    return paid_ms <= now_ms || paid_ms - now_ms <= MINUTE_MS - MINUTE_MS / per_minute;
}

static void take(uint64_t *paid_ms, uint64_t now_ms, unsigned per_minute)
{
    *paid_ms = (*paid_ms > now_ms ? *paid_ms : now_ms) + MINUTE_MS / per_minute;
}

bool autonat_quota_take(struct autonat_quota *q, const struct ipaddr *ip, uint64_t now_ms)
{
    struct ipaddr net = ipaddr_net(ip);
    size_t slot = AUTONAT_QUOTA_IPS;

    for (size_t i = 0; i < AUTONAT_QUOTA_IPS; i++) {
        if (ipaddr_eq(&q->by_ip[i].ip, &net)) {
            slot = i;
            break;
        }
        if (q->by_ip[i].paid_ms <= now_ms)
            slot = i;
    }
    if (slot == AUTONAT_QUOTA_IPS || !has_room(q->all_ms, now_ms, AUTONAT_QUOTA_ALL))
        return false;
    q->by_ip[slot].ip = net;
    if (!has_room(q->by_ip[slot].paid_ms, now_ms, AUTONAT_QUOTA_PER_IP))
        return false;
    take(&q->all_ms, now_ms, AUTONAT_QUOTA_ALL);
    take(&q->by_ip[slot].paid_ms, now_ms, AUTONAT_QUOTA_PER_IP);
    return true;
}
