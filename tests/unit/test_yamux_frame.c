/* test_yamux_frame.c - frame headers.  The octets follow from libp2p specs, yamux/README.md,
 * "Framing". */
#include "wire/yamux_frame.h"

#include "vec.h"

static const struct {
    struct bytes wire;
    struct yamux_frame f;
} vectors[] = {
    { B("\0\0\0\1\0\0\0\1\0\0\0\5"), { YAMUX_DATA, YAMUX_SYN, 1, 5 } },
    { B("\0\0\0\4\0\0\0\2\0\0\0\0"), { YAMUX_DATA, YAMUX_FIN, 2, 0 } },
    { B("\0\1\0\2\0\0\0\3\0\4\0\0"), { YAMUX_WINDOW_UPDATE, YAMUX_ACK, 3, 262144 } },
    { B("\0\1\0\x8\xff\xff\xff\xff\0\0\0\0"), { YAMUX_WINDOW_UPDATE, YAMUX_RST, UINT32_MAX, 0 } },
    { B("\0\2\0\1\0\0\0\0\xde\xad\xbe\xef"), { YAMUX_PING, YAMUX_SYN, 0, 0xdeadbeef } },
    { B("\0\2\0\2\0\0\0\0\xde\xad\xbe\xef"), { YAMUX_PING, YAMUX_ACK, 0, 0xdeadbeef } },
    { B("\0\3\0\0\0\0\0\0\0\0\0\1"), { YAMUX_GO_AWAY, 0, 0, YAMUX_PROTOCOL_ERROR } },
    /* flags that the specification does not name */
    { B("\0\0\xff\xf0\0\0\0\1\0\0\0\0"), { YAMUX_DATA, 0xfff0, 1, 0 } },
};

static void test_frame_goes_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        const struct yamux_frame *want = &vectors[i].f;
        struct yamux_frame f;
        uint8_t b[YAMUX_HEADER_LEN];

        assert_int_equal(vectors[i].wire.n, YAMUX_HEADER_LEN);
        assert_int_equal(yamux_frame_decode(vectors[i].wire.p, &f), 0);
        assert_int_equal(f.type, want->type);
        assert_int_equal(f.flags, want->flags);
        assert_int_equal(f.stream, want->stream);
        assert_int_equal(f.length, want->length);
        yamux_frame_encode(b, want);
        assert_bytes((struct bytes){ b, sizeof b }, vectors[i].wire);
    }
}

static void test_decode_refuses_what_no_frame_is(void **state)
{
    (void)state;
    static const struct bytes bad[] = {
        B("\1\0\0\1\0\0\0\1\0\0\0\0"),   /* version 1 */
        B("\0\4\0\0\0\0\0\0\0\0\0\0"),   /* type 4 */
        B("\0\xff\0\0\0\0\0\1\0\0\0\0"), /* type 255 */
        B("\0\0\0\0\0\0\0\0\0\0\0\1"),   /* data of the session */
        B("\0\1\0\0\0\0\0\0\0\0\0\1"),   /* window of the session */
        B("\0\2\0\1\0\0\0\1\0\0\0\0"),   /* ping of a stream */
        B("\0\3\0\0\0\0\0\1\0\0\0\0"),   /* go away of a stream */
        B("GET / HTTP/1"),               /* another protocol */
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct yamux_frame f;
        assert_int_equal(bad[i].n, YAMUX_HEADER_LEN);
        assert_int_equal(yamux_frame_decode(bad[i].p, &f), GW_EPROTO);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frame_goes_both_ways),
        cmocka_unit_test(test_decode_refuses_what_no_frame_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
