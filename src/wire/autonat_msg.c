/* autonat_msg.c - the message of AutoNAT v1. */
#include "wire/autonat_msg.h"

#include "base/err.h"
#include "wire/varint.h"

enum { TYPE = 1, DIAL, DIAL_RESPONSE };
enum { DIAL_PEER = 1 };
enum { RESPONSE_STATUS = 1, RESPONSE_TEXT, RESPONSE_ADDR };

static int decode_dial(struct bytes in, struct autonat_msg *out)
{
    struct pb_rd r = pb_rd_init(in);

    while (pb_next(&r)) {
        if (pb_is(&r.f, DIAL_PEER, PB_LEN) && peer_msg_decode(r.f.v, &out->peer) != 0)
            return GW_EPROTO;
    }
    return r.rc;
}

static enum autonat_status decode_status(uint64_t v)
{
    switch (v) {
    case AUTONAT_OK:
    case AUTONAT_DIAL_ERROR:
    case AUTONAT_DIAL_REFUSED:
    case AUTONAT_BAD_REQUEST:
        return (enum autonat_status)v;
    default:
        return AUTONAT_INTERNAL_ERROR;
    }
}

static int decode_response(struct bytes in, struct autonat_msg *out, bool *has_status)
{
    struct pb_rd r = pb_rd_init(in);

    while (pb_next(&r)) {
        if (pb_is(&r.f, RESPONSE_STATUS, PB_VARINT)) {
            out->status = decode_status(r.f.u);
            *has_status = true;
        } else if (pb_is(&r.f, RESPONSE_TEXT, PB_LEN)) {
            out->text = r.f.v;
        } else if (pb_is(&r.f, RESPONSE_ADDR, PB_LEN)) {
            out->addr = r.f.v;
        }
    }
    return r.rc;
}

int autonat_msg_decode(struct bytes in, struct autonat_msg *out)
{
    struct pb_rd r;
    if (!pb_rd_prefixed(&r, in, AUTONAT_MSG_BODY_MAX))
        return r.rc;
    *out = (struct autonat_msg){ 0 };
    uint64_t type = UINT64_MAX;
    bool has_status = false;
    while (pb_next(&r)) {
        if (pb_is(&r.f, TYPE, PB_VARINT))
            type = r.f.u;
        else if (pb_is(&r.f, DIAL, PB_LEN) && decode_dial(r.f.v, out) < 0)
            return GW_EPROTO;
        else if (pb_is(&r.f, DIAL_RESPONSE, PB_LEN) && decode_response(r.f.v, out, &has_status) < 0)
            return GW_EPROTO;
    }
    bool is_whole = (type == AUTONAT_DIAL && out->peer.id.n) ||
                    (type == AUTONAT_DIAL_RESPONSE && has_status);
    if (r.rc < 0 || !is_whole)
        return GW_EPROTO;
    out->type = (enum autonat_msg_type)type;
    return r.rc;
}

int autonat_msg_encode(uint8_t *dst, size_t cap, const struct autonat_msg *m)
{
    struct wr w = wr_init((struct span){ dst, cap });
    pb_put_uint(&w, TYPE, m->type);
    uint8_t *opened = pb_open(&w, m->type == AUTONAT_DIAL ? DIAL : DIAL_RESPONSE);
    if (m->type == AUTONAT_DIAL) {
        peer_msg_put(&w, DIAL_PEER, &m->peer);
    } else {
        pb_put_uint(&w, RESPONSE_STATUS, m->status);
        pb_opt_bytes(&w, RESPONSE_TEXT, m->text);
        pb_opt_bytes(&w, RESPONSE_ADDR, m->addr);
    }
    pb_close(&w, opened);
    return varint_add_prefix(dst, cap, AUTONAT_MSG_BODY_MAX, &w);
}
