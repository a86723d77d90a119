/* virtual.h - local ports at the stable addresses of peers: 127.64.x.y:5432 leads to port 5432 of
 * that peer, for programs that know no proxy.
 *
 * Which ports: the services that the peer offers us, and those that the names file maps to a
 * protocol.  The peer is asked when the address is first wanted, and again now and then while it
 * is.  An address nobody used for VIRTUAL_IDLE_MS is closed.
 *
 * A port that cannot be had is logged once and left out: below 1024 it may need a right that we do
 * not have (net.ipv4.ip_unprivileged_port_start), and a program that listens on 0.0.0.0 has its
 * port at all these addresses, too.  Addresses outside 127/8 are nobody's unless a route says so
 * (`ip route add local NET dev lo`): then there are no ports, for programs like torsocks that only
 * want the address.
 */
#ifndef GW_GATE_VIRTUAL_H
#define GW_GATE_VIRTUAL_H

#include "gate/front.h"
#include "name/resolver.h"

#define VIRTUAL_MAX       256 /* addresses at a time; the one unused longest makes room */
#define VIRTUAL_PORTS_MAX 64  /* of one address */
#define VIRTUAL_IDLE_MS   3600000
#define VIRTUAL_ASK_MS    2000 /* a peer that does not answer in time has the ports it had before */
#define VIRTUAL_FRESH_MS  60000 /* older than this, what it offers is asked for again */

struct virtual;

struct virtual_service {
    char name[SERVICE_NAME_MAX + 1]; /* "": a port of the names file */
    uint16_t port;
    bool is_udp;
};

/* Borrows all.  Returns owned, or NULL. */
struct virtual *virtual_new(struct ev_loop *loop, struct turn *turn, struct front *front,
                            struct host *host, struct loopback *loopback);
/* Those who wait are not called back.  NULL is fine. */
void virtual_free(struct virtual *v);

/* The ports of the peer stand, as far as they could: `done` once, from inside (then NULL is
 * returned) or later; all is borrowed for the call.  err: GW_E* when the peer has not said what it
 * offers: then these are the services of before.  `ip` is NULL when it has no address (GW_ELIMIT,
 * GW_ENOMEM), or is to get none (GW_EUNREACH: a bare peer id that nobody can place; any program,
 * and any page in a browser, can make up more of them than there are addresses, and an address is
 * for ever); else good all the same.
 * What the peer said before is told at once, and if it is not fresh it is asked meanwhile. */
struct virtual_req;
typedef void virtual_done_fn(void *arg, int err, const struct ipaddr *ip,
                             const struct virtual_service *services, size_t n);
struct virtual_req *virtual_want(struct virtual *v, const struct name_answer *peer,
                                 virtual_done_fn *done, void *arg);
void virtual_cancel(struct virtual_req *q); /* done will not be called; NULL is fine */

#endif
