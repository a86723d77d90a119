/* fuzz_tunnel_msg.c - what is accepted keeps the limits and survives a round trip. */
#include "fuzz.h"
#include "wire/tunnel_msg.h"

static int decode_request(struct bytes in)
{
    struct tunnel_request m;
    return tunnel_decode_request(in, &m);
}

static int decode_answer(struct bytes in)
{
    struct tunnel_answer m;
    return tunnel_decode_answer(in, &m);
}

static void check_request(struct bytes in)
{
    struct tunnel_request m, again;
    int used = tunnel_decode_request(in, &m);
    check_used(used, in, decode_request);
    if (used <= 0)
        return;
    check_inside(m.service, in);
    check_inside(m.destination, in);
    check_inside(m.resume_token, in);
    uint8_t out[TUNNEL_WIRE_MAX];
    int n = tunnel_encode_request(out, sizeof out, &m);
    assert(n > 0 && tunnel_decode_request((struct bytes){ out, (size_t)n }, &again) == n);
    assert(bytes_eq(again.service, m.service) && again.port == m.port);
    assert(bytes_eq(again.resume_token, m.resume_token) && again.resume_offset == m.resume_offset);
    assert(bytes_eq(again.destination, m.destination) && again.flow == m.flow);
}

static void check_answer(struct bytes in)
{
    struct tunnel_answer m, again;
    int used = tunnel_decode_answer(in, &m);
    check_used(used, in, decode_answer);
    if (used <= 0)
        return;
    assert(m.status <= TUNNEL_FAILED);
    check_inside(m.text, in);
    check_inside(m.resume_token, in);
    uint8_t out[TUNNEL_WIRE_MAX];
    int n = tunnel_encode_answer(out, sizeof out, &m);
    assert(n > 0 && tunnel_decode_answer((struct bytes){ out, (size_t)n }, &again) == n);
    assert(again.status == m.status && bytes_eq(again.text, m.text));
    assert(bytes_eq(again.resume_token, m.resume_token) && again.resume_offset == m.resume_offset);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_request((struct bytes){ data, size });
    check_answer((struct bytes){ data, size });
    return 0;
}
