/* fuzz_autonat2_msg.c - what is accepted lies inside the input, keeps the bounds and survives a
 * round trip. */
#include "pblist.h"
#include "wire/autonat2_msg.h"

static int decode(struct bytes in)
{
    struct autonat2_msg m;
    return autonat2_msg_decode(in, &m);
}

static int decode_back(struct bytes in)
{
    uint64_t nonce;
    return autonat2_msg_decode_back(in, &nonce);
}

static void check_views(const struct autonat2_msg *m, struct bytes in)
{
    if (m->kind == AUTONAT2_DIAL_REQUEST)
        check_list(&m->request.addrs, in);
    if (m->kind == AUTONAT2_DATA_RESPONSE) {
        assert(m->data.n <= AUTONAT2_MSG_DATA_MAX);
        check_inside(m->data, in);
    }
}

static bool are_equal(const struct autonat2_msg *a, const struct autonat2_msg *b)
{
    if (a->kind != b->kind)
        return false;
    switch (a->kind) {
    case AUTONAT2_DIAL_REQUEST:
        return lists_eq(&a->request.addrs, &b->request.addrs) &&
               a->request.nonce == b->request.nonce;
    case AUTONAT2_DIAL_RESPONSE:
        return a->response.status == b->response.status &&
               a->response.addr_index == b->response.addr_index &&
               a->response.dial_status == b->response.dial_status;
    case AUTONAT2_DATA_REQUEST:
        return a->data_request.addr_index == b->data_request.addr_index &&
               a->data_request.nbytes == b->data_request.nbytes;
    case AUTONAT2_DATA_RESPONSE:
        return bytes_eq(a->data, b->data);
    }
    return false;
}

static void check_message(struct bytes in)
{
    static uint8_t out[AUTONAT2_MSG_WIRE_MAX];
    struct autonat2_msg m, again;

    int used = autonat2_msg_decode(in, &m);
    assert(used >= 0 || used == GW_EPROTO || used == GW_EUNSUP);
    check_used(used, in, decode);
    if (used <= 0)
        return;
    check_views(&m, in);
    int n = autonat2_msg_encode(out, sizeof out, &m);
    assert(n > 0 && n <= used); /* never longer than what another encoder put */
    assert(autonat2_msg_decode((struct bytes){ out, (size_t)n }, &again) == n);
    assert(are_equal(&m, &again));
}

static void check_back(struct bytes in)
{
    uint8_t out[AUTONAT2_MSG_BACK_WIRE_MAX];
    uint64_t nonce, again;

    int used = autonat2_msg_decode_back(in, &nonce);
    check_used(used, in, decode_back);
    if (used <= 0)
        return;
    int n = autonat2_msg_encode_back(out, sizeof out, nonce);
    assert(n > 0 && n <= used);
    assert(autonat2_msg_decode_back((struct bytes){ out, (size_t)n }, &again) == n);
    assert(again == nonce);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes in = { data, size };
    check_message(in);
    check_back(in);
    check_used(autonat2_msg_decode_back_response(in), in, autonat2_msg_decode_back_response);
    return 0;
}
