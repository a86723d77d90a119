/* keypb.c - see keypb.h. */
#include "wire/keypb.h"

#include "base/err.h"
#include "wire/pb.h"

enum { FIELD_TYPE = 1, FIELD_DATA = 2 };

int keypb_decode(struct bytes in, struct keypb *out)
{
    struct pb_rd r = pb_rd_init(in);
    bool has_type = false, has_data = false;

    *out = (struct keypb){ 0 };
    while (pb_next(&r)) {
        if (pb_is(&r.f, FIELD_TYPE, PB_VARINT)) {
            out->type = r.f.u;
            has_type = true;
        } else if (pb_is(&r.f, FIELD_DATA, PB_LEN)) {
            out->data = r.f.v;
            has_data = true;
        }
    }
    return r.rc < 0 || !has_type || !has_data ? GW_EPROTO : 0;
}

int keypb_encode(uint8_t *dst, size_t cap, const struct keypb *k)
{
    struct wr w = wr_init((struct span){ dst, cap });
    pb_put_uint(&w, FIELD_TYPE, k->type);
    pb_put_bytes(&w, FIELD_DATA, k->data);
    return w.full ? GW_ENOMEM : (int)(cap - w.left);
}
