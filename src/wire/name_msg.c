/* name_msg.c - what a name record says. */
#include "wire/name_msg.h"

#include "base/err.h"

enum { NAME = 1, PEER, SEQUENCE, EXPIRES, ADDRS, SEALED };

static bool is_name(struct bytes v)
{
    for (size_t i = 0; i < v.n; i++) {
        uint8_t c = v.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.'))
            return false;
    }
    return v.n <= NAME_MSG_NAME_MAX;
}

int name_msg_decode(struct bytes in, struct name_msg *out)
{
    struct pb_rd r = pb_rd_init(in);

    *out = (struct name_msg){ 0 };
    while (pb_next(&r)) {
        if (pb_is(&r.f, NAME, PB_LEN))
            out->name = r.f.v;
        else if (pb_is(&r.f, PEER, PB_LEN))
            out->peer = r.f.v;
        else if (pb_is(&r.f, SEQUENCE, PB_VARINT))
            out->sequence = r.f.u;
        else if (pb_is(&r.f, EXPIRES, PB_VARINT))
            out->expires_s = r.f.u;
        else if (pb_is(&r.f, ADDRS, PB_LEN) && out->addrs.n < NAME_MSG_ADDRS_MAX)
            pb_list_add(&out->addrs, r.f.v);
        else if (pb_is(&r.f, SEALED, PB_LEN))
            out->sealed = r.f.v;
    }
    return r.rc == 0 && in.n <= NAME_MSG_MAX && is_name(out->name) &&
                   out->sealed.n <= NAME_MSG_SEALED_MAX
               ? 0
               : GW_EPROTO;
}

int name_msg_encode(uint8_t *dst, size_t cap, const struct name_msg *m)
{
    struct wr w = wr_init((struct span){ dst, cap });

    if (!is_name(m->name) || m->addrs.n > NAME_MSG_ADDRS_MAX || m->sealed.n > NAME_MSG_SEALED_MAX)
        return GW_EINVAL;
    pb_opt_bytes(&w, NAME, m->name);
    pb_opt_bytes(&w, PEER, m->peer);
    pb_opt_uint(&w, SEQUENCE, m->sequence);
    pb_opt_uint(&w, EXPIRES, m->expires_s);
    pb_put_list(&w, ADDRS, &m->addrs);
    pb_opt_bytes(&w, SEALED, m->sealed);
    if (w.full)
        return GW_ENOMEM;
    return w.p - dst > NAME_MSG_MAX ? GW_EINVAL : (int)(w.p - dst);
}
