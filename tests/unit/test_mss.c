/* test_mss.c - lines of multistream-select. */
#include "wire/mss.h"

#include "vec.h"

static const struct {
    const char *source;
    struct bytes line;
    struct bytes wire;
} vectors[] = {
    { "libp2p specs, connections/README: 0x036e610a", B("na"), B("\x03na\n") },
    { "multistream-select README: header", B("/multistream/1.0.0"), B("\x13/multistream/1.0.0\n") },
    { "same: ls", B("ls"), B("\x03ls\n") },
    { "empty line: only the newline", B(""), B("\x01\n") },
    { "a newline inside: the length decides", B("a\nb"),
      B("\x04"
        "a\nb\n") },
};

static int decode(struct bytes in)
{
    struct bytes line;
    return mss_decode(in, &line);
}

static void test_decode_reads_the_examples_of_the_spec(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        struct bytes line;
        assert_int_equal(mss_decode(vectors[i].wire, &line), vectors[i].wire.n);
        assert_bytes(line, vectors[i].line);
    }
}

static void test_encode_puts_the_examples_of_the_spec(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        uint8_t b[64];
        int n = mss_encode(b, sizeof b, vectors[i].line);
        assert_bytes((struct bytes){ b, (size_t)n }, vectors[i].wire);
    }
}

static void test_decode_every_prefix_waits(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++)
        assert_every_prefix_waits(vectors[i].wire, decode);
}

static void test_decode_leaves_what_follows(void **state)
{
    (void)state;
    struct bytes line;
    assert_int_equal(mss_decode((struct bytes)B("\x03na\n\x03ls\n"), &line), 4);
    assert_bytes(line, bytes_of(MSS_NA));
}

static void test_decode_refuses_what_is_no_line(void **state)
{
    (void)state;
    static const struct bytes bad[] = {
        B("\0"),         /* length 0 */
        B("\x03nax"),    /* no newline */
        B("\x02na\n"),   /* the newline lies outside */
        B("\x81\x08"),   /* 1025 octets: known before they come */
        B("\x83\0na\n"), /* padded length */
    };
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(decode(bad[i]), GW_EPROTO);
}

static void test_line_limit_is_1024_octets_both_ways(void **state)
{
    (void)state;
    static uint8_t text[MSS_LINE_MAX];
    uint8_t wire[MSS_WIRE_MAX];
    memset(text, 'x', sizeof text);
    struct bytes line;
    assert_int_equal(mss_encode(wire, sizeof wire, (struct bytes){ text, MSS_LINE_MAX - 1 }), 1026);
    assert_int_equal(mss_decode((struct bytes){ wire, sizeof wire }, &line), 1026);
    assert_int_equal(line.n, MSS_LINE_MAX - 1);
    assert_int_equal(mss_encode(wire, sizeof wire, (struct bytes){ text, MSS_LINE_MAX }),
                     GW_EINVAL);
}

static int encode_na(uint8_t *dst, size_t cap)
{
    return mss_encode(dst, cap, bytes_of(MSS_NA));
}

static void test_encode_without_room_is_nomem(void **state)
{
    (void)state;
    assert_needs_room((struct bytes)B("\x03na\n"), encode_na);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decode_reads_the_examples_of_the_spec),
        cmocka_unit_test(test_encode_puts_the_examples_of_the_spec),
        cmocka_unit_test(test_decode_every_prefix_waits),
        cmocka_unit_test(test_decode_leaves_what_follows),
        cmocka_unit_test(test_decode_refuses_what_is_no_line),
        cmocka_unit_test(test_line_limit_is_1024_octets_both_ways),
        cmocka_unit_test(test_encode_without_room_is_nomem),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
