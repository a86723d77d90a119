/* test_socks5.c - SOCKS5 messages. */
#include "wire/socks5.h"

#include "vec.h"

static void test_decode_greeting_views_the_methods(void **state)
{
    (void)state;
    static const struct {
        const char *source;
        struct bytes wire;
        struct bytes methods;
    } vectors[] = {
        { "nc, ncat, Chromium, Firefox", B("\5\1\0"), B("\0") },
        { "curl", B("\5\2\0\1"), B("\0\1") },
        { "connect-proxy, Java", B("\5\2\0\2"), B("\0\2") },
        { "curl with a user name", B("\5\3\0\1\2"), B("\0\1\2") },
        { "no method at all", B("\5\0"), B("") },
    };
    for (size_t i = 0; i < COUNT(vectors); i++) {
        struct bytes methods;
        assert_int_equal(socks5_decode_greeting(vectors[i].wire, &methods), vectors[i].wire.n);
        assert_bytes(methods, vectors[i].methods);
    }
}

static int decode_greeting(struct bytes in)
{
    struct bytes methods;
    return socks5_decode_greeting(in, &methods);
}

static void test_decode_greeting_every_prefix_waits(void **state)
{
    (void)state;
    static uint8_t longest[SOCKS5_GREETING_MAX] = { 5, 255 };
    assert_every_prefix_waits((struct bytes)B("\5\3\0\1\2"), decode_greeting);
    assert_every_prefix_waits((struct bytes){ longest, sizeof longest }, decode_greeting);
}

static void test_decode_greeting_refuses_other_versions_at_once(void **state)
{
    (void)state;
    assert_int_equal(decode_greeting((struct bytes)B("\4")), GW_EPROTO);
    assert_int_equal(decode_greeting((struct bytes)B("GET / HTTP/1.1\r\n")), GW_EPROTO);
}

static void test_choose_method_answers_only_what_was_offered(void **state)
{
    enum {
        NONE = SOCKS5_METHOD_NONE,
        NAME = SOCKS5_METHOD_USERPASS,
        NO = SOCKS5_METHOD_UNACCEPTABLE
    };
    (void)state;
    static const struct {
        struct bytes offered;
        int want[3]; /* SOCKS5_AUTH_NONE, _NAMES, _NEEDED */
    } vectors[] = {
        { B("\0"), { NONE, NONE, NO } },
        { B("\0\1"), { NONE, NONE, NO } },   /* curl */
        { B("\0\2"), { NONE, NAME, NAME } }, /* connect-proxy, Java */
        { B("\2\0"), { NONE, NAME, NAME } },
        { B("\0\1\2"), { NAME, NAME, NAME } }, /* curl with a user name */
        { B("\2"), { NAME, NAME, NAME } },
        { B("\1\2"), { NAME, NAME, NAME } },
        { B("\1"), { NO, NO, NO } },
        { B("\x80\xff\1\1\0"), { NONE, NONE, NO } },
        { B(""), { NO, NO, NO } },
        { { NULL, 0 }, { NO, NO, NO } },
    };
    for (size_t i = 0; i < COUNT(vectors); i++)
        for (int auth = SOCKS5_AUTH_NONE; auth <= SOCKS5_AUTH_NEEDED; auth++)
            assert_int_equal(socks5_choose_method(vectors[i].offered, (enum socks5_auth)auth),
                             vectors[i].want[auth]);
}

static int encode_unacceptable(uint8_t *dst, size_t cap)
{
    return socks5_encode_method(dst, cap, SOCKS5_METHOD_UNACCEPTABLE);
}

static int encode_status_ok(uint8_t *dst, size_t cap)
{
    return socks5_encode_userpass_status(dst, cap, true);
}

static int encode_status_refused(uint8_t *dst, size_t cap)
{
    return socks5_encode_userpass_status(dst, cap, false);
}

static void test_encode_method_and_status_are_two_octets(void **state)
{
    (void)state;
    assert_needs_room((struct bytes)B("\x05\xff"), encode_unacceptable);
    assert_needs_room((struct bytes)B("\1\0"), encode_status_ok);
    assert_needs_room((struct bytes)B("\1\1"), encode_status_refused);
}

static int decode_userpass(struct bytes in)
{
    struct socks5_userpass m;
    return socks5_decode_userpass(in, &m);
}

static void test_decode_userpass_reads_name_and_password(void **state)
{
    (void)state;
    static const struct {
        const char *source;
        struct bytes wire;
        struct bytes user;
        struct bytes pass;
    } vectors[] = {
        { "RFC 1929 s.2", B("\1\5alice\6secret"), B("alice"), B("secret") },
        { "empty password, seen in the wild", B("\1\1u\0"), B("u"), B("") },
        { "both empty", B("\1\0\0"), B(""), B("") },
        { "any octet", B("\1\2\0\xff\1\n"), B("\0\xff"), B("\n") },
    };
    for (size_t i = 0; i < COUNT(vectors); i++) {
        struct socks5_userpass m;
        assert_int_equal(socks5_decode_userpass(vectors[i].wire, &m), vectors[i].wire.n);
        assert_bytes(m.user, vectors[i].user);
        assert_bytes(m.pass, vectors[i].pass);
        assert_every_prefix_waits(vectors[i].wire, decode_userpass);
    }
    assert_int_equal(decode_userpass((struct bytes)B("\5\1u\1p")), GW_EPROTO);
}

static int decode_request(struct bytes in)
{
    struct socks5_request m;
    return socks5_decode_request(in, &m);
}

static const struct {
    const char *source;
    struct bytes wire;
    uint8_t cmd;
    enum socks5_kind kind;
    const char *host;
    uint16_t port;
    struct bytes ip;
} requests[] = {
    { "name, RFC 1928 s.5",
      B("\5\1\0\3\x08"
        "db.alice\x15\x38"),
      1, SOCKS5_NAME, "db.alice", 5432, B("") },
    { "IPv4", B("\5\1\0\1\xc0\0\2\1\0\x50"), 1, SOCKS5_IPV4, "192.0.2.1", 80, B("\xc0\0\2\1") },
    { "IPv6", B("\5\1\0\4\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\1\xbb"), 1, SOCKS5_IPV6, "fd00::1", 443,
      B("\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1") },
    { "v4-mapped IPv6", B("\5\1\0\4\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\0\0\1\0\x16"), 1, SOCKS5_IPV4,
      "127.0.0.1", 22, B("\x7f\0\0\1") },
    { "Java: IPv4 as a name",
      B("\5\1\0\3\x09"
        "192.0.2.1\0\x50"),
      1, SOCKS5_IPV4, "192.0.2.1", 80, B("\xc0\0\2\1") },
    { "Chromium, Firefox: IPv6 as a name",
      B("\5\1\0\3\7"
        "fd00::1\0\x50"),
      1, SOCKS5_IPV6, "fd00::1", 80, B("\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1") },
    { "IPv6 in brackets",
      B("\5\1\0\3\x09"
        "[FD00::1]\0\x50"),
      1, SOCKS5_IPV6, "fd00::1", 80, B("\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1") },
    { "v4-mapped as a name",
      B("\5\1\0\3\x10"
        "::ffff:127.0.0.1\0\x50"),
      1, SOCKS5_IPV4, "127.0.0.1", 80, B("\x7f\0\0\1") },
    { "case is kept, dot at the end is not",
      B("\5\1\0\3\x09"
        "DB.Alice.\0\x01"),
      1, SOCKS5_NAME, "DB.Alice", 1, B("") },
    { "IPv4 with a dot at the end",
      B("\5\1\0\3\x0a"
        "127.0.0.1.\0\x01"),
      1, SOCKS5_IPV4, "127.0.0.1", 1, B("\x7f\0\0\1") },
    { "IDNA A-label",
      B("\5\1\0\3\x0d"
        "xn--bcher-kva\0\x01"),
      1, SOCKS5_NAME, "xn--bcher-kva", 1, B("") },
    { "not an address: three numbers",
      B("\5\1\0\3\5"
        "1.2.3\0\x01"),
      1, SOCKS5_NAME, "1.2.3", 1, B("") },
    { "reserved octet not zero",
      B("\5\1\x7f\3\1"
        "a\0\x01"),
      1, SOCKS5_NAME, "a", 1, B("") },
    { "UDP ASSOCIATE from anywhere", B("\5\3\0\1\0\0\0\0\0\0"), 3, SOCKS5_IPV4, "0.0.0.0", 0,
      B("\0\0\0\0") },
    { "RESOLVE_PTR: port 0", B("\5\xf1\0\1\x7f\x40\1\2\0\0"), SOCKS5_CMD_RESOLVE_PTR, SOCKS5_IPV4,
      "127.64.1.2", 0, B("\x7f\x40\1\2") },
    { "torsocks: RESOLVE",
      B("\5\xf0\0\3\1"
        "a\0\x2a"),
      SOCKS5_CMD_RESOLVE, SOCKS5_NAME, "a", 42, B("") },
};

static void test_decode_request_reads_every_kind(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(requests); i++) {
        struct socks5_request m;
        uint8_t ip[sizeof m.dest.ip] = { 0 };
        memcpy(ip, requests[i].ip.p, requests[i].ip.n);
        assert_int_equal(socks5_decode_request(requests[i].wire, &m), requests[i].wire.n);
        assert_int_equal(m.cmd, requests[i].cmd);
        assert_int_equal(m.dest.kind, requests[i].kind);
        assert_string_equal(m.dest.host, requests[i].host);
        assert_int_equal(m.dest.port, requests[i].port);
        assert_memory_equal(m.dest.ip, ip, sizeof ip);
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
    assert_int_equal(decode_request((struct bytes)B("\5\1\0\3\1"
                                                    "a\0\x50"
                                                    "GET /")),
                     8);
}

static void test_decode_request_takes_a_name_of_255_octets(void **state)
{
    (void)state;
    uint8_t wire[SOCKS5_REQUEST_MAX] = { 5, 1, 0, 3, 255 };
    memset(wire + 5, 'x', 255);
    wire[261] = 1;
    struct socks5_request m;
    assert_int_equal(socks5_decode_request((struct bytes){ wire, sizeof wire }, &m), sizeof wire);
    assert_int_equal(strlen(m.dest.host), 255);
    memset(wire + 5, ':', 255);
    assert_int_equal(decode_request((struct bytes){ wire, sizeof wire }), GW_ENONAME);
}

static void test_decode_request_refuses(void **state)
{
    (void)state;
    static const struct {
        const char *why;
        struct bytes wire;
        int err;
    } vectors[] = {
        { "version 4", B("\4\1"), GW_EPROTO },
        { "address type 0", B("\5\1\0\0"), GW_EUNSUP },
        { "address type 2", B("\5\1\0\2"), GW_EUNSUP },
        { "address type 5", B("\5\1\0\5"), GW_EUNSUP },
        { "port 0",
          B("\5\1\0\3\1"
            "a\0\0"),
          GW_EINVAL },
        { "empty name", B("\5\1\0\3\0\0\x50"), GW_EINVAL },
        { "only a dot", B("\5\1\0\3\1.\0\x50"), GW_EINVAL },
        { "two dots at the end", B("\5\1\0\3\3s..\0\x50"), GW_EINVAL },
        { "NUL cuts the name",
          B("\5\1\0\3\x0f"
            "localhost\0.evil\0\x50"),
          GW_EINVAL },
        { "newline",
          B("\5\1\0\3\2"
            "a\n\0\x50"),
          GW_EINVAL },
        { "DEL",
          B("\5\1\0\3\2"
            "a\x7f\0\x50"),
          GW_EINVAL },
        { "control character behind UTF-8", B("\5\1\0\3\3\xc3\xbc\r\0\x50"), GW_EINVAL },
        { "UTF-8",
          B("\5\1\0\3\7"
            "b\xc3\xbc"
            "cher\0\x50"),
          GW_ENONAME },
        { "zone",
          B("\5\1\0\3\x0b"
            "fe80::1%eth\0\x50"),
          GW_ENONAME },
        { "zone in brackets",
          B("\5\1\0\3\x0d"
            "[fe80::1%eth]\0\x50"),
          GW_ENONAME },
        { "IPv4 in brackets",
          B("\5\1\0\3\x09"
            "[1.2.3.4]\0\x50"),
          GW_ENONAME },
        { "half a bracket",
          B("\5\1\0\3\4"
            "[::1\0\x50"),
          GW_ENONAME },
        { "only brackets",
          B("\5\1\0\3\2"
            "[]\0\x50"),
          GW_ENONAME },
        { "one bracket",
          B("\5\1\0\3\1"
            "[\0\x50"),
          GW_ENONAME },
        { "a port in the name",
          B("\5\1\0\3\x0a"
            "1.2.3.4:80\0\x50"),
          GW_ENONAME },
    };
    for (size_t i = 0; i < COUNT(vectors); i++)
        assert_int_equal(decode_request(vectors[i].wire), vectors[i].err);
}

static void test_decode_request_tells_the_command_of_a_refused_one(void **state)
{
    (void)state;
    struct socks5_request m;
    assert_int_equal(socks5_decode_request((struct bytes)B("\5\2\0\0"), &m), GW_EUNSUP);
    assert_int_equal(m.cmd, SOCKS5_CMD_BIND);
}

static void test_dest_set_name_refuses_what_is_too_long(void **state)
{
    uint8_t name[256];
    struct socks5_dest d;
    (void)state;
    memset(name, 'x', sizeof name);
    assert_int_equal(socks5_dest_set_name(&d, (struct bytes){ name, 255 }), 0);
    assert_int_equal(socks5_dest_set_name(&d, (struct bytes){ name, 256 }), GW_EINVAL);
}

static void test_dest_set_leaves_nothing_of_what_was_there(void **state)
{
    struct socks5_dest d = { .port = 80 };
    uint8_t ip[sizeof d.ip] = { 127, 0, 0, 1 };
    (void)state;
    assert_int_equal(socks5_dest_set_name(&d, (struct bytes)B("fd00::1")), 0);
    socks5_dest_set_ipv4(&d, ip);
    assert_int_equal(d.kind, SOCKS5_IPV4);
    assert_string_equal(d.host, "127.0.0.1");
    assert_memory_equal(d.ip, ip, sizeof ip);
    memset(ip, 0, sizeof ip);
    assert_int_equal(socks5_dest_set_name(&d, (struct bytes)B("db.alice")), 0);
    assert_memory_equal(d.ip, ip, sizeof ip);
    assert_int_equal(d.port, 80);
}

static int decode_dest(struct bytes in)
{
    struct socks5_dest d;
    return socks5_decode_dest(in, &d);
}

static void test_decode_dest_every_prefix_waits(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(requests); i++) {
        struct bytes dest = { requests[i].wire.p + 3, requests[i].wire.n - 3 };
        assert_every_prefix_waits(dest, decode_dest);
    }
}

static int encode_refused(uint8_t *dst, size_t cap)
{
    return socks5_encode_reply(dst, cap, SOCKS5_REP_REFUSED, (struct bytes){ 0 }, 1080);
}

static int encode_ok_ipv4(uint8_t *dst, size_t cap)
{
    return socks5_encode_reply(dst, cap, SOCKS5_REP_OK, (struct bytes)B("\x7f\0\0\1"), 1080);
}

static int encode_ok_ipv6(uint8_t *dst, size_t cap)
{
    struct bytes ip = B("\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1");
    return socks5_encode_reply(dst, cap, SOCKS5_REP_OK, ip, 1080);
}

static void test_encode_reply_is_always_of_full_length(void **state)
{
    (void)state;
    assert_needs_room((struct bytes)B("\5\5\0\1\0\0\0\0\0\0"), encode_refused);
    assert_needs_room((struct bytes)B("\5\0\0\1\x7f\0\0\1\4\x38"), encode_ok_ipv4);
    assert_needs_room((struct bytes)B("\5\0\0\4\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\4\x38"),
                      encode_ok_ipv6);
}

/* socks-extensions.txt s.2: as the reply to CONNECT, with the name where an address is. */
static int encode_name(uint8_t *dst, size_t cap)
{
    return socks5_encode_name_reply(dst, cap, bytes_of("alice"));
}

static void test_encode_name_reply_has_the_name(void **state)
{
    uint8_t name[255], reply[SOCKS5_REPLY_MAX];
    (void)state;
    assert_needs_room((struct bytes)B("\5\0\0\3\5"
                                      "alice\0\0"),
                      encode_name);
    memset(name, 'x', sizeof name);
    assert_int_equal(
        socks5_encode_name_reply(reply, sizeof reply, (struct bytes){ name, sizeof name }),
        sizeof reply);
}

static void test_reply_codes_are_those_of_the_rfc(void **state)
{
    (void)state;
    /* RFC 1928 s.6 */
    assert_int_equal(SOCKS5_REP_FAILURE, 1);
    assert_int_equal(SOCKS5_REP_DENIED, 2);
    assert_int_equal(SOCKS5_REP_NET_UNREACH, 3);
    assert_int_equal(SOCKS5_REP_HOST_UNREACH, 4);
    assert_int_equal(SOCKS5_REP_REFUSED, 5);
    assert_int_equal(SOCKS5_REP_TIMEOUT, 6);
    assert_int_equal(SOCKS5_REP_BAD_CMD, 7);
    assert_int_equal(SOCKS5_REP_BAD_ATYP, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decode_greeting_views_the_methods),
        cmocka_unit_test(test_decode_greeting_every_prefix_waits),
        cmocka_unit_test(test_decode_greeting_refuses_other_versions_at_once),
        cmocka_unit_test(test_choose_method_answers_only_what_was_offered),
        cmocka_unit_test(test_encode_method_and_status_are_two_octets),
        cmocka_unit_test(test_decode_userpass_reads_name_and_password),
        cmocka_unit_test(test_decode_request_reads_every_kind),
        cmocka_unit_test(test_decode_request_every_prefix_waits),
        cmocka_unit_test(test_decode_request_leaves_early_data),
        cmocka_unit_test(test_decode_request_takes_a_name_of_255_octets),
        cmocka_unit_test(test_decode_request_refuses),
        cmocka_unit_test(test_decode_request_tells_the_command_of_a_refused_one),
        cmocka_unit_test(test_dest_set_name_refuses_what_is_too_long),
        cmocka_unit_test(test_dest_set_leaves_nothing_of_what_was_there),
        cmocka_unit_test(test_decode_dest_every_prefix_waits),
        cmocka_unit_test(test_encode_reply_is_always_of_full_length),
        cmocka_unit_test(test_encode_name_reply_has_the_name),
        cmocka_unit_test(test_reply_codes_are_those_of_the_rfc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
