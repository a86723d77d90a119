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
    struct rd r = rd_init(in);
    struct pb_field f;
    int more;

    *out = (struct name_msg){ 0 };
    while ((more = pb_next(&r, &f)) > 0) {
        if (pb_is(&f, NAME, PB_LEN))
            out->name = f.v;
        else if (pb_is(&f, PEER, PB_LEN))
            out->peer = f.v;
        else if (pb_is(&f, SEQUENCE, PB_VARINT))
            out->sequence = f.u;
        else if (pb_is(&f, EXPIRES, PB_VARINT))
            out->expires_s = f.u;
        else if (pb_is(&f, ADDRS, PB_LEN) && out->addrs.n < NAME_MSG_ADDRS_MAX)
            pb_list_add(&out->addrs, f.v);
        else if (pb_is(&f, SEALED, PB_LEN))
            out->sealed = f.v;
    }
    return more == 0 && in.n <= NAME_MSG_MAX && is_name(out->name) &&
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
