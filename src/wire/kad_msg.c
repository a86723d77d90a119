/* kad_msg.c - the messages of libp2p Kademlia. */
#include "wire/kad_msg.h"

#include "base/err.h"
#include "wire/varint.h"

enum { TYPE = 1, KEY = 2, RECORD = 3, CLOSER = 8, PROVIDERS = 9 };
enum { RECORD_KEY = 1, RECORD_VALUE = 2, RECORD_RECEIVED = 5 };

static int decode_record(struct bytes in, struct kad_record *out)
{
    struct pb_rd r = pb_rd_init(in);

    while (pb_next(&r)) {
        if (pb_is(&r.f, RECORD_KEY, PB_LEN))
            out->key = r.f.v;
        else if (pb_is(&r.f, RECORD_VALUE, PB_LEN))
            out->value = r.f.v;
        else if (pb_is(&r.f, RECORD_RECEIVED, PB_LEN))
            out->received = r.f.v;
    }
    return r.rc;
}

static void add_peer(struct kad_peers *l, struct bytes in)
{
    if (l->n == KAD_MSG_PEERS_MAX)
        return;
    l->v[l->n] = (struct peer_msg){ .id = { 0 } };
    if (peer_msg_decode(in, &l->v[l->n]) == 0)
        l->n++;
}

static bool is_within_limits(const struct kad_msg *m)
{
    return m->type <= KAD_PING && m->key.n <= KAD_MSG_KEY_MAX &&
           m->record.key.n <= KAD_MSG_KEY_MAX && m->record.value.n <= KAD_MSG_VALUE_MAX &&
           m->record.received.n <= KAD_MSG_TIME_MAX;
}

int kad_msg_decode(struct bytes in, struct kad_msg *out)
{
    struct pb_rd r = pb_rd_init(in);
    uint64_t type = KAD_PUT_VALUE;

    memset(out, 0, sizeof *out);
    if (in.n > KAD_MSG_MAX)
        return GW_EPROTO;
    while (pb_next(&r)) {
        if (pb_is(&r.f, TYPE, PB_VARINT))
            type = r.f.u;
        else if (pb_is(&r.f, KEY, PB_LEN))
            out->key = r.f.v;
        else if (pb_is(&r.f, RECORD, PB_LEN) && decode_record(r.f.v, &out->record) < 0)
            return GW_EPROTO;
        else if (pb_is(&r.f, CLOSER, PB_LEN))
            add_peer(&out->closer, r.f.v);
        else if (pb_is(&r.f, PROVIDERS, PB_LEN))
            add_peer(&out->providers, r.f.v);
    }
    if (r.rc < 0 || type > KAD_PING)
        return GW_EPROTO;
    out->type = (enum kad_type)type;
    if (!out->record.key.n)
        out->record = (struct kad_record){ .key = { 0 } };
    return is_within_limits(out) ? 0 : GW_EPROTO;
}

static void put_record(struct wr *w, const struct kad_record *m)
{
    if (!m->key.n)
        return;
    uint8_t *opened = pb_open(w, RECORD);
    pb_put_bytes(w, RECORD_KEY, m->key);
    pb_opt_bytes(w, RECORD_VALUE, m->value);
    pb_opt_bytes(w, RECORD_RECEIVED, m->received);
    pb_close(w, opened);
}

/* Octets of a field of n octets, its number (below 16) and its length included. */
static size_t field_size(size_t n)
{
    uint8_t b[VARINT_MAX];
    return 1 + (size_t)varint_encode(b, sizeof b, n) + n;
}

static size_t peer_size(const struct peer_msg *m)
{
    size_t n = field_size(m->id.n);
    for (size_t i = 0; i < m->addrs.n; i++)
        n += field_size(m->addrs.v[i].n);
    return m->id.n ? field_size(n) : 0;
}

/* How many of the peers, from the first on, fit into *left octets; they are taken off. */
static size_t count_fitting(const struct kad_peers *l, size_t *left)
{
    size_t i = 0;
    for (; i < l->n && peer_size(&l->v[i]) <= *left; i++)
        *left -= peer_size(&l->v[i]);
    return i;
}

static void put_peers(struct wr *w, uint32_t num, const struct kad_peers *l, size_t n)
{
    for (size_t i = 0; i < n; i++)
        peer_msg_put(w, num, &l->v[i]);
}

int kad_msg_encode(uint8_t *dst, size_t cap, const struct kad_msg *m)
{
    struct wr w = wr_init((struct span){ dst, cap });

    if (!is_within_limits(m))
        return GW_EINVAL;
    pb_opt_uint(&w, TYPE, m->type);
    pb_opt_bytes(&w, KEY, m->key);
    put_record(&w, &m->record);
    size_t left = KAD_MSG_MAX - (cap - w.left); /* the limits leave much */
    size_t nproviders = count_fitting(&m->providers, &left);
    size_t ncloser = count_fitting(&m->closer, &left);
    put_peers(&w, CLOSER, &m->closer, ncloser);
    put_peers(&w, PROVIDERS, &m->providers, nproviders);
    return varint_add_prefix(dst, cap, KAD_MSG_MAX, &w);
}
