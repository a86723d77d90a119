/* dial.h - getting a connection to a peer: one dial per peer and path, shared by all who wait for
 * it.
 *
 * Addresses are tried as dial_order.h says, the next one at once when the one before it failed;
 * whichever is ready first wins and the others are closed.
 *
 * Of several failures the one that says most is reported: GW_EDENIED, GW_EIDENTITY, any other,
 * GW_EOFFLINE.  The last is also what silence is: an address that did not answer in time.
 */
#ifndef GW_HOST_DIAL_H
#define GW_HOST_DIAL_H

#include "host/conns.h"
#include "host/dial_order.h"
#include "host/peers.h"

#define DIAL_ADDRS_MAX   32 /* of one dial */
#define DIAL_DIALERS_MAX 4

struct dials;

struct dial_req {
    struct peerid peer;
    const struct multiaddr *addrs; /* copied */
    size_t naddrs;
    enum host_path path; /* HOST_PATH_BOTH: as ANY */
    bool is_at_once;     /* these addresses all in one moment (hole punching) */
};

struct dial_wait { /* embedded in who waits; zeroed means idle */
    struct dial_wait *prev, *next;
    struct dial *on;
    size_t tried; /* when done is called: how many addresses the dial has tried */
    void (*done)(struct dial_wait *w, int err,
                 struct conn *c); /* once, from the loop; err 0: c is in use */
};

/* Borrows all; connections go to `conns`, addresses known come from `peers` and those that worked
 * go there. Returns owned, or NULL when out of memory. */
struct dials *dials_new(struct ev_loop *loop, struct conns *conns, struct peers *peers);
void dials_free(struct dials *ds);                                   /* waiters are forgotten */
int dials_add_dialer(struct dials *ds, const struct host_dialer *d); /* as host_add_dialer */
void dials_set_timeout(struct dials *ds,
                       uint64_t timeout_ms); /* of a dial, all addresses together */
void dials_stop(struct dials *ds);           /* dials_join fails from now on: GW_ECLOSED */

/* Joins the dial to the peer on that path or starts one, with the addresses of `req` and those
 * known from before.  Returns 0 (w->done follows), or GW_EOFFLINE (no address that can be
 * dialled), GW_ESELF, GW_ECLOSED, GW_ENOMEM, or why dialling failed at once. */
int dials_join(struct dials *ds, const struct dial_req *req, struct dial_wait *w);

/* Its done will not be called; when nobody waits any more the dial is given up.  Fine when idle. */
void dials_leave(struct dial_wait *w);

bool dials_has(const struct dials *ds, const struct peerid *peer); /* on any path */

/* A connection to its peer came up by other means: whoever waits for such a one gets it. */
void dials_satisfy(struct dials *ds, struct conn *c);

/* One attempt at one address, which no dial knows of.  0: set the events of *out at once, on_ready
 * or on_close follows.  Else GW_E*; GW_EUNSUP: nobody dials such addresses. */
int dials_try(const struct dials *ds, const struct multiaddr *addr, const struct peerid *peer,
              struct muxed **out);

/* How many dials were won by TCP at an IP address at which QUIC had been tried before. */
uint32_t dials_beaten(const struct dials *ds);

#endif
