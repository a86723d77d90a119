/* test_svcquery_msg.c - framing of the service query. */
#include "wire/svcquery_msg.h"

#include "vec.h"

#define JSON "[{\"name\":\"ssh\",\"protocol\":\"/shurli/ssh/1.0.0\",\"enabled\":true}]"

static const struct {
    const char *source;
    struct bytes wire;
    bool is_error;
    struct bytes body;
} vectors[] = {
    { "shurli: type 2, u32 length, JSON", B("\x02\0\0\0\x3e" JSON), false, B(JSON) },
    { "shurli: a nil list marshals to null", B("\x02\0\0\0\x04null"), false, B("null") },
    { "shurli: type 3, u32 length, text", B("\x03\0\0\0\x13unsupported version"), true,
      B("unsupported version") },
    { "an empty text", B("\x03\0\0\0\0"), true, B("") },
};

static int decode_answer(struct bytes in)
{
    struct svcquery_answer m;
    return svcquery_decode_answer(in, &m);
}

static void test_request_is_01_01(void **state)
{
    (void)state;
    assert_needs_room((struct bytes)B("\x01\x01"), svcquery_encode_request);
    assert_every_prefix_waits((struct bytes)B("\x01\x01"), svcquery_decode_request);
}

static void test_decode_request_refuses_other_versions_and_types(void **state)
{
    (void)state;
    assert_int_equal(svcquery_decode_request((struct bytes)B("\x02")), GW_EPROTO);
    assert_int_equal(svcquery_decode_request((struct bytes)B("\x01\x02")), GW_EPROTO);
}

static void test_decode_answer_tells_json_from_error(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        struct svcquery_answer m;
        assert_int_equal(svcquery_decode_answer(vectors[i].wire, &m), vectors[i].wire.n);
        assert_int_equal(m.is_error, vectors[i].is_error);
        assert_bytes(m.body, vectors[i].body);
        assert_every_prefix_waits(vectors[i].wire, decode_answer);
    }
}

static void test_encode_answer_puts_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++) {
        uint8_t b[128];
        struct svcquery_answer m = { vectors[i].is_error, vectors[i].body };
        int n = svcquery_encode_answer(b, sizeof b, &m);
        assert_bytes((struct bytes){ b, (size_t)n }, vectors[i].wire);
    }
}

static int encode_null(uint8_t *dst, size_t cap)
{
    return svcquery_encode_answer(dst, cap, &(struct svcquery_answer){ false, B("null") });
}

static void test_encode_answer_without_room_is_nomem(void **state)
{
    (void)state;
    assert_needs_room((struct bytes)B("\x02\0\0\0\x04null"), encode_null);
}

static void test_answer_is_limited_both_ways(void **state)
{
    (void)state;
    static uint8_t json[SVCQUERY_BODY_MAX + 1];
    static uint8_t wire[SVCQUERY_HEADER_LEN + SVCQUERY_BODY_MAX];
    struct svcquery_answer m = { false, { json, SVCQUERY_BODY_MAX } };
    assert_int_equal(svcquery_encode_answer(wire, sizeof wire, &m), sizeof wire);
    assert_int_equal(decode_answer((struct bytes){ wire, sizeof wire }), sizeof wire);
    m.body.n++;
    assert_int_equal(svcquery_encode_answer(wire, sizeof wire, &m), GW_EINVAL);
    assert_int_equal(decode_answer((struct bytes)B("\x02\0\x01\0\x01")), GW_EPROTO);
}

static void test_decode_answer_refuses_other_types(void **state)
{
    (void)state;
    assert_int_equal(decode_answer((struct bytes)B("\x01")), GW_EPROTO);
    assert_int_equal(decode_answer((struct bytes)B("\x04\0\0\0\0")), GW_EPROTO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_is_01_01),
        cmocka_unit_test(test_decode_request_refuses_other_versions_and_types),
        cmocka_unit_test(test_decode_answer_tells_json_from_error),
        cmocka_unit_test(test_encode_answer_puts_the_same),
        cmocka_unit_test(test_encode_answer_without_room_is_nomem),
        cmocka_unit_test(test_answer_is_limited_both_ways),
        cmocka_unit_test(test_decode_answer_refuses_other_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
