/* test_autonat2_msg.c - messages of AutoNAT v2.  The octets follow from the schema in libp2p specs,
 * autonat/autonat-v2, by the rules of protobuf.dev, Encoding.  @libp2p/autonat-v2 2.0.15
 * (js-libp2p) puts the same octets for every vector, but for the length in front. */
#include "wire/autonat2_msg.h"

#include "pblist.h"

#define NONCE        0x0123456789abcdef
#define NONCE_OCTETS "\xef\xcd\xab\x89\x67\x45\x23\x01"

static const struct {
    struct bytes wire;
    struct autonat2_msg m;
} vectors[] = {
    /* dialRequest { addrs, nonce } */
    { B("\x15\x0a\x13\x0a\x03one\x0a\x03two\x11" NONCE_OCTETS),
      { .kind = AUTONAT2_DIAL_REQUEST,
        .request = { .addrs = { 2, { B("one"), B("two") } }, .nonce = NONCE } } },
    /* dialResponse { status, addrIdx, dialStatus } */
    { B("\x0a\x12\x08\x08\xc8\x01\x10\x01\x18\xc8\x01"),
      { .kind = AUTONAT2_DIAL_RESPONSE, .response = { AUTONAT2_OK, 1, AUTONAT2_DIAL_OK } } },
    { B("\x07\x12\x05\x08\xc8\x01\x18\x64"),
      { .kind = AUTONAT2_DIAL_RESPONSE, .response = { AUTONAT2_OK, 0, AUTONAT2_DIAL_ERROR } } },
    { B("\x07\x12\x05\x08\xc8\x01\x18\x65"),
      { .kind = AUTONAT2_DIAL_RESPONSE,
        .response = { AUTONAT2_OK, 0, AUTONAT2_DIAL_BACK_ERROR } } },
    { B("\x04\x12\x02\x08\x65"),
      { .kind = AUTONAT2_DIAL_RESPONSE, .response = { .status = AUTONAT2_DIAL_REFUSED } } },
    { B("\x04\x12\x02\x08\x64"),
      { .kind = AUTONAT2_DIAL_RESPONSE, .response = { .status = AUTONAT2_REQUEST_REJECTED } } },
    { B("\x02\x12\0"),
      { .kind = AUTONAT2_DIAL_RESPONSE, .response = { .status = AUTONAT2_INTERNAL_ERROR } } },
    /* dialDataRequest { addrIdx, numBytes } */
    { B("\x08\x1a\x06\x08\x01\x10\xb0\xea\x01"),
      { .kind = AUTONAT2_DATA_REQUEST, .data_request = { 1, 30000 } } },
    { B("\x06\x1a\x04\x10\xb0\xea\x01"),
      { .kind = AUTONAT2_DATA_REQUEST, .data_request = { 0, 30000 } } },
    /* dialDataResponse { data } */
    { B("\x08\x22\x06\x0a\x04"
        "data"),
      { .kind = AUTONAT2_DATA_RESPONSE, .data = B("data") } },
};

static int decode(struct bytes in)
{
    struct autonat2_msg m;
    return autonat2_msg_decode(in, &m);
}

static void assert_msg(const struct autonat2_msg *got, const struct autonat2_msg *want)
{
    assert_int_equal(got->kind, want->kind);
    switch (want->kind) {
    case AUTONAT2_DIAL_REQUEST:
        assert_list(&got->request.addrs, &want->request.addrs);
        assert_true(got->request.nonce == want->request.nonce);
        break;
    case AUTONAT2_DIAL_RESPONSE:
        assert_int_equal(got->response.status, want->response.status);
        assert_int_equal(got->response.addr_index, want->response.addr_index);
        assert_int_equal(got->response.dial_status, want->response.dial_status);
        break;
    case AUTONAT2_DATA_REQUEST:
        assert_int_equal(got->data_request.addr_index, want->data_request.addr_index);
        assert_true(got->data_request.nbytes == want->data_request.nbytes);
        break;
    case AUTONAT2_DATA_RESPONSE:
        assert_bytes(got->data, want->data);
        break;
    }
}

static void test_message_goes_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        struct autonat2_msg m;
        uint8_t b[32];
        assert_int_equal(autonat2_msg_decode(vectors[i].wire, &m), vectors[i].wire.n);
        assert_msg(&m, &vectors[i].m);
        int n = autonat2_msg_encode(b, sizeof b, &vectors[i].m);
        assert_bytes((struct bytes){ b, (size_t)n }, vectors[i].wire);
        assert_every_prefix_waits(vectors[i].wire, decode);
    }
}

static int encode_request(uint8_t *dst, size_t cap)
{
    return autonat2_msg_encode(dst, cap, &vectors[0].m);
}

static int encode_response(uint8_t *dst, size_t cap)
{
    return autonat2_msg_encode(dst, cap, &vectors[1].m);
}

static int encode_data(uint8_t *dst, size_t cap)
{
    return autonat2_msg_encode(dst, cap, &vectors[9].m);
}

static void test_encode_without_room_is_nomem(void **state)
{
    (void)state;
    assert_needs_room(vectors[0].wire, encode_request);
    assert_needs_room(vectors[1].wire, encode_response);
    assert_needs_room(vectors[9].wire, encode_data);
}

static void test_decode_takes_the_last_of_the_oneof(void **state)
{
    (void)state;
    struct autonat2_msg m;
    /* dialRequest { addr a, nonce }, then dialResponse { addrIdx 2 }, { status 200 } */
    struct bytes in = B("\x17\x0a\x0c\x0a\x01"
                        "a\x11" NONCE_OCTETS "\x12\x02\x10\x02\x12\x03\x08\xc8\x01");
    const struct autonat2_msg want = { .kind = AUTONAT2_DIAL_RESPONSE,
                                       .response = { AUTONAT2_OK, 2, AUTONAT2_DIAL_UNUSED } };
    assert_int_equal(autonat2_msg_decode(in, &m), in.n);
    assert_msg(&m, &want);
}

static void test_decode_keeps_empty_addresses_so_that_indexes_stay_right(void **state)
{
    (void)state;
    struct autonat2_msg m;
    struct bytes in = B("\x07\x0a\x05\x0a\0\x0a\x01"
                        "a");
    assert_int_equal(autonat2_msg_decode(in, &m), in.n);
    assert_int_equal(m.request.addrs.n, 2);
    assert_bytes(m.request.addrs.v[1], bytes_of("a"));
}

static void test_decode_passes_over_the_unknown(void **state)
{
    (void)state;
    struct autonat2_msg m;
    /* fields 5 bytes and 6 varint, 1 as a varint; dialDataRequest { field 3, numBytes 1 } */
    struct bytes in = B("\x0d\x2a\x01?\x30\x01\x08\x01\x1a\x04\x18\x09\x10\x01");
    assert_int_equal(autonat2_msg_decode(in, &m), in.n);
    assert_int_equal(m.kind, AUTONAT2_DATA_REQUEST);
    assert_int_equal(m.data_request.nbytes, 1);
}

static void test_decode_discards_an_unknown_status(void **state)
{
    (void)state;
    assert_int_equal(decode((struct bytes)B("\x04\x12\x02\x08\x66")), GW_EUNSUP);
    assert_int_equal(decode((struct bytes)B("\x07\x12\x05\x08\xc8\x01\x18\x01")), GW_EUNSUP);
}

static void test_decode_refuses_malformed_messages(void **state)
{
    (void)state;
    static const struct bytes bad[] = {
        B("\0"),                       /* none of the four */
        B("\x02\x2a\0"),               /* the same */
        B("\x02\x0a\x05"),             /* ends inside a field */
        B("\x04\x0a\x02\x0a\x05"),     /* an address longer than the request */
        B("\x05\x0a\x03\x11\x01\x02"), /* a cut nonce */
        B("\x81\x40"),                 /* 8193 octets: known before they come */
    };
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(decode(bad[i]), GW_EPROTO);
    assert_int_equal(decode((struct bytes)B("\x80\x40")), 0);
}

static void test_data_is_limited_both_ways(void **state)
{
    (void)state;
    static uint8_t data[AUTONAT2_MSG_DATA_MAX + 1], wire[AUTONAT2_MSG_WIRE_MAX];
    struct autonat2_msg m = { .kind = AUTONAT2_DATA_RESPONSE,
                              .data = { data, AUTONAT2_MSG_DATA_MAX } };
    int n = autonat2_msg_encode(wire, sizeof wire, &m);
    assert_int_equal(n, AUTONAT2_MSG_DATA_MAX + 8);
    assert_int_equal(decode((struct bytes){ wire, (size_t)n }), n);
    m.data.n++;
    assert_int_equal(autonat2_msg_encode(wire, sizeof wire, &m), GW_EINVAL);
    memcpy(wire, "\x87\x20\x22\x84\x20\x0a\x81\x20", 8); /* one octet more in each length */
    assert_int_equal(decode((struct bytes){ wire, (size_t)n + 1 }), GW_EPROTO);
}

static void test_encode_refuses_a_long_request(void **state)
{
    (void)state;
    static uint8_t addr[AUTONAT2_MSG_BODY_MAX], wire[2 * AUTONAT2_MSG_BODY_MAX];
    /* dialRequest 1 + 2, addr 1 + 2 */
    struct autonat2_msg m = { .kind = AUTONAT2_DIAL_REQUEST,
                              .request = { .addrs = { 1, { { addr, sizeof addr - 6 } } } } };
    assert_int_equal(autonat2_msg_encode(wire, sizeof wire, &m), AUTONAT2_MSG_WIRE_MAX);
    m.request.addrs.v[0].n++;
    assert_int_equal(autonat2_msg_encode(wire, sizeof wire, &m), GW_EINVAL);
}

static int decode_back(struct bytes in)
{
    uint64_t nonce;
    return autonat2_msg_decode_back(in, &nonce);
}

static int encode_back(uint8_t *dst, size_t cap)
{
    return autonat2_msg_encode_back(dst, cap, NONCE);
}

static void test_back_carries_the_nonce_both_ways(void **state)
{
    (void)state;
    static const struct bytes wire = B("\x09\x09" NONCE_OCTETS);
    uint64_t nonce;
    assert_int_equal(autonat2_msg_decode_back(wire, &nonce), wire.n);
    assert_true(nonce == NONCE);
    assert_every_prefix_waits(wire, decode_back);
    assert_needs_room(wire, encode_back);
    assert_int_equal(autonat2_msg_decode_back((struct bytes)B("\0"), &nonce), 1);
    assert_true(nonce == 0); /* proto3 leaves it out */
    assert_int_equal(decode_back((struct bytes)B("\x02\x09\x01")), GW_EPROTO);
    assert_int_equal(decode_back((struct bytes)B("\x41")), GW_EPROTO); /* 65 octets */
}

static void test_back_response_is_empty_for_ok(void **state)
{
    (void)state;
    assert_needs_room((struct bytes)B("\0"), autonat2_msg_encode_back_response);
    assert_every_prefix_waits((struct bytes)B("\0"), autonat2_msg_decode_back_response);
    assert_every_prefix_waits((struct bytes)B("\x02\x08\0"), autonat2_msg_decode_back_response);
    assert_int_equal(autonat2_msg_decode_back_response((struct bytes)B("\x02\x08\x01")), GW_EUNSUP);
    assert_int_equal(autonat2_msg_decode_back_response((struct bytes)B("\x01\x08")), GW_EPROTO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_message_goes_both_ways),
        cmocka_unit_test(test_encode_without_room_is_nomem),
        cmocka_unit_test(test_decode_takes_the_last_of_the_oneof),
        cmocka_unit_test(test_decode_keeps_empty_addresses_so_that_indexes_stay_right),
        cmocka_unit_test(test_decode_passes_over_the_unknown),
        cmocka_unit_test(test_decode_discards_an_unknown_status),
        cmocka_unit_test(test_decode_refuses_malformed_messages),
        cmocka_unit_test(test_data_is_limited_both_ways),
        cmocka_unit_test(test_encode_refuses_a_long_request),
        cmocka_unit_test(test_back_carries_the_nonce_both_ways),
        cmocka_unit_test(test_back_response_is_empty_for_ok),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
