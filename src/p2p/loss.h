/* loss.h - how many packets get lost on the path to a peer: /gw/loss/1.0.0, both sides.
 *
 * A stream hides losses, so the packets are QUIC datagrams, one in a packet, and only a direct
 * connection over QUIC has them.  On the wire, integers as varints, messages with their length in
 * front:
 *
 *     opener: message { flow id }      the other end: message { 1 }, it listens
 *     opener: datagrams of the flow, each a number of 4 octets, most significant first, and zeros;
 *             the other end sends each back as it is
 *     opener: FIN                      the other end: message { how many have come }, FIN
 */
#ifndef GW_P2P_LOSS_H
#define GW_P2P_LOSS_H

#include "host/host.h"
#include "p2p/loss_tally.h"

#define LOSS_PROTOCOL   "/gw/loss/1.0.0"
#define LOSS_LEN        40    /* octets of a datagram */
#define LOSS_SERVE_MS   10000 /* a served burst is ended after it */
#define LOSS_SERVED_MAX 16    /* bursts served at once, one of each peer; others are reset */

/* Who may have a burst served? */
typedef bool loss_may_fn(void *arg, const struct peerid *peer);

struct loss_server;
/* Borrows the host.  Returns owned (free it between host_stop and host_free), or NULL. */
struct loss_server *loss_serve(struct host *h, loss_may_fn *may, void *arg);
void loss_server_free(struct loss_server *s); /* NULL is fine */

struct loss;

/* err 0: the result.  GW_ENOPROTO: the peer does not speak it, or not to us. */
typedef void loss_done_fn(void *arg, int err, const struct loss_result *r);

/* Measures, which takes about LOSS_BURST_MS and a second.  `done` is called once, from the loop;
 * *out is gone then.  0, or GW_EUNSUP (no datagrams on this connection), GW_ENOMEM, GW_E*. */
int loss_start(struct conn *c, loss_done_fn *done, void *arg, struct loss **out);
void loss_cancel(struct loss *l); /* done is not called; NULL is fine */

#endif
