/* test_dcutr_msg.c - the message of /libp2p/dcutr.  The octets follow from the schema in libp2p
 * specs, relay/DCUtR, by the rules of protobuf.dev, Encoding.  @libp2p/dcutr 3.0.28 (js-libp2p)
 * puts the same octets for the first two, but for the length in front. */
#include "wire/dcutr_msg.h"

#include "pblist.h"

static const struct {
    struct bytes wire;
    struct dcutr_msg m;
} vectors[] = {
    { B("\x0c\x08\x64\x12\x03one\x12\x03two"),
      { .type = DCUTR_CONNECT, .addrs = { 2, { B("one"), B("two") } } } },
    { B("\x03\x08\xac\x02"), { .type = DCUTR_SYNC } },
    { B("\x02\x08\x64"), { .type = DCUTR_CONNECT } },
};

static int decode(struct bytes in)
{
    struct dcutr_msg m;
    return dcutr_msg_decode(in, &m);
}

static int encode_connect(uint8_t *dst, size_t cap)
{
    return dcutr_msg_encode(dst, cap, &vectors[0].m);
}

static void test_message_goes_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        struct dcutr_msg m;
        uint8_t b[32];
        assert_int_equal(dcutr_msg_decode(vectors[i].wire, &m), vectors[i].wire.n);
        assert_int_equal(m.type, vectors[i].m.type);
        assert_list(&m.addrs, &vectors[i].m.addrs);
        int n = dcutr_msg_encode(b, sizeof b, &vectors[i].m);
        assert_bytes((struct bytes){ b, (size_t)n }, vectors[i].wire);
        assert_every_prefix_waits(vectors[i].wire, decode);
    }
}

static void test_encode_without_room_is_nomem(void **state)
{
    (void)state;
    assert_needs_room(vectors[0].wire, encode_connect);
}

static void test_decode_takes_the_last_type_and_passes_over_the_unknown(void **state)
{
    (void)state;
    struct dcutr_msg m;
    /* SYNC, field 3 varint, an address as a number, CONNECT; then a SYNC of its own */
    struct bytes in = B("\x09\x08\xac\x02\x18\x01\x10\x01\x08\x64\x03\x08\xac\x02");
    assert_int_equal(dcutr_msg_decode(in, &m), 10);
    assert_int_equal(m.type, DCUTR_CONNECT);
    assert_int_equal(m.addrs.n, 0);
}

static void test_decode_refuses_malformed_messages(void **state)
{
    (void)state;
    static const struct bytes bad[] = {
        B("\0"),                           /* no type */
        B("\x05\x12\x03one"),              /* the same */
        B("\x02\x08\0"),                   /* unknown ones */
        B("\x02\x08\x65"),                 /* 101 */
        B("\x06\x08\xe4\x80\x80\x80\x10"), /* 2^32 + 100 */
        B("\x02\x0a\x64"),                 /* ends inside a field */
        B("\x81\x20"),                     /* 4097 octets: known before they come */
    };
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(decode(bad[i]), GW_EPROTO);
    assert_int_equal(decode((struct bytes)B("\x80\x20")), 0);
}

static void test_encode_refuses_a_long_message(void **state)
{
    (void)state;
    static uint8_t addr[DCUTR_MSG_BODY_MAX], wire[2 * DCUTR_MSG_BODY_MAX];
    struct dcutr_msg m = { .type = DCUTR_CONNECT, .addrs = { 1, { { addr, sizeof addr - 5 } } } };
    assert_int_equal(dcutr_msg_encode(wire, sizeof wire, &m), DCUTR_MSG_WIRE_MAX);
    assert_int_equal(decode((struct bytes){ wire, sizeof wire }), DCUTR_MSG_WIRE_MAX);
    m.addrs.v[0].n++;
    assert_int_equal(dcutr_msg_encode(wire, sizeof wire, &m), GW_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_message_goes_both_ways),
        cmocka_unit_test(test_encode_without_room_is_nomem),
        cmocka_unit_test(test_decode_takes_the_last_type_and_passes_over_the_unknown),
        cmocka_unit_test(test_decode_refuses_malformed_messages),
        cmocka_unit_test(test_encode_refuses_a_long_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
