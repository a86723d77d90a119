/* dcutr_msg.c - the message of /libp2p/dcutr. */
#include "wire/dcutr_msg.h"

#include "base/err.h"
#include "wire/varint.h"

enum { TYPE = 1, OBS_ADDRS = 2 };

int dcutr_msg_decode(struct bytes in, struct dcutr_msg *out)
{
    struct bytes body;
    int used = varint_decode_prefixed(in, DCUTR_MSG_BODY_MAX, &body);
    if (used <= 0)
        return used;
    *out = (struct dcutr_msg){ 0 };
    struct rd r = rd_init(body);
    struct pb_field f;
    uint64_t type = 0;
    int more;
    while ((more = pb_next(&r, &f)) > 0) {
        if (pb_is(&f, TYPE, PB_VARINT))
            type = f.u;
        else if (pb_is(&f, OBS_ADDRS, PB_LEN))
            pb_list_add(&out->addrs, f.v);
    }
    if (more < 0 || (type != DCUTR_CONNECT && type != DCUTR_SYNC))
        return GW_EPROTO;
    out->type = (enum dcutr_msg_type)type;
    return used;
}

int dcutr_msg_encode(uint8_t *dst, size_t cap, const struct dcutr_msg *m)
{
    struct wr w = wr_init((struct span){ dst, cap });
    pb_put_uint(&w, TYPE, m->type);
    pb_put_list(&w, OBS_ADDRS, &m->addrs);
    return varint_add_prefix(dst, cap, DCUTR_MSG_BODY_MAX, &w);
}
