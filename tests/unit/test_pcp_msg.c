/* test_pcp_msg.c - messages of PCP and NAT-PMP. */
#include "wire/pcp_msg.h"

#include "vec.h"

#define NONCE  "\xfd\x20\x49\xae\xdf\xe7\xc7\x1a\x5f\x3f\xcb\xa6"
#define MAPPED "\0\0\0\0\0\0\0\0\0\0\xff\xff"

static const uint8_t client[16] = MAPPED "\xc0\xa8\x4d\x02";

static const struct {
    const char *source;
    struct bytes wire;
    int rc;
    struct pcp_answer want;
} answers[] = {
    { "MAP granted, sent by miniupnpd 2.3.1",
      B("\x02\x81\0\0\0\0\x04\xb0\0\0\x60\x28\0\0\0\0\0\0\0\0\0\0\0\0" NONCE
        "\x11\0\0\0\x0f\xa1\x0f\xa1" MAPPED "\xc6\x29\0\x09"),
      0,
      { PCP_V2,
        PCP_IS_MAP,
        PCP_SUCCESS,
        0x6028,
        0,
        { PCP_UDP, 4001, 4001, 1200, NONCE, MAPPED "\xc6\x29\0\x09" } } },
    { "NAT-PMP, UDP granted, sent by miniupnpd 2.3.1",
      B("\0\x81\0\0\0\0\x60\x32\x0f\xa1\x0f\xa1\0\0\x04\xb0"),
      0,
      { PCP_V0_NATPMP,
        PCP_IS_MAP,
        PCP_SUCCESS,
        0x6032,
        0,
        { PCP_UDP, 4001, 4001, 1200, { 0 }, { 0 } } } },
    { "NAT-PMP, TCP granted, sent by miniupnpd 2.3.1",
      B("\0\x82\0\0\0\0\x60\x32\x0f\xa1\x0f\xa1\0\0\x04\xb0"),
      0,
      { PCP_V0_NATPMP,
        PCP_IS_MAP,
        PCP_SUCCESS,
        0x6032,
        0,
        { PCP_TCP, 4001, 4001, 1200, { 0 }, { 0 } } } },
    { "NAT-PMP, the router's address, sent by miniupnpd 2.3.1",
      B("\0\x80\0\0\0\0\x60\x32\xc6\x29\0\x09"),
      0,
      { PCP_V0_NATPMP,
        PCP_IS_ADDR,
        PCP_SUCCESS,
        0x6032,
        0,
        { 0, .external = MAPPED "\xc6\x29\0\x09" } } },
    { "NAT-PMP has no address, RFC 6886 s.3.5 (3: network failure)",
      B("\0\x80\0\x03\0\0\0\x09"),
      0,
      { PCP_V0_NATPMP, PCP_IS_ADDR, 3, 9, 0, { 0 } } },
    { "a NAT-PMP router's answer to PCP, RFC 6887 appendix A",
      B("\0\x81\0\x01\0\0\0\x09"),
      0,
      { PCP_V0_NATPMP, PCP_IS_ERROR, PCP_UNSUPP_VERSION, 9, 0, { 0 } } },
    { "a PCP router of version 3, RFC 6887 s.9",
      B("\x03\x81\0\x01\0\0\x07\x08\0\0\0\x09\0\0\0\0\0\0\0\0\0\0\0\0"),
      0,
      { 3, PCP_IS_ERROR, PCP_UNSUPP_VERSION, 9, 1800, { 0 } } },
    { "MAP refused, RFC 6887 s.7.4: NOT_AUTHORIZED for half an hour",
      B("\x02\x81\0\x02\0\0\x07\x08\0\0\0\x09\0\0\0\0\0\0\0\0\0\0\0\0" NONCE
        "\x06\0\0\0\x0f\xa1\0\0" MAPPED "\0\0\0\0"),
      0,
      { PCP_V2,
        PCP_IS_MAP,
        PCP_NOT_AUTHORIZED,
        9,
        1800,
        { PCP_TCP, 4001, 0, 0, NONCE, MAPPED "\0\0\0\0" } } },
    { "a request", B("\0\x01\0\0\x0f\xa1\x0f\xa1\0\0\x04\xb0"), GW_EUNSUP, { 0 } },
    { "ANNOUNCE, which nobody asked for, RFC 6887 s.14.1",
      B("\x02\x80\0\0\0\0\0\0\0\0\0\x09\0\0\0\0\0\0\0\0\0\0\0\0"),
      GW_EUNSUP,
      { 0 } },
    { "another version that is no error",
      B("\x01\x81\0\0\0\0\0\0\0\0\0\x09\0\0\0\0\0\0\0\0\0\0\0\0"),
      GW_EPROTO,
      { 0 } },
    { "no multiple of 4, RFC 6887 s.7",
      B("\x02\x81\0\0\0\0\x04\xb0\0\0\x60\x28\0\0\0\0\0\0\0\0\0\0\0\0" NONCE
        "\x11\0\0\0\x0f\xa1\x0f\xa1" MAPPED "\xc6\x29\0\x09."),
      GW_EPROTO,
      { 0 } },
    { "NAT-PMP, an opcode of the future", B("\0\x83\0\0\0\0\0\x09"), GW_EUNSUP, { 0 } },
};

static void test_decode_reads_every_kind(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(answers); i++) {
        const struct pcp_answer *want = &answers[i].want;
        struct pcp_answer a;
        assert_int_equal(pcp_msg_decode(answers[i].wire, &a), answers[i].rc);
        if (answers[i].rc)
            continue;
        assert_int_equal(a.version, want->version);
        assert_int_equal(a.kind, want->kind);
        assert_int_equal(a.result, want->result);
        assert_int_equal(a.epoch_s, want->epoch_s);
        assert_int_equal(a.retry_s, want->retry_s);
        assert_int_equal(a.map.proto, want->map.proto);
        assert_int_equal(a.map.internal_port, want->map.internal_port);
        assert_int_equal(a.map.external_port, want->map.external_port);
        assert_int_equal(a.map.lifetime_s, want->map.lifetime_s);
        assert_memory_equal(a.map.nonce, want->map.nonce, sizeof a.map.nonce);
        assert_memory_equal(a.map.external, want->map.external, sizeof a.map.external);
    }
}

/* A datagram is whole, so what is cut short is malformed.  Each cut has a block of its own size. */
static void test_decode_refuses_every_cut_answer(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        for (size_t n = 0; n < answers[i].wire.n; n++) {
            struct pcp_answer a;
            uint8_t *p = malloc(n + 1);
            assert_non_null(p);
            memcpy(p, answers[i].wire.p, n);
            assert_int_equal(pcp_msg_decode((struct bytes){ p, n }, &a), GW_EPROTO);
            free(p);
        }
    }
}

static void test_decode_refuses_what_is_over_the_maximum(void **state)
{
    (void)state;
    static uint8_t wire[PCP_MAX + 4] = { 2, 0x81 };
    struct pcp_answer a;
    assert_int_equal(pcp_msg_decode((struct bytes){ wire, PCP_MAX }, &a), 0);
    assert_int_equal(pcp_msg_decode((struct bytes){ wire, PCP_MAX + 4 }, &a), GW_EPROTO);
}

static const struct pcp_map wish = { PCP_UDP, 4001, 4002, 1200, NONCE, MAPPED "\0\0\0\0" };

static int encode_map(uint8_t *dst, size_t cap)
{
    return pcp_msg_encode_map(dst, cap, &wish, client);
}

static void test_encode_map_is_as_in_rfc6887(void **state)
{
    (void)state;
    /* s.7.1: version 2, MAP, lifetime, client; s.11.1: nonce, UDP, ports, address */
    assert_needs_room((struct bytes)B("\x02\x01\0\0\0\0\x04\xb0" MAPPED "\xc0\xa8\x4d\x02" NONCE
                                      "\x11\0\0\0\x0f\xa1\x0f\xa2" MAPPED "\0\0\0\0"),
                      encode_map);
}

static int encode_natpmp_udp(uint8_t *dst, size_t cap)
{
    return pcp_msg_encode_natpmp_map(dst, cap, &wish);
}

static int encode_natpmp_tcp(uint8_t *dst, size_t cap)
{
    struct pcp_map tcp = wish;
    tcp.proto = PCP_TCP;
    return pcp_msg_encode_natpmp_map(dst, cap, &tcp);
}

static void test_encode_natpmp_is_as_in_rfc6886(void **state)
{
    (void)state;
    /* s.3.3; s.3.2 */
    assert_needs_room((struct bytes)B("\0\x01\0\0\x0f\xa1\x0f\xa2\0\0\x04\xb0"), encode_natpmp_udp);
    assert_needs_room((struct bytes)B("\0\x02\0\0\x0f\xa1\x0f\xa2\0\0\x04\xb0"), encode_natpmp_tcp);
    assert_needs_room((struct bytes)B("\0\0"), pcp_msg_encode_natpmp_addr);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decode_reads_every_kind),
        cmocka_unit_test(test_decode_refuses_every_cut_answer),
        cmocka_unit_test(test_decode_refuses_what_is_over_the_maximum),
        cmocka_unit_test(test_encode_map_is_as_in_rfc6887),
        cmocka_unit_test(test_encode_natpmp_is_as_in_rfc6886),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
