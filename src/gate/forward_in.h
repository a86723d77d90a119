/* forward_in.h - a static forward (-L): a local port or Unix socket that leads to one service of a
 * peer.
 *
 * A client is not read from before its service is open, so what it sends meanwhile stays in the
 * kernel. When the service cannot be opened the client is reset: programs see that as an error, not
 * as an end.  A client that resets meanwhile gives the opening up. */
#ifndef GW_GATE_FORWARD_IN_H
#define GW_GATE_FORWARD_IN_H

#include "gate/front.h"
#include "net/listen.h"

struct forward_in;

/* Listens at `at`.  Borrows loop, turn and front.  Returns 0 and *out owned, or what
 * listen_open says. */
int forward_in_open(struct ev_loop *loop, struct turn *turn, struct front *front,
                    const struct sockaddr_any *at, const struct front_target *target,
                    struct forward_in **out);

/* Stops listening and resets the clients whose service is not open yet.  Those that are joined
 * already belong to the front and go on.  NULL is fine. */
void forward_in_close(struct forward_in *f);

void forward_in_set_target(struct forward_in *f,
                           const struct front_target *t); /* for clients from now on */
const struct sockaddr_any *
forward_in_addr(const struct forward_in *f); /* as bound: the real port */
const struct front_target *forward_in_target(const struct forward_in *f);
uint64_t forward_in_count(const struct forward_in *f); /* clients that came, since it is open */

#endif
