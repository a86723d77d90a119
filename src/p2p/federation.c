/* federation.c - see federation.h. */
#include "p2p/federation.h"

static enum network_trust trust_in(const struct networks *n, const struct peerid *relay)
{
    const struct network *of = networks_of_relay(n, relay);
    return of ? of->trust : NETWORK_TRUST_NONE;
}

/* Does a call lead to our own side, or may it go on to the other network all the same? */
static bool may_end_at(const struct networks *n, const struct peerid *to)
{
    return trust_in(n, to) == NETWORK_TRUST_NONE || n->transit;
}

bool federation_may(const struct networks *n, const struct relay_wish *w, bool is_member)
{
    if (is_member)
        return true;
    switch (w->use) {
    case RELAY_RESERVE:
        return trust_in(n, &w->peer) != NETWORK_TRUST_NONE;
    case RELAY_CONNECT: /* whom a member takes calls from is its own business */
        return trust_in(n, &w->to) == NETWORK_TRUST_NONE;
    case RELAY_CHAIN:
        return trust_in(n, &w->via) == NETWORK_TRUST_FULL && may_end_at(n, &w->to);
    }
    return false;
}
