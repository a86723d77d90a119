/* kad_env.h - what the parts of the DHT on a host share; kad.c puts it together. */
#ifndef GW_P2P_KAD_ENV_H
#define GW_P2P_KAD_ENV_H

#include "p2p/kad.h"
#include "p2p/kad_store.h"

struct kad_env { /* borrowed by all parts; cfg.protocol is owned by kad.c */
    struct host *host;
    struct kad_table *table;
    struct kad_store *store; /* looked at only while we are a server */
    struct kad_config cfg;
    bool is_server;
    bool is_joining; /* lookups wait: kad_runs_go_on */
    /* What became of a question to this peer: kad_rpc.c tells it of each, but not of one that was
     * canceled while its answer was not overdue. */
    void (*asked)(void *arg, const struct peerid *peer, int err);
    void *arg;
};

#endif
