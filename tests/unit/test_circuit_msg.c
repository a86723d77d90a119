/* test_circuit_msg.c - messages of circuit relay v2.  The octets follow from the schema in libp2p
 * specs, relay/circuit-v2, by the rules of protobuf.dev, Encoding.  @libp2p/circuit-relay-v2 4.2.13
 * (js-libp2p) puts the same octets for every vector, but for the length in front. */
#include "wire/circuit_msg.h"

#include "pblist.h"

typedef int decode_fn(struct bytes in, struct circuit_msg *out);
typedef int encode_fn(uint8_t *dst, size_t cap, const struct circuit_msg *m);

struct vector {
    struct bytes wire;
    struct circuit_msg m;
};

static const struct vector hops[] = {
    { B("\x02\x08\0"), { .type = CIRCUIT_RESERVE } },
    { B("\x0a\x08\x01\x12\x06\x0a\x04peer"), /* type, peer { id } */
      { .type = CIRCUIT_CONNECT, .peer = { .id = B("peer") } } },
    { B("\x14\x08\x01\x12\x10\x0a\x04peer\x12\x03one\x12\x03two"),
      { .type = CIRCUIT_CONNECT,
        .peer = { .id = B("peer"), .addrs = { 2, { B("one"), B("two") } } } } },
    /* type, reservation { expire, addrs, voucher }, limit { duration, data }, status */
    { B("\x33\x08\x02\x1a\x25\x08\x80\x92\xb3\xd8\x06\x12\x03one\x12\x03two\x1a\x13"
        "\x0a\x01k\x12\x01t\x1a\x08\x0a\x01r\x12\x01p\x18\x01\x2a\x01s"
        "\x22\x06\x08\x78\x10\x80\x80\x08\x28\x64"),
      { .type = CIRCUIT_STATUS,
        .reservation = { .expires_s = 1796000000,
                         .addrs = { 2, { B("one"), B("two") } },
                         .voucher = B("\x0a\x01k\x12\x01t\x1a\x08\x0a\x01r\x12\x01p\x18\x01"
                                      "\x2a\x01s") },
        .limit = { .duration_s = 120, .data = 131072 },
        .status = CIRCUIT_OK } },
    { B("\x08\x08\x02\x22\x02\x08\x78\x28\x64"), /* a limit of time only */
      { .type = CIRCUIT_STATUS, .limit = { .duration_s = 120 }, .status = CIRCUIT_OK } },
    { B("\x05\x08\x02\x28\xc8\x01"),
      { .type = CIRCUIT_STATUS, .status = CIRCUIT_RESERVATION_REFUSED } },
    { B("\x05\x08\x02\x28\xc9\x01"),
      { .type = CIRCUIT_STATUS, .status = CIRCUIT_RESOURCE_LIMIT_EXCEEDED } },
    { B("\x05\x08\x02\x28\xca\x01"),
      { .type = CIRCUIT_STATUS, .status = CIRCUIT_PERMISSION_DENIED } },
    { B("\x05\x08\x02\x28\xcb\x01"),
      { .type = CIRCUIT_STATUS, .status = CIRCUIT_CONNECTION_FAILED } },
    { B("\x05\x08\x02\x28\xcc\x01"), { .type = CIRCUIT_STATUS, .status = CIRCUIT_NO_RESERVATION } },
    { B("\x05\x08\x02\x28\x90\x03"),
      { .type = CIRCUIT_STATUS, .status = CIRCUIT_MALFORMED_MESSAGE } },
    { B("\x05\x08\x02\x28\x91\x03"),
      { .type = CIRCUIT_STATUS, .status = CIRCUIT_UNEXPECTED_MESSAGE } },
};

static const struct vector stops[] = {
    /* type, peer { id }, limit { duration, data } */
    { B("\x12\x08\0\x12\x06\x0a\x04peer\x1a\x06\x08\x78\x10\x80\x80\x08"),
      { .type = CIRCUIT_CONNECT,
        .peer = { .id = B("peer") },
        .limit = { .duration_s = 120, .data = 131072 } } },
    { B("\x04\x08\x01\x20\x64"), { .type = CIRCUIT_STATUS, .status = CIRCUIT_OK } },
    { B("\x05\x08\x01\x20\xcb\x01"),
      { .type = CIRCUIT_STATUS, .status = CIRCUIT_CONNECTION_FAILED } },
};

static int decode_hop(struct bytes in)
{
    struct circuit_msg m;
    return circuit_msg_decode_hop(in, &m);
}

static int decode_stop(struct bytes in)
{
    struct circuit_msg m;
    return circuit_msg_decode_stop(in, &m);
}

static void assert_both_ways(const struct vector *v, decode_fn *decode, encode_fn *encode)
{
    struct circuit_msg m;
    uint8_t b[CIRCUIT_MSG_WIRE_MAX];

    assert_int_equal(decode(v->wire, &m), v->wire.n);
    assert_int_equal(m.type, v->m.type);
    assert_bytes(m.peer.id, v->m.peer.id);
    assert_list(&m.peer.addrs, &v->m.peer.addrs);
    assert_true(m.reservation.expires_s == v->m.reservation.expires_s);
    assert_list(&m.reservation.addrs, &v->m.reservation.addrs);
    assert_bytes(m.reservation.voucher, v->m.reservation.voucher);
    assert_int_equal(m.limit.duration_s, v->m.limit.duration_s);
    assert_true(m.limit.data == v->m.limit.data);
    assert_int_equal(m.status, v->m.status);
    int n = encode(b, sizeof b, &v->m);
    assert_bytes((struct bytes){ b, (size_t)n }, v->wire);
}

static void test_hop_goes_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(hops); i++) {
        assert_both_ways(&hops[i], circuit_msg_decode_hop, circuit_msg_encode_hop);
        assert_every_prefix_waits(hops[i].wire, decode_hop);
    }
}

static void test_stop_goes_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(stops); i++) {
        assert_both_ways(&stops[i], circuit_msg_decode_stop, circuit_msg_encode_stop);
        assert_every_prefix_waits(stops[i].wire, decode_stop);
    }
}

static int encode_reservation(uint8_t *dst, size_t cap)
{
    return circuit_msg_encode_hop(dst, cap, &hops[3].m);
}

static int encode_stop_connect(uint8_t *dst, size_t cap)
{
    return circuit_msg_encode_stop(dst, cap, &stops[0].m);
}

static void test_encode_without_room_is_nomem(void **state)
{
    (void)state;
    assert_needs_room(hops[3].wire, encode_reservation);
    assert_needs_room(stops[0].wire, encode_stop_connect);
}

static void test_decode_leaves_the_octets_of_the_circuit(void **state)
{
    (void)state;
    assert_int_equal(decode_hop((struct bytes)B("\x04\x08\x02\x28\x64\x13/multi")), 5);
}

static void test_decode_merges_what_comes_twice_and_passes_over_the_unknown(void **state)
{
    (void)state;
    static const struct pb_list both = { 2, { B("a"), B("b") } };
    struct circuit_msg m;
    /* status 200, field 9 bytes, peer { id p, addr a }, type 0, limit { 1 s }, field 6 varint,
     * peer { addr b }, limit { 2 octets }, type 1, status 100 */
    struct bytes in = B("\x23\x28\xc8\x01\x4a\x01?\x12\x06\x0a\x01p\x12\x01"
                        "a\x08\0\x22\x02\x08\x01\x30\x05\x12\x03\x12\x01"
                        "b\x22\x02\x10\x02\x08\x01\x28\x64");
    assert_int_equal(circuit_msg_decode_hop(in, &m), in.n);
    assert_int_equal(m.type, CIRCUIT_CONNECT);
    assert_bytes(m.peer.id, bytes_of("p"));
    assert_list(&m.peer.addrs, &both);
    assert_int_equal(m.limit.duration_s, 1);
    assert_int_equal(m.limit.data, 2);
    assert_int_equal(m.status, CIRCUIT_OK);
}

static void test_decode_reads_an_unknown_status_as_unused(void **state)
{
    (void)state;
    static const struct bytes unknown[] = {
        B("\x04\x08\x02\x28\x63"),                                     /* 99 */
        B("\x04\x08\x02\x28\0"),                                       /* UNUSED itself */
        B("\x02\x08\x02"),                                             /* absent */
        B("\x08\x08\x02\x28\xe4\x80\x80\x80\x10"),                     /* 2^32 + 100 */
        B("\x0d\x08\x02\x28\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), /* -1 */
        B("\x06\x08\x02\x28\x64\x28\x65"),                             /* OK, then 101 */
    };
    for (size_t i = 0; i < COUNT(unknown); i++) {
        struct circuit_msg m;
        assert_int_equal(circuit_msg_decode_hop(unknown[i], &m), unknown[i].n);
        assert_int_equal(m.status, CIRCUIT_UNUSED);
    }
}

static void test_decode_refuses_malformed_messages(void **state)
{
    (void)state;
    static const struct bytes bad_everywhere[] = {
        B("\0"),                            /* no type */
        B("\x02\x28\x64"),                  /* no type, but a status */
        B("\x03\x0a\x01\x01"),              /* type as bytes */
        B("\x02\x08\x03"),                  /* unknown type */
        B("\x06\x08\x80\x80\x80\x80\x10"),  /* 2^32 */
        B("\x04\x08\x01\x12\0"),            /* a peer without id */
        B("\x07\x08\x01\x12\x03\x12\x01x"), /* the same, with an address */
        B("\x05\x08\x01\x12\x02\x0a"),      /* a peer longer than the message */
        B("\x06\x08\x01\x12\x02\x0a\x05"),  /* an id longer than the peer */
        B("\x03\x08\x01\x12"),              /* ends inside a field */
        B("\x81\x20"),                      /* 4097 octets: known before they come */
    };
    for (size_t i = 0; i < COUNT(bad_everywhere); i++) {
        assert_int_equal(decode_hop(bad_everywhere[i]), GW_EPROTO);
        assert_int_equal(decode_stop(bad_everywhere[i]), GW_EPROTO);
    }
    assert_int_equal(decode_hop((struct bytes)B("\x80\x20")), 0);
    assert_int_equal(decode_stop((struct bytes)B("\x02\x08\x02")), GW_EPROTO);
    assert_int_equal(decode_hop((struct bytes)B("\x05\x08\x02\x22\x01\x08")), GW_EPROTO);
    /* reservations: no time, time 0, cut */
    assert_int_equal(decode_hop((struct bytes)B("\x04\x08\x02\x1a\0")), GW_EPROTO);
    assert_int_equal(decode_hop((struct bytes)B("\x06\x08\x02\x1a\x02\x08\0")), GW_EPROTO);
    assert_int_equal(decode_hop((struct bytes)B("\x07\x08\x02\x1a\x03\x08\x01\x1a")), GW_EPROTO);
}

static void test_stop_has_no_reservation(void **state)
{
    (void)state;
    uint8_t b[32];
    struct circuit_msg m = { .type = CIRCUIT_RESERVE };
    assert_int_equal(circuit_msg_encode_stop(b, sizeof b, &m), GW_EINVAL);
    m = (struct circuit_msg){ .type = CIRCUIT_STATUS, .reservation = { .expires_s = 1 } };
    assert_int_equal(circuit_msg_encode_stop(b, sizeof b, &m), GW_EINVAL);
    /* field 3 is the limit here, and field 5 is unknown */
    struct bytes in = B("\x08\x08\0\x1a\x02\x08\x01\x28\x64");
    assert_int_equal(circuit_msg_decode_stop(in, &m), in.n);
    assert_int_equal(m.limit.duration_s, 1);
    assert_int_equal(m.reservation.expires_s, 0);
    assert_int_equal(m.status, CIRCUIT_UNUSED);
}

static void test_message_is_limited_both_ways(void **state)
{
    (void)state;
    static uint8_t voucher[CIRCUIT_MSG_BODY_MAX], wire[2 * CIRCUIT_MSG_BODY_MAX];
    /* type 2, reservation 1 + 2, expire 2, voucher 1 + 2 */
    struct circuit_msg m = { .type = CIRCUIT_STATUS,
                             .reservation = { .expires_s = 1,
                                              .voucher = { voucher, sizeof voucher - 10 } } };
    assert_int_equal(circuit_msg_encode_hop(wire, sizeof wire, &m), CIRCUIT_MSG_WIRE_MAX);
    assert_int_equal(decode_hop((struct bytes){ wire, sizeof wire }), CIRCUIT_MSG_WIRE_MAX);
    m.reservation.voucher.n++;
    assert_int_equal(circuit_msg_encode_hop(wire, sizeof wire, &m), GW_EINVAL);
}

static void test_status_name_spells_it_as_the_spec(void **state)
{
    (void)state;
    assert_string_equal(circuit_status_name(CIRCUIT_OK), "OK");
    assert_string_equal(circuit_status_name(CIRCUIT_NO_RESERVATION), "NO_RESERVATION");
    assert_string_equal(circuit_status_name(CIRCUIT_UNEXPECTED_MESSAGE), "UNEXPECTED_MESSAGE");
    assert_string_equal(circuit_status_name(CIRCUIT_UNUSED), "UNUSED");
    assert_string_equal(circuit_status_name((enum circuit_status)99), "UNUSED");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hop_goes_both_ways),
        cmocka_unit_test(test_stop_goes_both_ways),
        cmocka_unit_test(test_encode_without_room_is_nomem),
        cmocka_unit_test(test_decode_leaves_the_octets_of_the_circuit),
        cmocka_unit_test(test_decode_merges_what_comes_twice_and_passes_over_the_unknown),
        cmocka_unit_test(test_decode_reads_an_unknown_status_as_unused),
        cmocka_unit_test(test_decode_refuses_malformed_messages),
        cmocka_unit_test(test_stop_has_no_reservation),
        cmocka_unit_test(test_message_is_limited_both_ways),
        cmocka_unit_test(test_status_name_spells_it_as_the_spec),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
