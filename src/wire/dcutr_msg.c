/* dcutr_msg.c - the message of /libp2p/dcutr. */
#include "wire/dcutr_msg.h"

#include "base/err.h"
#include "wire/varint.h"

enum { TYPE = 1, OBS_ADDRS = 2 };

int dcutr_msg_decode(struct bytes in, struct dcutr_msg *out)
{
    struct pb_rd r;
    if (!pb_rd_prefixed(&r, in, DCUTR_MSG_BODY_MAX))
        return r.rc;
    *out = (struct dcutr_msg){ 0 };
    uint64_t type = 0;
    while (pb_next(&r)) {
        if (pb_is(&r.f, TYPE, PB_VARINT))
            type = r.f.u;
        else if (pb_is(&r.f, OBS_ADDRS, PB_LEN))
            pb_list_add(&out->addrs, r.f.v);
    }
    if (r.rc < 0 || (type != DCUTR_CONNECT && type != DCUTR_SYNC))
        return GW_EPROTO;
    out->type = (enum dcutr_msg_type)type;
    return r.rc;
}

int dcutr_msg_encode(uint8_t *dst, size_t cap, const struct dcutr_msg *m)
{
    struct wr w = wr_init((struct span){ dst, cap });
    pb_put_uint(&w, TYPE, m->type);
    pb_put_list(&w, OBS_ADDRS, &m->addrs);
    return varint_add_prefix(dst, cap, DCUTR_MSG_BODY_MAX, &w);
}
