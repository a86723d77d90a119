/* kad_server.h - what a DHT server answers: a request in, an answer out.  Pure, so that ten
 * thousand of them fit into one process (tests/bench/dht_sim.c). */
#ifndef GW_P2P_KAD_SERVER_H
#define GW_P2P_KAD_SERVER_H

#include "p2p/kad_store.h"
#include "p2p/kad_table.h"

struct kad_server { /* borrowed parts */
    struct kad_table *table;
    struct kad_store *store;
    /* Addresses of a peer that we are connected to, though it may be no DHT server, or our own:
     * FIND_NODE for its id tells them.  Does not change the table.  May be NULL. */
    size_t (*addrs_of)(void *arg, const struct peerid *peer, struct multiaddr *out, size_t max);
    /* May this address be told to who asks now?  NULL: any. */
    bool (*may_tell)(void *arg, const struct multiaddr *a);
    void *arg;
};

/* Answers a request of `from`; *req views what was read.  Writes the answer behind its length into
 * dst, KAD_MSG_MAX + 8 octets at least.  Returns the octets; 0: there is nothing to answer
 * (ADD_PROVIDER); GW_EINVAL: a request that deserves no answer (the stream is reset). */
int kad_server_answer(struct kad_server *s, const struct peerid *from, const struct kad_msg *req,
                      uint64_t now_s, uint8_t *dst, size_t cap);

#endif
