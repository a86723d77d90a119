/* tunnel_msg.h - request and answer of /gw/tunnel/1.0.0, the stream from one gw to a service of
 * another, and of /gw/udp/1.0.0, where datagrams follow (udp_msg.h).  Pure: no I/O, no allocation.
 *
 * The opener sends one Request, in the same flight as the multistream lines; the other end sends
 * one Answer.  With status OK raw octets follow in both directions, else the stream ends.  Each
 * message has its length in front of it, as a varint.  This is the contract on the wire:
 *
 *     syntax = "proto3";
 *     message Request {
 *         string service = 1;        // name of the service; empty: the port chooses
 *         uint32 port = 2;           // 0: the name chooses
 *         bytes resume_token = 3;    // empty: a new tunnel
 *         uint64 resume_offset = 4;  // octets of the tunnel that the sender has received
 *         uint64 flow = 5;           // /gw/udp/1.0.0: the id of its datagrams
 *         string destination = 6;    // HOST:PORT, for an exit; empty: the service's own target
 *     }
 *     enum Status {
 *         OK = 0; NO_SERVICE = 1; DENIED = 2; REFUSED = 3; UNREACHABLE = 4; TIMED_OUT = 5;
 *         FAILED = 6;
 *     }
 *     message Answer {
 *         Status status = 1;
 *         string text = 2;           // for a person; may be empty
 *         bytes resume_token = 3;    // empty: this tunnel cannot be resumed
 *         uint64 resume_offset = 4;
 *     }
 *
 * Decoders:  > 0  octets used   |  0  need more input   |  < 0  GW_E*
 * Encoders:  > 0  octets put    |  < 0  GW_E*
 * Both count the length prefix.  Text is not checked to be UTF-8.
 */
#ifndef GW_WIRE_TUNNEL_MSG_H
#define GW_WIRE_TUNNEL_MSG_H

#include "base/cursor.h"

#define TUNNEL_PROTOCOL     "/gw/tunnel/1.0.0"
#define TUNNEL_UDP_PROTOCOL "/gw/udp/1.0.0"

#define TUNNEL_BODY_MAX     1024 /* octets of a message without its length */
#define TUNNEL_WIRE_MAX     (TUNNEL_BODY_MAX + 2)
#define TUNNEL_SERVICE_MAX  63
#define TUNNEL_TEXT_MAX     512
#define TUNNEL_TOKEN_MAX    64
#define TUNNEL_DEST_MAX     263 /* octets: [host]:port */

enum tunnel_status {
    TUNNEL_OK,
    TUNNEL_NO_SERVICE,
    TUNNEL_DENIED,      /* the caller may not use the service */
    TUNNEL_REFUSED,     /* the target refused the connection */
    TUNNEL_UNREACHABLE, /* no way to the target */
    TUNNEL_TIMED_OUT,
    TUNNEL_FAILED, /* anything else; also what an unknown status is read as */
};

struct tunnel_request { /* views: into the input when decoded, the caller's when encoded */
    struct bytes service;
    uint16_t port;
    struct bytes resume_token;
    uint64_t resume_offset;
    uint64_t flow;
    struct bytes destination;
};

struct tunnel_answer { /* views likewise */
    enum tunnel_status status;
    struct bytes text;
    struct bytes resume_token;
    uint64_t resume_offset;
};

/* GW_EPROTO: malformed, a limit above is passed, or the port is above 65535.  Unknown fields are
 * passed over. */
int tunnel_decode_request(struct bytes in, struct tunnel_request *out);
int tunnel_decode_answer(struct bytes in, struct tunnel_answer *out);

/* GW_EINVAL: a limit above is passed; GW_ENOMEM: no room (TUNNEL_WIRE_MAX always suffices). */
int tunnel_encode_request(uint8_t *dst, size_t cap, const struct tunnel_request *m);
int tunnel_encode_answer(uint8_t *dst, size_t cap, const struct tunnel_answer *m);

#endif
