/* hop.h - one question to a relay and its answer (libp2p specs, relay/circuit-v2, "Hop Protocol"),
 * the client's side. */
#ifndef GW_P2P_HOP_H
#define GW_P2P_HOP_H

#include "host/host.h"
#include "p2p/relay_scores.h"
#include "wire/circuit_msg.h"

struct hop;

struct hop_answer {                /* borrowed for the call */
    struct conn *conn;             /* to the relay */
    const struct circuit_msg *msg; /* STATUS */
    struct stream *s;              /* of OK: the callee's, who sets its events at once */
    struct bytes rest;             /* octets behind the answer, not credited yet */
};

/* err 0: the relay said OK.  Else, when it answered, what its status stands for: GW_EOFFLINE
 * (NO_RESERVATION), GW_EDENIED, GW_ELIMIT, GW_EREFUSED (RESERVATION_REFUSED), GW_EUNREACH
 * (CONNECTION_FAILED), GW_EPROTO.  `a` is NULL when no answer came: it was not reached, or broke
 * the protocol, or took longer than host_upgrade()->timeout_ms. */
typedef void hop_done_fn(void *arg, int err, const struct hop_answer *a);

struct hop_req {
    struct peerid relay;
    const struct multiaddr *addrs; /* of the relay; copied */
    size_t naddrs;
    enum host_path path;
    const struct circuit_msg *question; /* borrowed for the call */
    struct relay_scores *scores;        /* borrowed: what this tells of the relay is noted there */
};

/* Asks in one flight with the protocol id, on the connection that is there or a new one.  `done` is
 * called once, from the loop; the object is gone then.  NULL: out of memory. */
struct hop *hop_ask(struct host *h, const struct hop_req *req, hop_done_fn *done, void *arg);
void hop_cancel(struct hop *q); /* done is not called; NULL is fine */

#endif
