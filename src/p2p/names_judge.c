/* names_judge.c - whose questions a relay answers, and where it hands them on; see names_server.h.
 */
#include "p2p/names_server.h"

static bool is_in(const struct pb_list *via, const struct peerid *peer)
{
    for (size_t i = 0; i < via->n; i++)
        if (bytes_eq(via->v[i], (struct bytes){ peer->mh, peer->n }))
            return true;
    return false;
}

static bool is_own(const struct networks *n, struct bytes network)
{
    return network.n && bytes_eq(network, bytes_of(n->own));
}

/* The other network that this peer is a relay of, if we let such a one ask; else NULL. */
static const struct network *trusted_relay_of(const struct networks *n, const struct peerid *peer)
{
    const struct network *net = networks_of_relay(n, peer);

    if (!net || net->trust != NETWORK_TRUST_FULL || is_own(n, bytes_of(net->name)))
        return NULL;
    return net;
}

static enum names_verdict refuse(enum names_status *out, enum names_status status)
{
    *out = status;
    return NAMES_REFUSE;
}

/* In a network that is not ours. */
static enum names_verdict judge_elsewhere(const struct networks *n, const struct peerid *from,
                                          bool is_member, const struct names_question *q,
                                          enum names_status *status)
{
    const struct network *to = networks_find(n, q->network), *of = trusted_relay_of(n, from);
    const struct network_relay *next[NAMES_POLL_MAX];

    if (!is_member && (!of || !n->transit || of == to))
        return refuse(status, NAMES_DENIED);
    if ((to && to->trust == NETWORK_TRUST_NONE) || !names_next_relays(n, from, q, next))
        return refuse(status, NAMES_NO_NETWORK);
    return q->via.n < NAMES_VIA_MAX ? NAMES_HAND_ON : refuse(status, NAMES_LOOP);
}

enum names_verdict names_judge(const struct networks *n, const struct peerid *self,
                               const struct peerid *from, bool is_member,
                               const struct names_question *q, enum names_status *status)
{
    if (is_in(&q->via, self) || q->via.n > NAMES_VIA_MAX)
        return refuse(status, NAMES_LOOP);
    if (!is_own(n, q->network)) {
        if (q->type == NAMES_FIND)
            return judge_elsewhere(n, from, is_member, q, status);
        return refuse(status, is_member ? NAMES_NO_NETWORK : NAMES_DENIED);
    }
    if (is_member || (q->type == NAMES_FIND && trusted_relay_of(n, from)))
        return NAMES_ANSWER_IT;
    return refuse(status, NAMES_DENIED);
}

static size_t add_relays(const struct network *net, const struct peerid *from,
                         const struct pb_list *via, const struct network_relay **out, size_t n)
{
    for (size_t i = 0; i < net->nrelays && n < NAMES_POLL_MAX; i++) {
        const struct network_relay *r = &net->relays[i];
        if (!peerid_eq(&r->peer, from) && !is_in(via, &r->peer))
            out[n++] = r;
    }
    return n;
}

size_t names_next_relays(const struct networks *n, const struct peerid *from,
                         const struct names_question *q,
                         const struct network_relay *out[NAMES_POLL_MAX])
{
    const struct network *to = networks_find(n, q->network), *of = networks_of_relay(n, from);
    size_t count = 0;

    if (to)
        return add_relays(to, from, &q->via, out, 0);
    for (size_t i = 0; i < n->n; i++) {
        const struct network *net = &n->v[i];
        if (net != of && net->trust != NETWORK_TRUST_NONE && !is_own(n, bytes_of(net->name)))
            count = add_relays(net, from, &q->via, out, count);
    }
    return count;
}
