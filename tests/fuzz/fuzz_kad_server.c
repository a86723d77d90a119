/* fuzz_kad_server.c - whatever is asked, the answer reads, keeps to the limits, is of the type of
 * the question and does not tell who asks of itself; and what the server keeps stays within bounds.
 */
#include <stdlib.h>

#include "fuzz.h"
#include "p2p/kad_server.h"
#include "wire/varint.h"

#define NOW_S    1796000000u
#define CONTACTS 30

static struct peerid peer(uint8_t i)
{
    struct peerid id = { .n = 38, .mh = { 0, 36, 8, 1, 18, 32, i } };
    return id;
}

static struct multiaddr addr(uint8_t i)
{
    struct ipaddr ip = { .family = 4, .b = { 203, i, 113, 1 } };
    struct multiaddr a;
    multiaddr_make_quic(&ip, 4001, &a);
    return a;
}

static void fill(struct kad_server *s)
{
    for (uint8_t i = 1; i <= CONTACTS; i++) {
        struct multiaddr a = addr(i);
        struct kad_contact c = { .peer = peer(i), .addrs = &a, .naddrs = 1 };
        kad_id_of_peer(&c.peer, &c.id);
        kad_table_heard(s->table, &c, 1);
        if (i < CONTACTS / 2)
            kad_store_provide(s->store, (struct bytes){ (const uint8_t *)"key", 3 }, &c.peer, &a, 1,
                              NOW_S - i * 600u);
    }
}

static size_t addrs_of(void *arg, const struct peerid *p, struct multiaddr *out, size_t max)
{
    (void)arg;
    assert(max > 0);
    out[0] = addr(p->mh[p->n - 1]);
    return 1;
}

static void check_answer(const struct kad_msg *req, const struct peerid *from, struct bytes wire)
{
    struct bytes body;
    struct kad_msg m;

    assert(varint_decode_prefixed(wire, KAD_MSG_MAX, &body) == (int)wire.n);
    assert(kad_msg_decode(body, &m) == 0);
    assert(m.type == req->type && m.type != KAD_ADD_PROVIDER);
    assert(m.closer.n <= KAD_K && m.providers.n <= KAD_MSG_PEERS_MAX);
    for (size_t i = 0; i < m.closer.n; i++) {
        assert(!bytes_eq(m.closer.v[i].id, (struct bytes){ from->mh, from->n }));
        assert(m.closer.v[i].addrs.n > 0);
    }
    if (m.type == KAD_PUT_VALUE)
        assert(kad_value_check(m.key, m.record.value, NOW_S) == 0);
    else
        assert(m.record.key.n == 0);
}

static void check_server(struct kad_server *s, const struct kad_msg *req)
{
    static uint8_t wire[KAD_MSG_MAX + 8];
    const struct peerid from = peer(1);

    size_t provided = kad_store_provided(s->store);
    int n = kad_server_answer(s, &from, req, NOW_S, wire, sizeof wire);
    assert(n >= 0 || n == GW_EINVAL);
    assert(n || req->type == KAD_ADD_PROVIDER);
    if (n > 0)
        check_answer(req, &from, (struct bytes){ wire, (size_t)n });
    assert(kad_store_provided(s->store) <= provided + (req->type == KAD_ADD_PROVIDER));
    assert(kad_store_records(s->store) == (n > 0 && req->type == KAD_PUT_VALUE));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct peerid self = peer(0);
    struct kad_msg req;

    if (kad_msg_decode((struct bytes){ data, size }, &req) != 0)
        return 0;
    struct kad_server s = { .table = kad_table_new(&self),
                            .store = kad_store_new(&self),
                            .addrs_of = addrs_of };
    if (!s.table || !s.store)
        abort();
    fill(&s);
    check_server(&s, &req);
    kad_store_free(s.store);
    kad_table_free(s.table);
    return 0;
}
