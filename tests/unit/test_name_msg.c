/* test_name_msg.c - what a name record says.  The octets follow from the schema in name_msg.h by
 * the rules of protobuf.dev, Encoding. */
#include "wire/name_msg.h"

#include "pblist.h"

static const struct bytes wire = B("\x0a\x06laptop\x12\x04peer\x18\x80\xd0\xc4\xcf\xa2\x34"
                                   "\x20\x80\x92\xb3\xd8\x06\x2a\x03one\x2a\x03two");
static const struct name_msg msg = { .name = B("laptop"),
                                     .peer = B("peer"),
                                     .sequence = 1796000000000,
                                     .expires_s = 1796000000,
                                     .addrs = { 2, { B("one"), B("two") } } };

static int encode(uint8_t *dst, size_t cap)
{
    return name_msg_encode(dst, cap, &msg);
}

static void assert_msg(const struct name_msg *got, const struct name_msg *want)
{
    assert_bytes(got->name, want->name);
    assert_bytes(got->peer, want->peer);
    assert_true(got->sequence == want->sequence);
    assert_true(got->expires_s == want->expires_s);
    assert_list(&got->addrs, &want->addrs);
}

static void assert_reads(struct bytes in)
{
    struct name_msg m;
    assert_int_equal(name_msg_decode(in, &m), 0);
    assert_msg(&m, &msg);
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
    /* addrs, field 6, name, expires, sequence, peer, addrs, name, expires */
    assert_reads((struct bytes)B("\x2a\x03one\x32\x01?\x0a\x01x\x20\x01\x18\x80\xd0\xc4\xcf\xa2\x34"
                                 "\x12\x04peer\x2a\x03two\x0a\x06laptop\x20\x80\x92\xb3\xd8\x06"));
}

static void test_nothing_is_the_owner_itself(void **state)
{
    (void)state;
    struct name_msg m, empty = { 0 };
    uint8_t b[8];
    assert_int_equal(name_msg_decode((struct bytes)B(""), &m), 0);
    assert_msg(&m, &empty);
    assert_int_equal(name_msg_encode(b, sizeof b, &empty), 0);
}

static void test_name_has_few_characters(void **state)
{
    (void)state;
    static const struct {
        struct bytes name;
        bool good;
    } names[] = {
        { B("a-z_0.9"), true },   { B("laptop.grewal"), true },
        { B("A"), false },        { B("a b"), false },
        { B("a/b"), false },      { B("a\0b"), false },
        { B("\xc3\xa4"), false }, { B("`"), false },
        { B("{"), false },        { B(":"), false },
    };
    for (size_t i = 0; i < COUNT(names); i++) {
        uint8_t b[32] = { 0x0a, (uint8_t)names[i].name.n };
        struct name_msg m = { .name = names[i].name };
        memcpy(b + 2, names[i].name.p, names[i].name.n);
        assert_int_equal(name_msg_decode((struct bytes){ b, names[i].name.n + 2 }, &m),
                         names[i].good ? 0 : GW_EPROTO);
        m.name = names[i].name;
        int n = name_msg_encode(b, sizeof b, &m);
        assert_int_equal(n, names[i].good ? (int)names[i].name.n + 2 : GW_EINVAL);
    }
}

static void test_name_is_limited_both_ways(void **state)
{
    (void)state;
    uint8_t name[NAME_MSG_NAME_MAX + 1], b[NAME_MSG_NAME_MAX + 4];
    struct name_msg again, m = { .name = { name, NAME_MSG_NAME_MAX } };
    memset(name, 'a', sizeof name);
    int n = name_msg_encode(b, sizeof b, &m);
    assert_int_equal(n, NAME_MSG_NAME_MAX + 3);
    assert_int_equal(name_msg_decode((struct bytes){ b, (size_t)n }, &again), 0);
    m.name.n++;
    assert_int_equal(name_msg_encode(b, sizeof b, &m), GW_EINVAL);
    b[1] = 0x80; /* a name of 256 octets */
    b[n] = 'a';
    assert_int_equal(name_msg_decode((struct bytes){ b, (size_t)n + 1 }, &again), GW_EPROTO);
}

static void test_decode_refuses_the_malformed(void **state)
{
    (void)state;
    static const struct bytes bad[] = {
        B("\x0a"), B("\x0a\x06lapto"), B("\x18"), B("\x18\x80"), B("\x07"), B("\x00\x00"),
    };
    struct name_msg m;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(name_msg_decode(bad[i], &m), GW_EPROTO);
}

static void test_message_is_limited_both_ways(void **state)
{
    (void)state;
    static uint8_t addr[NAME_MSG_MAX], b[2 * NAME_MSG_MAX];
    struct name_msg again, m = { .addrs = { 1, { { addr, NAME_MSG_MAX - 3 } } } };
    assert_int_equal(name_msg_encode(b, sizeof b, &m), NAME_MSG_MAX);
    assert_int_equal(name_msg_decode((struct bytes){ b, NAME_MSG_MAX }, &again), 0);
    m.addrs.v[0].n++;
    assert_int_equal(name_msg_encode(b, sizeof b, &m), GW_EINVAL);
    m.addrs.v[0].n--;
    assert_int_equal(name_msg_encode(b, sizeof b, &m), NAME_MSG_MAX);
    memcpy(b + NAME_MSG_MAX, "\x18\x01", 2);
    assert_int_equal(name_msg_decode((struct bytes){ b, NAME_MSG_MAX + 2 }, &again), GW_EPROTO);
}

static void test_addresses_above_the_limit_are_passed_over(void **state)
{
    (void)state;
    uint8_t b[64];
    struct name_msg m = { 0 };
    for (uint8_t i = 0; i <= NAME_MSG_ADDRS_MAX; i++)
        memcpy(b + 3 * i, (uint8_t[]){ 0x2a, 1, i }, 3);
    assert_int_equal(name_msg_decode((struct bytes){ b, 3 * (NAME_MSG_ADDRS_MAX + 1) }, &m), 0);
    assert_int_equal(m.addrs.n, NAME_MSG_ADDRS_MAX);
    assert_int_equal(m.addrs.v[NAME_MSG_ADDRS_MAX - 1].p[0], NAME_MSG_ADDRS_MAX - 1);
    pb_list_add(&m.addrs, (struct bytes)B("x"));
    assert_int_equal(name_msg_encode(b, sizeof b, &m), GW_EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_message_goes_both_ways),
        cmocka_unit_test(test_decode_takes_the_last_and_passes_over_the_unknown),
        cmocka_unit_test(test_nothing_is_the_owner_itself),
        cmocka_unit_test(test_name_has_few_characters),
        cmocka_unit_test(test_name_is_limited_both_ways),
        cmocka_unit_test(test_decode_refuses_the_malformed),
        cmocka_unit_test(test_message_is_limited_both_ways),
        cmocka_unit_test(test_addresses_above_the_limit_are_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
