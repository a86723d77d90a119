/* observed.c - see observed.h. */
#include "p2p/observed.h"

#include "id/ipaddr.h"

static bool is_of_udp(const struct multiaddr *a, struct ipaddr *ip)
{
    uint16_t port;
    return multiaddr_as_quic(a, ip, &port);
}

static bool is_fresh(const struct sighting *s, uint64_t now_ms)
{
    return now_ms - s->at_ms < OBSERVED_LIFE_MS;
}

/* Where the sighting by this peer of the same transport and family stands, else where a new one
 * goes. */
static struct sighting *slot_for(struct observed *o, const struct peerid *by, bool is_udp,
                                 uint8_t family)
{
    struct sighting *oldest = o->v;

    for (struct sighting *s = o->v; s < o->v + o->n; s++) {
        struct ipaddr ip;
        uint16_t port;
        if (peerid_eq(&s->by, by) && is_of_udp(&s->seen, &ip) == is_udp &&
            multiaddr_as_socket(&s->seen, &ip, &port) && ip.family == family)
            return s;
        if (s->at_ms < oldest->at_ms)
            oldest = s;
    }
    return o->n < OBSERVED_MAX ? &o->v[o->n++] : oldest;
}

void observed_note(struct observed *o, const struct multiaddr *seen, const struct peerid *by,
                   const struct ipaddr *from, uint64_t now_ms)
{
    struct sighting s = { .seen = *seen, .by = *by, .net = ipaddr_net(from), .at_ms = now_ms };
    struct ipaddr ip;
    uint16_t port;

    multiaddr_strip_peer(&s.seen);
    if (multiaddr_as_socket(&s.seen, &ip, &port) && port)
        *slot_for(o, by, is_of_udp(&s.seen, &ip), ip.family) = s;
}

/* How many observers, by their networks, agree with sighting `at`; 0: it is too old, or an
 * earlier one says the same. */
static size_t count_observers(const struct observed *o, size_t at, uint64_t now_ms)
{
    size_t n = 0;

    if (!is_fresh(&o->v[at], now_ms))
        return 0;
    for (size_t i = 0; i < o->n; i++) {
        bool is_new = true;
        if (!is_fresh(&o->v[i], now_ms) || !multiaddr_eq(&o->v[i].seen, &o->v[at].seen))
            continue;
        if (i < at)
            return 0;
        for (size_t k = at; k < i && is_new; k++)
            is_new = !is_fresh(&o->v[k], now_ms) || !multiaddr_eq(&o->v[k].seen, &o->v[at].seen) ||
                     !ipaddr_eq(&o->v[k].net, &o->v[i].net);
        n += is_new;
    }
    return n;
}

size_t observed_addrs(const struct observed *o, size_t observers, uint64_t now_ms,
                      struct multiaddr *out, size_t max)
{
    size_t counts[OBSERVED_MAX], n = 0, most = 0;

    for (size_t i = 0; i < o->n; i++) {
        counts[i] = count_observers(o, i, now_ms);
        most = counts[i] > most ? counts[i] : most;
    }
    for (size_t want = most; want >= observers && want > 0; want--)
        for (size_t i = 0; i < o->n && n < max; i++)
            if (counts[i] == want)
                out[n++] = o->v[i].seen;
    return n;
}

bool observed_is_claim(const struct observed *o, const struct multiaddr *address, uint64_t now_ms,
                       struct ipaddr *net)
{
    const struct sighting *first = NULL;

    for (const struct sighting *s = o->v; s < o->v + o->n; s++) {
        if (!is_fresh(s, now_ms) || !multiaddr_eq(&s->seen, address))
            continue;
        if (first && !ipaddr_eq(&first->net, &s->net))
            return false;
        first = s;
    }
    if (first)
        *net = first->net;
    return first != NULL;
}

enum observed_mapping observed_mapping(const struct observed *o, uint8_t family,
                                       const struct multiaddr *own, size_t nown, uint64_t now_ms)
{
    const struct sighting *first = NULL;
    bool has_second = false, is_own = false;

    for (const struct sighting *s = o->v; s < o->v + o->n; s++) {
        struct ipaddr ip;
        if (!is_fresh(s, now_ms) || !is_of_udp(&s->seen, &ip) || ip.family != family)
            continue;
        if (multiaddr_is_among(&s->seen, own, nown)) {
            if (!ipaddr_is_private(&ip))
                return OBSERVED_NOT_MAPPED;
            is_own = true; /* from our own network: no NAT is in between */
            continue;
        }
        if (first && !multiaddr_eq(&first->seen, &s->seen))
            return OBSERVED_DEPENDENT;
        if (first && !ipaddr_eq(&first->net, &s->net))
            has_second = true;
        if (!first)
            first = s;
    }
    if (is_own && !first)
        return OBSERVED_NOT_MAPPED;
    return has_second ? OBSERVED_INDEPENDENT : OBSERVED_UNKNOWN;
}
