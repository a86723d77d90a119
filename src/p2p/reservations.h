/* reservations.h - our slots at relays (libp2p specs, relay/circuit-v2, "Reservation"): by them we
 * can be called where nobody can dial us.
 *
 * A slot is asked for at every relay wanted, renewed well before it ends, and asked for again with
 * growing, jittered pauses when it is refused or the relay is gone.  The connection to the relay is
 * held.  The circuits got are announced, the better relay first (relay_scores.h).
 */
#ifndef GW_P2P_RESERVATIONS_H
#define GW_P2P_RESERVATIONS_H

#include "p2p/announce.h"
#include "p2p/relay_scores.h"

#define RESERVATIONS_MAX       16 /* relays */
#define RESERVATIONS_ADDRS_MAX 8  /* of one relay; more are passed over */

enum reservation_state {
    RESERVATION_CONNECTING, /* the relay is being dialled or asked */
    RESERVATION_HELD,
    RESERVATION_REFUSED, /* it said no: see err; asked again later */
    RESERVATION_DOWN,    /* it cannot be reached; tried again later */
};

struct reservation_info {
    struct peerid relay;
    enum reservation_state state;
    int err;              /* the last failure since it was held: GW_E*; 0: none */
    uint64_t expires_s;   /* seconds since 1970; 0: none held */
    uint64_t limit_s;     /* of one circuit, as the relay told; 0: none */
    uint64_t limit_bytes; /* each way; 0: none */
    uint64_t rtt_us;      /* to the relay; 0: not known */
    enum relay_load load; /* of the relay */
    struct multiaddr
        address; /* the first circuit that is announced, without our id; n == 0: none */
};

struct reservations;

/* Borrows all, and observes the host.  Returns owned, or NULL when out of memory. */
struct reservations *reservations_new(struct host *h, struct announce *a,
                                      struct relay_scores *scores);
/* Between host_stop and host_free.  NULL is fine. */
void reservations_free(struct reservations *r);

/* The relays wanted from now on (none before host_stop), each with /p2p/ID at its end (several
 * addresses may name one relay): new ones are asked, others given up, and one that was not reached
 * is tried at once where it has a new address.  0; else nothing has changed: GW_EINVAL (no id, or
 * ours), GW_ELIMIT, GW_ENOMEM. */
int reservations_set(struct reservations *r, const struct multiaddr *relays, size_t n);

bool reservations_holds(const struct reservations *r, const struct peerid *relay);
void reservations_each(const struct reservations *r,
                       void (*each)(void *arg, const struct reservation_info *i), void *arg);
/* Tries at once what waits for its next try, and looks whether the others still stand. */
void reservations_network_changed(struct reservations *r);

#endif
