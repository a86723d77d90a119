/* grant.h - what a relay has granted: its answer to RESERVE, checked (libp2p specs,
 * relay/circuit-v2, "Reservation").  No I/O; the time is an argument. */
#ifndef GW_P2P_GRANT_H
#define GW_P2P_GRANT_H

#include "id/multiaddr.h"
#include "wire/circuit_msg.h"

/* Whatever the relay says, and whatever is wrong with one of the clocks, a reservation counts for
 * so long: renewing one too early costs a message. */
#define GRANT_LIFE_MIN_S   60
#define GRANT_LIFE_MAX_S   3600
#define GRANT_CIRCUITS_MAX 4

struct grant {
    uint64_t life_s;                               /* from now on */
    struct circuit_limit limit;                    /* of one circuit */
    size_t ncircuits;                              /* at least 1 */
    struct multiaddr circuits[GRANT_CIRCUITS_MAX]; /* ADDR/p2p/RELAY/p2p-circuit, see below */
};

struct grant_context {
    const struct peerid *relay, *self;
    const struct multiaddr *at; /* where we reach the relay; n == 0: not known */
    uint64_t now_s;             /* wall clock, Unix time */
};

/* Of the addresses that the relay gives those count that can be dialled and are not less public
 * than `at`, behind `at` itself.  With none at all the relay is known by its id only.
 *
 * A missing voucher is tolerated ("only advisory"), a wrong one is not.  0; GW_EPROTO: no
 * reservation in it, or a malformed voucher; GW_EDENIED: its signature is bad; GW_EIDENTITY: it is
 * of another relay or for another peer. */
int grant_read(const struct circuit_msg *m, const struct grant_context *ctx, struct grant *out);

#endif
