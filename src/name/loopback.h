/* loopback.h - a stable loopback address for every peer: 127.64.x.y.
 *
 * Programs that insist on an address of their own (plain socks5://, torsocks, later a DNS stub) get
 * one that stays the same over restarts and that no network routes.  x.y starts as a hash of the
 * peer id; where that is taken the next free one is used.  The file has a line per peer,
 * `127.64.x.y PEER-ID`, written when one is added.
 */
#ifndef GW_NAME_LOOPBACK_H
#define GW_NAME_LOOPBACK_H

#include "id/multiaddr.h"
#include "id/peerid.h"

#define LOOPBACK_MAX 4096 /* peers that have one */

struct loopback;

/* Reads the file (none is as good as an empty one; a bad line is left out and logged).  Returns
 * owned, or NULL when out of memory. */
struct loopback *loopback_new(const char *path);
void loopback_free(struct loopback *l); /* NULL is fine */

/* The address of a peer, given to it now if it has none.  When the file cannot be written that is
 * logged and the address holds for this run.  0, GW_ELIMIT or GW_ENOMEM. */
int loopback_addr(struct loopback *l, const struct peerid *peer, struct ipaddr *out);

bool loopback_is(const struct ipaddr *ip); /* within 127.64.0.0/16 */
bool loopback_peer(const struct loopback *l, const struct ipaddr *ip, struct peerid *out);

#endif
