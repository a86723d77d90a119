/* mss.h - lines of multistream-select 1.0 (libp2p specs, connections/README, "multistream-select").
 * Pure: no I/O, no allocation.
 *
 * A line is a varint length and that many octets of text, the last of which is a newline.
 *
 *     initiator  /multistream/1.0.0  /ipfs/ping/1.0.0
 *     responder  /multistream/1.0.0  /ipfs/ping/1.0.0      (or: na)
 *
 * Decoders:  > 0  octets used   |  0  need more input   |  < 0  GW_E*
 * Encoders:  > 0  octets put    |  < 0  GW_E*
 */
#ifndef GW_WIRE_MSS_H
#define GW_WIRE_MSS_H

#include "base/cursor.h"

#define MSS_LINE_MAX 1024               /* octets of a line with its newline, without the length */
#define MSS_WIRE_MAX (MSS_LINE_MAX + 2) /* room that holds any line with its length */

#define MSS_HEADER   "/multistream/1.0.0"
#define MSS_NA       "na"

/* *line is a view into `in` without length and newline; any other octet may stand in it.
 * GW_EPROTO: length 0 or above MSS_LINE_MAX, a bad varint, or no newline at the end. */
int mss_decode(struct bytes in, struct bytes *line);

/* `line` comes without its newline.  GW_EINVAL: above MSS_LINE_MAX with it; GW_ENOMEM: no room. */
int mss_encode(uint8_t *dst, size_t cap, struct bytes line);

#endif
