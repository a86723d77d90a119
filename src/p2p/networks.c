/* networks.c - see networks.h. */
#include "p2p/networks.h"

const struct network *networks_find(const struct networks *n, struct bytes name)
{
    for (size_t i = 0; i < n->n; i++) {
        if (bytes_eq(bytes_of(n->v[i].name), name))
            return &n->v[i];
    }
    return NULL;
}

static bool has_relay(const struct network *net, const struct peerid *peer)
{
    for (size_t i = 0; i < net->nrelays; i++) {
        if (peerid_eq(&net->relays[i].peer, peer))
            return true;
    }
    return false;
}

const struct network *networks_of_relay(const struct networks *n, const struct peerid *peer)
{
    for (size_t i = 0; i < n->n; i++) {
        if (has_relay(&n->v[i], peer))
            return &n->v[i];
    }
    return NULL;
}
