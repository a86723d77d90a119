/* autonat_msg.h - the message of /libp2p/autonat/1.0.0: "dial me at these addresses" and what came
 * of it (libp2p specs, autonat/autonat-v1).  Pure: no I/O, no allocation.
 *
 * On the stream each message has its length in front of it, as a varint.
 *
 *     message Message {                             // proto2
 *         optional MessageType type = 1;
 *         optional Dial dial = 2;                   // { optional PeerInfo peer = 1; }
 *         optional DialResponse dialResponse = 3;
 *     }
 *     message DialResponse {
 *         optional ResponseStatus status = 1;
 *         optional string statusText = 2;
 *         optional bytes addr = 3;                  // binary multiaddr that was reached
 *     }
 *
 * PeerInfo is that of peer_msg.h.
 *
 * Decoder:  > 0  octets used   |  0  need more input   |  < 0  GW_E*
 * Encoder:  > 0  octets put    |  < 0  GW_E*
 */
#ifndef GW_WIRE_AUTONAT_MSG_H
#define GW_WIRE_AUTONAT_MSG_H

#include "wire/peer_msg.h"

#define AUTONAT_MSG_BODY_MAX 4096 /* octets of a message without its length */
#define AUTONAT_MSG_WIRE_MAX (AUTONAT_MSG_BODY_MAX + 2)

enum autonat_msg_type { AUTONAT_DIAL, AUTONAT_DIAL_RESPONSE };

enum autonat_status {
    AUTONAT_OK = 0,
    AUTONAT_DIAL_ERROR = 100,
    AUTONAT_DIAL_REFUSED = 101,
    AUTONAT_BAD_REQUEST = 200,
    AUTONAT_INTERNAL_ERROR = 300, /* also what an unknown status is read as */
};

struct autonat_msg { /* views: into the input when decoded, the caller's when encoded */
    enum autonat_msg_type type;
    /* DIAL */
    struct peer_msg peer; /* who asks, and where to dial it */
    /* DIAL_RESPONSE */
    enum autonat_status status;
    struct bytes text; /* for a person; not checked to be UTF-8; may be empty */
    struct bytes addr; /* with OK; may be empty */
};

/* GW_EPROTO: malformed, longer than AUTONAT_MSG_BODY_MAX, no type or an unknown one, DIAL without a
 * peer and its id, DIAL_RESPONSE without a status (proto2 would read that as OK; a success wants
 * saying).  A server answers it with BAD_REQUEST.  Addresses beyond PB_LIST_MAX are passed over. */
int autonat_msg_decode(struct bytes in, struct autonat_msg *out);

/* Puts the fields of m->type only.  GW_EINVAL: longer than AUTONAT_MSG_BODY_MAX; GW_ENOMEM: no
 * room. */
int autonat_msg_encode(uint8_t *dst, size_t cap, const struct autonat_msg *m);

#endif
