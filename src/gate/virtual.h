/* virtual.h - local ports at the stable addresses of peers: 127.64.x.y:5432 leads to port 5432 of
 * that peer, for programs that know no proxy.
 *
 * Which ports: the services that the peer offers us.  They are asked for when the address is first
 * wanted, and again now and then while it is.  An address nobody used for VIRTUAL_IDLE_MS is
 * closed.  A port below 1024 may need a right that we do not have
 * (net.ipv4.ip_unprivileged_port_start): that is logged once for each, and the others work.
 */
#ifndef GW_GATE_VIRTUAL_H
#define GW_GATE_VIRTUAL_H

#include "gate/front.h"
#include "name/resolver.h"

#define VIRTUAL_MAX       256 /* addresses at a time; the one unused longest makes room */
#define VIRTUAL_PORTS_MAX 64  /* of one address */
#define VIRTUAL_IDLE_MS   3600000
#define VIRTUAL_ASK_MS    2000 /* a peer that does not answer in time has the ports it had before */

struct virtual;

struct virtual_service {
    char name[64];
    uint16_t port;
    bool is_udp;
};

/* Borrows all.  Returns owned, or NULL. */
struct virtual *virtual_new(struct ev_loop *loop, struct turn *turn, struct front *front,
                            struct host *host, struct loopback *loopback);
void virtual_free(struct virtual *v); /* NULL is fine */

/* The ports of the peer stand, as far as they could: `done` once, from inside or later.  err: GW_E*
 * when the peer has not said what it offers (ip is good all the same). */
struct virtual_req;
typedef void virtual_done_fn(void *arg, int err, const struct ipaddr *ip,
                             const struct virtual_service *services, size_t n);
struct virtual_req *virtual_want(struct virtual *v, const struct name_answer *peer,
                                 virtual_done_fn *done, void *arg);
void virtual_cancel(struct virtual_req *q); /* done will not be called; NULL is fine */

#endif
