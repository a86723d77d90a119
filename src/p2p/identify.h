/* identify.h - /ipfs/id/1.0.0 and /ipfs/id/push/1.0.0, both ways (libp2p specs, identify/README).
 *
 * Every new connection is asked who is there; what is learnt stands in its conn_identity, and the
 * peer's addresses go to host_learn_addr.  Loopback addresses are told to, and learnt from, only
 * who is on this machine.  A peer that has moved is told where we see it now.  A signed peer record
 * is neither sent nor looked at: the connection itself proves the peer's key.
 */
#ifndef GW_P2P_IDENTIFY_H
#define GW_P2P_IDENTIFY_H

#include "host/host.h"

#define IDENTIFY_PROTOCOL      "/ipfs/id/1.0.0"
#define IDENTIFY_PUSH_PROTOCOL "/ipfs/id/push/1.0.0"
#define IDENTIFY_MESSAGES_MAX  10    /* of one answer, merged */
#define IDENTIFY_TIMEOUT_MS    10000 /* for an answer, once its stream is open */

struct identify;

/* Registers its handlers and its observer with the host, which it borrows.  Returns owned (free it
 * after the host), or NULL when out of memory or when something else serves these protocols. */
struct identify *identify_new(struct host *h);
void identify_free(struct identify *id); /* NULL is fine */

/* Asks the peer again: how it sees us may have changed.  Its answer counts when it comes. */
void identify_ask(struct conn *c);

/* Our addresses or protocols have changed: tells every connected peer that takes pushes. */
void identify_push_all(struct identify *id);

/* Takes what a peer sent (messages with their lengths, as on the stream) into the identity of `c`;
 * fields that are absent leave what was known.  Returns 0, or GW_EPROTO or
 * GW_ENOMEM (nothing is changed). */
int identify_apply(struct conn *c, struct bytes messages);

#endif
