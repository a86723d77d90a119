/* kad_contacts.c - see kad_contacts.h. */
#include "p2p/kad_contacts.h"

#include "base/err.h"
#include "host/dial_order.h"

enum addr_scope kad_scope_of_peer(const struct host *h, const struct peerid *peer,
                                  const struct multiaddr *addrs, size_t naddrs)
{
    const struct conn *c = host_conn_by(h, peer, HOST_PATH_DIRECT);
    struct muxed_info info;

    if (!c)
        return naddrs ? addr_scope_of(addrs) : ADDR_SCOPE_WORLD;
    conn_info(c, &info);
    return addr_scope_of(&info.remote);
}

void kad_contacts_add(struct kad_contacts *to, const struct peerid *peer,
                      const struct multiaddr *addrs, size_t naddrs, enum addr_scope scope)
{
    if (to->n == KAD_MSG_PEERS_MAX)
        return;
    struct multiaddr *put = to->addrs[to->n];
    struct kad_contact *c = &to->v[to->n++];
    *c = (struct kad_contact){ .peer = *peer, .addrs = put };
    kad_id_of_peer(peer, &c->id);
    for (size_t i = 0; i < naddrs && c->naddrs < KAD_ADDRS_MAX; i++)
        if (addr_scope_of(&addrs[i]) <= scope && dial_rank(&addrs[i]) != DIAL_NEVER)
            put[c->naddrs++] = addrs[i];
}

static bool has(const struct kad_contacts *cs, const struct peerid *peer)
{
    for (size_t i = 0; i < cs->n; i++)
        if (peerid_eq(&cs->v[i].peer, peer))
            return true;
    return false;
}

static void read_one(struct kad_contacts *to, const struct peer_msg *m, enum addr_scope scope)
{
    struct multiaddr addrs[PB_LIST_MAX];
    struct peerid peer, other;
    size_t n = 0;

    if (peerid_from_bytes(m->id, &peer) || has(to, &peer))
        return;
    for (size_t i = 0; i < m->addrs.n; i++) {
        struct multiaddr *a = &addrs[n];
        if (multiaddr_from_bytes(m->addrs.v[i], a) ||
            (multiaddr_peer(a, &other) && !peerid_eq(&other, &peer)))
            continue;
        multiaddr_strip_peer(a);
        n++;
    }
    kad_contacts_add(to, &peer, addrs, n, scope);
}

void kad_contacts_read(struct kad_contacts *to, const struct kad_peers *from, enum addr_scope scope)
{
    for (size_t i = 0; i < from->n; i++)
        read_one(to, &from->v[i], scope);
}

void kad_contacts_tell(struct kad_peers *to, const struct peerid *peer,
                       const struct multiaddr *addrs, size_t naddrs, enum addr_scope scope)
{
    if (to->n == KAD_MSG_PEERS_MAX)
        return;
    struct peer_msg *m = &to->v[to->n++];
    *m = (struct peer_msg){ .id = { peer->mh, peer->n } };
    for (size_t i = 0; i < naddrs; i++)
        if (addr_scope_of(&addrs[i]) <= scope)
            pb_list_add(&m->addrs, (struct bytes){ addrs[i].b, addrs[i].n });
}
