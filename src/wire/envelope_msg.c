/* envelope_msg.c - the signed envelope. */
#include "wire/envelope_msg.h"

#include "base/err.h"
#include "wire/pb.h"
#include "wire/varint.h"

enum { PUBLIC_KEY = 1, PAYLOAD_TYPE = 2, PAYLOAD = 3, SIGNATURE = 5 };

int envelope_msg_decode(struct bytes in, struct envelope_msg *out)
{
    struct pb_rd r = pb_rd_init(in);

    *out = (struct envelope_msg){ 0 };
    while (pb_next(&r)) {
        if (pb_is(&r.f, PUBLIC_KEY, PB_LEN))
            out->public_key = r.f.v;
        else if (pb_is(&r.f, PAYLOAD_TYPE, PB_LEN))
            out->payload_type = r.f.v;
        else if (pb_is(&r.f, PAYLOAD, PB_LEN))
            out->payload = r.f.v;
        else if (pb_is(&r.f, SIGNATURE, PB_LEN))
            out->signature = r.f.v;
    }
    bool is_whole = r.rc == 0 && out->public_key.n && out->signature.n;
    return is_whole && in.n <= ENVELOPE_MSG_MAX ? 0 : GW_EPROTO;
}

int envelope_msg_encode(uint8_t *dst, size_t cap, const struct envelope_msg *m)
{
    struct wr w = wr_init((struct span){ dst, cap });
    pb_put_bytes(&w, PUBLIC_KEY, m->public_key);
    pb_opt_bytes(&w, PAYLOAD_TYPE, m->payload_type);
    pb_opt_bytes(&w, PAYLOAD, m->payload);
    pb_put_bytes(&w, SIGNATURE, m->signature);
    if (w.full)
        return GW_ENOMEM;
    return w.p - dst > ENVELOPE_MSG_MAX ? GW_EINVAL : (int)(w.p - dst);
}

static void put_part(struct wr *w, struct bytes v)
{
    varint_put(w, v.n);
    wr_bytes(w, v);
}

int envelope_msg_encode_signed(uint8_t *dst, size_t cap, const char *domain,
                               const struct envelope_msg *m)
{
    struct wr w = wr_init((struct span){ dst, cap });
    put_part(&w, bytes_of(domain));
    put_part(&w, m->payload_type);
    put_part(&w, m->payload);
    return w.full ? GW_ENOMEM : (int)(w.p - dst);
}
