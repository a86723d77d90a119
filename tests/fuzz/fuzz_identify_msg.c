/* fuzz_identify_msg.c - views lie inside the input, lists keep their bounds, and what is accepted
 * survives a round trip. */
#include "fuzz.h"
#include "wire/identify_msg.h"

static int decode(struct bytes in)
{
    struct identify_msg m = { .naddrs = 0 };
    return identify_decode(in, &m);
}

static void check_lists(const struct identify_msg *m, struct bytes in)
{
    assert(m->naddrs <= IDENTIFY_ADDRS_MAX && m->nprotocols <= IDENTIFY_PROTOCOLS_MAX);
    for (size_t i = 0; i < m->naddrs; i++)
        check_inside(m->addrs[i], in);
    for (size_t i = 0; i < m->nprotocols; i++)
        check_inside(m->protocols[i], in);
}

static void check_equal(const struct identify_msg *a, const struct identify_msg *b)
{
    assert(bytes_eq(a->public_key, b->public_key));
    assert(bytes_eq(a->observed_addr, b->observed_addr));
    assert(bytes_eq(a->protocol_version, b->protocol_version));
    assert(bytes_eq(a->agent_version, b->agent_version));
    assert(bytes_eq(a->signed_peer_record, b->signed_peer_record));
    assert(a->naddrs == b->naddrs && a->nprotocols == b->nprotocols);
    for (size_t i = 0; i < a->naddrs; i++)
        assert(bytes_eq(a->addrs[i], b->addrs[i]));
    for (size_t i = 0; i < a->nprotocols; i++)
        assert(bytes_eq(a->protocols[i], b->protocols[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes in = { data, size };
    struct identify_msg m = { .naddrs = 0 }, again = { .naddrs = 0 };
    int used = identify_decode(in, &m);
    check_lists(&m, in);
    check_used(used, in, decode);
    if (used <= 0)
        return 0;
    static uint8_t out[IDENTIFY_WIRE_MAX];
    int n = identify_encode(out, sizeof out, &m);
    assert(n > 0 && n <= used); /* never longer than what another encoder put */
    assert(identify_decode((struct bytes){ out, (size_t)n }, &again) == n);
    check_equal(&m, &again);
    return 0;
}
