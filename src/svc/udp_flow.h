/* udp_flow.h - a pipe of datagrams to or from a peer: QUIC datagrams where they fit, the flow's
 * stream where they do not (wire/udp_msg.h).  The stream is also the flow's life: its end is the
 * flow's end.
 */
#ifndef GW_SVC_UDP_FLOW_H
#define GW_SVC_UDP_FLOW_H

#include "host/host.h"
#include "net/dgrams.h"

/* Takes the stream, after request and answer; `early`: octets that came behind them, not credited
 * yet.  What the stream cannot take at once is bounded to 64 KiB, then datagrams are dropped.  At
 * once the datagrams in `early` are delivered from the loop, so set the events right away.
 * NULL: out of memory, or the peer uses the id already (the stream stays the caller's). */
struct dgrams *udp_flow_new(struct conn *c, struct stream *s, uint64_t id, bool is_opener,
                            struct bytes early);

#endif
