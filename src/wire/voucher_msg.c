/* voucher_msg.c - the reservation voucher. */
#include "wire/voucher_msg.h"

#include "base/err.h"
#include "wire/pb.h"

enum { RELAY = 1, PEER, EXPIRATION };

int voucher_msg_decode(struct bytes in, struct voucher_msg *out)
{
    struct pb_rd r = pb_rd_init(in);

    *out = (struct voucher_msg){ 0 };
    while (pb_next(&r)) {
        if (pb_is(&r.f, RELAY, PB_LEN))
            out->relay = r.f.v;
        else if (pb_is(&r.f, PEER, PB_LEN))
            out->peer = r.f.v;
        else if (pb_is(&r.f, EXPIRATION, PB_VARINT))
            out->expires_s = r.f.u;
    }
    bool is_whole = r.rc == 0 && out->relay.n && out->peer.n && out->expires_s;
    return is_whole && in.n <= VOUCHER_MSG_MAX ? 0 : GW_EPROTO;
}

int voucher_msg_encode(uint8_t *dst, size_t cap, const struct voucher_msg *m)
{
    struct wr w = wr_init((struct span){ dst, cap });
    pb_put_bytes(&w, RELAY, m->relay);
    pb_put_bytes(&w, PEER, m->peer);
    pb_put_uint(&w, EXPIRATION, m->expires_s);
    if (w.full)
        return GW_ENOMEM;
    return w.p - dst > VOUCHER_MSG_MAX ? GW_EINVAL : (int)(w.p - dst);
}
