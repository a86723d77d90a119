/* dcutr_msg.h - the message of /libp2p/dcutr, which times a hole punch (libp2p specs, relay/DCUtR).
 * Pure: no I/O, no allocation.
 *
 * On the stream each message has its length in front of it, as a varint.
 *
 *     message HolePunch {                   // proto2
 *         enum Type { CONNECT = 100; SYNC = 300; }
 *         required Type type = 1;
 *         repeated bytes ObsAddrs = 2;      // binary multiaddrs
 *     }
 *
 * Decoder:  > 0  octets used   |  0  need more input   |  < 0  GW_E*
 * Encoder:  > 0  octets put    |  < 0  GW_E*
 */
#ifndef GW_WIRE_DCUTR_MSG_H
#define GW_WIRE_DCUTR_MSG_H

#include "wire/pb.h"

#define DCUTR_PROTOCOL     "/libp2p/dcutr"

#define DCUTR_MSG_BODY_MAX 4096 /* octets of a message without its length: 4 KiB by the spec */
#define DCUTR_MSG_WIRE_MAX (DCUTR_MSG_BODY_MAX + 2)

enum dcutr_msg_type { DCUTR_CONNECT = 100, DCUTR_SYNC = 300 };

struct dcutr_msg { /* views: into the input when decoded, the caller's when encoded */
    enum dcutr_msg_type type;
    struct pb_list addrs; /* where the sender was seen, or thinks that it will be */
};

/* GW_EPROTO: malformed, longer than DCUTR_MSG_BODY_MAX, no type or an unknown one.  Addresses
 * beyond PB_LIST_MAX are passed over. */
int dcutr_msg_decode(struct bytes in, struct dcutr_msg *out);

/* GW_EINVAL: longer than DCUTR_MSG_BODY_MAX; GW_ENOMEM: no room. */
int dcutr_msg_encode(uint8_t *dst, size_t cap, const struct dcutr_msg *m);

#endif
