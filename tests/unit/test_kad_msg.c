/* test_kad_msg.c - the messages of Kademlia.  The octets follow from the schema in libp2p specs,
 * kad-dht, by the rules of protobuf.dev, Encoding.  @libp2p/kad-dht 16.4.5 (js-libp2p) puts the
 * same octets for every vector. */
#include "wire/kad_msg.h"

#include "pblist.h"
#include "wire/varint.h"

static uint8_t wire[KAD_MSG_MAX + VARINT_MAX], body[KAD_MSG_MAX + 1];

/* What js-libp2p and go-libp2p put (proto3: a type of 0 is left out), the length not included. */
static const struct {
    struct bytes wire;
    struct kad_msg m;
} vectors[] = {
    /* type 4, key */
    { B("\x08\x04\x12\x06\0\x04peer"), { .type = KAD_FIND_NODE, .key = B("\0\x04peer") } },
    { B("\x08\x05"), { .type = KAD_PING } },
    { B("\x08\x01\x12\x05/pk/k"), { .type = KAD_GET_VALUE, .key = B("/pk/k") } },
    /* key, record { key, value } */
    { B("\x12\x05/pk/k\x1a\x0c\x0a\x05/pk/k\x12\x03val"),
      { .type = KAD_PUT_VALUE,
        .key = B("/pk/k"),
        .record = { .key = B("/pk/k"), .value = B("val") } } },
    /* type, key, record { key, value, timeReceived }, closer { id, addr, addr } */
    { B("\x08\x01\x12\x05/pk/k\x1a\x22\x0a\x05/pk/k\x12\x03val\x2a\x14"
        "2026-01-02T03:04:05Z\x42\x0f\x0a\x03one\x12\x03"
        "a/b\x12\x03"
        "c/d"),
      { .type = KAD_GET_VALUE,
        .key = B("/pk/k"),
        .record = { B("/pk/k"), B("val"), B("2026-01-02T03:04:05Z") },
        .closer = { 1, { { B("one"), { 2, { B("a/b"), B("c/d") } } } } } } },
    /* type, key, closer { id }, closer { id, addr }, provider { id }, provider { id, addr } */
    { B("\x08\x03\x12\x03key\x42\x05\x0a\x03one\x42\x0a\x0a\x03two\x12\x03"
        "a/b\x4a\x05\x0a\x03six\x4a\x0a\x0a\x03ten\x12\x03"
        "c/d"),
      { .type = KAD_GET_PROVIDERS,
        .key = B("key"),
        .closer = { 2, { { .id = B("one") }, { B("two"), { 1, { B("a/b") } } } } },
        .providers = { 2, { { .id = B("six") }, { B("ten"), { 1, { B("c/d") } } } } } } },
    /* type, key, provider { id, addr } */
    { B("\x08\x02\x12\x03key\x4a\x0a\x0a\x03one\x12\x03"
        "a/b"),
      { .type = KAD_ADD_PROVIDER,
        .key = B("key"),
        .providers = { 1, { { B("one"), { 1, { B("a/b") } } } } } } },
};

static void assert_peers(const struct kad_peers *got, const struct kad_peers *want)
{
    assert_int_equal(got->n, want->n);
    for (size_t i = 0; i < want->n; i++) {
        assert_bytes(got->v[i].id, want->v[i].id);
        assert_list(&got->v[i].addrs, &want->v[i].addrs);
    }
}

static void assert_msg(const struct kad_msg *got, const struct kad_msg *want)
{
    assert_int_equal(got->type, want->type);
    assert_bytes(got->key, want->key);
    assert_bytes(got->record.key, want->record.key);
    assert_bytes(got->record.value, want->record.value);
    assert_bytes(got->record.received, want->record.received);
    assert_peers(&got->closer, &want->closer);
    assert_peers(&got->providers, &want->providers);
}

/* The message in front of the cursor, as a stream has it. */
static struct bytes take_message(struct bytes *in)
{
    struct bytes msg = { 0 };
    int used = varint_decode_prefixed(*in, KAD_MSG_MAX, &msg);
    assert_true(used > 0);
    *in = (struct bytes){ in->p + used, in->n - (size_t)used };
    return msg;
}

static void test_decode_reads_what_others_put(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        struct kad_msg m;
        assert_int_equal(kad_msg_decode(vectors[i].wire, &m), 0);
        assert_msg(&m, &vectors[i].m);
    }
}

static void test_encode_puts_what_others_put_one_message_after_the_other(void **state)
{
    (void)state;
    size_t n = 0;

    for (size_t i = 0; i < COUNT(vectors); i++) {
        int put = kad_msg_encode(wire + n, sizeof wire - n, &vectors[i].m);
        assert_int_equal(put, vectors[i].wire.n + 1); /* all are shorter than 128 octets */
        assert_int_equal(wire[n], vectors[i].wire.n);
        n += (size_t)put;
    }
    struct bytes stream = { wire, n };
    for (size_t i = 0; i < COUNT(vectors); i++)
        assert_bytes(take_message(&stream), vectors[i].wire);
    assert_int_equal(stream.n, 0);
}

static int encode_providers(uint8_t *dst, size_t cap)
{
    return kad_msg_encode(dst, cap, &vectors[5].m);
}

static void test_encode_without_room_is_nomem(void **state)
{
    (void)state;
    int n = encode_providers(wire, sizeof wire);
    assert_needs_room((struct bytes){ wire, (size_t)n }, encode_providers);
}

static void test_decode_of_a_part_is_an_error_or_lacks_fields(void **state)
{
    (void)state;
    struct bytes whole = vectors[4].wire;
    static const size_t ends[] = { 0, 2, 9, 45 }; /* between two fields */
    size_t at = 0;

    for (size_t n = 0; n < whole.n; n++) {
        uint8_t *p = malloc(n + 1); /* its own block: AddressSanitizer sees a read beyond it */
        assert_non_null(p);
        memcpy(p, whole.p, n);
        struct kad_msg m;
        int err = kad_msg_decode((struct bytes){ p, n }, &m);
        free(p);
        bool is_end = at < COUNT(ends) && n == ends[at];
        at += is_end;
        assert_int_equal(err, is_end ? 0 : GW_EPROTO);
    }
    assert_int_equal(at, COUNT(ends));
}

static void test_decode_passes_over_what_it_does_not_need(void **state)
{
    (void)state;
    struct kad_msg m;
    /* clusterLevelRaw 0; type 0, then 1; closer without an id; closer that is malformed; closer
     * { id, connection CONNECTED }; record without a key; field 15 */
    struct bytes in = B("\x50\0\x08\0\x08\x01\x42\x03\x12\x01"
                        "a\x42\x02\x0a\x09\x42\x05\x0a\x01p\x18\x01\x1a\x03\x12\x01v\x7a\x01?");
    assert_int_equal(kad_msg_decode(in, &m), 0);
    assert_int_equal(m.type, KAD_GET_VALUE);
    assert_int_equal(m.closer.n, 1);
    assert_bytes(m.closer.v[0].id, bytes_of("p"));
    assert_int_equal(m.record.key.n, 0);
    assert_int_equal(m.record.value.n, 0);
}

static void test_decode_merges_a_record_that_comes_in_two(void **state)
{
    (void)state;
    struct kad_msg m;
    assert_int_equal(kad_msg_decode((struct bytes)B("\x1a\x03\x12\x01v\x1a\x03\x0a\x01k"), &m), 0);
    assert_bytes(m.record.key, bytes_of("k"));
    assert_bytes(m.record.value, bytes_of("v"));
}

static void test_decode_refuses_what_is_malformed(void **state)
{
    (void)state;
    static const struct bytes bad[] = {
        B("\x08\x06"),                                     /* a type that there is not */
        B("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), /* -1 */
        B("\x12\x05key"),                                  /* ends inside the key */
        B("\x1a\x02\x0a\x05"),                             /* the record does */
        B("\x08\x04\x0b"),                                 /* a group */
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct kad_msg m;
        assert_int_equal(kad_msg_decode(bad[i], &m), GW_EPROTO);
    }
}

/* Octets of a field `num` of n times 'x'. */
static size_t put_long(uint8_t *dst, size_t cap, uint32_t num, size_t n)
{
    static uint8_t xs[KAD_MSG_MAX];
    struct wr w = wr_init((struct span){ dst, cap });
    memset(xs, 'x', sizeof xs);
    pb_put_bytes(&w, num, (struct bytes){ xs, n });
    assert_false(w.full);
    return cap - w.left;
}

static int decode_long(uint32_t num, size_t n)
{
    struct kad_msg m;
    return kad_msg_decode((struct bytes){ body, put_long(body, sizeof body, num, n) }, &m);
}

/* The same inside a record. */
static int decode_long_record(uint32_t num, size_t n)
{
    static uint8_t record[KAD_MSG_MAX];
    struct wr w = wr_init((struct span){ body, sizeof body });
    size_t len = put_long(record, sizeof record, num, n);
    struct kad_msg m;

    if (num != 1) /* a record needs a key */
        len += put_long(record + len, sizeof record - len, 1, 1);
    pb_put_bytes(&w, 3, (struct bytes){ record, len });
    return kad_msg_decode((struct bytes){ body, sizeof body - w.left }, &m);
}

static void test_decode_keeps_the_limits(void **state)
{
    (void)state;
    assert_int_equal(decode_long(2, KAD_MSG_KEY_MAX), 0);
    assert_int_equal(decode_long(2, KAD_MSG_KEY_MAX + 1), GW_EPROTO);
    assert_int_equal(decode_long_record(1, KAD_MSG_KEY_MAX), 0);
    assert_int_equal(decode_long_record(1, KAD_MSG_KEY_MAX + 1), GW_EPROTO);
    assert_int_equal(decode_long_record(2, KAD_MSG_VALUE_MAX), 0);
    assert_int_equal(decode_long_record(2, KAD_MSG_VALUE_MAX + 1), GW_EPROTO);
    assert_int_equal(decode_long_record(5, KAD_MSG_TIME_MAX), 0);
    assert_int_equal(decode_long_record(5, KAD_MSG_TIME_MAX + 1), GW_EPROTO);
    assert_int_equal(decode_long(15, KAD_MSG_MAX - 4), 0); /* tag, and a length of 3 octets */
    assert_int_equal(decode_long(15, KAD_MSG_MAX - 3), GW_EPROTO);
}

static void test_encode_keeps_the_limits(void **state)
{
    (void)state;
    static const uint8_t many[KAD_MSG_VALUE_MAX + 1];
    struct kad_msg m = { .key = { many, KAD_MSG_KEY_MAX },
                         .record = { .key = { many, KAD_MSG_KEY_MAX },
                                     .value = { many, KAD_MSG_VALUE_MAX },
                                     .received = { many, KAD_MSG_TIME_MAX } } };

    assert_true(kad_msg_encode(wire, sizeof wire, &m) > 0);
    m.key.n++;
    assert_int_equal(kad_msg_encode(wire, sizeof wire, &m), GW_EINVAL);
    m.key.n--;
    m.record.key.n++;
    assert_int_equal(kad_msg_encode(wire, sizeof wire, &m), GW_EINVAL);
    m.record.key.n--;
    m.record.value.n++;
    assert_int_equal(kad_msg_encode(wire, sizeof wire, &m), GW_EINVAL);
    m.record.value.n--;
    m.record.received = (struct bytes){ many, KAD_MSG_TIME_MAX + 1 };
    assert_int_equal(kad_msg_encode(wire, sizeof wire, &m), GW_EINVAL);
}

static void test_decode_passes_over_peers_beyond_the_limit(void **state)
{
    (void)state;
    static const uint8_t peer[] = { 0x42, 3, 0x0a, 1, 'p' };
    struct kad_msg m;
    size_t n = 0;

    for (; n < (KAD_MSG_PEERS_MAX + 5) * sizeof peer; n += sizeof peer)
        memcpy(body + n, peer, sizeof peer);
    assert_int_equal(kad_msg_decode((struct bytes){ body, n }, &m), 0);
    assert_int_equal(m.closer.n, KAD_MSG_PEERS_MAX);
    assert_int_equal(m.providers.n, 0);
}

/* A peer with addresses of n octets in all. */
static struct peer_msg long_peer(const char *id, size_t n)
{
    static const uint8_t zeros[KAD_MSG_MAX];
    return (struct peer_msg){ .id = bytes_of(id), .addrs = { 1, { { zeros, n } } } };
}

static void decode_encoded(const struct kad_msg *m, struct kad_msg *out, size_t *n)
{
    int put = kad_msg_encode(wire, sizeof wire, m);
    assert_true(put > 0);
    struct bytes stream = { wire, (size_t)put }, msg = take_message(&stream);
    *n = msg.n;
    assert_int_equal(kad_msg_decode(msg, out), 0);
}

static void test_encode_leaves_out_the_last_peers_when_there_are_too_many(void **state)
{
    (void)state;
    struct kad_msg m = { .type = KAD_GET_PROVIDERS, .key = B("key") }, got;
    size_t n;

    m.providers = (struct kad_peers){ 2, { long_peer("p0", 9000), long_peer("p1", 9000) } };
    m.closer = (struct kad_peers){ 3, { long_peer("c0", 8000), long_peer("c1", 8000) } };
    decode_encoded(&m, &got, &n);
    assert_int_equal(got.providers.n, 2);
    assert_int_equal(got.closer.n, 1);
    assert_bytes(got.closer.v[0].id, bytes_of("c0"));
    m.providers.v[2] = long_peer("p2", 15000);
    m.providers.n = 3;
    decode_encoded(&m, &got, &n);
    assert_int_equal(got.providers.n, 2);
}

static void test_encode_fills_a_message_to_the_last_octet(void **state)
{
    (void)state;
    /* type: 2; closer: 1 + 3 + ( id: 2 + 1, addr: 1 + 3 + n ) */
    const size_t whole = KAD_MSG_MAX - 2 - 4 - 3 - 4;
    struct kad_msg m = { .type = KAD_FIND_NODE, .closer = { .n = 1 } }, got;
    size_t n;

    m.closer.v[0] = long_peer("c", whole);
    decode_encoded(&m, &got, &n);
    assert_int_equal(n, KAD_MSG_MAX);
    assert_int_equal(got.closer.n, 1);
    m.closer.v[0] = long_peer("c", whole + 1);
    decode_encoded(&m, &got, &n);
    assert_int_equal(got.closer.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decode_reads_what_others_put),
        cmocka_unit_test(test_encode_puts_what_others_put_one_message_after_the_other),
        cmocka_unit_test(test_encode_without_room_is_nomem),
        cmocka_unit_test(test_decode_of_a_part_is_an_error_or_lacks_fields),
        cmocka_unit_test(test_decode_passes_over_what_it_does_not_need),
        cmocka_unit_test(test_decode_merges_a_record_that_comes_in_two),
        cmocka_unit_test(test_decode_refuses_what_is_malformed),
        cmocka_unit_test(test_decode_keeps_the_limits),
        cmocka_unit_test(test_encode_keeps_the_limits),
        cmocka_unit_test(test_decode_passes_over_peers_beyond_the_limit),
        cmocka_unit_test(test_encode_leaves_out_the_last_peers_when_there_are_too_many),
        cmocka_unit_test(test_encode_fills_a_message_to_the_last_octet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
