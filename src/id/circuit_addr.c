/* circuit_addr.c - see circuit_addr.h. */
#include "id/circuit_addr.h"

bool circuit_addr_split(const struct multiaddr *a, struct multiaddr *via, struct peerid *relay)
{
    size_t at = 0, start = 0, before = 0; /* start of this component, and of the one before */
    uint32_t code, last = 0;
    struct bytes v, last_v = { 0 };
    bool found = false;

    *via = (struct multiaddr){ 0 };
    for (; multiaddr_next(a, &at, &code, &v); before = start, start = at) {
        if (code == MULTIADDR_P2P_CIRCUIT && last == MULTIADDR_P2P &&
            peerid_from_bytes(last_v, relay) == 0) {
            found = true;
            via->n = (uint16_t)before;
        }
        last = code;
        last_v = v;
    }
    memcpy(via->b, a->b, via->n);
    return found;
}

bool circuit_addr_is(const struct multiaddr *a)
{
    struct multiaddr via;
    struct peerid relay;
    return circuit_addr_split(a, &via, &relay);
}

int circuit_addr_make(const struct multiaddr *via, const struct peerid *relay,
                      struct multiaddr *out)
{
    struct multiaddr a = *via;
    int err = multiaddr_append_peer(&a, relay);

    if (!err)
        err = multiaddr_append(&a, MULTIADDR_P2P_CIRCUIT, (struct bytes){ 0 });
    if (!err)
        *out = a;
    return err;
}
