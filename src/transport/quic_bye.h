/* quic_bye.h - the CONNECTION_CLOSE of a connection that we ended, and its repetition (RFC 9000
 * s.10.2.1).
 *
 * A server that gives up before the handshake is through says it in a packet for each key that the
 * client may have (s.10.2.3).  The Initial one gets a datagram of its own: the client may have
 * dropped that key (RFC 9001 s.4.9.1), and quiche drops what follows what it cannot read. */
#ifndef GW_TRANSPORT_QUIC_BYE_H
#define GW_TRANSPORT_QUIC_BYE_H

#include <ngtcp2/ngtcp2.h>

#include "net/udp.h"

struct quic_bye {    /* zeroed: nothing was said, so nothing is repeated */
    uint8_t *packet; /* the Initial, if any, and behind it the others */
    size_t n, initial;
    uint32_t seen, answer_at; /* packets since; the next one to answer */
};

/* Tells the peer `reason` and keeps the packets. */
void quic_bye_say(struct quic_bye *b, ngtcp2_conn *nc, struct udp *udp, const struct udp_path *path,
                  const ngtcp2_ccerr *reason);

/* A packet came after the close: the 1st, 2nd, 4th, 8th ... is answered. */
void quic_bye_repeat(struct quic_bye *b, struct udp *udp, const struct udp_path *path);
void quic_bye_fini(struct quic_bye *b);

#endif
