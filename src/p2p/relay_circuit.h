/* relay_circuit.h - one circuit through this relay (libp2p specs, relay/circuit-v2, "Connection
 * Initiation" and "Stop Protocol"): asks the target over STOP, answers the source over HOP, and
 * joins both until they or the limits end it.
 *
 *   OPENING -> ASKING -> JOINED
 *   any state -> the end: the source is answered unless it has been
 */
#ifndef GW_P2P_RELAY_CIRCUIT_H
#define GW_P2P_RELAY_CIRCUIT_H

#include "host/host.h"
#include "wire/circuit_msg.h"

#define RELAY_EARLY_MAX (64u << 10) /* octets that the source may send ahead of the answer */

struct relay_circuit;

struct relay_circuit_req {
    struct stream *source; /* HOP, its CONNECT read; taken */
    struct bytes early;    /* what came behind CONNECT, not credited yet; copied */
    struct peerid from;    /* who called */
    struct conn *target;   /* that STOP is opened on; borrowed for the call */
    uint64_t life_ms;      /* once both are joined; 0: no limit */
    uint64_t bytes;        /* each way; 0: no limit */
    uint64_t rate;         /* octets a second, both ways together; 0: no limit */
};

struct relay_circuit_events {
    void (*on_join)(void *arg);
    /* Exactly once, last: the circuit is gone.  err 0: both ends closed in order; GW_ELIMIT,
     * GW_ETIMEOUT: a limit was reached, or the target did not answer in time; else what ended it.
     * `bytes`: that crossed, both ways. */
    void (*on_end)(void *arg, int err, uint64_t bytes);
};

/* The limits as they are told to both ends. */
struct circuit_limit relay_circuit_limit(uint64_t life_ms, uint64_t bytes);

/* Answers a HOP request with no more than a status, and parts from the stream, which it takes. */
void relay_circuit_refuse(struct ev_loop *loop, struct stream *s, enum circuit_status status);

/* The target is given host_upgrade()->timeout_ms for its answer, once its stream is open.  Events
 * come from the loop.  NULL: the target's connection takes no stream, or out of memory; the source
 * is answered. */
struct relay_circuit *relay_circuit_start(const struct relay_circuit_req *req,
                                          const struct relay_circuit_events *ev, void *arg);

/* Ends it with `err` (not 0; GW_EDENIED: PERMISSION_DENIED when the source waits for its answer).
 * on_end follows, maybe from within the call. */
void relay_circuit_cancel(struct relay_circuit *c, int err);

uint64_t relay_circuit_bytes(const struct relay_circuit *c); /* that have crossed, both ways */

#endif
