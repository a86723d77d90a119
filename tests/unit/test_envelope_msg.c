/* test_envelope_msg.c - the form of the signed envelope.  The octets follow from libp2p specs, RFC
 * 0002, by the rules of protobuf.dev, Encoding; test_envelope.c has whole ones of js-libp2p. */
#include "wire/envelope_msg.h"

#include "vec.h"

static const struct {
    struct bytes wire;
    struct envelope_msg m;
} vectors[] = {
    /* public_key, payload_type, payload, signature */
    { B("\x0a\x03key\x12\x02\x03\x02\x1a\x04load\x2a\x03sig"),
      { .public_key = B("key"),
        .payload_type = B("\x03\x02"),
        .payload = B("load"),
        .signature = B("sig") } },
    { B("\x0a\x01k\x2a\x01s"), { .public_key = B("k"), .signature = B("s") } },
};

static void assert_msg(const struct envelope_msg *got, const struct envelope_msg *want)
{
    assert_bytes(got->public_key, want->public_key);
    assert_bytes(got->payload_type, want->payload_type);
    assert_bytes(got->payload, want->payload);
    assert_bytes(got->signature, want->signature);
}

static int encode_whole(uint8_t *dst, size_t cap)
{
    return envelope_msg_encode(dst, cap, &vectors[0].m);
}

static void test_message_goes_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        struct envelope_msg m;
        uint8_t b[32];
        assert_int_equal(envelope_msg_decode(vectors[i].wire, &m), 0);
        assert_msg(&m, &vectors[i].m);
        int n = envelope_msg_encode(b, sizeof b, &vectors[i].m);
        assert_bytes((struct bytes){ b, (size_t)n }, vectors[i].wire);
    }
    assert_needs_room(vectors[0].wire, encode_whole);
}

static void test_decode_takes_the_last_and_passes_over_the_unknown(void **state)
{
    (void)state;
    static const struct envelope_msg want = { .public_key = B("k"), .signature = B("t") };
    struct envelope_msg m;
    /* signature, field 4, public_key, public_key as a number, signature */
    struct bytes in = B("\x2a\x01s\x22\x01?\x0a\x01k\x08\x01\x2a\x01t");
    assert_int_equal(envelope_msg_decode(in, &m), 0);
    assert_msg(&m, &want);
}

static void test_decode_refuses_malformed_messages(void **state)
{
    (void)state;
    static const struct bytes bad[] = {
        B(""),                   /* nothing */
        B("\x0a\x01k"),          /* no signature */
        B("\x2a\x01s"),          /* no key */
        B("\x0a\x01k\x2a\0"),    /* an empty signature */
        B("\x0a\x01k\x2a\x02s"), /* ends inside a field */
    };
    struct envelope_msg m;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(envelope_msg_decode(bad[i], &m), GW_EPROTO);
}

static void test_message_is_limited_both_ways(void **state)
{
    (void)state;
    static uint8_t payload[ENVELOPE_MSG_MAX], wire[2 * ENVELOPE_MSG_MAX];
    /* key 3, payload 1 + 2, signature 3 */
    struct envelope_msg again, m = { .public_key = B("k"),
                                     .payload = { payload, sizeof payload - 9 },
                                     .signature = B("s") };
    assert_int_equal(envelope_msg_encode(wire, sizeof wire, &m), ENVELOPE_MSG_MAX);
    assert_int_equal(envelope_msg_decode((struct bytes){ wire, ENVELOPE_MSG_MAX }, &again), 0);
    m.payload.n++;
    assert_int_equal(envelope_msg_encode(wire, sizeof wire, &m), GW_EINVAL);
    memcpy(wire, "\x0a\x02kk\x1a\xf7\x3f", 7); /* one octet more */
    memcpy(wire + ENVELOPE_MSG_MAX - 2, "\x2a\x01s", 3);
    assert_int_equal(envelope_msg_decode((struct bytes){ wire, ENVELOPE_MSG_MAX + 1 }, &again),
                     GW_EPROTO);
}

static int encode_signed(uint8_t *dst, size_t cap)
{
    return envelope_msg_encode_signed(dst, cap, "domain", &vectors[0].m);
}

static void test_signed_octets_have_every_length_in_front(void **state)
{
    (void)state;
    uint8_t b[256];
    static const uint8_t payload[128];
    const struct envelope_msg bare = { .payload = { payload, sizeof payload } };
    assert_needs_room((struct bytes)B("\x06"
                                      "domain\x02\x03\x02\x04load"),
                      encode_signed);
    assert_int_equal(envelope_msg_encode_signed(b, sizeof b, "d", &bare), 2 + 1 + 2 + 128);
    assert_memory_equal(b,
                        "\x01"
                        "d\0\x80\x01\0",
                        6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_message_goes_both_ways),
        cmocka_unit_test(test_decode_takes_the_last_and_passes_over_the_unknown),
        cmocka_unit_test(test_decode_refuses_malformed_messages),
        cmocka_unit_test(test_message_is_limited_both_ways),
        cmocka_unit_test(test_signed_octets_have_every_length_in_front),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
