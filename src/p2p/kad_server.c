/* kad_server.c - see kad_server.h.
 *
 * Where the specification leaves room this answers as go-libp2p does: a peer without an address is
 * not told as closer, nobody is told of itself, and what cannot be stored is not answered. */
#include "p2p/kad_server.h"

#include <time.h>

#include "base/err.h"

#define RECEIVED_MAX 48

_Static_assert(KAD_K <= KAD_MSG_PEERS_MAX && KAD_ADDRS_MAX <= PB_LIST_MAX, "an answer holds them");

struct question {
    const struct peerid *from;
    const struct kad_msg *msg; /* its key is not empty, but for PING */
    uint64_t now_s;
};

struct answer { /* the message, and what it views */
    struct kad_msg msg;
    char received[RECEIVED_MAX];
    struct kad_contact sought;
    struct multiaddr sought_addrs[KAD_ADDRS_MAX];
    struct kad_contact closer[KAD_K + 1]; /* the asker may be one of them */
    struct kad_contact providers[KAD_MSG_PEERS_MAX];
};

/* Views a contact with those of its addresses that may be told; false: there are none. */
static bool view_peer(const struct kad_server *s, const struct kad_contact *c, struct peer_msg *m)
{
    *m = (struct peer_msg){ .id = { c->peer.mh, c->peer.n } };
    for (size_t i = 0; i < c->naddrs; i++) {
        if (!s->may_tell || s->may_tell(s->arg, &c->addrs[i]))
            pb_list_add(&m->addrs, (struct bytes){ c->addrs[i].b, c->addrs[i].n });
    }
    return m->addrs.n;
}

static void add_closer(const struct kad_server *s, const struct question *q, struct answer *a)
{
    struct kad_peers *to = &a->msg.closer;
    struct kad_id target;

    kad_id_of_key(q->msg->key, &target);
    size_t n = kad_table_nearest(s->table, &target, a->closer, KAD_K + 1);
    for (size_t i = 0; i < n && to->n < KAD_K; i++) {
        if (!peerid_eq(&a->closer[i].peer, q->from) && view_peer(s, &a->closer[i], &to->v[to->n]))
            to->n++;
    }
}

/* RFC 3339 with nanoseconds: js-libp2p wants the fraction. */
static struct bytes print_time(uint64_t s, char out[RECEIVED_MAX])
{
    time_t t = (time_t)s;
    struct tm tm;

    if (!gmtime_r(&t, &tm))
        return (struct bytes){ 0 };
    size_t n = strftime(out, RECEIVED_MAX, "%Y-%m-%dT%H:%M:%S.000000000Z", &tm);
    return (struct bytes){ (const uint8_t *)out, n };
}

/* --- one function for each type of request: above 0: *a is the answer; 0: there is none; GW_E* */

static int put_value(const struct kad_server *s, const struct question *q, struct answer *a)
{
    const struct kad_record *r = &q->msg->record;

    if (!bytes_eq(r->key, q->msg->key))
        return GW_EINVAL;
    int err = kad_store_put(s->store, r->key, r->value, q->now_s);
    if (err)
        return err;
    a->msg.key = q->msg->key;
    a->msg.record = *r;
    return 1;
}

static int get_value(const struct kad_server *s, const struct question *q, struct answer *a)
{
    struct bytes value;
    uint64_t received_s;

    a->msg.key = q->msg->key;
    if (kad_store_get(s->store, a->msg.key, q->now_s, &value, &received_s))
        a->msg.record = (struct kad_record){ .key = a->msg.key,
                                             .value = value,
                                             .received = print_time(received_s, a->received) };
    add_closer(s, q, a);
    return 1;
}

static int provide(const struct kad_server *s, const struct question *q, const struct peer_msg *p)
{
    struct multiaddr addrs[KAD_ADDRS_MAX];
    size_t n = 0;

    for (size_t i = 0; i < p->addrs.n && n < KAD_ADDRS_MAX; i++)
        n += multiaddr_from_bytes(p->addrs.v[i], &addrs[n]) == 0;
    return kad_store_provide(s->store, q->msg->key, q->from, addrs, n, q->now_s);
}

static int add_provider(const struct kad_server *s, const struct question *q, struct answer *a)
{
    const struct kad_peers *told = &q->msg->providers;
    (void)a;

    for (size_t i = 0; i < told->n; i++) {
        struct peerid id;
        if (peerid_from_bytes(told->v[i].id, &id) == 0 && peerid_eq(&id, q->from))
            return provide(s, q, &told->v[i]);
    }
    return GW_EINVAL;
}

static int get_providers(const struct kad_server *s, const struct question *q, struct answer *a)
{
    a->msg.key = q->msg->key;
    size_t n = kad_store_providers(s->store, a->msg.key, q->now_s, a->providers, KAD_MSG_PEERS_MAX);
    for (size_t i = 0; i < n; i++)
        view_peer(s, &a->providers[i], &a->msg.providers.v[i]); /* its id alone is of use, too */
    a->msg.providers.n = n;
    add_closer(s, q, a);
    return 1;
}

/* A peer of the table comes first by itself when it is the one sought. */
static void add_sought(const struct kad_server *s, const struct question *q, struct answer *a)
{
    struct peerid *id = &a->sought.peer;

    if (!s->addrs_of || peerid_from_bytes(q->msg->key, id) != 0 || peerid_eq(id, q->from) ||
        kad_table_has(s->table, id))
        return;
    a->sought.naddrs = s->addrs_of(s->arg, id, a->sought_addrs, KAD_ADDRS_MAX);
    a->sought.addrs = a->sought_addrs;
    a->msg.closer.n = view_peer(s, &a->sought, &a->msg.closer.v[0]) ? 1 : 0;
}

static int find_node(const struct kad_server *s, const struct question *q, struct answer *a)
{
    add_sought(s, q, a);
    add_closer(s, q, a);
    return 1;
}

static int ping(const struct kad_server *s, const struct question *q, struct answer *a)
{
    (void)s;
    a->msg.key = q->msg->key;
    return 1;
}

static int (*const answer_to[])(const struct kad_server *s, const struct question *q,
                                struct answer *a) = {
    [KAD_PUT_VALUE] = put_value,       [KAD_GET_VALUE] = get_value,
    [KAD_ADD_PROVIDER] = add_provider, [KAD_GET_PROVIDERS] = get_providers,
    [KAD_FIND_NODE] = find_node,       [KAD_PING] = ping,
};

int kad_server_answer(struct kad_server *s, const struct peerid *from, const struct kad_msg *req,
                      uint64_t now_s, uint8_t *dst, size_t cap)
{
    struct question q = { .from = from, .msg = req, .now_s = now_s };
    struct answer a;

    if (!req->key.n && req->type != KAD_PING)
        return GW_EINVAL;
    a.msg = (struct kad_msg){ .type = req->type };
    int n = answer_to[req->type](s, &q, &a);
    if (n <= 0)
        return n ? GW_EINVAL : 0;
    return kad_msg_encode(dst, cap, &a.msg);
}
