/* test_socks4.c - SOCKS4 and SOCKS4a messages. */
#include "wire/socks4.h"

#include "vec.h"

static int decode_request(struct bytes in)
{
    struct socks4_request m;
    return socks4_decode_request(in, &m);
}

static const struct {
    const char *source;
    struct bytes wire;
    uint8_t cmd;
    struct bytes user;
    enum socks5_kind kind;
    const char *host;
    uint16_t port;
} requests[] = {
    { "SOCKS4",
      B("\4\1\0\x50\x42\x66\7\x63"
        "Fred\0"),
      1, B("Fred"), SOCKS5_IPV4, "66.102.7.99", 80 },
    { "no user", B("\4\1\0\x50\x7f\x40\1\2\0"), 1, B(""), SOCKS5_IPV4, "127.64.1.2", 80 },
    { "BIND", B("\4\2\0\x50\x42\x66\7\x63\0"), 2, B(""), SOCKS5_IPV4, "66.102.7.99", 80 },
    { "SOCKS4a as socat sends it", B("\4\1\x15\x38\0\0\0\1anonymous\0db.alice\0"), 1,
      B("anonymous"), SOCKS5_NAME, "db.alice", 5432 },
    { "0.0.0.255 says a name, too", B("\4\1\0\x50\0\0\0\xff\0a\0"), 1, B(""), SOCKS5_NAME, "a",
      80 },
    { "0.0.0.0 does not", B("\4\1\0\x50\0\0\0\0\0"), 1, B(""), SOCKS5_IPV4, "0.0.0.0", 80 },
    { "0.0.1.1 does not", B("\4\1\0\x50\0\0\1\1\0"), 1, B(""), SOCKS5_IPV4, "0.0.1.1", 80 },
    { "name as SOCKS5's: case kept, dot dropped", B("\4\1\0\x50\0\0\0\1\0DB.alice.\0"), 1, B(""),
      SOCKS5_NAME, "DB.alice", 80 },
    { "address as a name", B("\4\1\0\x50\0\0\0\1\0::ffff:1.2.3.4\0"), 1, B(""), SOCKS5_IPV4,
      "1.2.3.4", 80 },
    { "RESOLVE as tor-resolve sends it (torspec, socks-extensions): port 0",
      B("\4\xf0\0\0\0\0\0\1\0db.alice\0"), 0xf0, B(""), SOCKS5_NAME, "db.alice", 0 },
    { "user of any octets", B("\4\1\0\x50\0\0\0\1\n\xff\0a\0"), 1, B("\n\xff"), SOCKS5_NAME, "a",
      80 },
};

static void test_decode_request_reads_every_kind(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(requests); i++) {
        struct socks4_request m;
        assert_int_equal(socks4_decode_request(requests[i].wire, &m), requests[i].wire.n);
        assert_int_equal(m.cmd, requests[i].cmd);
        assert_bytes(m.user, requests[i].user);
        assert_int_equal(m.dest.kind, requests[i].kind);
        assert_string_equal(m.dest.host, requests[i].host);
        assert_int_equal(m.dest.port, requests[i].port);
    }
}

static void test_decode_request_every_prefix_waits(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(requests); i++)
        assert_every_prefix_waits(requests[i].wire, decode_request);
}

static void test_decode_request_leaves_early_data(void **state)
{
    (void)state;
    assert_int_equal(decode_request((struct bytes)B("\4\1\0\x50\0\0\0\1\0a\0GET /")), 11);
    assert_int_equal(decode_request((struct bytes)B("\4\1\0\x50\1\1\1\1\0\0\0")), 9);
}

static void test_decode_request_bounds_user_and_name(void **state)
{
    uint8_t wire[SOCKS4_REQUEST_MAX + 1] = { 4, 1, 0, 80, 0, 0, 0, 1 };
    struct socks4_request m;
    (void)state;
    memset(wire + 8, 'u', 255);
    memset(wire + 8 + 256, 'n', 255);
    assert_int_equal(socks4_decode_request((struct bytes){ wire, sizeof wire }, &m),
                     SOCKS4_REQUEST_MAX);
    assert_int_equal(m.user.n, 255);
    assert_int_equal(strlen(m.dest.host), 255);
    assert_int_equal(decode_request((struct bytes){ wire, SOCKS4_REQUEST_MAX - 1 }), 0);
    wire[8 + 256 + 255] = 'n'; /* 256 and no end in sight: not waited for */
    assert_int_equal(decode_request((struct bytes){ wire, SOCKS4_REQUEST_MAX }), GW_EINVAL);
    wire[8 + 255] = 'u';
    assert_int_equal(decode_request((struct bytes){ wire, 8 + 255 }), 0);
    assert_int_equal(decode_request((struct bytes){ wire, 8 + 256 }), GW_EINVAL);
}

static void test_decode_request_refuses(void **state)
{
    static const struct {
        const char *why;
        struct bytes wire;
        int err;
    } vectors[] = {
        { "version 5", B("\5"), GW_EPROTO },
        { "port 0", B("\4\1\0\0\1\1\1\1\0"), GW_EINVAL },
        { "port 0 in BIND", B("\4\2\0\0\1\1\1\1\0"), GW_EINVAL },
        { "port 0 with a name", B("\4\1\0\0\0\0\0\1\0a\0"), GW_EINVAL },
        { "empty name", B("\4\1\0\x50\0\0\0\1\0\0"), GW_EINVAL },
        { "two dots at the end", B("\4\1\0\x50\0\0\0\1\0a..\0"), GW_EINVAL },
        { "newline", B("\4\1\0\x50\0\0\0\1\0a\nb\0"), GW_EINVAL },
        { "UTF-8",
          B("\4\1\0\x50\0\0\0\1\0b\xc3\xbc"
            "cher\0"),
          GW_ENONAME },
        { "zone", B("\4\1\0\x50\0\0\0\1\0fe80::1%eth\0"), GW_ENONAME },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(vectors); i++)
        assert_int_equal(decode_request(vectors[i].wire), vectors[i].err);
}

static int encode_granted(uint8_t *dst, size_t cap)
{
    return socks4_encode_reply(dst, cap, true, NULL);
}

static int encode_address(uint8_t *dst, size_t cap)
{
    static const uint8_t ip[4] = { 127, 64, 1, 2 };
    return socks4_encode_reply(dst, cap, true, ip);
}

static int encode_rejected(uint8_t *dst, size_t cap)
{
    return socks4_encode_reply(dst, cap, false, NULL);
}

static void test_encode_reply_is_eight_octets(void **state)
{
    (void)state;
    assert_needs_room((struct bytes)B("\0\x5a\0\0\0\0\0\0"), encode_granted);
    assert_needs_room((struct bytes)B("\0\x5a\0\0\x7f\x40\1\2"), encode_address);
    assert_needs_room((struct bytes)B("\0\x5b\0\0\0\0\0\0"), encode_rejected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decode_request_reads_every_kind),
        cmocka_unit_test(test_decode_request_every_prefix_waits),
        cmocka_unit_test(test_decode_request_leaves_early_data),
        cmocka_unit_test(test_decode_request_bounds_user_and_name),
        cmocka_unit_test(test_decode_request_refuses),
        cmocka_unit_test(test_encode_reply_is_eight_octets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
