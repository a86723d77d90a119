/* networks.h - the networks that this node knows of: their names, their relays, and how far they
 * are trusted ([network NAME]).  Data only; main fills it in, and others look at it. */
#ifndef GW_P2P_NETWORKS_H
#define GW_P2P_NETWORKS_H

#include "id/multiaddr.h"

#define NETWORKS_MAX       64
#define NETWORK_RELAYS_MAX 8
#define NETWORK_ADDRS_MAX  8
#define NETWORK_LABEL_MAX  63

/* On a relay: may the relays of this network hand on questions and circuits of its members to ours?
 * Members of ours may always go there. */
enum network_trust { NETWORK_TRUST_NONE, NETWORK_TRUST_ONE_WAY, NETWORK_TRUST_FULL };

struct network_relay {
    struct peerid peer;
    struct multiaddr addrs[NETWORK_ADDRS_MAX]; /* without /p2p */
    size_t naddrs;
};

struct network {
    char name[NETWORK_LABEL_MAX + 1]; /* a DNS label, lower case */
    char host[NETWORK_LABEL_MAX + 1]; /* what we are called there; "": nothing */
    enum network_trust trust;
    struct network_relay relays[NETWORK_RELAYS_MAX]; /* those whose id is known */
    size_t nrelays;
};

struct networks {
    struct network v[NETWORKS_MAX];
    size_t n;
    char own[NETWORK_LABEL_MAX + 1]; /* the network that we are a relay of; "": none */
    bool transit;                    /* others may pass through us from network to network */
};

const struct network *networks_find(const struct networks *n, struct bytes name); /* or NULL */
/* The network that this peer is a relay of; NULL: none. */
const struct network *networks_of_relay(const struct networks *n, const struct peerid *peer);

#endif
