/* autonat_client.h - asks a peer to dial us back, v2 if it serves that, else v1, and sees to it
 * that it really did (libp2p specs, autonat/).
 *
 * An answer that we are reached counts only if a connection has come: in v2 with our nonce, in v1
 * from the peer or from somebody unknown while we asked.  A dial-back may come from a peer id that
 * nobody has heard of, so while we ask, such guests are let in, a few, and shown out afterwards.
 */
#ifndef GW_P2P_AUTONAT_CLIENT_H
#define GW_P2P_AUTONAT_CLIENT_H

#include "host/host.h"
#include "p2p/autonat_ask.h"

#define AUTONAT_GUESTS_MAX 4 /* of one ask */

struct autonat_client;

/* Serves v2's dial-back and observes the host, which it borrows.  Returns owned (free it before the
 * host), or NULL. */
struct autonat_client *autonat_client_new(struct host *h);
void autonat_client_free(struct autonat_client *k); /* NULL is fine */

/* err 0: the vote.  Else it has not answered, or what it answered tells nothing. */
typedef void autonat_vote_fn(void *arg, int err, const struct autonat_vote *vote);

bool autonat_client_can_ask(struct conn *c); /* direct, and it is known to serve us */

/* One at a time.  `addrs` (copied): v2 is told them in this order and dials one of them.  0: `done`
 * is called once, from the loop.  Else GW_E*. */
int autonat_client_ask(struct autonat_client *k, struct conn *c, const struct multiaddr *addrs,
                       size_t n, autonat_vote_fn *done, void *arg);
void autonat_client_cancel(struct autonat_client *k); /* done is not called; fine at any time */

/* As autonat_expects. */
bool autonat_client_expects(struct autonat_client *k, const struct peerid *peer);

#endif
