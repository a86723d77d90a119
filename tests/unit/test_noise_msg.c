/* test_noise_msg.c - the payload of Noise handshakes.  The octets follow from the schema in libp2p
 * specs, noise/README.md, "The libp2p Handshake Payload", by the rules of protobuf.dev, Encoding.
 */
#include "wire/noise_msg.h"

#include "vec.h"

static const struct {
    struct bytes wire;
    struct noise_msg m;
} vectors[] = {
    { B("\x0a\x03key\x12\x03sig"), { .identity_key = B("key"), .identity_sig = B("sig") } },
    { B("\x0a\x01k\x12\x01s\x22\x0e\x12\x0c/yamux/1.0.0"),
      { .identity_key = B("k"),
        .identity_sig = B("s"),
        .muxers = { B("/yamux/1.0.0") },
        .nmuxers = 1 } },
    { B("\x0a\x01k\x12\x01s\x22\x06\x12\x01"
        "a\x12\x01"
        "b"),
      { .identity_key = B("k"),
        .identity_sig = B("s"),
        .muxers = { B("a"), B("b") },
        .nmuxers = 2 } },
};

static void assert_msg(const struct noise_msg *got, const struct noise_msg *want)
{
    assert_bytes(got->identity_key, want->identity_key);
    assert_bytes(got->identity_sig, want->identity_sig);
    assert_int_equal(got->nmuxers, want->nmuxers);
    for (size_t i = 0; i < want->nmuxers; i++)
        assert_bytes(got->muxers[i], want->muxers[i]);
}

static void test_msg_goes_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        struct noise_msg m;
        uint8_t b[128];

        assert_int_equal(noise_msg_decode(vectors[i].wire, &m), 0);
        assert_msg(&m, &vectors[i].m);
        int n = noise_msg_encode(b, sizeof b, &vectors[i].m);
        assert_bytes((struct bytes){ b, (size_t)n }, vectors[i].wire);
    }
}

static void test_decode_passes_over_what_it_does_not_know(void **state)
{
    (void)state;
    /* fields 3 (of an older version: data), 5 varint; in the extensions 1 (certificate hashes), 3
     */
    struct bytes in = B("\x1a\x02xy\x28\x07\x22\x0b\x0a\x01h\x12\x01m\x1a\x03new\x0a\x01k");
    struct noise_msg m;

    assert_int_equal(noise_msg_decode(in, &m), 0);
    assert_msg(&m,
               &(struct noise_msg){ .identity_key = B("k"), .muxers = { B("m") }, .nmuxers = 1 });
}

static void test_decode_keeps_the_first_muxers_of_too_many(void **state)
{
    (void)state;
    uint8_t in[2 + 3 * (NOISE_MSG_MUXERS_MAX + 1)] = { 0x22, 3 * (NOISE_MSG_MUXERS_MAX + 1) };
    struct noise_msg m;

    for (size_t i = 0; i <= NOISE_MSG_MUXERS_MAX; i++)
        memcpy(in + 2 + 3 * i, (uint8_t[]){ 0x12, 1, (uint8_t)('a' + i) }, 3);
    assert_int_equal(noise_msg_decode((struct bytes){ in, sizeof in }, &m), 0);
    assert_int_equal(m.nmuxers, NOISE_MSG_MUXERS_MAX);
    assert_int_equal(m.muxers[0].p[0], 'a');
    assert_int_equal(m.muxers[NOISE_MSG_MUXERS_MAX - 1].p[0], 'a' + NOISE_MSG_MUXERS_MAX - 1);
}

static void test_decode_refuses_what_is_cut_off(void **state)
{
    (void)state;
    static const struct bytes bad[] = {
        B("\x0a"),              /* no length */
        B("\x0a\x03ke"),        /* a key longer than the message */
        B("\x22\x02\x12\x01"),  /* a muxer longer than the extensions */
        B("\x22\x01\x12\x01m"), /* the extensions end inside a field */
        B("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct noise_msg m;
        assert_int_equal(noise_msg_decode(bad[i], &m), GW_EPROTO);
    }
}

static int encode_muxed(uint8_t *dst, size_t cap)
{
    return noise_msg_encode(dst, cap, &vectors[1].m);
}

static void test_encode_without_room_is_nomem(void **state)
{
    (void)state;
    static const uint8_t name[2000];
    struct noise_msg m = { .muxers = { { name, sizeof name } }, .nmuxers = 1 };
    uint8_t b[4096];

    assert_needs_room(vectors[1].wire, encode_muxed);
    assert_int_equal(noise_msg_encode(b, sizeof b, &m), GW_ENOMEM); /* longer than any muxer */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_msg_goes_both_ways),
        cmocka_unit_test(test_decode_passes_over_what_it_does_not_know),
        cmocka_unit_test(test_decode_keeps_the_first_muxers_of_too_many),
        cmocka_unit_test(test_decode_refuses_what_is_cut_off),
        cmocka_unit_test(test_encode_without_room_is_nomem),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
