/* tunnel_msg.c - request and answer of /gw/tunnel/1.0.0 and /gw/udp/1.0.0. */
#include "wire/tunnel_msg.h"

#include "base/err.h"
#include "wire/pb.h"
#include "wire/varint.h"

enum {
    REQUEST_SERVICE = 1,
    REQUEST_PORT,
    REQUEST_TOKEN,
    REQUEST_OFFSET,
    REQUEST_FLOW,
    REQUEST_DEST
};
enum { ANSWER_STATUS = 1, ANSWER_TEXT, ANSWER_TOKEN, ANSWER_OFFSET };

static bool request_in_limits(const struct tunnel_request *m)
{
    return m->service.n <= TUNNEL_SERVICE_MAX && m->resume_token.n <= TUNNEL_TOKEN_MAX &&
           m->destination.n <= TUNNEL_DEST_MAX;
}

static bool answer_in_limits(const struct tunnel_answer *m)
{
    return m->text.n <= TUNNEL_TEXT_MAX && m->resume_token.n <= TUNNEL_TOKEN_MAX;
}

int tunnel_decode_request(struct bytes in, struct tunnel_request *out)
{
    struct bytes body;
    int used = varint_decode_prefixed(in, TUNNEL_BODY_MAX, &body);
    if (used <= 0)
        return used;
    *out = (struct tunnel_request){ 0 };
    struct rd r = rd_init(body);
    struct pb_field f;
    uint64_t port = 0;
    int more;
    while ((more = pb_next(&r, &f)) > 0) {
        if (pb_is(&f, REQUEST_SERVICE, PB_LEN))
            out->service = f.v;
        else if (pb_is(&f, REQUEST_PORT, PB_VARINT))
            port = f.u;
        else if (pb_is(&f, REQUEST_TOKEN, PB_LEN))
            out->resume_token = f.v;
        else if (pb_is(&f, REQUEST_OFFSET, PB_VARINT))
            out->resume_offset = f.u;
        else if (pb_is(&f, REQUEST_FLOW, PB_VARINT))
            out->flow = f.u;
        else if (pb_is(&f, REQUEST_DEST, PB_LEN))
            out->destination = f.v;
    }
    if (more < 0 || port > UINT16_MAX || !request_in_limits(out))
        return GW_EPROTO;
    out->port = (uint16_t)port;
    return used;
}

int tunnel_decode_answer(struct bytes in, struct tunnel_answer *out)
{
    struct bytes body;
    int used = varint_decode_prefixed(in, TUNNEL_BODY_MAX, &body);
    if (used <= 0)
        return used;
    *out = (struct tunnel_answer){ 0 };
    struct rd r = rd_init(body);
    struct pb_field f;
    int more;
    while ((more = pb_next(&r, &f)) > 0) {
        if (pb_is(&f, ANSWER_STATUS, PB_VARINT))
            out->status = f.u < TUNNEL_FAILED ? (enum tunnel_status)f.u : TUNNEL_FAILED;
        else if (pb_is(&f, ANSWER_TEXT, PB_LEN))
            out->text = f.v;
        else if (pb_is(&f, ANSWER_TOKEN, PB_LEN))
            out->resume_token = f.v;
        else if (pb_is(&f, ANSWER_OFFSET, PB_VARINT))
            out->resume_offset = f.u;
    }
    return more < 0 || !answer_in_limits(out) ? GW_EPROTO : used;
}

int tunnel_encode_request(uint8_t *dst, size_t cap, const struct tunnel_request *m)
{
    if (!request_in_limits(m))
        return GW_EINVAL;
    struct wr w = wr_init((struct span){ dst, cap });
    pb_opt_bytes(&w, REQUEST_SERVICE, m->service);
    pb_opt_uint(&w, REQUEST_PORT, m->port);
    pb_opt_bytes(&w, REQUEST_TOKEN, m->resume_token);
    pb_opt_uint(&w, REQUEST_OFFSET, m->resume_offset);
    pb_opt_uint(&w, REQUEST_FLOW, m->flow);
    pb_opt_bytes(&w, REQUEST_DEST, m->destination);
    return varint_add_prefix(dst, cap, TUNNEL_BODY_MAX, &w);
}

int tunnel_encode_answer(uint8_t *dst, size_t cap, const struct tunnel_answer *m)
{
    if (!answer_in_limits(m))
        return GW_EINVAL;
    struct wr w = wr_init((struct span){ dst, cap });
    pb_opt_uint(&w, ANSWER_STATUS, m->status);
    pb_opt_bytes(&w, ANSWER_TEXT, m->text);
    pb_opt_bytes(&w, ANSWER_TOKEN, m->resume_token);
    pb_opt_uint(&w, ANSWER_OFFSET, m->resume_offset);
    return varint_add_prefix(dst, cap, TUNNEL_BODY_MAX, &w);
}
