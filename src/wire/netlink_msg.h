/* netlink_msg.h - messages of the kernel's routing socket (RFC 3549; netlink(7), rtnetlink(7)).
 * Pure: no I/O, no allocation.
 *
 *     length, u32 | type, u16 | flags, u16 | sequence, u32 | port, u32 | body
 *
 * and in a body a struct of its type, then attributes (length, u16 | type, u16 | value), all padded
 * to 4 octets.  Integers are in the order of this machine, addresses in network order.
 */
#ifndef GW_WIRE_NETLINK_MSG_H
#define GW_WIRE_NETLINK_MSG_H

#include "base/cursor.h"

struct netlink_msg {
    uint16_t type; /* RTM_*, NLMSG_* */
    uint32_t seq;  /* of the request that it answers; 0: of none */
    struct bytes body;
};

struct netlink_addr {
    struct bytes ip; /* the interface's own address, 4 or 16 octets; a view */
    uint32_t ifindex;
    uint32_t flags; /* IFA_F_* */
};

struct netlink_route {
    struct bytes gateway; /* of the route's family, 4 or 16 octets; empty: on the link; a view */
    struct bytes source;  /* the address that the kernel would send from; or empty; a view */
    uint32_t ifindex;     /* of the way out; 0: not told */
};

/* Takes one message off the front of a datagram.  Returns the octets used, 0 when there is less
 * than a whole message. */
int netlink_msg_decode(struct bytes in, struct netlink_msg *out);

/* Tells it of an address, a link, a rule, or a route that packets of this machine may take?  Not of
 * the tables that the kernel keeps by itself (of local addresses, of cached routes). */
bool netlink_msg_is_news(const struct netlink_msg *m);

/* The bodies of RTM_NEWADDR, RTM_NEWROUTE, RTM_NEWLINK and NLMSG_ERROR.  0; GW_EPROTO: malformed;
 * GW_EUNSUP: neither IPv4 nor IPv6, a route that leads nowhere; for each GW_EINVAL: another type.
 */
int netlink_msg_read_addr(const struct netlink_msg *m, struct netlink_addr *out);
int netlink_msg_read_route(const struct netlink_msg *m, struct netlink_route *out);
int netlink_msg_read_link(const struct netlink_msg *m, uint32_t *flags); /* IFF_* */
int netlink_msg_read_error(const struct netlink_msg *m, int *e);         /* an errno; 0: none */

#define NETLINK_ASK_MAX 48 /* octets of the longest request */

/* Requests: every address of this machine (answers end with NLMSG_DONE); the route to an address of
 * 4 or 16 octets; one link.  Return the octets put, or GW_ENOMEM. */
int netlink_msg_ask_addrs(uint8_t *dst, size_t cap, uint32_t seq);
int netlink_msg_ask_route(uint8_t *dst, size_t cap, uint32_t seq, struct bytes to);
int netlink_msg_ask_link(uint8_t *dst, size_t cap, uint32_t seq, uint32_t ifindex);

#endif
