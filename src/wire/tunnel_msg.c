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
    struct pb_rd r;
    if (!pb_rd_prefixed(&r, in, TUNNEL_BODY_MAX))
        return r.rc;
    *out = (struct tunnel_request){ 0 };
    uint64_t port = 0;
    while (pb_next(&r)) {
        if (pb_is(&r.f, REQUEST_SERVICE, PB_LEN))
            out->service = r.f.v;
        else if (pb_is(&r.f, REQUEST_PORT, PB_VARINT))
            port = r.f.u;
        else if (pb_is(&r.f, REQUEST_TOKEN, PB_LEN))
            out->resume_token = r.f.v;
        else if (pb_is(&r.f, REQUEST_OFFSET, PB_VARINT))
            out->resume_offset = r.f.u;
        else if (pb_is(&r.f, REQUEST_FLOW, PB_VARINT))
            out->flow = r.f.u;
        else if (pb_is(&r.f, REQUEST_DEST, PB_LEN))
            out->destination = r.f.v;
    }
    if (r.rc < 0 || port > UINT16_MAX || !request_in_limits(out))
        return GW_EPROTO;
    out->port = (uint16_t)port;
    return r.rc;
}

int tunnel_decode_answer(struct bytes in, struct tunnel_answer *out)
{
    struct pb_rd r;
    if (!pb_rd_prefixed(&r, in, TUNNEL_BODY_MAX))
        return r.rc;
    *out = (struct tunnel_answer){ 0 };
    while (pb_next(&r)) {
        if (pb_is(&r.f, ANSWER_STATUS, PB_VARINT))
            out->status = r.f.u < TUNNEL_FAILED ? (enum tunnel_status)r.f.u : TUNNEL_FAILED;
        else if (pb_is(&r.f, ANSWER_TEXT, PB_LEN))
            out->text = r.f.v;
        else if (pb_is(&r.f, ANSWER_TOKEN, PB_LEN))
            out->resume_token = r.f.v;
        else if (pb_is(&r.f, ANSWER_OFFSET, PB_VARINT))
            out->resume_offset = r.f.u;
    }
    return r.rc < 0 || !answer_in_limits(out) ? GW_EPROTO : r.rc;
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
