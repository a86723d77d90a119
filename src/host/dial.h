/* dial.h - getting a connection to a peer: one dial per peer, shared by all who wait for it.
 *
 * Addresses are tried in the order they came, the next one DIAL_STAGGER_MS after the one before or
 * at once when that one failed (in the spirit of RFC 8305); whichever is ready first wins and the
 * others are closed.
 *
 * Of several failures the one that says most is reported: GW_EDENIED, GW_EIDENTITY, any other,
 * GW_EOFFLINE.  The last is also what silence is: an address that did not answer in time.
 */
#ifndef GW_HOST_DIAL_H
#define GW_HOST_DIAL_H

#include "host/conns.h"
#include "host/peers.h"
#include "transport/quic.h"

#define DIAL_STAGGER_MS 250
#define DIAL_ADDRS_MAX  32 /* of one dial */

struct dials;

struct dial_wait { /* embedded in who waits; zeroed means idle */
    struct dial_wait *prev, *next;
    struct dial *on;
    size_t tried; /* when done is called: how many addresses the dial has tried */
    void (*done)(struct dial_wait *w, int err,
                 struct conn *c); /* once, from the loop; err 0: c is in use */
};

/* Borrows all; connections go to `conns`, addresses known come from `peers` and those that worked
 * go there. Returns owned, or NULL when out of memory. */
struct dials *dials_new(struct ev_loop *loop, struct quic *quic, struct conns *conns,
                        struct peers *peers);
void dials_free(struct dials *ds); /* waiters are forgotten */
void dials_set_timeout(struct dials *ds,
                       uint64_t timeout_ms); /* of a dial, all addresses together */
void dials_stop(struct dials *ds);           /* dials_join fails from now on: GW_ECLOSED */

/* Joins the dial to `peer` or starts one, with `addrs` and those known from before.  Returns 0
 * (w->done follows), or GW_EOFFLINE (no address that can be dialled), GW_ECLOSED, GW_ENOMEM, or why
 * dialling failed at once. */
int dials_join(struct dials *ds, const struct peerid *peer, const struct multiaddr *addrs,
               size_t naddrs, struct dial_wait *w);

/* Its done will not be called; when nobody waits any more the dial is given up.  Fine when idle. */
void dials_leave(struct dial_wait *w);

/* A connection to its peer came up by other means: whoever waits gets it. */
void dials_satisfy(struct dials *ds, struct conn *c);

#endif
