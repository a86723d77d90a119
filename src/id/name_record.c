/* name_record.c - see name_record.h. */
#include "id/name_record.h"

#include "base/err.h"
#include "id/sha256.h"

#define PREFIX_LEN (sizeof NAME_RECORD_PREFIX - 1)

_Static_assert(NAME_RECORD_KEY == PREFIX_LEN + SHA256_LEN, "the prefix and a hash");

static struct bytes mh_of(const struct peerid *id)
{
    return (struct bytes){ id->mh, id->n };
}

int name_record_seal(const struct key *k, const struct name_record *r, uint8_t *dst, size_t cap)
{
    uint8_t text[NAME_MSG_MAX];
    struct name_msg m = { .name = bytes_of(r->name),
                          .sequence = r->sequence,
                          .expires_s = r->expires_s,
                          .sealed = r->sealed };

    if (r->naddrs > NAME_MSG_ADDRS_MAX)
        return GW_EINVAL;
    if (!peerid_eq(&r->peer, key_peerid(k)))
        m.peer = mh_of(&r->peer);
    for (size_t i = 0; i < r->naddrs; i++)
        pb_list_add(&m.addrs, (struct bytes){ r->addrs[i].b, r->addrs[i].n });
    int n = name_msg_encode(text, sizeof text, &m);
    if (n < 0)
        return GW_EINVAL; /* whatever a record can hold fits */
    return envelope_seal(k, &envelope_name_record, (struct bytes){ text, (size_t)n }, dst, cap);
}

static bool is_timely(uint64_t expires_s, uint64_t now_s)
{
    return expires_s > now_s && expires_s - now_s <= NAME_RECORD_AHEAD_S;
}

static int fill(struct name_record *out, const struct name_msg *m, const struct peerid *owner)
{
    *out = (struct name_record){ .owner = *owner,
                                 .peer = *owner,
                                 .sequence = m->sequence,
                                 .expires_s = m->expires_s,
                                 .sealed = m->sealed };
    if (m->name.n)
        memcpy(out->name, m->name.p, m->name.n);
    if (m->peer.n && peerid_from_bytes(m->peer, &out->peer) != 0)
        return GW_EPROTO;
    for (size_t i = 0; i < m->addrs.n; i++) {
        if (multiaddr_from_bytes(m->addrs.v[i], &out->addrs[out->naddrs]) == 0)
            out->naddrs++;
    }
    return 0;
}

int name_record_open(struct bytes sealed, uint64_t now_s, struct name_record *out)
{
    struct bytes text;
    struct peerid owner;
    struct name_msg m;

    if (sealed.n > NAME_RECORD_MAX)
        return GW_EPROTO;
    int err = envelope_open(sealed, &envelope_name_record, &text, &owner);
    if (!err)
        err = name_msg_decode(text, &m);
    if (!err)
        err = fill(out, &m, &owner);
    if (err)
        return err;
    return is_timely(out->expires_s, now_s) ? 0 : GW_ETIMEOUT;
}

/* What it says, whoever signed it; nothing when it is malformed. */
static struct name_msg read_unverified(struct bytes sealed)
{
    struct envelope_msg e;
    struct name_msg m;

    if (envelope_msg_decode(sealed, &e) != 0 || name_msg_decode(e.payload, &m) != 0)
        return (struct name_msg){ 0 };
    return m;
}

static int order(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

int name_record_cmp(struct bytes a, struct bytes b)
{
    struct name_msg ma = read_unverified(a), mb = read_unverified(b);
    int by = order(ma.sequence, mb.sequence);

    if (!by)
        by = order(ma.expires_s, mb.expires_s);
    if (!by)
        by = order(a.n, b.n);
    return by || !a.n ? by : memcmp(a.p, b.p, a.n);
}

void name_record_key(const struct peerid *owner, struct bytes name, uint8_t out[NAME_RECORD_KEY])
{
    memcpy(out, NAME_RECORD_PREFIX, PREFIX_LEN);
    sha256((struct bytes[]){ mh_of(owner), name }, 2, out + PREFIX_LEN);
}

int name_record_check(struct bytes key, struct bytes value, uint64_t now_s, struct name_record *out)
{
    uint8_t want[NAME_RECORD_KEY];

    int err = name_record_open(value, now_s, out);
    if (err)
        return err;
    name_record_key(&out->owner, bytes_of(out->name), want);
    return bytes_eq(key, (struct bytes){ want, sizeof want }) ? 0 : GW_EINVAL;
}
