/* test_tunnel_msg.c - request and answer of /gw/tunnel/1.0.0.  The octets follow from the schema in
 * tunnel_msg.h by the rules of protobuf.dev, Encoding. */
#include "wire/tunnel_msg.h"

#include "vec.h"

#define TOKEN_64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct {
    struct bytes wire;
    struct tunnel_request m;
} requests[] = {
    { B("\0"), { .port = 0 } },
    { B("\x05\x0a\x03ssh"), { .service = B("ssh") } },
    { B("\x03\x10\xb8\x2a"), { .port = 5432 } },
    { B("\x04\x10\xff\xff\x03"), { .port = 65535 } },
    { B("\x0f\x0a\x02"
        "db\x10\x01\x1a\x03tok\x20\x80\x80\x04"),
      { .service = B("db"), .port = 1, .resume_token = B("tok"), .resume_offset = 65536 } },
    { B("\x42\x1a\x40" TOKEN_64), { .resume_token = B(TOKEN_64) } },
    { B("\x1c\x0a\x04"
        "exit\x28\x80\x01\x32\x11"
        "[2001:db8::1]:443"),
      { .service = B("exit"), .flow = 128, .destination = B("[2001:db8::1]:443") } },
};

static const struct {
    struct bytes wire;
    struct tunnel_answer m;
} answers[] = {
    { B("\0"), { .status = TUNNEL_OK } },
    { B("\x02\x08\x01"), { .status = TUNNEL_NO_SERVICE } },
    { B("\x02\x08\x06"), { .status = TUNNEL_FAILED } },
    { B("\x09\x08\x03\x12\x05"
        "ssh: "),
      { .status = TUNNEL_REFUSED, .text = B("ssh: ") } },
    { B("\x0e\x1a\x01t\x20\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
      { .resume_token = B("t"), .resume_offset = UINT64_MAX } },
};

static int decode_request(struct bytes in)
{
    struct tunnel_request m;
    return tunnel_decode_request(in, &m);
}

static int decode_answer(struct bytes in)
{
    struct tunnel_answer m;
    return tunnel_decode_answer(in, &m);
}

static void test_request_goes_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(requests); i++) {
        struct tunnel_request m;
        assert_int_equal(tunnel_decode_request(requests[i].wire, &m), requests[i].wire.n);
        assert_bytes(m.service, requests[i].m.service);
        assert_int_equal(m.port, requests[i].m.port);
        assert_bytes(m.resume_token, requests[i].m.resume_token);
        assert_true(m.resume_offset == requests[i].m.resume_offset);
        assert_true(m.flow == requests[i].m.flow);
        assert_bytes(m.destination, requests[i].m.destination);

        uint8_t b[TUNNEL_WIRE_MAX];
        int n = tunnel_encode_request(b, sizeof b, &requests[i].m);
        assert_bytes((struct bytes){ b, (size_t)n }, requests[i].wire);
        assert_every_prefix_waits(requests[i].wire, decode_request);
    }
}

static void test_answer_goes_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(answers); i++) {
        struct tunnel_answer m;
        assert_int_equal(tunnel_decode_answer(answers[i].wire, &m), answers[i].wire.n);
        assert_int_equal(m.status, answers[i].m.status);
        assert_bytes(m.text, answers[i].m.text);
        assert_bytes(m.resume_token, answers[i].m.resume_token);
        assert_true(m.resume_offset == answers[i].m.resume_offset);

        uint8_t b[TUNNEL_WIRE_MAX];
        int n = tunnel_encode_answer(b, sizeof b, &answers[i].m);
        assert_bytes((struct bytes){ b, (size_t)n }, answers[i].wire);
        assert_every_prefix_waits(answers[i].wire, decode_answer);
    }
}

static void test_decode_passes_over_unknown_fields(void **state)
{
    (void)state;
    struct tunnel_request m;
    /* fields 9 varint, 10 bytes, 7 fixed64, 8 fixed32, 1 as a varint; port 22 */
    struct bytes in = B("\x18\x48\x01\x52\x02xy\x39\0\0\0\0\0\0\0\0\x45\0\0\0\0\x08\x07\x10\x16");
    assert_int_equal(tunnel_decode_request(in, &m), in.n);
    assert_int_equal(m.service.n, 0);
    assert_int_equal(m.port, 22);
}

static void test_decode_takes_the_last_of_a_repeated_field(void **state)
{
    (void)state;
    struct tunnel_request m;
    struct bytes in = B("\x0a\x10\x01\x10\x02\x0a\x01"
                        "a\x0a\x01"
                        "b");
    assert_int_equal(tunnel_decode_request(in, &m), in.n);
    assert_bytes(m.service, bytes_of("b"));
    assert_int_equal(m.port, 2);
}

static void test_decode_leaves_the_octets_of_the_tunnel(void **state)
{
    (void)state;
    assert_int_equal(decode_answer((struct bytes)B("\0SSH-2.0-OpenSSH_9.2\r\n")), 1);
}

static void test_decode_refuses_what_breaks_a_limit(void **state)
{
    (void)state;
    static const struct bytes bad[] = {
        B("\x04\x10\x80\x80\x04"),      /* port 65536 */
        B("\x43\x1a\x41" TOKEN_64 "+"), /* token of 65 octets */
        B("\x42\x0a\x40" TOKEN_64),     /* service of 64 octets */
        B("\x81\x08"),                  /* 1025 octets: known before they come */
        B("\x03\x0a\x05"
          "a"),        /* a field longer than the message */
        B("\x01\x0a"), /* the message ends inside a field */
    };
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(decode_request(bad[i]), GW_EPROTO);
    uint8_t long_dest[5 + TUNNEL_DEST_MAX + 1] = "\x8b\x02\x32\x88\x02"; /* 264 octets */
    assert_int_equal(decode_request((struct bytes){ long_dest, sizeof long_dest }), GW_EPROTO);
    assert_int_equal(decode_answer(bad[1]), GW_EPROTO);
    assert_int_equal(decode_answer((struct bytes)B("\x01\x08")), GW_EPROTO);
}

static void test_decode_answer_reads_an_unknown_status_as_failed(void **state)
{
    (void)state;
    struct tunnel_answer m;
    assert_int_equal(tunnel_decode_answer((struct bytes)B("\x02\x08\x07"), &m), 3);
    assert_int_equal(m.status, TUNNEL_FAILED);
    assert_int_equal(tunnel_decode_answer(
                         (struct bytes)B("\x0b\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), &m),
                     12);
    assert_int_equal(m.status, TUNNEL_FAILED);
}

static void test_encode_keeps_the_limits(void **state)
{
    (void)state;
    static uint8_t text[TUNNEL_TEXT_MAX + 1];
    uint8_t b[TUNNEL_WIRE_MAX];
    struct tunnel_request req = { .service = { text, TUNNEL_SERVICE_MAX },
                                  .port = 65535,
                                  .resume_token = { text, TUNNEL_TOKEN_MAX },
                                  .resume_offset = UINT64_MAX,
                                  .flow = UINT64_MAX,
                                  .destination = { text, TUNNEL_DEST_MAX } };
    assert_true(tunnel_encode_request(b, sizeof b, &req) > 0);
    req.service.n++;
    assert_int_equal(tunnel_encode_request(b, sizeof b, &req), GW_EINVAL);
    req.service.n--;
    req.resume_token.n++;
    assert_int_equal(tunnel_encode_request(b, sizeof b, &req), GW_EINVAL);
    req.resume_token.n--;
    req.destination.n++;
    assert_int_equal(tunnel_encode_request(b, sizeof b, &req), GW_EINVAL);

    struct tunnel_answer ans = { .status = TUNNEL_FAILED,
                                 .text = { text, TUNNEL_TEXT_MAX },
                                 .resume_token = { text, TUNNEL_TOKEN_MAX },
                                 .resume_offset = UINT64_MAX };
    assert_true(tunnel_encode_answer(b, sizeof b, &ans) > 0);
    ans.text.n++;
    assert_int_equal(tunnel_encode_answer(b, sizeof b, &ans), GW_EINVAL);
    ans.text.n--;
    ans.resume_token.n++;
    assert_int_equal(tunnel_encode_answer(b, sizeof b, &ans), GW_EINVAL);
}

static int encode_request(uint8_t *dst, size_t cap)
{
    return tunnel_encode_request(dst, cap, &requests[4].m);
}

static int encode_answer(uint8_t *dst, size_t cap)
{
    return tunnel_encode_answer(dst, cap, &answers[3].m);
}

static void test_encode_without_room_is_nomem(void **state)
{
    (void)state;
    assert_needs_room(requests[4].wire, encode_request);
    assert_needs_room(answers[3].wire, encode_answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_goes_both_ways),
        cmocka_unit_test(test_answer_goes_both_ways),
        cmocka_unit_test(test_decode_passes_over_unknown_fields),
        cmocka_unit_test(test_decode_takes_the_last_of_a_repeated_field),
        cmocka_unit_test(test_decode_leaves_the_octets_of_the_tunnel),
        cmocka_unit_test(test_decode_refuses_what_breaks_a_limit),
        cmocka_unit_test(test_decode_answer_reads_an_unknown_status_as_failed),
        cmocka_unit_test(test_encode_keeps_the_limits),
        cmocka_unit_test(test_encode_without_room_is_nomem),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
