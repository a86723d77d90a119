/* test_autonat_msg.c - the message of AutoNAT v1.  The octets follow from the schema in libp2p
 * specs, autonat/autonat-v1, by the rules of protobuf.dev, Encoding.  @libp2p/autonat 3.0.28
 * (js-libp2p) puts the same octets for every vector, but for the length in front. */
#include "wire/autonat_msg.h"

#include "pblist.h"

static const struct {
    struct bytes wire;
    struct autonat_msg m;
} vectors[] = {
    /* type, dial { peer { id, addrs } } */
    { B("\x16\x08\0\x12\x12\x0a\x10\x0a\x04peer\x12\x03one\x12\x03two"),
      { .type = AUTONAT_DIAL,
        .peer = { .id = B("peer"), .addrs = { 2, { B("one"), B("two") } } } } },
    /* type, dialResponse { status, statusText, addr } */
    { B("\x11\x08\x01\x1a\x0d\x08\0\x12\x04text\x1a\x03one"),
      { .type = AUTONAT_DIAL_RESPONSE,
        .status = AUTONAT_OK,
        .text = B("text"),
        .addr = B("one") } },
    { B("\x06\x08\x01\x1a\x02\x08\0"), { .type = AUTONAT_DIAL_RESPONSE, .status = AUTONAT_OK } },
    { B("\x06\x08\x01\x1a\x02\x08\x64"),
      { .type = AUTONAT_DIAL_RESPONSE, .status = AUTONAT_DIAL_ERROR } },
    { B("\x06\x08\x01\x1a\x02\x08\x65"),
      { .type = AUTONAT_DIAL_RESPONSE, .status = AUTONAT_DIAL_REFUSED } },
    { B("\x07\x08\x01\x1a\x03\x08\xc8\x01"),
      { .type = AUTONAT_DIAL_RESPONSE, .status = AUTONAT_BAD_REQUEST } },
    { B("\x07\x08\x01\x1a\x03\x08\xac\x02"),
      { .type = AUTONAT_DIAL_RESPONSE, .status = AUTONAT_INTERNAL_ERROR } },
};

static int decode(struct bytes in)
{
    struct autonat_msg m;
    return autonat_msg_decode(in, &m);
}

static int encode_dial(uint8_t *dst, size_t cap)
{
    return autonat_msg_encode(dst, cap, &vectors[0].m);
}

static int encode_response(uint8_t *dst, size_t cap)
{
    return autonat_msg_encode(dst, cap, &vectors[1].m);
}

static void test_message_goes_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        struct autonat_msg m;
        uint8_t b[32];
        assert_int_equal(autonat_msg_decode(vectors[i].wire, &m), vectors[i].wire.n);
        assert_int_equal(m.type, vectors[i].m.type);
        assert_bytes(m.peer.id, vectors[i].m.peer.id);
        assert_list(&m.peer.addrs, &vectors[i].m.peer.addrs);
        assert_int_equal(m.status, vectors[i].m.status);
        assert_bytes(m.text, vectors[i].m.text);
        assert_bytes(m.addr, vectors[i].m.addr);
        int n = autonat_msg_encode(b, sizeof b, &vectors[i].m);
        assert_bytes((struct bytes){ b, (size_t)n }, vectors[i].wire);
        assert_every_prefix_waits(vectors[i].wire, decode);
    }
}

static void test_encode_without_room_is_nomem(void **state)
{
    (void)state;
    assert_needs_room(vectors[0].wire, encode_dial);
    assert_needs_room(vectors[1].wire, encode_response);
}

static void test_decode_merges_what_comes_twice_and_passes_over_the_unknown(void **state)
{
    (void)state;
    struct autonat_msg m;
    /* dialResponse { status 100, addr a }, field 4 varint, type 1, dialResponse { status 0 } */
    struct bytes in = B("\x0f\x1a\x05\x08\x64\x1a\x01"
                        "a\x20\x01\x08\x01\x1a\x02\x08\0");
    assert_int_equal(autonat_msg_decode(in, &m), in.n);
    assert_int_equal(m.type, AUTONAT_DIAL_RESPONSE);
    assert_int_equal(m.status, AUTONAT_OK);
    assert_bytes(m.addr, bytes_of("a"));
}

static void test_decode_reads_an_unknown_status_as_internal_error(void **state)
{
    (void)state;
    static const struct bytes unknown[] = {
        B("\x06\x08\x01\x1a\x02\x08\x01"),
        B("\x0a\x08\x01\x1a\x06\x08\x80\x80\x80\x80\x10"), /* 2^32 */
    };
    for (size_t i = 0; i < COUNT(unknown); i++) {
        struct autonat_msg m;
        assert_int_equal(autonat_msg_decode(unknown[i], &m), unknown[i].n);
        assert_int_equal(m.status, AUTONAT_INTERNAL_ERROR);
    }
}

static void test_decode_refuses_malformed_messages(void **state)
{
    (void)state;
    static const struct bytes bad[] = {
        B("\0"),                                    /* nothing */
        B("\x07\x12\x05\x0a\x03\x0a\x01p"),         /* no type */
        B("\x09\x08\x02\x12\x05\x0a\x03\x0a\x01p"), /* unknown type */
        B("\x02\x08\0"),                            /* DIAL and nothing to dial */
        B("\x04\x08\0\x12\0"),                      /* a dial without a peer */
        B("\x06\x08\0\x12\x02\x0a\0"),              /* a peer without id */
        B("\x06\x08\0\x1a\x02\x08\0"),              /* DIAL with a response */
        B("\x09\x08\x01\x12\x05\x0a\x03\x0a\x01p"), /* DIAL_RESPONSE with a dial */
        B("\x02\x08\x01"),                          /* no response */
        B("\x04\x08\x01\x1a\0"),                    /* no status */
        B("\x05\x08\x01\x1a\x02\x08"),              /* ends inside a field */
        B("\x07\x08\x01\x1a\x03\x08\0\x12"),        /* the same, within the response */
        B("\x81\x20"),                              /* 4097 octets: known before they come */
    };
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(decode(bad[i]), GW_EPROTO);
    assert_int_equal(decode((struct bytes)B("\x80\x20")), 0);
}

static void test_encode_refuses_a_long_message(void **state)
{
    (void)state;
    static uint8_t text[AUTONAT_MSG_BODY_MAX], wire[2 * AUTONAT_MSG_BODY_MAX];
    /* type 2, response 1 + 2, status 2, text 1 + 2 */
    struct autonat_msg m = { .type = AUTONAT_DIAL_RESPONSE, .text = { text, sizeof text - 10 } };
    assert_int_equal(autonat_msg_encode(wire, sizeof wire, &m), AUTONAT_MSG_WIRE_MAX);
    assert_int_equal(decode((struct bytes){ wire, sizeof wire }), AUTONAT_MSG_WIRE_MAX);
    m.text.n++;
    assert_int_equal(autonat_msg_encode(wire, sizeof wire, &m), GW_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_message_goes_both_ways),
        cmocka_unit_test(test_encode_without_room_is_nomem),
        cmocka_unit_test(test_decode_merges_what_comes_twice_and_passes_over_the_unknown),
        cmocka_unit_test(test_decode_reads_an_unknown_status_as_internal_error),
        cmocka_unit_test(test_decode_refuses_malformed_messages),
        cmocka_unit_test(test_encode_refuses_a_long_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
