/* autonat_msg.c - the message of AutoNAT v1. */
#include "wire/autonat_msg.h"

#include "base/err.h"
#include "wire/varint.h"

enum { TYPE = 1, DIAL, DIAL_RESPONSE };
enum { DIAL_PEER = 1 };
enum { RESPONSE_STATUS = 1, RESPONSE_TEXT, RESPONSE_ADDR };

static int decode_dial(struct bytes in, struct autonat_msg *out)
{
    struct rd r = rd_init(in);
    struct pb_field f;
    int more;

    while ((more = pb_next(&r, &f)) > 0) {
        if (pb_is(&f, DIAL_PEER, PB_LEN) && peer_msg_decode(f.v, &out->peer) != 0)
            return GW_EPROTO;
    }
    return more;
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
    struct rd r = rd_init(in);
    struct pb_field f;
    int more;

    while ((more = pb_next(&r, &f)) > 0) {
        if (pb_is(&f, RESPONSE_STATUS, PB_VARINT)) {
            out->status = decode_status(f.u);
            *has_status = true;
        } else if (pb_is(&f, RESPONSE_TEXT, PB_LEN)) {
            out->text = f.v;
        } else if (pb_is(&f, RESPONSE_ADDR, PB_LEN)) {
            out->addr = f.v;
        }
    }
    return more;
}

int autonat_msg_decode(struct bytes in, struct autonat_msg *out)
{
    struct bytes body;
    int used = varint_decode_prefixed(in, AUTONAT_MSG_BODY_MAX, &body);
    if (used <= 0)
        return used;
    *out = (struct autonat_msg){ 0 };
    struct rd r = rd_init(body);
    struct pb_field f;
    uint64_t type = UINT64_MAX;
    bool has_status = false;
    int more;
    while ((more = pb_next(&r, &f)) > 0) {
        if (pb_is(&f, TYPE, PB_VARINT))
            type = f.u;
        else if (pb_is(&f, DIAL, PB_LEN) && decode_dial(f.v, out) < 0)
            return GW_EPROTO;
        else if (pb_is(&f, DIAL_RESPONSE, PB_LEN) && decode_response(f.v, out, &has_status) < 0)
            return GW_EPROTO;
    }
    bool is_whole = (type == AUTONAT_DIAL && out->peer.id.n) ||
                    (type == AUTONAT_DIAL_RESPONSE && has_status);
    if (more < 0 || !is_whole)
        return GW_EPROTO;
    out->type = (enum autonat_msg_type)type;
    return used;
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
