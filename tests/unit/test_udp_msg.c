/* test_udp_msg.c - datagrams on a stream.  The octets follow from the definition in udp_msg.h; the
 * varints are those of multiformats/unsigned-varint. */
#include "wire/udp_msg.h"

#include "vec.h"

static const struct {
    struct bytes wire;
    size_t head; /* octets of it that are the length */
} messages[] = {
    { B("\0"), 1 }, /* UDP has empty datagrams, too */
    { B("\x03"
        "abc"),
      1 },
    { B("\x80\x01"
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"),
      2 },
};

static int decode(struct bytes in)
{
    struct bytes datagram;
    return udp_msg_decode(in, &datagram);
}

static void test_datagram_goes_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(messages); i++) {
        struct bytes wire = messages[i].wire, datagram;
        size_t n = messages[i].head;
        uint8_t head[UDP_MSG_HEADER_MAX];
        assert_int_equal(udp_msg_decode(wire, &datagram), wire.n);
        assert_bytes(datagram, (struct bytes){ wire.p + n, wire.n - n });
        assert_int_equal(udp_msg_header(head, datagram.n), n);
        assert_memory_equal(head, wire.p, n);
        assert_every_prefix_waits(wire, decode);
    }
}

static void test_decode_leaves_the_next_datagram(void **state)
{
    (void)state;
    struct bytes datagram;
    assert_int_equal(udp_msg_decode((struct bytes)B("\x02"
                                                    "ab\x01"
                                                    "c"),
                                    &datagram),
                     3);
    assert_bytes(datagram, bytes_of("ab"));
}

static void test_longest_datagram_passes_and_no_longer_one(void **state)
{
    (void)state;
    uint8_t head[UDP_MSG_HEADER_MAX];
    /* 65507 = 0b11_1111111_1100011, 65508 = 0b11_1111111_1100100 */
    assert_int_equal(udp_msg_header(head, 65507), 3);
    assert_memory_equal(head, "\xe3\xff\x03", 3);
    assert_int_equal(udp_msg_header(head, 65508), GW_EINVAL);
    assert_int_equal(udp_msg_header(head, SIZE_MAX), GW_EINVAL);
    assert_int_equal(decode((struct bytes)B("\xe3\xff\x03")), 0);
    assert_int_equal(decode((struct bytes)B("\xe4\xff\x03")), GW_EPROTO);
}

static void test_decode_refuses_a_padded_length(void **state)
{
    (void)state;
    assert_int_equal(decode((struct bytes)B("\x81\0x")), GW_EPROTO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_datagram_goes_both_ways),
        cmocka_unit_test(test_decode_leaves_the_next_datagram),
        cmocka_unit_test(test_longest_datagram_passes_and_no_longer_one),
        cmocka_unit_test(test_decode_refuses_a_padded_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
