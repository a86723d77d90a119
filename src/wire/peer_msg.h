/* peer_msg.h - a peer and its addresses, inside other messages: Peer of circuit relay v2 and
 * PeerInfo of AutoNAT v1.  Pure: no I/O, no allocation.
 *
 *     message Peer {
 *         optional bytes id = 1;      // binary peer id; every writer sets it
 *         repeated bytes addrs = 2;   // binary multiaddrs
 *     }
 */
#ifndef GW_WIRE_PEER_MSG_H
#define GW_WIRE_PEER_MSG_H

#include "wire/pb.h"

struct peer_msg {    /* views: into the input when decoded, the caller's when encoded */
    struct bytes id; /* n == 0: no peer */
    struct pb_list addrs;
};

/* Reads a whole message and merges it into *out, as protobuf asks for when a sub-message comes
 * twice.  Returns 0, or GW_EPROTO: malformed, or *out has no id even now. */
int peer_msg_decode(struct bytes in, struct peer_msg *out);

/* Puts field `num`; nothing when there is no peer. */
void peer_msg_put(struct wr *w, uint32_t num, const struct peer_msg *m);

#endif
