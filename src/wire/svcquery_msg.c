/* svcquery_msg.c - framing of /shurli/service-query/1.0.0. */
#include "wire/svcquery_msg.h"

#include "base/err.h"

enum { VERSION = 1 };
enum { TYPE_REQUEST = 1, TYPE_ANSWER, TYPE_ERROR };

int svcquery_decode_request(struct bytes in)
{
    const uint8_t request[SVCQUERY_REQUEST_LEN] = { VERSION, TYPE_REQUEST };
    for (size_t i = 0; i < sizeof request; i++) {
        if (i == in.n)
            return 0;
        if (in.p[i] != request[i])
            return GW_EPROTO;
    }
    return SVCQUERY_REQUEST_LEN;
}

int svcquery_encode_request(uint8_t *dst, size_t cap)
{
    struct wr w = wr_init((struct span){ dst, cap });
    wr_u8(&w, VERSION);
    wr_u8(&w, TYPE_REQUEST);
    return w.full ? GW_ENOMEM : SVCQUERY_REQUEST_LEN;
}

int svcquery_decode_answer(struct bytes in, struct svcquery_answer *out)
{
    struct rd r = rd_init(in);
    uint8_t type = rd_u8(&r);
    if (!r.short_ && type != TYPE_ANSWER && type != TYPE_ERROR)
        return GW_EPROTO;
    uint32_t n = rd_u32(&r);
    if (!r.short_ && n > SVCQUERY_BODY_MAX)
        return GW_EPROTO;
    struct bytes body = rd_bytes(&r, n);
    if (r.short_)
        return 0;
    *out = (struct svcquery_answer){ .is_error = type == TYPE_ERROR, .body = body };
    return SVCQUERY_HEADER_LEN + (int)n;
}

int svcquery_encode_answer(uint8_t *dst, size_t cap, const struct svcquery_answer *m)
{
    if (m->body.n > SVCQUERY_BODY_MAX)
        return GW_EINVAL;
    struct wr w = wr_init((struct span){ dst, cap });
    wr_u8(&w, m->is_error ? TYPE_ERROR : TYPE_ANSWER);
    wr_u32(&w, (uint32_t)m->body.n);
    wr_bytes(&w, m->body);
    return w.full ? GW_ENOMEM : SVCQUERY_HEADER_LEN + (int)m->body.n;
}
