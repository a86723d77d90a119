/* varint.h - unsigned LEB128 integers, and the length prefix that libp2p builds from them.
 * Pure: no I/O, no allocation.
 *
 * The strict form of multiformats/unsigned-varint: shortest encoding only, at most 63 bits.  Fields
 * of protobuf messages are laxer; pb.h reads those.
 *
 * Decoders:  > 0  octets used   |  0  need more input   |  < 0  GW_E*
 * Encoders:  > 0  octets put    |  < 0  GW_E*
 */
#ifndef GW_WIRE_VARINT_H
#define GW_WIRE_VARINT_H

#include "base/cursor.h"

#define VARINT_MAX 10 /* octets of any uint64_t; varint_decode accepts at most 9 (63 bits) */

/* GW_EPROTO: not the shortest form, or more than 63 bits. */
int varint_decode(struct bytes in, uint64_t *out);

/* Puts the shortest form of v (above 63 bits only pb.h reads it back).  GW_ENOMEM: no room. */
int varint_encode(uint8_t *dst, size_t cap, uint64_t v);

/* The same for a cursor; sticky like every writer of base/cursor.h. */
void varint_put(struct wr *w, uint64_t v);

/* Reads a varint length and that many octets; *body is a view into `in`.  GW_EPROTO: a bad
 * varint, or a length above `max` (noticed before the body has come).  `max` is at
 * most INT_MAX - VARINT_MAX. */
int varint_decode_prefixed(struct bytes in, size_t max, struct bytes *body);

/* Puts a length in front of what `w` has written from `dst` on, which moves up to make room.  `w`
 * was started on all of `dst`.  Returns the octets of both together; GW_ENOMEM: no room, or w is
 * full; GW_EINVAL: more than `max` octets without the length. */
int varint_add_prefix(uint8_t *dst, size_t cap, size_t max, const struct wr *w);

#endif
