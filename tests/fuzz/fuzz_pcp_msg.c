/* fuzz_pcp_msg.c - an answer holds only what the protocol knows, and a request made of its mapping,
 * turned into an answer, reads as the same mapping. */
#include "fuzz.h"
#include "wire/pcp_msg.h"

static void check_round_trip(const struct pcp_map *m)
{
    static const uint8_t client[16];
    uint8_t wire[PCP_REQUEST_MAX];
    struct pcp_answer again;

    assert(pcp_msg_encode_map(wire, sizeof wire, m, client) == sizeof wire);
    wire[1] |= 0x80;
    assert(pcp_msg_decode((struct bytes){ wire, sizeof wire }, &again) == 0);
    assert(again.kind == PCP_IS_MAP && again.map.proto == m->proto);
    assert(again.map.internal_port == m->internal_port);
    assert(again.map.external_port == m->external_port);
    assert(again.map.lifetime_s == m->lifetime_s);
    assert(memcmp(again.map.nonce, m->nonce, sizeof m->nonce) == 0);
    assert(memcmp(again.map.external, m->external, sizeof m->external) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pcp_answer a;

    int rc = pcp_msg_decode((struct bytes){ data, size }, &a);
    assert(rc == 0 || rc == GW_EPROTO || rc == GW_EUNSUP);
    if (rc != 0)
        return 0;
    assert(size >= 8 && (data[1] & 0x80) && a.version == data[0]);
    assert(a.kind != PCP_IS_ERROR || a.result == PCP_UNSUPP_VERSION);
    assert(a.kind == PCP_IS_ERROR || a.version == PCP_V0_NATPMP || a.version == PCP_V2);
    assert(a.result == PCP_SUCCESS || a.map.lifetime_s == 0 || a.version == PCP_V0_NATPMP);
    if (a.kind == PCP_IS_MAP)
        check_round_trip(&a.map);
    return 0;
}
