/* dht_walk.h - one lookup on a dht_net: drives a kad_lookup as p2p/kad.h does. */
#ifndef GW_TESTS_DHT_WALK_H
#define GW_TESTS_DHT_WALK_H

#include "dht_net.h"

#define DHT_QUORUM 3 /* as many answers with a valid value end the lookup */

enum dht_want {
    DHT_WANT_NEAREST, /* the k nearest to the key */
    DHT_WANT_PEER,    /* an answer of the peer whose id is the key */
    DHT_WANT_VALUE,   /* a valid value under the key */
};

struct dht_found { /* borrowed for the call */
    bool is_found; /* what was wanted; whatever was answered, for DHT_WANT_NEAREST */
    bool is_gone;  /* the node left before the end */
    unsigned hops; /* to where it was found; the furthest of the nearest, for DHT_WANT_NEAREST */
    unsigned asked, answered;
    uint64_t took_ms;
    const struct kad_contact *nearest;
    size_t n;
};
typedef void dht_found_fn(void *arg, const struct dht_found *found);

/* `done` once.  The key is copied. */
void dht_walk(struct dht_net *net, uint32_t node, enum dht_want want, struct bytes key,
              dht_found_fn *done, void *arg);

#endif
