/* peer_msg.c - a peer and its addresses. */
#include "wire/peer_msg.h"

#include "base/err.h"

enum { ID = 1, ADDRS = 2 };

int peer_msg_decode(struct bytes in, struct peer_msg *out)
{
    struct pb_rd r = pb_rd_init(in);

    while (pb_next(&r)) {
        if (pb_is(&r.f, ID, PB_LEN))
            out->id = r.f.v;
        else if (pb_is(&r.f, ADDRS, PB_LEN))
            pb_list_add(&out->addrs, r.f.v);
    }
    return r.rc < 0 || !out->id.n ? GW_EPROTO : 0;
}

void peer_msg_put(struct wr *w, uint32_t num, const struct peer_msg *m)
{
    if (!m->id.n)
        return;
    uint8_t *opened = pb_open(w, num);
    pb_put_bytes(w, ID, m->id);
    pb_put_list(w, ADDRS, &m->addrs);
    pb_close(w, opened);
}
