/* checkup_msg.h - the answer of /gw/checkup/1.0.0: how a node finds itself connected.
 * Pure: no I/O, no allocation.
 *
 * On the stream it has its length in front of it, as a varint.
 *
 *     message Checkup {                    // proto3
 *         string version = 1;              // of the program
 *         Mapping mapping = 2;             // the enums below, by their numbers
 *         Filtering filtering = 3;
 *         Reach reach = 4;
 *         Udp udp = 5;
 *         Ip ip4 = 6;
 *         Ip ip6 = 7;
 *         PortMap port_map = 8;
 *         repeated bytes announced = 9;    // binary multiaddrs, as are the next two
 *         repeated bytes candidates = 10;  // where a hole may be punched
 *         repeated bytes mapped = 11;      // by the router
 *         repeated Relay relays = 12;
 *         Punch punch = 13;                // hole punching towards the asker
 *     }
 *     message Relay { bytes id = 1; Slot slot = 2; uint64 rtt_us = 3; }
 *     message Punch { PunchState state = 1; uint32 tries = 2; string error = 3; }
 *
 * A number that an enum does not have is taken as 0, which everywhere means that nothing is known.
 *
 * Decoder:  > 0  octets used   |  0  need more input   |  < 0  GW_E*
 * Encoder:  > 0  octets put    |  < 0  GW_E*
 */
#ifndef GW_WIRE_CHECKUP_MSG_H
#define GW_WIRE_CHECKUP_MSG_H

#include "wire/pb.h"

#define CHECKUP_PROTOCOL     "/gw/checkup/1.0.0"

#define CHECKUP_MSG_BODY_MAX 16384 /* octets of a message without its length */
#define CHECKUP_MSG_WIRE_MAX (CHECKUP_MSG_BODY_MAX + 3)
#define CHECKUP_RELAYS_MAX   16
#define CHECKUP_TRIES_MAX    1000000 /* more are told as so many */

enum checkup_mapping { /* how a NAT maps UDP ports (RFC 4787 section 4.1) */
                       CHECKUP_MAPPING_UNKNOWN,
                       CHECKUP_MAPPING_NONE, /* no NAT */
                       CHECKUP_MAPPING_INDEPENDENT,
                       CHECKUP_MAPPING_DEPENDENT, /* on address, or address and port */
};

enum checkup_filtering { /* whom it lets in (RFC 4787 section 5) */
                         CHECKUP_FILTERING_UNKNOWN,
                         CHECKUP_FILTERING_INDEPENDENT,
                         CHECKUP_FILTERING_ADDRESS,
                         CHECKUP_FILTERING_PORT, /* address and port */
};

enum checkup_reach { CHECKUP_REACH_UNKNOWN, CHECKUP_REACH_PUBLIC, CHECKUP_REACH_PRIVATE };
enum checkup_udp { CHECKUP_UDP_UNKNOWN, CHECKUP_UDP_WORKS, CHECKUP_UDP_BLOCKED };

enum checkup_ip { /* the best address of a family that the machine has */
                  CHECKUP_IP_UNKNOWN,
                  CHECKUP_IP_NONE,
                  CHECKUP_IP_PRIVATE,
                  CHECKUP_IP_PUBLIC,
};

enum checkup_portmap {
    CHECKUP_PORTMAP_UNKNOWN,
    CHECKUP_PORTMAP_OFF,  /* the router is not asked */
    CHECKUP_PORTMAP_NONE, /* it opens no port */
    CHECKUP_PORTMAP_MAPPED,
};

enum checkup_slot { /* at a relay */
                    CHECKUP_SLOT_UNKNOWN,
                    CHECKUP_SLOT_CONNECTING,
                    CHECKUP_SLOT_HELD,
                    CHECKUP_SLOT_REFUSED,
                    CHECKUP_SLOT_DOWN,
};

enum checkup_punch_state { CHECKUP_PUNCH_NONE, CHECKUP_PUNCH_UPGRADING, CHECKUP_PUNCH_FAILED };

struct checkup_net { /* how one end is connected */
    enum checkup_mapping mapping;
    enum checkup_filtering filtering;
    enum checkup_reach reach; /* by strangers */
    enum checkup_udp udp;
    enum checkup_ip ip4, ip6;
    enum checkup_portmap port_map;
};

/* Views: into the input when decoded, the caller's when encoded. */
struct checkup_msg_relay {
    struct bytes id;
    enum checkup_slot slot;
    uint64_t rtt_us; /* 0: not known */
};

struct checkup_msg_punch {
    enum checkup_punch_state state;
    uint32_t tries;
    struct bytes error; /* of the last try */
};

struct checkup_msg {
    struct bytes version;
    struct checkup_net net;
    struct pb_list announced, candidates, mapped;
    size_t nrelays;
    struct checkup_msg_relay relays[CHECKUP_RELAYS_MAX];
    struct checkup_msg_punch punch;
};

/* GW_EPROTO: malformed, or longer than CHECKUP_MSG_BODY_MAX.  What is more than a list has room for
 * is passed over. */
int checkup_msg_decode(struct bytes in, struct checkup_msg *out);

/* GW_EINVAL: longer than CHECKUP_MSG_BODY_MAX; GW_ENOMEM: no room. */
int checkup_msg_encode(uint8_t *dst, size_t cap, const struct checkup_msg *m);

#endif
