/* test_identify_msg.c - the Identify message.  The octets follow from the schema in libp2p specs,
 * identify/README, by the rules of protobuf.dev, Encoding. */
#include "wire/identify_msg.h"

#include "vec.h"

/* /ip4/127.0.0.1/udp/4001/quic-v1 and /ip4/192.0.2.1/udp/9/quic-v1 (multiaddr, protocols.csv) */
#define ADDR_1 "\x04\x7f\0\0\x01\x91\x02\x0f\xa1\xcd\x03"
#define ADDR_2 "\x04\xc0\0\x02\x01\x91\x02\0\x09\xcd\x03"

/* Fields in the order of their numbers, save that the lists stand after the key. */
static const struct bytes full_wire = B("\x5a"
                                        "\x0a\x04\x08\x01\x12\0"
                                        "\x12\x0b" ADDR_1 "\x12\x0b" ADDR_2
                                        "\x1a\x10/ipfs/ping/1.0.0"
                                        "\x22\x0b" ADDR_2 "\x2a\x0aipfs/0.1.0"
                                        "\x32\x08gw/0.1.0"
                                        "\x42\x03"
                                        "env");

static const struct identify_msg full = {
    .public_key = B("\x08\x01\x12\0"),
    .observed_addr = B(ADDR_2),
    .protocol_version = B("ipfs/0.1.0"),
    .agent_version = B("gw/0.1.0"),
    .signed_peer_record = B("env"),
    .naddrs = 2,
    .nprotocols = 1,
    .addrs = { B(ADDR_1), B(ADDR_2) },
    .protocols = { B("/ipfs/ping/1.0.0") },
};

static int decode(struct bytes in)
{
    struct identify_msg m = { 0 };
    return identify_decode(in, &m);
}

static int encode_full(uint8_t *dst, size_t cap)
{
    return identify_encode(dst, cap, &full);
}

static void test_decode_reads_every_field(void **state)
{
    (void)state;
    struct identify_msg m = { 0 };
    assert_int_equal(identify_decode(full_wire, &m), full_wire.n);
    assert_bytes(m.public_key, full.public_key);
    assert_bytes(m.observed_addr, full.observed_addr);
    assert_bytes(m.protocol_version, full.protocol_version);
    assert_bytes(m.agent_version, full.agent_version);
    assert_bytes(m.signed_peer_record, full.signed_peer_record);
    assert_int_equal(m.naddrs, 2);
    assert_bytes(m.addrs[0], full.addrs[0]);
    assert_bytes(m.addrs[1], full.addrs[1]);
    assert_int_equal(m.nprotocols, 1);
    assert_bytes(m.protocols[0], full.protocols[0]);
}

static void test_decode_every_prefix_waits(void **state)
{
    (void)state;
    assert_every_prefix_waits(full_wire, decode);
}

static void test_encode_puts_every_field_or_nomem(void **state)
{
    (void)state;
    assert_needs_room(full_wire, encode_full);
}

static void test_encode_leaves_out_what_is_absent(void **state)
{
    (void)state;
    uint8_t b[4];
    assert_int_equal(identify_encode(b, sizeof b, &(struct identify_msg){ 0 }), 1);
    assert_int_equal(b[0], 0);
}

static void test_decode_takes_fields_in_any_order_and_passes_over_others(void **state)
{
    (void)state;
    struct identify_msg m = { 0 };
    /* agentVersion, field 7 bytes, field 9 varint, agentVersion as a varint, protocolVersion */
    struct bytes in = B("\x0e\x32\x01g\x3a\x01?\x48\x05\x30\x07\x2a\x02ip");
    assert_int_equal(identify_decode(in, &m), in.n);
    assert_bytes(m.agent_version, bytes_of("g"));
    assert_bytes(m.protocol_version, bytes_of("ip"));
}

static void test_decode_adds_a_second_message(void **state)
{
    (void)state;
    struct identify_msg m = { 0 };
    struct bytes second = B("\x0c\x1a\x03/b/\x32\x01h\x42\x02"
                            "ev");
    assert_true(identify_decode(full_wire, &m) > 0);
    assert_int_equal(identify_decode(second, &m), second.n);
    assert_int_equal(m.nprotocols, 2);
    assert_bytes(m.protocols[1], bytes_of("/b/"));
    assert_bytes(m.agent_version, bytes_of("h"));
    assert_bytes(m.signed_peer_record, bytes_of("ev"));
    assert_bytes(m.public_key, full.public_key);
}

static void test_decode_ignores_list_entries_without_room(void **state)
{
    (void)state;
    uint8_t wire[IDENTIFY_WIRE_MAX];
    struct wr w = wr_init((struct span){ wire, sizeof wire });
    enum { MANY = 200 };
    wr_bytes(&w, (struct bytes)B("\xb0\x09")); /* 1200 = 2 * 200 * 3 */
    for (int i = 0; i < MANY; i++)
        wr_bytes(&w, (struct bytes)B("\x12\x01"
                                     "a"
                                     "\x1a\x01"
                                     "p"));
    struct identify_msg m = { 0 };
    assert_int_equal(identify_decode((struct bytes){ wire, sizeof wire - w.left }, &m), 1202);
    assert_int_equal(m.naddrs, IDENTIFY_ADDRS_MAX);
    assert_int_equal(m.nprotocols, IDENTIFY_PROTOCOLS_MAX);
    assert_bytes(m.protocols[IDENTIFY_PROTOCOLS_MAX - 1], bytes_of("p"));
}

static void test_decode_ignores_empty_list_entries(void **state)
{
    (void)state;
    struct identify_msg m = { 0 };
    assert_int_equal(identify_decode((struct bytes)B("\x04\x12\0\x1a\0"), &m), 5);
    assert_int_equal(m.naddrs, 0);
    assert_int_equal(m.nprotocols, 0);
}

static void test_decode_refuses_malformed_and_long_messages(void **state)
{
    (void)state;
    assert_int_equal(decode((struct bytes)B("\x03\x0a\x05"
                                            "a")),
                     GW_EPROTO);
    assert_int_equal(decode((struct bytes)B("\x01\x0b")), GW_EPROTO);
    assert_int_equal(decode((struct bytes)B("\x81\x40")), GW_EPROTO); /* 8193 octets */
    assert_int_equal(decode((struct bytes)B("\x80\x40")), 0);         /* 8192 */
}

static void test_encode_refuses_a_long_message(void **state)
{
    (void)state;
    static uint8_t record[IDENTIFY_MAX];
    static uint8_t wire[2 * IDENTIFY_MAX];
    struct identify_msg m = { .signed_peer_record = { record, IDENTIFY_MAX - 3 } };
    assert_int_equal(identify_encode(wire, sizeof wire, &m), IDENTIFY_WIRE_MAX);
    assert_int_equal(decode((struct bytes){ wire, IDENTIFY_WIRE_MAX }), IDENTIFY_WIRE_MAX);
    m.signed_peer_record.n++;
    assert_int_equal(identify_encode(wire, sizeof wire, &m), GW_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decode_reads_every_field),
        cmocka_unit_test(test_decode_every_prefix_waits),
        cmocka_unit_test(test_encode_puts_every_field_or_nomem),
        cmocka_unit_test(test_encode_leaves_out_what_is_absent),
        cmocka_unit_test(test_decode_takes_fields_in_any_order_and_passes_over_others),
        cmocka_unit_test(test_decode_adds_a_second_message),
        cmocka_unit_test(test_decode_ignores_list_entries_without_room),
        cmocka_unit_test(test_decode_ignores_empty_list_entries),
        cmocka_unit_test(test_decode_refuses_malformed_and_long_messages),
        cmocka_unit_test(test_encode_refuses_a_long_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
