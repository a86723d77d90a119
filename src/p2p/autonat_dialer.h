/* autonat_dialer.h - dials others back for AutoNAT, from a connection of its own: with a key of
 * its own, so that the asker does not take it for one of this node's, and from a fresh port, so
 * that no NAT or firewall lets it in for what went out before (autonat-v2, "Implementation
 * Suggestions").
 */
#ifndef GW_P2P_AUTONAT_DIALER_H
#define GW_P2P_AUTONAT_DIALER_H

#include "id/key.h"
#include "net/turn.h"
#include "p2p/autonat_wire.h"
#include "transport/upgrade.h"

#define AUTONAT_DIALS_MAX 16    /* at once */
#define AUTONAT_DIAL_MS   10000 /* a dial with all that it has to tell */

struct autonat_dialer;

/* Borrows loop and turn.  Returns owned, or NULL when out of memory. */
struct autonat_dialer *autonat_dialer_new(struct ev_loop *loop, struct turn *turn);
/* Dials under way are given up, unsaid; NULL is fine. */
void autonat_dialer_free(struct autonat_dialer *d);

struct autonat_dialback;
typedef void autonat_dialback_fn(void *arg, enum autonat_back back);

/* Dials `to`, QUIC or TCP, where `peer` has to answer, and tells it the nonce (NULL: there is none,
 * v1).  0: `done` is called once, from the loop, and *out is gone.  Else it is our own fault:
 * GW_ELIMIT, GW_ENOMEM, GW_EUNSUP (no such address), ... */
int autonat_dialback_start(struct autonat_dialer *d, const struct multiaddr *to,
                           const struct peerid *peer, const uint64_t *nonce,
                           autonat_dialback_fn *done, void *arg, struct autonat_dialback **out);
void autonat_dialback_cancel(struct autonat_dialback *b); /* done is not called; NULL is fine */

#endif
