/* test_pb.c - protobuf fields. */
#include "wire/pb.h"

#include "vec.h"

/* Reads the only field of a message. */
static int read_one(struct bytes msg, struct pb_field *f)
{
    struct pb_rd r = pb_rd_init(msg);
    if (!pb_next(&r))
        return r.rc;
    *f = r.f;
    assert_false(pb_next(&r));
    assert_int_equal(r.rc, 0);
    return 1;
}

static void test_next_reads_every_wire_type(void **state)
{
    (void)state;
    static const struct {
        const char *source;
        struct bytes msg;
        uint32_t num;
        enum pb_type type;
        uint64_t u;
        struct bytes v;
    } vectors[] = {
        { "protobuf.dev, Encoding: Test1 a=150", B("\x08\x96\x01"), 1, PB_VARINT, 150, B("") },
        { "same: Test2 b=\"testing\"", B("\x12\x07testing"), 2, PB_LEN, 0, B("testing") },
        { "same: -2 as int32 takes ten octets", B("\x08\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
          1, PB_VARINT, (uint64_t)-2, B("") },
        { "padded varint, as parsers must accept", B("\x08\x81\x80\x00"), 1, PB_VARINT, 1, B("") },
        { "fixed64 is little-endian", B("\x19\x01\x02\0\0\0\0\0\x80"), 3, PB_I64,
          0x8000000000000201, B("") },
        { "fixed32 is little-endian", B("\x25\x01\x02\0\x80"), 4, PB_I32, 0x80000201, B("") },
        { "largest field number", B("\xf8\xff\xff\xff\x0f\x01"), (1u << 29) - 1, PB_VARINT, 1,
          B("") },
        { "empty string", B("\x0a\x00"), 1, PB_LEN, 0, B("") },
    };
    for (size_t i = 0; i < COUNT(vectors); i++) {
        struct pb_field f;
        assert_int_equal(read_one(vectors[i].msg, &f), 1);
        assert_true(pb_is(&f, vectors[i].num, vectors[i].type));
        assert_true(f.u == vectors[i].u);
        assert_bytes(f.v, vectors[i].v);
    }
}

static void test_next_refuses_malformed_fields(void **state)
{
    (void)state;
    static const struct bytes bad[] = {
        B("\x08"),                                             /* no value */
        B("\x08\x80"),                                         /* cut varint */
        B("\x80"),                                             /* cut tag */
        B("\x00\x01"),                                         /* field number 0 */
        B("\x80\x80\x80\x80\x10\x01"),                         /* field number 2^29 */
        B("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), /* eleven octets */
        B("\x0b"),
        B("\x0c"), /* groups */
        B("\x0e\x00"),
        B("\x0f\x00"), /* wire types that do not exist */
        B("\x12\x05"
          "test"), /* longer than the message */
        B("\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
          "x"),                                /* length 2^64-1 */
        B("\x19\x01\x02\x03\x04\x05\x06\x07"), /* cut fixed64 */
        B("\x25\x01\x02\x03"),                 /* cut fixed32 */
    };
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(read_one(bad[i], &(struct pb_field){ 0 }), GW_EPROTO);
}

static void test_next_keeps_failing_after_a_fault(void **state)
{
    (void)state;
    struct pb_rd r = pb_rd_init((struct bytes)B("\x0b\x08\x01")); /* what follows would be fine */
    for (int i = 0; i < 2; i++) {
        assert_false(pb_next(&r));
        assert_int_equal(r.rc, GW_EPROTO);
    }
}

static void test_next_ends_with_the_message(void **state)
{
    (void)state;
    struct pb_rd r = pb_rd_init((struct bytes){ 0 });
    assert_false(pb_next(&r));
    assert_int_equal(r.rc, 0);
}

static void test_prefixed_reads_as_far_as_the_length_says(void **state)
{
    static const struct bytes in = B("\x03\x08\x96\x01\xff\xff");
    struct pb_rd r;
    (void)state;
    assert_true(pb_rd_prefixed(&r, in, 3));
    assert_true(pb_next(&r));
    assert_true(pb_is(&r.f, 1, PB_VARINT));
    assert_int_equal(r.f.u, 150);
    assert_false(pb_next(&r));
    assert_int_equal(r.rc, 4);
    for (size_t n = 0; n < 4; n++) {
        assert_false(pb_rd_prefixed(&r, (struct bytes){ in.p, n }, 3));
        assert_int_equal(r.rc, 0);
    }
    assert_false(pb_rd_prefixed(&r, in, 2));
    assert_int_equal(r.rc, GW_EPROTO);
    assert_true(pb_rd_prefixed(&r, (struct bytes)B("\x02\x08\x96"), 3)); /* cut by its length */
    assert_false(pb_next(&r));
    assert_int_equal(r.rc, GW_EPROTO);
}

static int put_both(uint8_t *dst, size_t cap)
{
    struct wr w = wr_init((struct span){ dst, cap });
    pb_put_uint(&w, 1, 150);
    pb_put_bytes(&w, 2, bytes_of("testing"));
    return w.full ? GW_ENOMEM : (int)(cap - w.left);
}

static void test_put_matches_the_examples_of_the_spec(void **state)
{
    (void)state;
    assert_needs_room((struct bytes)B("\x08\x96\x01\x12\x07testing"), put_both);
}

static void test_opt_leaves_out_defaults_and_put_does_not(void **state)
{
    (void)state;
    uint8_t dst[16];
    struct wr w = wr_init((struct span){ dst, sizeof dst });
    pb_opt_uint(&w, 1, 0);
    pb_opt_bytes(&w, 2, (struct bytes){ 0 });
    assert_int_equal(w.left, sizeof dst);
    pb_put_uint(&w, 1, 0);
    pb_put_bytes(&w, 2, (struct bytes){ 0 });
    pb_opt_uint(&w, 1, 1);
    pb_opt_bytes(&w, 2, bytes_of("x"));
    assert_bytes((struct bytes){ dst, sizeof dst - w.left },
                 (struct bytes)B("\x08\0\x12\0\x08\x01\x12\x01x"));
}

static int put_fixed64(uint8_t *dst, size_t cap)
{
    struct wr w = wr_init((struct span){ dst, cap });
    pb_opt_i64(&w, 1, 0);
    pb_opt_i64(&w, 3, 0x8000000000000201);
    return w.full ? GW_ENOMEM : (int)(cap - w.left);
}

static void test_opt_i64_is_little_endian(void **state)
{
    (void)state;
    assert_needs_room((struct bytes)B("\x19\x01\x02\0\0\0\0\0\x80"), put_fixed64);
}

/* The sub-message of the spec's example: Test3 { c: { a: 150 } }, once more inside field 4. */
static int put_nested(uint8_t *dst, size_t cap)
{
    struct wr w = wr_init((struct span){ dst, cap });
    uint8_t *outer = pb_open(&w, 4);
    uint8_t *inner = pb_open(&w, 3);
    pb_put_uint(&w, 1, 150);
    pb_close(&w, inner);
    pb_close(&w, outer);
    pb_close(&w, pb_open(&w, 5));
    return w.full ? GW_ENOMEM : (int)(cap - w.left);
}

static void test_close_puts_the_length_in_front(void **state)
{
    (void)state;
    assert_needs_room((struct bytes)B("\x22\x05\x1a\x03\x08\x96\x01\x2a\0"), put_nested);
}

static void test_close_of_128_octets_moves_them_by_two(void **state)
{
    (void)state;
    static const uint8_t body[126];
    uint8_t dst[131];
    struct wr w = wr_init((struct span){ dst, sizeof dst });
    uint8_t *opened = pb_open(&w, 1);
    pb_put_bytes(&w, 2, (struct bytes){ body, sizeof body });
    pb_close(&w, opened);
    assert_false(w.full);
    assert_int_equal(w.left, 0);
    assert_memory_equal(dst, "\x0a\x80\x01\x12\x7e\0", 6);
}

static void test_list_keeps_its_bound_and_its_order(void **state)
{
    (void)state;
    static const char digits[] = "0123456789abcdefgh";
    struct pb_list l = { 0 };
    uint8_t dst[3 * PB_LIST_MAX];
    struct wr w = wr_init((struct span){ dst, sizeof dst });
    for (size_t i = 0; i < sizeof digits - 1; i++)
        pb_list_add(&l, (struct bytes){ (const uint8_t *)digits + i, 1 });
    assert_int_equal(l.n, PB_LIST_MAX);
    pb_put_list(&w, 2, &l);
    assert_int_equal(w.left, 0);
    assert_memory_equal(dst,
                        "\x12\x01"
                        "0"
                        "\x12\x01"
                        "1",
                        6);
    assert_memory_equal(dst + sizeof dst - 3,
                        "\x12\x01"
                        "f",
                        3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_next_reads_every_wire_type),
        cmocka_unit_test(test_next_refuses_malformed_fields),
        cmocka_unit_test(test_next_keeps_failing_after_a_fault),
        cmocka_unit_test(test_next_ends_with_the_message),
        cmocka_unit_test(test_prefixed_reads_as_far_as_the_length_says),
        cmocka_unit_test(test_put_matches_the_examples_of_the_spec),
        cmocka_unit_test(test_opt_leaves_out_defaults_and_put_does_not),
        cmocka_unit_test(test_opt_i64_is_little_endian),
        cmocka_unit_test(test_close_puts_the_length_in_front),
        cmocka_unit_test(test_close_of_128_octets_moves_them_by_two),
        cmocka_unit_test(test_list_keeps_its_bound_and_its_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
