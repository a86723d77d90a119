/* cmsg.h - what the kernel tells of a datagram beside its octets, and is told (cmsg(3)): the
 * addresses and the interface (ip(7), ipv6(7), IP_PKTINFO). */
#ifndef GW_NET_CMSG_H
#define GW_NET_CMSG_H

#include <sys/socket.h>

#include "id/ipaddr.h"

#define CMSG_PKTINFO_SPACE                                                \
    CMSG_SPACE(20) /* octets of ancillary data that it takes, of IPv6 too \
                    */

struct cmsg_pktinfo {
    struct ipaddr local; /* ours, where an answer comes from, even for a broadcast; a zone only of
                            link-local IPv6.  Of IPv6 a group that it was sent to */
    struct ipaddr to;    /* in its header: a group or a broadcast address may stand there */
    uint32_t ifindex;
};

/* False: it is something else. */
bool cmsg_read_pktinfo(const struct cmsghdr *c, struct cmsg_pktinfo *out);

/* Appends; m->msg_control has room and is zero, m->msg_controllen says how much is used. */
void cmsg_add(struct msghdr *m, int level, int type, const void *data, size_t n);
/* From this address (of zeros: the kernel chooses), by its zone, or by that interface. */
void cmsg_add_pktinfo(struct msghdr *m, const struct ipaddr *from, uint32_t ifindex);

#endif
