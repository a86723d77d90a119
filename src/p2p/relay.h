/* relay.h - a relay for others (libp2p specs, relay/circuit-v2, the HOP protocol): reservations and
 * circuits, within limits.
 *
 * What is refused is refused with the status code the spec names for it.  Octets cross by
 * net/bridge.h, so a slow end slows the other and nobody else.
 */
#ifndef GW_P2P_RELAY_H
#define GW_P2P_RELAY_H

#include "p2p/announce.h"

enum relay_use {
    RELAY_RESERVE,
    RELAY_CONNECT,
    RELAY_CHAIN, /* CONNECT that comes through another relay itself; refused as a rule */
};

struct relay_wish {
    enum relay_use use;
    struct peerid peer; /* who wants it */
    struct peerid to;   /* whom it calls; n == 0 for RELAY_RESERVE */
    struct peerid via;  /* the relay beside us that it comes through; n == 0 unless RELAY_CHAIN */
};
typedef bool relay_may_fn(void *arg, const struct relay_wish *w);

struct relay_config {
    uint32_t max_reservations;
    uint32_t max_reservations_per_ip; /* an IPv6 address counts as its /64 */
    uint32_t max_circuits;
    uint32_t max_circuits_per_peer; /* that it calls, and that it is called by, each */
    uint32_t max_pending;           /* circuits whose far end has not answered yet */
    uint32_t per_minute;            /* RESERVE and CONNECT of one peer a minute */
    uint64_t reservation_ms;        /* a slot's life */
    uint64_t circuit_ms;            /* a circuit's longest life; 0: no limit */
    uint64_t circuit_bytes;         /* each way; 0: no limit */
    uint64_t rate;                  /* octets a second of one circuit, both ways; 0: no limit */
    uint64_t monthly_bytes;         /* relayed in a calendar month (UTC), both ways; 0: no limit */
};

struct relay_stats {
    uint32_t reservations, circuits; /* now */
    uint64_t bytes;                  /* payload relayed since the start, both ways */
    uint64_t month_bytes;            /* of the monthly budget spent */
    uint64_t refused;                /* RESERVE and CONNECT since the start */
};

struct relay;

/* Serves HOP on the host; a request and an answer of STOP may take host_upgrade()->timeout_ms.
 * Borrows all but cfg.  `state_path` (copied; NULL: none) keeps what the month has used across
 * restarts.  Returns owned (free it before the host), or NULL. */
struct relay *relay_new(struct host *h, const struct announce *a, const struct relay_config *cfg,
                        relay_may_fn *may, void *arg, const char *state_path);
void relay_free(struct relay *r); /* circuits end; NULL is fine */
/* For what comes from now on; the monthly budget also ends circuits that stand. */
void relay_set_config(struct relay *r, const struct relay_config *cfg);
/* Rights have changed: slots and circuits of peers that may no longer are taken away. */
void relay_recheck(struct relay *r);
void relay_stats(const struct relay *r, struct relay_stats *out);

#endif
