/* test_varint.c - unsigned varints and length prefixes. */
#include "wire/varint.h"

#include "vec.h"

static const struct {
    const char *source;
    uint64_t value;
    struct bytes wire;
} vectors[] = {
    { "multiformats/unsigned-varint README, examples", 1, B("\x01") },
    { "same", 127, B("\x7f") },
    { "same", 128, B("\x80\x01") },
    { "same", 255, B("\xff\x01") },
    { "same", 300, B("\xac\x02") },
    { "same", 16384, B("\x80\x80\x01") },
    { "zero is one octet", 0, B("\0") },
    { "largest, 2^63-1: nine octets", INT64_MAX, B("\xff\xff\xff\xff\xff\xff\xff\xff\x7f") },
};

static int decode(struct bytes in)
{
    uint64_t v;
    return varint_decode(in, &v);
}

static void test_decode_reads_the_examples_of_the_spec(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        uint64_t v = ~vectors[i].value;
        assert_int_equal(varint_decode(vectors[i].wire, &v), vectors[i].wire.n);
        assert_true(v == vectors[i].value);
    }
}

static void test_encode_puts_the_examples_of_the_spec(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        uint8_t b[VARINT_MAX];
        int n = varint_encode(b, sizeof b, vectors[i].value);
        assert_bytes((struct bytes){ b, (size_t)n }, vectors[i].wire);
    }
}

static void test_decode_every_prefix_waits(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++)
        assert_every_prefix_waits(vectors[i].wire, decode);
}

static void test_decode_refuses_longer_forms_and_64_bits(void **state)
{
    (void)state;
    static const struct bytes bad[] = {
        B("\x80\x00"),                                     /* 0 in two octets */
        B("\x81\x80\x00"),                                 /* 1 in three */
        B("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),     /* 2^64-1 */
        B("\x80\x80\x80\x80\x80\x80\x80\x80\x80"),         /* a tenth octet must follow */
        B("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"), /* eleven octets */
    };
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(decode(bad[i]), GW_EPROTO);
}

static int encode_300(uint8_t *dst, size_t cap)
{
    return varint_encode(dst, cap, 300);
}

static void test_encode_without_room_is_nomem(void **state)
{
    (void)state;
    assert_needs_room((struct bytes)B("\xac\x02"), encode_300);
}

static void test_encode_takes_64_bits_in_ten_octets(void **state)
{
    (void)state;
    uint8_t b[VARINT_MAX];
    assert_int_equal(varint_encode(b, sizeof b, UINT64_MAX), VARINT_MAX);
    assert_memory_equal(b, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", VARINT_MAX);
}

static int decode_prefixed(struct bytes in)
{
    struct bytes body;
    return varint_decode_prefixed(in, 16, &body);
}

static void test_decode_prefixed_views_the_body(void **state)
{
    (void)state;
    struct bytes in = B("\x03"
                        "abcd");
    struct bytes body;
    assert_int_equal(varint_decode_prefixed(in, 3, &body), 4);
    assert_ptr_equal(body.p, in.p + 1);
    assert_int_equal(body.n, 3);
}

static void test_decode_prefixed_every_prefix_waits(void **state)
{
    (void)state;
    assert_every_prefix_waits((struct bytes)B("\x10"
                                              "0123456789abcdef"),
                              decode_prefixed);
    assert_every_prefix_waits((struct bytes)B("\0"), decode_prefixed);
}

static void test_decode_prefixed_refuses_a_long_body_before_it_comes(void **state)
{
    (void)state;
    assert_int_equal(decode_prefixed((struct bytes)B("\x11")), GW_EPROTO);
    assert_int_equal(decode_prefixed((struct bytes)B("\xff\xff\xff\xff\xff\xff\xff\xff\x7f")),
                     GW_EPROTO);
    assert_int_equal(decode_prefixed((struct bytes)B("\x90\x00")), GW_EPROTO);
}

static int encode_prefixed_abc(uint8_t *dst, size_t cap)
{
    struct wr w = wr_init((struct span){ dst, cap });
    wr_bytes(&w, bytes_of("abc"));
    return varint_add_prefix(dst, cap, 3, &w);
}

static void test_add_prefix_moves_the_body_up(void **state)
{
    (void)state;
    assert_needs_room((struct bytes)B("\x03"
                                      "abc"),
                      encode_prefixed_abc);
}

static void test_add_prefix_of_128_octets_takes_two(void **state)
{
    (void)state;
    uint8_t dst[130];
    struct wr w = wr_init((struct span){ dst, sizeof dst });
    for (uint8_t i = 0; i < 128; i++)
        wr_u8(&w, i);
    assert_int_equal(varint_add_prefix(dst, sizeof dst, 128, &w), 130);
    assert_memory_equal(dst, "\x80\x01\x00\x01", 4);
    assert_int_equal(dst[129], 127);
}

static void test_add_prefix_refuses_a_long_body(void **state)
{
    (void)state;
    uint8_t dst[8];
    struct wr w = wr_init((struct span){ dst, sizeof dst });
    wr_bytes(&w, bytes_of("abcd"));
    assert_int_equal(varint_add_prefix(dst, sizeof dst, 3, &w), GW_EINVAL);
    assert_int_equal(varint_add_prefix(dst, sizeof dst, 4, &w), 5);
}

static int put_300_and_1(uint8_t *dst, size_t cap)
{
    struct wr w = wr_init((struct span){ dst, cap });
    varint_put(&w, 300);
    varint_put(&w, 1);
    return w.full ? GW_ENOMEM : (int)(w.p - dst);
}

static void test_put_appends_whole_varints_or_nothing(void **state)
{
    (void)state;
    assert_needs_room((struct bytes)B("\xac\x02\x01"), put_300_and_1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decode_reads_the_examples_of_the_spec),
        cmocka_unit_test(test_encode_puts_the_examples_of_the_spec),
        cmocka_unit_test(test_decode_every_prefix_waits),
        cmocka_unit_test(test_decode_refuses_longer_forms_and_64_bits),
        cmocka_unit_test(test_encode_without_room_is_nomem),
        cmocka_unit_test(test_encode_takes_64_bits_in_ten_octets),
        cmocka_unit_test(test_decode_prefixed_views_the_body),
        cmocka_unit_test(test_decode_prefixed_every_prefix_waits),
        cmocka_unit_test(test_decode_prefixed_refuses_a_long_body_before_it_comes),
        cmocka_unit_test(test_add_prefix_moves_the_body_up),
        cmocka_unit_test(test_add_prefix_of_128_octets_takes_two),
        cmocka_unit_test(test_add_prefix_refuses_a_long_body),
        cmocka_unit_test(test_put_appends_whole_varints_or_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
