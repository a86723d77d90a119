/* noise_msg.h - the payload of Noise handshake messages of libp2p (specs/noise, "The libp2p
 * Handshake Payload").  Pure: no I/O, no allocation.
 *
 *     message NoiseHandshakePayload {
 *         bytes identity_key = 1;          // protobuf PublicKey
 *         bytes identity_sig = 2;          // of "noise-libp2p-static-key:" | static public key
 *         NoiseExtensions extensions = 4;  // { repeated string stream_muxers = 2; }
 *     }
 */
#ifndef GW_WIRE_NOISE_MSG_H
#define GW_WIRE_NOISE_MSG_H

#include "base/cursor.h"

#define NOISE_MSG_MUXERS_MAX 16

struct noise_msg { /* views: into the input when decoded, the caller's when encoded */
    struct bytes identity_key, identity_sig;
    struct bytes muxers[NOISE_MSG_MUXERS_MAX]; /* best first; more of them are passed over */
    size_t nmuxers;
};

int noise_msg_decode(struct bytes in, struct noise_msg *out); /* 0, or GW_EPROTO */
/* Octets put, or GW_ENOMEM. */
int noise_msg_encode(uint8_t *dst, size_t cap, const struct noise_msg *m);

#endif
