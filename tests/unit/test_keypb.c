/* test_keypb.c - the key envelopes of wire/keypb.h. */
#include "wire/keypb.h"

#include "vec.h"

/* libp2p/specs, peer-ids/peer-ids.md, "Test vectors". */
static const uint8_t ed25519_public[] = { 0x08, 0x01, 0x12, 0x20, 0x1e, 0xd1, 0xe8, 0xfa, 0xe2,
                                          0xc4, 0xa1, 0x44, 0xb8, 0xbe, 0x8f, 0xd4, 0xb4, 0x7b,
                                          0xf3, 0xd3, 0xb3, 0x4b, 0x87, 0x1c, 0x3c, 0xac, 0xf6,
                                          0x01, 0x0f, 0x0e, 0x42, 0xd4, 0x74, 0xfc, 0xe2, 0x7e };

static int encode_vector(uint8_t *dst, size_t cap)
{
    struct keypb k = { KEYPB_ED25519, { ed25519_public + 4, sizeof ed25519_public - 4 } };
    return keypb_encode(dst, cap, &k);
}

static void test_vector_both_ways(void **state)
{
    struct bytes whole = { ed25519_public, sizeof ed25519_public };
    struct keypb k;
    (void)state;
    assert_int_equal(keypb_decode(whole, &k), 0);
    assert_int_equal(k.type, KEYPB_ED25519);
    assert_ptr_equal(k.data.p, ed25519_public + 4);
    assert_int_equal(k.data.n, 32);
    assert_needs_room(whole, encode_vector);
}

static const struct {
    const char *what;
    struct bytes in;
    int err;
    uint64_t type;
    const char *data;
} cases[] = {
    { "type 0 is present", B("\x08\x00\x12\x02hi"), 0, KEYPB_RSA, "hi" },
    { "fields in any order", B("\x12\x02hi\x08\x03"), 0, KEYPB_ECDSA, "hi" },
    { "unknown fields", B("\x18\x07\x08\x02\x22\x01x\x12\x02hi\x2d\1\2\3\4"), 0, KEYPB_SECP256K1,
      "hi" },
    { "unknown type", B("\x08\x7f\x12\x02hi"), 0, 127, "hi" },
    { "empty data", B("\x08\x01\x12\x00"), 0, KEYPB_ED25519, "" },
    { "nothing", B(""), GW_EPROTO, 0, NULL },
    { "no type", B("\x12\x02hi"), GW_EPROTO, 0, NULL },
    { "no data", B("\x08\x01"), GW_EPROTO, 0, NULL },
    { "type of another wire type", B("\x0a\x01x\x12\x02hi"), GW_EPROTO, 0, NULL },
    { "data of another wire type", B("\x08\x01\x10\x01"), GW_EPROTO, 0, NULL },
    { "data longer than the message", B("\x08\x01\x12\x03hi"), GW_EPROTO, 0, NULL },
    { "cut inside a tag", B("\x08\x01\x12\x02hi\x80"), GW_EPROTO, 0, NULL },
};

static void test_decode_wants_both_fields_and_nothing_else(void **state)
{
    struct keypb k;
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        if (keypb_decode(cases[i].in, &k) != cases[i].err)
            fail_msg("%s", cases[i].what);
        if (cases[i].err)
            continue;
        assert_int_equal(k.type, cases[i].type);
        assert_bytes(k.data, bytes_of(cases[i].data));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vector_both_ways),
        cmocka_unit_test(test_decode_wants_both_fields_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
