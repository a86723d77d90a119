/* relay_slots.h - who has a slot at this relay, and until when (libp2p specs, relay/circuit-v2,
 * "Reservation").  Pure: the time is an argument, connections are only pointers.
 */
#ifndef GW_P2P_RELAY_SLOTS_H
#define GW_P2P_RELAY_SLOTS_H

#include "p2p/relay.h"
#include "wire/circuit_msg.h"

struct relay_slots;

struct relay_slot {
    struct peerid peer;
    struct conn *conn;   /* that holds it, the caller's */
    uint64_t expires_ms; /* it counts until then */
};

/* Borrows cfg, and looks at it anew each time. */
struct relay_slots *relay_slots_new(const struct relay_config *cfg); /* owned, or NULL */
void relay_slots_free(struct relay_slots *s);                        /* NULL is fine */

/* Gives `peer`, who comes from `ip`, a slot without a connection, or renews the one it has.
 * RESERVATION_REFUSED: there are too many, in all or from there, or memory is out; what it has
 * stays. */
enum circuit_status relay_slots_take(struct relay_slots *s, const struct peerid *peer,
                                     const struct ipaddr *ip, uint64_t now_ms);

/* The peer's, also when it has expired; NULL: none.  Borrowed until it is dropped. */
struct relay_slot *relay_slots_find(const struct relay_slots *s, const struct peerid *peer);
void relay_slots_drop(struct relay_slots *s, struct relay_slot *slot);

uint32_t relay_slots_count(const struct relay_slots *s);
/* `each` may drop the slot it is given. */
void relay_slots_each(struct relay_slots *s, void (*each)(void *arg, struct relay_slot *slot),
                      void *arg);

#endif
