/* dial_order.h - in which order the addresses of a peer are tried, and when.
 *
 * QUIC before TCP before relays, the same network before the internet, and the families in turn,
 * IPv6 first (in the spirit of RFC 8305).  Of relays the one first whose dialer says that it costs
 * least.
 */
#ifndef GW_HOST_DIAL_ORDER_H
#define GW_HOST_DIAL_ORDER_H

#include "id/multiaddr.h"

#define DIAL_STAGGER_MS 250 /* from an attempt to the next one */
#define DIAL_NEAR_MS    40  /* the same after an attempt on an address of our own network */

enum dial_rank {
    DIAL_QUIC_NEAR, /* private addresses: the same network, if any */
    DIAL_QUIC,
    DIAL_TCP_NEAR,
    DIAL_TCP,
    DIAL_CIRCUIT,
    DIAL_NEVER, /* no address that can be dialled */
};

enum dial_rank dial_rank(const struct multiaddr *a);

/* Why nobody can dial it, also where relays lead to it, as a phrase (static); NULL: it can be
 * dialled. */
const char *dial_why_never(const struct multiaddr *a);

struct dial_place { /* of one address in the order */
    enum dial_rank rank;
    uint8_t family; /* 4 or 6; 0: a circuit */
    uint64_t cost;  /* among those of the same rank; dial_place leaves it 0 */
    size_t turn;    /* how many of the same rank and family came before it */
};

/* Where an address comes that is met after the `n` of `before`. */
struct dial_place dial_place(const struct multiaddr *a, const struct dial_place *before, size_t n);
bool dial_place_precedes(const struct dial_place *a, const struct dial_place *b);

/* How long after an attempt at `a` the next in the order begins, unless `a` fails before. */
uint64_t dial_gap_ms(const struct dial_place *a);

#endif
