/* yamux_frame.h - frame headers of Yamux (libp2p specs/yamux).  Pure: no I/O, no allocation.
 *
 *     version, u8 = 0 | type, u8 | flags, u16 | stream id, u32 | length, u32
 *
 * `length` counts the octets behind the header only in a data frame; it is a window delta, an
 * opaque value or an error code in the others.
 */
#ifndef GW_WIRE_YAMUX_FRAME_H
#define GW_WIRE_YAMUX_FRAME_H

#include "base/cursor.h"

#define YAMUX_HEADER_LEN 12

enum yamux_type { YAMUX_DATA, YAMUX_WINDOW_UPDATE, YAMUX_PING, YAMUX_GO_AWAY };

enum yamux_flag { YAMUX_SYN = 1, YAMUX_ACK = 2, YAMUX_FIN = 4, YAMUX_RST = 8 };

enum yamux_code { /* of GO_AWAY */
                  YAMUX_NORMAL,
                  YAMUX_PROTOCOL_ERROR,
                  YAMUX_INTERNAL_ERROR,
                  YAMUX_DENIED =
                      49, /* gw's own, as it closes QUIC connections; errors to other programs */
                  YAMUX_LIMIT = 50,
};

struct yamux_frame {
    uint8_t type;    /* enum yamux_type */
    uint16_t flags;  /* enum yamux_flag, or-ed; unknown bits are kept */
    uint32_t stream; /* 0: the session */
    uint32_t length;
};

/* 0, or GW_EPROTO: another version or type, a stream id with PING or GO_AWAY, none with the others.
 * `in` has YAMUX_HEADER_LEN octets. */
int yamux_frame_decode(const uint8_t in[YAMUX_HEADER_LEN], struct yamux_frame *out);
void yamux_frame_encode(uint8_t dst[YAMUX_HEADER_LEN], const struct yamux_frame *f);

#endif
