/* kadrig.h - a DHT of several hosts in memory, each with identify. */
#ifndef GW_TESTS_KADRIG_H
#define GW_TESTS_KADRIG_H

#include "p2p/identify.h"
#include "p2p/kad.h"
#include "two_hosts.h"

#define KADRIG_MAX 24

struct node {
    struct side side;
    struct identify *identify;
    struct kad *kad;
};

extern struct node nodes[KADRIG_MAX]; /* those that run have a kad */
extern struct kad_config kad_config;  /* of those that start from now on */

int kadrig_setup(void **state);    /* no nodes yet */
int kadrig_teardown(void **state); /* stops all */

/* Node i at 20+i.0.0.1, with a key that is made, unless it has one.  `path` as kad_new. */
void node_start(size_t i, bool is_server, const char *path);
void node_start_at(size_t i, bool is_server, const char *path, const char *at);
void node_stop(size_t i); /* and forgets its key */
/* Starts `n` servers that begin with node 0, and waits until they know each other. */
void servers_start(size_t n);

const struct peerid *node_id(size_t i);
void node_bootstrap(size_t i, size_t to);
size_t node_contacts(size_t i);
bool node_has_met(void *i);              /* somebody; for run_until */
bool node_knows(size_t i, size_t other); /* in its table */

struct got { /* what a kad_done_fn was told */
    unsigned calls;
    int err;
    uint8_t value[KAD_MSG_VALUE_MAX];
    size_t nvalue;
    struct peerid peers[KAD_K];
    struct multiaddr addrs[KAD_K]; /* the first of each; n == 0: none */
    size_t npeers;
    unsigned asked, answered, hops;
};
void note_got(void *arg, const struct kad_result *r);
bool is_got(void *arg);
/* Each waits for the answer. */
struct got kad_got(size_t i, struct bytes key);
struct got kad_did_put(size_t i, struct bytes key, struct bytes value);
struct got kad_found(size_t i, const struct peerid *peer);
struct got kad_provided(size_t i, struct bytes key);
struct got kad_saw_providers(size_t i, struct bytes key);

struct record { /* a name record of a node, sealed */
    uint8_t key[NAME_RECORD_KEY], value[NAME_RECORD_MAX];
    size_t n;
};
struct record record_of(size_t i, const char *name, uint64_t sequence);
struct bytes record_key(const struct record *r);
struct bytes record_value(const struct record *r);

#endif
