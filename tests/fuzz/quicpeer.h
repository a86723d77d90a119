/* quicpeer.h - a QUIC client that does what a script says, well-behaved or not, for fuzz targets.
 * It has sockets on loopback and no loop: quicpeer_turn moves packets. */
#ifndef GW_FUZZ_QUICPEER_H
#define GW_FUZZ_QUICPEER_H

#include "base/cursor.h"
#include "net/sockaddr.h"

#define QUICPEER_STREAMS    8
#define QUICPEER_STREAM_MAX (256u << 10) /* octets said on one */

struct quicpeer;

/* What happens to the next datagram that it sends. */
enum quicpeer_fate {
    QUICPEER_LOST,
    QUICPEER_TWICE,
    QUICPEER_FLIPPED, /* the octet at `at`, with `with` */
    QUICPEER_CUT,     /* to `at` octets */
    QUICPEER_LATE,    /* behind the next one */
    QUICPEER_FATES,
};

/* Dials.  The credentials are made once and kept. */
struct quicpeer *quicpeer_new(const struct sockaddr_any *to);
void quicpeer_free(struct quicpeer *p); /* without a word; NULL is fine */

void quicpeer_turn(struct quicpeer *p);
void quicpeer_mangle(struct quicpeer *p, enum quicpeer_fate fate, uint16_t at, uint8_t with);

/* What is not possible now is passed over; `i` < QUICPEER_STREAMS. */
void quicpeer_open(struct quicpeer *p, size_t i, bool is_uni);
void quicpeer_say(struct quicpeer *p, size_t i, struct bytes v);
void quicpeer_fin(struct quicpeer *p, size_t i);
void quicpeer_reset(struct quicpeer *p, size_t i, uint64_t code);
void quicpeer_stop(struct quicpeer *p, size_t i, uint64_t code); /* STOP_SENDING */
void quicpeer_datagram(struct quicpeer *p, struct bytes v);
void quicpeer_update_key(struct quicpeer *p);
void quicpeer_move(struct quicpeer *p); /* to its other address */
void quicpeer_close(struct quicpeer *p, uint64_t code);

uint64_t quicpeer_said(const struct quicpeer *p); /* octets, on all streams */

#endif
