/* loopback.h - a stable address for every peer: 127.64.x.y, or of another network A.B.0.0/16.
 *
 * Programs that insist on an address of their own (plain socks5://, torsocks, later a DNS stub) get
 * one that stays the same over restarts and that no network routes.  x.y starts as a hash of the
 * peer id; where that is taken the next free one is used.  The file has a line per peer,
 * `A.B.x.y PEER-ID`, written when one is added.  Of its address only x.y counts: a peer keeps them
 * when the network changes.
 */
#ifndef GW_NAME_LOOPBACK_H
#define GW_NAME_LOOPBACK_H

#include "id/multiaddr.h"
#include "id/peerid.h"

#define LOOPBACK_MAX 4096            /* peers that have one */
#define LOOPBACK_NET "127.64.0.0/16" /* unless another one is set */

struct loopback;

/* Reads the file (none is as good as an empty one; a bad line is left out and logged).  Returns
 * owned, or NULL when out of memory. */
struct loopback *loopback_new(const char *path);
void loopback_free(struct loopback *l); /* NULL is fine */

/* Reads A.B.0.0/16.  GW_ESYNTAX when it is of another form, GW_EINVAL when it is a network that has
 * no addresses to give: 0.0.0.0/8, 127.0.0.0/16, and from 224.0.0.0 on. */
int loopback_parse_net(const char *text, struct ipaddr *out);
/* All addresses are of this network from now on; those of before lead nowhere. */
void loopback_set_net(struct loopback *l, const struct ipaddr *net);
void loopback_get_net(const struct loopback *l, struct ipaddr *out);

/* The address of a peer, given to it now if it has none.  When the file cannot be written that is
 * logged and the address holds for this run.  0, GW_ELIMIT or GW_ENOMEM. */
int loopback_addr(struct loopback *l, const struct peerid *peer, struct ipaddr *out);

bool loopback_has(const struct loopback *l, const struct peerid *peer); /* one already */
bool loopback_is(const struct loopback *l, const struct ipaddr *ip);    /* within the network */
bool loopback_peer(const struct loopback *l, const struct ipaddr *ip, struct peerid *out);

#endif
