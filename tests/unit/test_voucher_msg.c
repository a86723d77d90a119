/* test_voucher_msg.c - the reservation voucher.  The octets follow from the schema in libp2p specs,
 * relay/circuit-v2, "Reservation Vouchers", by the rules of protobuf.dev, Encoding;
 * test_envelope.c has whole ones of js-libp2p. */
#include "wire/voucher_msg.h"

#include "vec.h"

static const struct bytes wire = B("\x0a\x05relay\x12\x04peer\x18\x80\x92\xb3\xd8\x06");
static const struct voucher_msg voucher = { B("relay"), B("peer"), 1796000000 };

static int encode(uint8_t *dst, size_t cap)
{
    return voucher_msg_encode(dst, cap, &voucher);
}

static void assert_reads(struct bytes in)
{
    struct voucher_msg m;
    assert_int_equal(voucher_msg_decode(in, &m), 0);
    assert_bytes(m.relay, voucher.relay);
    assert_bytes(m.peer, voucher.peer);
    assert_true(m.expires_s == voucher.expires_s);
}

static void test_message_goes_both_ways(void **state)
{
    (void)state;
    assert_reads(wire);
    assert_needs_room(wire, encode);
}

static void test_decode_takes_the_last_and_passes_over_the_unknown(void **state)
{
    (void)state;
    /* relay, field 4, expiration, peer, relay, expiration */
    assert_reads((struct bytes)B("\x0a\x01?\x22\x01?\x18\x01\x12\x04peer\x0a\x05relay"
                                 "\x18\x80\x92\xb3\xd8\x06"));
}

static void test_decode_wants_all_three(void **state)
{
    (void)state;
    static const struct bytes bad[] = {
        B(""),
        B("\x12\x04peer\x18\x01"),
        B("\x0a\x05relay\x18\x01"),
        B("\x0a\x05relay\x12\x04peer"),
        B("\x0a\x05relay\x12\x04peer\x18\0"), /* never */
        B("\x0a\x05relay\x12\x04peer\x18"),   /* ends inside a field */
    };
    struct voucher_msg m;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(voucher_msg_decode(bad[i], &m), GW_EPROTO);
}

static void test_message_is_limited_both_ways(void **state)
{
    (void)state;
    static uint8_t relay[VOUCHER_MSG_MAX], b[2 * VOUCHER_MSG_MAX];
    /* relay 1 + 2, peer 3, expiration 2 */
    struct voucher_msg again, m = { { relay, sizeof relay - 8 }, B("p"), 1 };
    assert_int_equal(voucher_msg_encode(b, sizeof b, &m), VOUCHER_MSG_MAX);
    assert_int_equal(voucher_msg_decode((struct bytes){ b, VOUCHER_MSG_MAX }, &again), 0);
    m.relay.n++;
    assert_int_equal(voucher_msg_encode(b, sizeof b, &m), GW_EINVAL);
    memcpy(b + VOUCHER_MSG_MAX, "\x18\x01", 2);
    assert_int_equal(voucher_msg_decode((struct bytes){ b, VOUCHER_MSG_MAX + 2 }, &again),
                     GW_EPROTO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_message_goes_both_ways),
        cmocka_unit_test(test_decode_takes_the_last_and_passes_over_the_unknown),
        cmocka_unit_test(test_decode_wants_all_three),
        cmocka_unit_test(test_message_is_limited_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
