/* autonat2_msg.c - messages of AutoNAT v2. */
#include "wire/autonat2_msg.h"

#include "base/err.h"
#include "wire/varint.h"

enum { REQUEST_ADDRS = 1, REQUEST_NONCE };
enum { RESPONSE_STATUS = 1, RESPONSE_ADDR_INDEX, RESPONSE_DIAL_STATUS };
enum { DATA_REQUEST_ADDR_INDEX = 1, DATA_REQUEST_NBYTES };
enum { DATA_RESPONSE_DATA = 1 };
enum { BACK_NONCE = 1 };
enum { BACK_RESPONSE_STATUS = 1, BACK_RESPONSE_OK = 0 };

static void take_request(const struct pb_field *f, struct autonat2_msg *out)
{
    if (pb_is(f, REQUEST_ADDRS, PB_LEN))
        pb_list_add(&out->request.addrs, f->v);
    else if (pb_is(f, REQUEST_NONCE, PB_I64))
        out->request.nonce = f->u;
}

static void take_response(const struct pb_field *f, struct autonat2_msg *out)
{
    if (pb_is(f, RESPONSE_STATUS, PB_VARINT))
        out->response.status = (enum autonat2_status)f->u;
    else if (pb_is(f, RESPONSE_ADDR_INDEX, PB_VARINT))
        out->response.addr_index = (uint32_t)f->u;
    else if (pb_is(f, RESPONSE_DIAL_STATUS, PB_VARINT))
        out->response.dial_status = (enum autonat2_dial_status)f->u;
}

static void take_data_request(const struct pb_field *f, struct autonat2_msg *out)
{
    if (pb_is(f, DATA_REQUEST_ADDR_INDEX, PB_VARINT))
        out->data_request.addr_index = (uint32_t)f->u;
    else if (pb_is(f, DATA_REQUEST_NBYTES, PB_VARINT))
        out->data_request.nbytes = f->u;
}

static void take_data(const struct pb_field *f, struct autonat2_msg *out)
{
    if (pb_is(f, DATA_RESPONSE_DATA, PB_LEN))
        out->data = f->v;
}

typedef void take_fn(const struct pb_field *f, struct autonat2_msg *out);

static take_fn *const take[] = {
    [AUTONAT2_DIAL_REQUEST] = take_request,
    [AUTONAT2_DIAL_RESPONSE] = take_response,
    [AUTONAT2_DATA_REQUEST] = take_data_request,
    [AUTONAT2_DATA_RESPONSE] = take_data,
};

/* Merges one member of the oneof; another one than before takes its place. */
static int decode_member(enum autonat2_msg_kind kind, struct bytes in, struct autonat2_msg *out)
{
    struct pb_rd r = pb_rd_init(in);

    if (kind != out->kind)
        *out = (struct autonat2_msg){ .kind = kind };
    while (pb_next(&r))
        take[kind](&r.f, out);
    return r.rc;
}

static bool is_known(const struct autonat2_response *m)
{
    bool is_status = m->status == AUTONAT2_INTERNAL_ERROR ||
                     m->status == AUTONAT2_REQUEST_REJECTED || m->status == AUTONAT2_DIAL_REFUSED ||
                     m->status == AUTONAT2_OK;
    bool is_dial_status = m->dial_status == AUTONAT2_DIAL_UNUSED ||
                          m->dial_status == AUTONAT2_DIAL_ERROR ||
                          m->dial_status == AUTONAT2_DIAL_BACK_ERROR ||
                          m->dial_status == AUTONAT2_DIAL_OK;
    return is_status && is_dial_status;
}

int autonat2_msg_decode(struct bytes in, struct autonat2_msg *out)
{
    struct pb_rd r;
    if (!pb_rd_prefixed(&r, in, AUTONAT2_MSG_BODY_MAX))
        return r.rc;
    *out = (struct autonat2_msg){ 0 };
    while (pb_next(&r)) {
        bool is_member = r.f.type == PB_LEN && r.f.num <= AUTONAT2_DATA_RESPONSE;
        if (is_member && decode_member((enum autonat2_msg_kind)r.f.num, r.f.v, out) < 0)
            return GW_EPROTO;
    }
    if (r.rc < 0 || !out->kind)
        return GW_EPROTO;
    if (out->kind == AUTONAT2_DATA_RESPONSE && out->data.n > AUTONAT2_MSG_DATA_MAX)
        return GW_EPROTO;
    return out->kind == AUTONAT2_DIAL_RESPONSE && !is_known(&out->response) ? GW_EUNSUP : r.rc;
}

int autonat2_msg_encode(uint8_t *dst, size_t cap, const struct autonat2_msg *m)
{
    struct wr w = wr_init((struct span){ dst, cap });
    uint8_t *opened = pb_open(&w, m->kind);
    switch (m->kind) {
    case AUTONAT2_DIAL_REQUEST:
        pb_put_list(&w, REQUEST_ADDRS, &m->request.addrs);
        pb_opt_i64(&w, REQUEST_NONCE, m->request.nonce);
        break;
    case AUTONAT2_DIAL_RESPONSE:
        pb_opt_uint(&w, RESPONSE_STATUS, m->response.status);
        pb_opt_uint(&w, RESPONSE_ADDR_INDEX, m->response.addr_index);
        pb_opt_uint(&w, RESPONSE_DIAL_STATUS, m->response.dial_status);
        break;
    case AUTONAT2_DATA_REQUEST:
        pb_opt_uint(&w, DATA_REQUEST_ADDR_INDEX, m->data_request.addr_index);
        pb_opt_uint(&w, DATA_REQUEST_NBYTES, m->data_request.nbytes);
        break;
    case AUTONAT2_DATA_RESPONSE:
        if (m->data.n > AUTONAT2_MSG_DATA_MAX)
            return GW_EINVAL;
        pb_opt_bytes(&w, DATA_RESPONSE_DATA, m->data);
        break;
    }
    pb_close(&w, opened);
    return varint_add_prefix(dst, cap, AUTONAT2_MSG_BODY_MAX, &w);
}

int autonat2_msg_decode_back(struct bytes in, uint64_t *nonce)
{
    struct pb_rd r;
    if (!pb_rd_prefixed(&r, in, AUTONAT2_MSG_BACK_BODY_MAX))
        return r.rc;
    *nonce = 0;
    while (pb_next(&r)) {
        if (pb_is(&r.f, BACK_NONCE, PB_I64))
            *nonce = r.f.u;
    }
    return r.rc;
}

int autonat2_msg_encode_back(uint8_t *dst, size_t cap, uint64_t nonce)
{
    struct wr w = wr_init((struct span){ dst, cap });
    pb_opt_i64(&w, BACK_NONCE, nonce);
    return varint_add_prefix(dst, cap, AUTONAT2_MSG_BACK_BODY_MAX, &w);
}

int autonat2_msg_decode_back_response(struct bytes in)
{
    struct pb_rd r;
    if (!pb_rd_prefixed(&r, in, AUTONAT2_MSG_BACK_BODY_MAX))
        return r.rc;
    uint64_t status = BACK_RESPONSE_OK;
    while (pb_next(&r)) {
        if (pb_is(&r.f, BACK_RESPONSE_STATUS, PB_VARINT))
            status = r.f.u;
    }
    if (r.rc < 0)
        return r.rc;
    return status == BACK_RESPONSE_OK ? r.rc : GW_EUNSUP;
}

int autonat2_msg_encode_back_response(uint8_t *dst, size_t cap)
{
    struct wr w = wr_init((struct span){ dst, cap });
    return varint_add_prefix(dst, cap, AUTONAT2_MSG_BACK_BODY_MAX, &w);
}
