/* yamux_close.h - GW_E* to and from the codes of GO_AWAY, as quic_close.h for QUIC.  Pure. */
#ifndef GW_TRANSPORT_YAMUX_CLOSE_H
#define GW_TRANSPORT_YAMUX_CLOSE_H

#include "wire/yamux_frame.h"

/* What the peer is told when we close for `err`: YAMUX_NORMAL where no code says it. */
enum yamux_code yamux_close_code(int err);
/* Why the peer has closed; a code that gw does not know is GW_EPROTO, as YAMUX_PROTOCOL_ERROR. */
int yamux_close_error(uint32_t code);

#endif
