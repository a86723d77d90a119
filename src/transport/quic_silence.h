/* quic_silence.h - how long a connection may be silent before it asks whether the other end is
 * still there, the keep-alive, and how long it has waited for an answer.  No I/O; time is an
 * argument.
 *
 * Who only receives has nothing to send when it falls silent around it.  If a router on its side
 * has got another address meanwhile, the peer sends to the old one until it hears from the new one
 * (RFC 9000 s.9.3), so somebody has to speak.  That is the end that dialled: only it may move
 * (s.9).  So there the first keep-alive behind octets that came is due soon, the later ones as
 * ever.
 */
#ifndef GW_TRANSPORT_QUIC_SILENCE_H
#define GW_TRANSPORT_QUIC_SILENCE_H

#include <stdbool.h>
#include <stdint.h>

#define QUIC_SILENCE_NS       UINT64_C(4000000000) /* a dead peer is noticed in less than 15 s */
#define QUIC_SILENCE_FIRST_NS UINT64_C(300000000)  /* or two round trips, if that is longer */

struct quic_silence {
    uint64_t rx;      /* octets received so far */
    uint64_t rx_ns;   /* when the last of them was noticed */
    uint64_t late_ns; /* what follows them is late after it; 0: nothing has to follow */
    uint64_t owed_ns; /* since then the peer owes an answer and says nothing; 0: it does not */
};

/* Once a turn, behind what is sent: after how long a silence a keep-alive is due now.  `rx`: octets
 * received since the connection began; `streams`: open now. */
uint64_t quic_silence_due(struct quic_silence *s, uint64_t rx, uint32_t streams, uint64_t rtt_ns,
                          uint64_t now_ns);

/* A packet of the peer has come. */
void quic_silence_hear(struct quic_silence *s);
/* Once a turn, behind what is sent.  `is_owed`: something is not acknowledged yet. */
void quic_silence_owe(struct quic_silence *s, bool is_owed, uint64_t now_ns);
/* As muxed_info has it, in ns. */
uint64_t quic_silence_unanswered(const struct quic_silence *s, uint64_t now_ns);

#endif
