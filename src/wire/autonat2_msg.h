/* autonat2_msg.h - messages of AutoNAT v2, which asks about one address at a time (libp2p specs,
 * autonat/autonat-v2).  Pure: no I/O, no allocation.
 *
 * On the stream each message has its length in front of it, as a varint.
 *
 *     message Message {                             // on /libp2p/autonat/2/dial-request
 *         oneof msg {
 *             DialRequest dialRequest = 1;
 *             DialResponse dialResponse = 2;
 *             DialDataRequest dialDataRequest = 3;
 *             DialDataResponse dialDataResponse = 4;
 *         }
 *     }
 *     message DialRequest {                         message DialDataRequest {
 *         repeated bytes addrs = 1;                     uint32 addrIdx = 1;
 *         fixed64 nonce = 2;                            uint64 numBytes = 2;
 *     }                                             }
 *     message DialResponse {                        message DialDataResponse {
 *         ResponseStatus status = 1;                    bytes data = 1;
 *         uint32 addrIdx = 2;                       }
 *         DialStatus dialStatus = 3;
 *     }
 *     message DialBack { fixed64 nonce = 1; }       // on /libp2p/autonat/2/dial-back, both
 *     message DialBackResponse { DialBackStatus status = 1; }   // OK = 0, the only one
 *
 * Decoders:  > 0  octets used   |  0  need more input   |  < 0  GW_E*
 * Encoders:  > 0  octets put    |  < 0  GW_E*
 */
#ifndef GW_WIRE_AUTONAT2_MSG_H
#define GW_WIRE_AUTONAT2_MSG_H

#include "wire/pb.h"

#define AUTONAT2_MSG_BODY_MAX      8192 /* octets of a Message without its length */
#define AUTONAT2_MSG_WIRE_MAX      (AUTONAT2_MSG_BODY_MAX + 2)
#define AUTONAT2_MSG_DATA_MAX      4096 /* octets of data in one DialDataResponse */
#define AUTONAT2_MSG_BACK_BODY_MAX 64   /* octets of a DialBack or DialBackResponse; 9 are needed */
#define AUTONAT2_MSG_BACK_WIRE_MAX (AUTONAT2_MSG_BACK_BODY_MAX + 1)

/* The field numbers. */
enum autonat2_msg_kind {
    AUTONAT2_DIAL_REQUEST = 1,
    AUTONAT2_DIAL_RESPONSE,
    AUTONAT2_DATA_REQUEST,
    AUTONAT2_DATA_RESPONSE,
};

enum autonat2_status {
    AUTONAT2_INTERNAL_ERROR = 0,
    AUTONAT2_REQUEST_REJECTED = 100,
    AUTONAT2_DIAL_REFUSED = 101, /* addr_index and dial_status mean nothing then */
    AUTONAT2_OK = 200,           /* an address was dialled; dial_status says how it went */
};

enum autonat2_dial_status {
    AUTONAT2_DIAL_UNUSED = 0,
    AUTONAT2_DIAL_ERROR = 100,      /* not reachable */
    AUTONAT2_DIAL_BACK_ERROR = 101, /* reached, but the nonce could not be delivered */
    AUTONAT2_DIAL_OK = 200,
};

/* Views: into the input when decoded, the caller's when encoded. */
struct autonat2_request {
    struct pb_list addrs; /* binary multiaddrs, the most wanted one first */
    uint64_t nonce;
};

struct autonat2_response {
    enum autonat2_status status;
    uint32_t addr_index; /* in the list of the request; to be checked against it */
    enum autonat2_dial_status dial_status;
};

struct autonat2_data_request {
    uint32_t addr_index; /* as above */
    uint64_t nbytes;     /* octets of data that the server wants before it dials */
};

struct autonat2_msg {
    enum autonat2_msg_kind kind;
    union {
        struct autonat2_request request;
        struct autonat2_response response;
        struct autonat2_data_request data_request;
        struct bytes data;
    };
};

/* GW_EPROTO: malformed, longer than AUTONAT2_MSG_BODY_MAX, none of the four, more than
 * AUTONAT2_MSG_DATA_MAX octets of data; GW_EUNSUP: a status that gw does not know; the spec wants
 * the message discarded.  Addresses beyond PB_LIST_MAX are passed over. */
int autonat2_msg_decode(struct bytes in, struct autonat2_msg *out);

/* GW_EINVAL: longer than AUTONAT2_MSG_BODY_MAX, or too much data; GW_ENOMEM: no room. */
int autonat2_msg_encode(uint8_t *dst, size_t cap, const struct autonat2_msg *m);

/* DialBack.  GW_EPROTO: malformed or long; GW_ENOMEM: no room. */
int autonat2_msg_decode_back(struct bytes in, uint64_t *nonce);
int autonat2_msg_encode_back(uint8_t *dst, size_t cap, uint64_t nonce);

/* DialBackResponse with OK, which proto3 writes as an empty message.  GW_EPROTO and GW_ENOMEM as
 * above; GW_EUNSUP: another status. */
int autonat2_msg_decode_back_response(struct bytes in);
int autonat2_msg_encode_back_response(uint8_t *dst, size_t cap);

#endif
