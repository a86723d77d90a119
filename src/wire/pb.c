/* pb.c - protobuf fields. */
#include "wire/pb.h"

#include "base/err.h"
#include "wire/varint.h"

#define NUM_MAX ((1u << 29) - 1)

/* Protobuf writers may pad varints and use all 64 bits, so this is not varint_decode. */
static uint64_t rd_varint(struct rd *r)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t b = rd_u8(r);
        v |= (uint64_t)(b & 0x7f) << shift;
        if (!(b & 0x80))
            return v;
    }
    r->short_ = true;
    return 0;
}

/* The fixed-width types are little-endian, unlike everything that base/cursor.h reads. */
static uint64_t rd_little_endian(struct rd *r, size_t n)
{
    struct bytes v = rd_bytes(r, n);
    uint64_t u = 0;
    for (size_t i = v.n; i-- > 0;)
        u = u << 8 | v.p[i];
    return u;
}

/* False: there is no such type. */
static bool read_value(struct rd *r, struct pb_field *f)
{
    uint64_t n;

    switch (f->type) {
    case PB_VARINT:
        f->u = rd_varint(r);
        return true;
    case PB_I64:
        f->u = rd_little_endian(r, 8);
        return true;
    case PB_I32:
        f->u = rd_little_endian(r, 4);
        return true;
    case PB_LEN:
        n = rd_varint(r);
        f->v = rd_bytes(r, n > r->left ? SIZE_MAX : (size_t)n);
        return true;
    default:
        return false;
    }
}

struct pb_rd pb_rd_init(struct bytes msg)
{
    return (struct pb_rd){ .rest = rd_init(msg) };
}

bool pb_rd_prefixed(struct pb_rd *r, struct bytes in, size_t max)
{
    struct bytes msg = { 0 };
    int rc = varint_decode_prefixed(in, max, &msg);

    *r = pb_rd_init(msg);
    r->rc = rc;
    return rc > 0;
}

bool pb_next(struct pb_rd *r)
{
    if (r->rc < 0 || r->rest.left == 0)
        return false;
    uint64_t tag = rd_varint(&r->rest);
    r->f = (struct pb_field){ .num = (uint32_t)(tag >> 3), .type = (enum pb_type)(tag & 7) };
    bool is_number = tag >> 3 > 0 && tag >> 3 <= NUM_MAX;
    if (is_number && read_value(&r->rest, &r->f) && !r->rest.short_)
        return true;
    r->rc = GW_EPROTO;
    return false;
}

void pb_put_uint(struct wr *w, uint32_t num, uint64_t v)
{
    varint_put(w, (uint64_t)num << 3 | PB_VARINT);
    varint_put(w, v);
}

void pb_put_bytes(struct wr *w, uint32_t num, struct bytes v)
{
    varint_put(w, (uint64_t)num << 3 | PB_LEN);
    varint_put(w, v.n);
    wr_bytes(w, v);
}

void pb_opt_uint(struct wr *w, uint32_t num, uint64_t v)
{
    if (v)
        pb_put_uint(w, num, v);
}

void pb_opt_bytes(struct wr *w, uint32_t num, struct bytes v)
{
    if (v.n)
        pb_put_bytes(w, num, v);
}

void pb_opt_i64(struct wr *w, uint32_t num, uint64_t v)
{
    if (!v)
        return;
    varint_put(w, (uint64_t)num << 3 | PB_I64);
    for (unsigned shift = 0; shift < 64; shift += 8)
        wr_u8(w, (uint8_t)(v >> shift));
}

uint8_t *pb_open(struct wr *w, uint32_t num)
{
    varint_put(w, (uint64_t)num << 3 | PB_LEN);
    return w->p;
}

void pb_close(struct wr *w, uint8_t *opened)
{
    size_t cap = (size_t)(w->p - opened) + w->left;
    int n = varint_add_prefix(opened, cap, cap, w);
    if (n < 0)
        w->full = true;
    else
        *w = wr_init((struct span){ opened + n, cap - (size_t)n });
}

void pb_list_add(struct pb_list *l, struct bytes v)
{
    if (l->n < PB_LIST_MAX)
        l->v[l->n++] = v;
}

void pb_put_list(struct wr *w, uint32_t num, const struct pb_list *l)
{
    for (size_t i = 0; i < l->n; i++)
        pb_put_bytes(w, num, l->v[i]);
}
