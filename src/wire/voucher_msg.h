/* voucher_msg.h - the reservation voucher: a relay's word that it serves a peer (libp2p specs,
 * relay/circuit-v2, "Reservation Vouchers").  It is the payload of a signed envelope
 * (id/envelope.h).  Pure: no I/O, no allocation.
 *
 *     message Voucher {
 *         optional bytes relay = 1;         // binary peer ids
 *         optional bytes peer = 2;
 *         optional uint64 expiration = 3;
 *     }
 */
#ifndef GW_WIRE_VOUCHER_MSG_H
#define GW_WIRE_VOUCHER_MSG_H

#include "base/cursor.h"

#define VOUCHER_MSG_MAX 256 /* octets */

struct voucher_msg { /* views: into the input when decoded, the caller's when encoded */
    struct bytes relay;
    struct bytes peer;  /* who has the reservation */
    uint64_t expires_s; /* wall clock, Unix time */
};

/* Reads a whole message.  Returns 0, or GW_EPROTO: malformed, longer than VOUCHER_MSG_MAX, or a
 * field missing. */
int voucher_msg_decode(struct bytes in, struct voucher_msg *out);

/* Puts the canonical form.  Returns the octets put, or GW_EINVAL (longer than VOUCHER_MSG_MAX) or
 * GW_ENOMEM (no room). */
int voucher_msg_encode(uint8_t *dst, size_t cap, const struct voucher_msg *m);

#endif
