/* identify_msg.h - the Identify message of /ipfs/id/1.0.0 and /ipfs/id/push/1.0.0
 * (libp2p specs, identify/README).  Pure: no I/O, no allocation.
 *
 * On the stream each message has its length in front of it, as a varint.
 *
 *     message Identify {                        // proto2
 *         optional bytes publicKey = 1;         // protobuf PublicKey (keypb.h)
 *         repeated bytes listenAddrs = 2;       // binary multiaddrs
 *         repeated string protocols = 3;
 *         optional bytes observedAddr = 4;      // the receiver's address as the sender sees it
 *         optional string protocolVersion = 5;
 *         optional string agentVersion = 6;
 *         optional bytes signedPeerRecord = 8;  // signed envelope
 *     }
 *
 * What the fields hold is for the layers above to check; only their framing is checked here.
 *
 * Decoders:  > 0  octets used   |  0  need more input   |  < 0  GW_E*
 * Encoders:  > 0  octets put    |  < 0  GW_E*
 */
#ifndef GW_WIRE_IDENTIFY_MSG_H
#define GW_WIRE_IDENTIFY_MSG_H

#include "base/cursor.h"

#define IDENTIFY_MAX           8192 /* octets of a message without its length */
#define IDENTIFY_WIRE_MAX      (IDENTIFY_MAX + 2)
#define IDENTIFY_ADDRS_MAX     64
#define IDENTIFY_PROTOCOLS_MAX 128

/* Views: into the input when decoded, the caller's when encoded.  n == 0: the field is absent. */
struct identify_msg {
    struct bytes public_key;
    struct bytes observed_addr;
    struct bytes protocol_version;
    struct bytes agent_version;
    struct bytes signed_peer_record;
    size_t naddrs;
    size_t nprotocols;
    struct bytes addrs[IDENTIFY_ADDRS_MAX];
    struct bytes protocols[IDENTIFY_PROTOCOLS_MAX];
};

/* Reads one message and adds it to *out, which the caller zeroes before the first: a peer may
 * spread its answer over several messages (go-libp2p sends a large signedPeerRecord by itself).
 * Later single fields replace earlier ones; lists grow, and entries beyond the room in *out are
 * ignored, as are empty ones.  GW_EPROTO: malformed, or longer than IDENTIFY_MAX; *out may then
 * hold a part of it. */
int identify_decode(struct bytes in, struct identify_msg *out);

/* Empty fields are left out.  GW_EINVAL: longer than IDENTIFY_MAX; GW_ENOMEM: no room. */
int identify_encode(uint8_t *dst, size_t cap, const struct identify_msg *m);

#endif
