/* test_checkup_msg.c - the answer of /gw/checkup/1.0.0.  The octets follow from the schema in
 * wire/checkup_msg.h (doc/PROTOCOLS.md) by the rules of protobuf.dev, Encoding. */
#include "wire/checkup_msg.h"

#include "pblist.h"

static const struct {
    struct bytes wire;
    struct checkup_msg m;
} vectors[] = {
    { B("\x40"                                   /* 64 octets */
        "\x0a\x05gw 1\n"                         /* 1: version */
        "\x10\x03\x18\x02\x20\x02"               /* 2 mapping, 3 filtering, 4 reach */
        "\x28\x01\x30\x02\x38\x03"               /* 5 udp, 6 ip4, 7 ip6 */
        "\x40\x03"                               /* 8 port_map */
        "\x4a\x03one\x4a\x03two"                 /* 9: announced */
        "\x52\x04here"                           /* 10: candidates */
        "\x5a\x01m"                              /* 11: mapped */
        "\x62\x09\x0a\x02r1\x10\x02\x18\xe8\x07" /* 12: held, 1000 us */
        "\x62\x00"                               /* 12: nothing known */
        "\x6a\x09\x08\x02\x10\x03\x1a\x03oof"),  /* 13: failed, 3 tries */
      { .version = B("gw 1\n"),
        .net = { CHECKUP_MAPPING_DEPENDENT, CHECKUP_FILTERING_ADDRESS, CHECKUP_REACH_PRIVATE,
                 CHECKUP_UDP_WORKS, CHECKUP_IP_PRIVATE, CHECKUP_IP_PUBLIC, CHECKUP_PORTMAP_MAPPED },
        .announced = { 2, { B("one"), B("two") } },
        .candidates = { 1, { B("here") } },
        .mapped = { 1, { B("m") } },
        .nrelays = 2,
        .relays = { { B("r1"), CHECKUP_SLOT_HELD, 1000 } },
        .punch = { CHECKUP_PUNCH_FAILED, 3, B("oof") } } },
    { B("\x00"), { .nrelays = 0 } },
    { B("\x04\x6a\x02\x08\x01"), { .punch = { .state = CHECKUP_PUNCH_UPGRADING } } },
};

static int decode(struct bytes in)
{
    struct checkup_msg m;
    return checkup_msg_decode(in, &m);
}

static int encode_first(uint8_t *dst, size_t cap)
{
    return checkup_msg_encode(dst, cap, &vectors[0].m);
}

static void assert_message(const struct checkup_msg *got, const struct checkup_msg *want)
{
    assert_bytes(got->version, want->version);
    assert_memory_equal(&got->net, &want->net, sizeof got->net);
    assert_list(&got->announced, &want->announced);
    assert_list(&got->candidates, &want->candidates);
    assert_list(&got->mapped, &want->mapped);
    assert_int_equal(got->nrelays, want->nrelays);
    for (size_t i = 0; i < want->nrelays; i++) {
        assert_bytes(got->relays[i].id, want->relays[i].id);
        assert_int_equal(got->relays[i].slot, want->relays[i].slot);
        assert_int_equal(got->relays[i].rtt_us, want->relays[i].rtt_us);
    }
    assert_int_equal(got->punch.state, want->punch.state);
    assert_int_equal(got->punch.tries, want->punch.tries);
    assert_bytes(got->punch.error, want->punch.error);
}

static void test_message_goes_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        struct checkup_msg m;
        uint8_t b[128];
        assert_int_equal(checkup_msg_decode(vectors[i].wire, &m), vectors[i].wire.n);
        assert_message(&m, &vectors[i].m);
        int n = checkup_msg_encode(b, sizeof b, &vectors[i].m);
        assert_bytes((struct bytes){ b, (size_t)n }, vectors[i].wire);
        assert_every_prefix_waits(vectors[i].wire, decode);
    }
}

static void test_encode_without_room_is_nomem(void **state)
{
    (void)state;
    assert_needs_room(vectors[0].wire, encode_first);
}

static void test_decode_takes_what_a_later_version_says_as_unknown(void **state)
{
    (void)state;
    struct checkup_msg m;
    /* mapping 4, filtering 2^32 + 1, ip4 PUBLIC as octets, field 99, slot 9, punch state 7 */
    struct bytes in = B("\x1c\x10\x04\x18\x81\x80\x80\x80\x10\x32\x01\x03\x98\x06\x01"
                        "\x62\x05\x0a\x01r\x10\x09\x6a\x05\x08\x07\x10\x80\x01");
    assert_int_equal(checkup_msg_decode(in, &m), in.n);
    static const struct checkup_net unknown;
    assert_memory_equal(&m.net, &unknown, sizeof unknown);
    assert_int_equal(m.nrelays, 1);
    assert_int_equal(m.relays[0].slot, CHECKUP_SLOT_UNKNOWN);
    assert_int_equal(m.punch.state, CHECKUP_PUNCH_NONE);
    assert_int_equal(m.punch.tries, 128);
}

static void test_decode_passes_over_what_has_no_room(void **state)
{
    (void)state;
    uint8_t wire[1 + 2 * (CHECKUP_RELAYS_MAX + 1)] = { 2 * (CHECKUP_RELAYS_MAX + 1) };
    struct checkup_msg m;
    for (size_t i = 1; i < sizeof wire; i += 2)
        wire[i] = 0x62; /* a relay of no octets */
    assert_int_equal(checkup_msg_decode((struct bytes){ wire, sizeof wire }, &m), sizeof wire);
    assert_int_equal(m.nrelays, CHECKUP_RELAYS_MAX);
}

static void test_decode_refuses_malformed_messages(void **state)
{
    (void)state;
    static const struct bytes bad[] = {
        B("\x02\x0a\x64"),         /* ends inside the version */
        B("\x04\x62\x02\x0a\x64"), /* inside a relay's id */
        B("\x04\x6a\x02\x1a\x64"), /* inside a punch's error */
        B("\x81\x80\x01"),         /* 16385 octets: known before they come */
    };
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(decode(bad[i]), GW_EPROTO);
    assert_int_equal(decode((struct bytes)B("\x80\x80\x01")), 0);
}

static void test_encode_refuses_a_long_message(void **state)
{
    (void)state;
    static uint8_t text[CHECKUP_MSG_BODY_MAX], wire[2 * CHECKUP_MSG_BODY_MAX];
    struct checkup_msg m = { .version = { text, sizeof text - 3 } };
    assert_int_equal(checkup_msg_encode(wire, sizeof wire, &m), CHECKUP_MSG_WIRE_MAX);
    m.version.n++;
    assert_int_equal(checkup_msg_encode(wire, sizeof wire, &m), GW_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_message_goes_both_ways),
        cmocka_unit_test(test_encode_without_room_is_nomem),
        cmocka_unit_test(test_decode_takes_what_a_later_version_says_as_unknown),
        cmocka_unit_test(test_decode_passes_over_what_has_no_room),
        cmocka_unit_test(test_decode_refuses_malformed_messages),
        cmocka_unit_test(test_encode_refuses_a_long_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
