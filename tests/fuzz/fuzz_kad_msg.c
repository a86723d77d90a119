/* fuzz_kad_msg.c - what is accepted lies inside the input, keeps the limits and survives a round
 * trip; what is put is never longer than what another encoder put. */
#include "pblist.h"
#include "wire/kad_msg.h"
#include "wire/varint.h"

static void check_peers(const struct kad_peers *l, struct bytes in)
{
    assert(l->n <= KAD_MSG_PEERS_MAX);
    for (size_t i = 0; i < l->n; i++) {
        assert(l->v[i].id.n);
        check_inside(l->v[i].id, in);
        check_list(&l->v[i].addrs, in);
    }
}

static bool are_peers_equal(const struct kad_peers *a, const struct kad_peers *b)
{
    for (size_t i = 0; i < a->n && i < b->n; i++) {
        if (!bytes_eq(a->v[i].id, b->v[i].id) || !lists_eq(&a->v[i].addrs, &b->v[i].addrs))
            return false;
    }
    return a->n == b->n;
}

static void check_views(const struct kad_msg *m, struct bytes in)
{
    assert(m->type <= KAD_PING);
    assert(m->key.n <= KAD_MSG_KEY_MAX && m->record.key.n <= KAD_MSG_KEY_MAX);
    assert(m->record.value.n <= KAD_MSG_VALUE_MAX && m->record.received.n <= KAD_MSG_TIME_MAX);
    assert(m->record.key.n || !m->record.value.n);
    check_inside(m->key, in);
    check_inside(m->record.key, in);
    check_inside(m->record.value, in);
    check_inside(m->record.received, in);
    check_peers(&m->closer, in);
    check_peers(&m->providers, in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t out[KAD_MSG_MAX + VARINT_MAX];
    static struct kad_msg m, again;
    struct bytes in = { data, size }, body;

    int err = kad_msg_decode(in, &m);
    assert(err == 0 || err == GW_EPROTO);
    if (err)
        return 0;
    check_views(&m, in);
    int n = kad_msg_encode(out, sizeof out, &m);
    assert(n > 0);
    assert(varint_decode_prefixed((struct bytes){ out, (size_t)n }, KAD_MSG_MAX, &body) == n);
    assert(body.n <= size);
    assert(kad_msg_decode(body, &again) == 0);
    assert(again.type == m.type && bytes_eq(again.key, m.key));
    assert(bytes_eq(again.record.key, m.record.key));
    assert(bytes_eq(again.record.value, m.record.value));
    assert(bytes_eq(again.record.received, m.record.received));
    assert(are_peers_equal(&again.closer, &m.closer));
    assert(are_peers_equal(&again.providers, &m.providers));
    return 0;
}
