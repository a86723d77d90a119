/* circuit_msg.h - messages of circuit relay v2, /libp2p/circuit/relay/0.2.0/hop and .../stop
 * (libp2p specs, relay/circuit-v2).  Pure: no I/O, no allocation.
 *
 * On the stream each message has its length in front of it, as a varint.  After STATUS with OK the
 * stream carries the octets of the circuit.
 *
 *     message HopMessage {                      message StopMessage {
 *         optional Type type = 1;                   optional Type type = 1;
 *         optional Peer peer = 2;                   optional Peer peer = 2;
 *         optional Reservation reservation = 3;     optional Limit limit = 3;
 *         optional Limit limit = 4;                 optional Status status = 4;
 *         optional Status status = 5;           }
 *     }
 *     message Reservation {                     message Limit {
 *         optional uint64 expire = 1;               optional uint32 duration = 1;  // seconds
 *         repeated bytes addrs = 2;                 optional uint64 data = 2;      // octets
 *         optional bytes voucher = 3;           }
 *     }
 *
 * The types of Hop are RESERVE = 0, CONNECT = 1, STATUS = 2, those of Stop CONNECT = 0, STATUS = 1.
 * Peer is that of peer_msg.h.
 *
 * Decoders:  > 0  octets used   |  0  need more input   |  < 0  GW_E*
 * Encoders:  > 0  octets put    |  < 0  GW_E*
 */
#ifndef GW_WIRE_CIRCUIT_MSG_H
#define GW_WIRE_CIRCUIT_MSG_H

#include "wire/peer_msg.h"

#define CIRCUIT_HOP_PROTOCOL  "/libp2p/circuit/relay/0.2.0/hop"
#define CIRCUIT_STOP_PROTOCOL "/libp2p/circuit/relay/0.2.0/stop"

#define CIRCUIT_MSG_BODY_MAX  4096 /* octets of a message without its length */
#define CIRCUIT_MSG_WIRE_MAX  (CIRCUIT_MSG_BODY_MAX + 2)

enum circuit_type {
    CIRCUIT_RESERVE, /* HOP only */
    CIRCUIT_CONNECT,
    CIRCUIT_STATUS,
};

#define CIRCUIT_STATUSES(X)         \
    X(OK, 100)                      \
    X(RESERVATION_REFUSED, 200)     \
    X(RESOURCE_LIMIT_EXCEEDED, 201) \
    X(PERMISSION_DENIED, 202)       \
    X(CONNECTION_FAILED, 203)       \
    X(NO_RESERVATION, 204)          \
    X(MALFORMED_MESSAGE, 400)       \
    X(UNEXPECTED_MESSAGE, 401)

enum circuit_status {
    CIRCUIT_UNUSED = 0, /* none was sent, or one that gw does not know: no success */
#define X(name, code) CIRCUIT_##name = code,
    CIRCUIT_STATUSES(X)
#undef X
};

struct circuit_reservation {
    uint64_t expires_s;   /* wall clock, Unix time; 0: no reservation */
    struct pb_list addrs; /* of the relay, with its /p2p/ID, without /p2p-circuit */
    struct bytes voucher; /* signed envelope (voucher_msg.h); may be empty */
};

struct circuit_limit { /* of one circuit; a field of 0: unlimited */
    uint32_t duration_s;
    uint64_t data; /* octets each way */
};

/* Either message.  Views: into the input when decoded, the caller's when encoded. */
struct circuit_msg {
    enum circuit_type type;
    struct peer_msg peer;                   /* CONNECT: HOP names the target, STOP who dials */
    struct circuit_reservation reservation; /* HOP only */
    struct circuit_limit limit;
    enum circuit_status status;
};

/* GW_EPROTO: malformed, longer than CIRCUIT_MSG_BODY_MAX, no type or an unknown one, a peer without
 * id, a reservation that does not expire.  A relay answers it with MALFORMED_MESSAGE.  Which fields
 * a type needs is for the caller to check.  Addresses beyond PB_LIST_MAX are passed over. */
int circuit_msg_decode_hop(struct bytes in, struct circuit_msg *out);
int circuit_msg_decode_stop(struct bytes in, struct circuit_msg *out);

/* What is absent or 0 is left out, but for the type.  GW_EINVAL: longer than CIRCUIT_MSG_BODY_MAX,
 * or RESERVE or a reservation in STOP; GW_ENOMEM: no room (CIRCUIT_MSG_WIRE_MAX suffices for what
 * is not GW_EINVAL). */
int circuit_msg_encode_hop(uint8_t *dst, size_t cap, const struct circuit_msg *m);
int circuit_msg_encode_stop(uint8_t *dst, size_t cap, const struct circuit_msg *m);

/* As the spec spells it: "NO_RESERVATION".  Static; "UNUSED" for what is not in the list. */
const char *circuit_status_name(enum circuit_status s);

#endif
