/* circuit_msg.c - messages of circuit relay v2. */
#include "wire/circuit_msg.h"

#include "base/err.h"
#include "wire/varint.h"

enum { TYPE = 1, PEER = 2 };
enum { RESERVATION_EXPIRE = 1, RESERVATION_ADDRS, RESERVATION_VOUCHER };
enum { LIMIT_DURATION = 1, LIMIT_DATA };

/* Where Hop and Stop differ. */
struct layout {
    enum circuit_type first; /* the type that is 0 on the wire */
    uint32_t reservation;    /* field numbers; 0: none */
    uint32_t limit;
    uint32_t status;
};

static const struct layout hop = { CIRCUIT_RESERVE, 3, 4, 5 };
static const struct layout stop = { CIRCUIT_CONNECT, 0, 3, 4 };

static int decode_reservation(struct bytes in, struct circuit_reservation *out)
{
    struct pb_rd r = pb_rd_init(in);

    while (pb_next(&r)) {
        if (pb_is(&r.f, RESERVATION_EXPIRE, PB_VARINT))
            out->expires_s = r.f.u;
        else if (pb_is(&r.f, RESERVATION_ADDRS, PB_LEN))
            pb_list_add(&out->addrs, r.f.v);
        else if (pb_is(&r.f, RESERVATION_VOUCHER, PB_LEN))
            out->voucher = r.f.v;
    }
    return r.rc < 0 || !out->expires_s ? GW_EPROTO : 0;
}

static int decode_limit(struct bytes in, struct circuit_limit *out)
{
    struct pb_rd r = pb_rd_init(in);

    while (pb_next(&r)) {
        if (pb_is(&r.f, LIMIT_DURATION, PB_VARINT))
            out->duration_s = (uint32_t)r.f.u;
        else if (pb_is(&r.f, LIMIT_DATA, PB_VARINT))
            out->data = r.f.u;
    }
    return r.rc;
}

static enum circuit_status decode_status(uint64_t v)
{
    switch (v) {
#define X(name, code)    \
    case CIRCUIT_##name: \
        return CIRCUIT_##name;
        CIRCUIT_STATUSES(X)
#undef X
    default:
        return CIRCUIT_UNUSED;
    }
}

static int decode_field(const struct layout *l, const struct pb_field *f, struct circuit_msg *out)
{
    if (pb_is(f, PEER, PB_LEN))
        return peer_msg_decode(f->v, &out->peer);
    if (pb_is(f, l->reservation, PB_LEN))
        return decode_reservation(f->v, &out->reservation);
    if (pb_is(f, l->limit, PB_LEN))
        return decode_limit(f->v, &out->limit);
    if (pb_is(f, l->status, PB_VARINT))
        out->status = decode_status(f->u);
    return 0;
}

static int decode(struct bytes in, const struct layout *l, struct circuit_msg *out)
{
    struct pb_rd r;
    if (!pb_rd_prefixed(&r, in, CIRCUIT_MSG_BODY_MAX))
        return r.rc;
    *out = (struct circuit_msg){ 0 };
    uint64_t type = UINT64_MAX;
    while (pb_next(&r)) {
        if (pb_is(&r.f, TYPE, PB_VARINT))
            type = r.f.u;
        else if (decode_field(l, &r.f, out) < 0)
            return GW_EPROTO;
    }
    if (r.rc < 0 || type > CIRCUIT_STATUS - l->first)
        return GW_EPROTO;
    out->type = l->first + (enum circuit_type)type;
    return r.rc;
}

static void put_reservation(struct wr *w, uint32_t num, const struct circuit_reservation *m)
{
    if (!m->expires_s)
        return;
    uint8_t *opened = pb_open(w, num);
    pb_put_uint(w, RESERVATION_EXPIRE, m->expires_s);
    pb_put_list(w, RESERVATION_ADDRS, &m->addrs);
    pb_opt_bytes(w, RESERVATION_VOUCHER, m->voucher);
    pb_close(w, opened);
}

static void put_limit(struct wr *w, uint32_t num, const struct circuit_limit *m)
{
    if (!m->duration_s && !m->data)
        return;
    uint8_t *opened = pb_open(w, num);
    pb_opt_uint(w, LIMIT_DURATION, m->duration_s);
    pb_opt_uint(w, LIMIT_DATA, m->data);
    pb_close(w, opened);
}

static int encode(uint8_t *dst, size_t cap, const struct layout *l, const struct circuit_msg *m)
{
    struct wr w = wr_init((struct span){ dst, cap });
    if (m->type < l->first || (m->reservation.expires_s && !l->reservation))
        return GW_EINVAL;
    pb_put_uint(&w, TYPE, m->type - l->first);
    peer_msg_put(&w, PEER, &m->peer);
    put_reservation(&w, l->reservation, &m->reservation);
    put_limit(&w, l->limit, &m->limit);
    pb_opt_uint(&w, l->status, m->status);
    return varint_add_prefix(dst, cap, CIRCUIT_MSG_BODY_MAX, &w);
}

int circuit_msg_decode_hop(struct bytes in, struct circuit_msg *out)
{
    return decode(in, &hop, out);
}

int circuit_msg_decode_stop(struct bytes in, struct circuit_msg *out)
{
    return decode(in, &stop, out);
}

int circuit_msg_encode_hop(uint8_t *dst, size_t cap, const struct circuit_msg *m)
{
    return encode(dst, cap, &hop, m);
}

int circuit_msg_encode_stop(uint8_t *dst, size_t cap, const struct circuit_msg *m)
{
    return encode(dst, cap, &stop, m);
}

const char *circuit_status_name(enum circuit_status s)
{
    switch (s) {
#define X(name, code)    \
    case CIRCUIT_##name: \
        return #name;
        CIRCUIT_STATUSES(X)
#undef X
    default:
        return "UNUSED";
    }
}
