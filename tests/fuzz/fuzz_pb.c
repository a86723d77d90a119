/* fuzz_pb.c - fields are views into the message, and a field put again reads the same. */
#include "fuzz.h"
#include "wire/pb.h"

static void check_put(const struct pb_field *f)
{
    static uint8_t out[1 << 20];
    struct wr w = wr_init((struct span){ out, sizeof out });
    if (f->type == PB_VARINT)
        pb_put_uint(&w, f->num, f->u);
    else if (f->type == PB_LEN)
        pb_put_bytes(&w, f->num, f->v);
    else if (f->type == PB_I64)
        pb_opt_i64(&w, f->num, f->u);
    if (w.full || w.left == sizeof out)
        return;
    struct pb_rd r = pb_rd_init((struct bytes){ out, sizeof out - w.left });
    assert(pb_next(&r) && r.rest.left == 0);
    assert(pb_is(&r.f, f->num, f->type) && r.f.u == f->u && bytes_eq(r.f.v, f->v));
}

/* A sub-message that is written in place is the field that pb_put_bytes makes of it. */
static void check_nested(struct bytes body)
{
    static uint8_t nested[1 << 20], whole[1 << 20];
    struct wr a = wr_init((struct span){ nested, sizeof nested });
    struct wr b = wr_init((struct span){ whole, sizeof whole });
    uint8_t *opened = pb_open(&a, 7);
    wr_bytes(&a, body);
    pb_close(&a, opened);
    pb_put_bytes(&b, 7, body);
    assert(a.full == b.full);
    if (!a.full)
        assert(a.left == b.left && memcmp(nested, whole, sizeof whole - b.left) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes in = { data, size };
    struct pb_rd r = pb_rd_init(in);
    size_t left = r.rest.left;
    check_nested(in);
    while (pb_next(&r)) {
        assert(r.rest.left < left);
        left = r.rest.left;
        assert(r.f.num > 0 && r.f.num < 1u << 29);
        check_inside(r.f.v, in);
        check_put(&r.f);
    }
    assert(r.rc == GW_EPROTO || (r.rc == 0 && r.rest.left == 0));
    return 0;
}
