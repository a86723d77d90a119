/* test_peer_msg.c - a peer and its addresses.  The octets follow from the schema in peer_msg.h by
 * the rules of protobuf.dev, Encoding. */
#include "wire/peer_msg.h"

#include "pblist.h"

static const struct {
    struct bytes wire; /* as field 3 */
    struct peer_msg m;
} vectors[] = {
    { B("\x1a\x06\x0a\x04peer"), { .id = B("peer") } },
    { B("\x1a\x10\x0a\x04peer\x12\x03one\x12\x03two"),
      { .id = B("peer"), .addrs = { 2, { B("one"), B("two") } } } },
    { B("\x1a\x05\x0a\x01p\x12\0"), { .id = B("p"), .addrs = { 1, { B("") } } } },
    { B(""), { .id = B("") } }, /* no peer: no field */
};

static int put(size_t i, uint8_t *dst, size_t cap)
{
    struct wr w = wr_init((struct span){ dst, cap });
    peer_msg_put(&w, 3, &vectors[i].m);
    return w.full ? GW_ENOMEM : (int)(cap - w.left);
}

static int put_with_addrs(uint8_t *dst, size_t cap)
{
    return put(1, dst, cap);
}

static void test_put_makes_one_field(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        uint8_t b[32];
        int n = put(i, b, sizeof b);
        assert_bytes((struct bytes){ b, (size_t)n }, vectors[i].wire);
    }
    assert_needs_room(vectors[1].wire, put_with_addrs);
}

static void test_decode_reads_what_was_put(void **state)
{
    (void)state;
    for (size_t i = 0; i + 1 < COUNT(vectors); i++) {
        struct peer_msg m = { .id = { 0 } };
        struct bytes body = { vectors[i].wire.p + 2, vectors[i].wire.n - 2 };
        assert_int_equal(peer_msg_decode(body, &m), 0);
        assert_bytes(m.id, vectors[i].m.id);
        assert_list(&m.addrs, &vectors[i].m.addrs);
    }
}

static void test_decode_merges_a_second_message(void **state)
{
    (void)state;
    static const struct pb_list both = { 2, { B("one"), B("two") } };
    struct peer_msg m = { .id = { 0 } };
    assert_int_equal(peer_msg_decode((struct bytes)B("\x0a\x01p\x12\x03one"), &m), 0);
    assert_int_equal(peer_msg_decode((struct bytes)B("\x12\x03two"), &m), 0);
    assert_bytes(m.id, bytes_of("p"));
    assert_list(&m.addrs, &both);
    assert_int_equal(peer_msg_decode((struct bytes)B("\x0a\x01q"), &m), 0);
    assert_bytes(m.id, bytes_of("q"));
}

static void test_decode_refuses_a_peer_without_id(void **state)
{
    (void)state;
    static const struct bytes bad[] = {
        B(""),           /* nothing */
        B("\x12\x01x"),  /* an address only */
        B("\x0a\0"),     /* empty */
        B("\x08\x01"),   /* a number */
        B("\x0a\x05xy"), /* longer than the message */
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct peer_msg m = { .id = { 0 } };
        assert_int_equal(peer_msg_decode(bad[i], &m), GW_EPROTO);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_put_makes_one_field),
        cmocka_unit_test(test_decode_reads_what_was_put),
        cmocka_unit_test(test_decode_merges_a_second_message),
        cmocka_unit_test(test_decode_refuses_a_peer_without_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
