/* test_sockaddr.c - text forms and multiaddr parts of socket addresses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "net/sockaddr.h"

#define PATH_50 "/tttttttttttttttttttttttttttttttttttttttttttttttttt"

static const struct {
    const char *text, *printed; /* printed NULL: err instead */
    int err;
} texts[] = {
    { "192.0.2.1:80", "192.0.2.1:80", 0 },
    { "0.0.0.0:0", "0.0.0.0:0", 0 },
    { "[2001:db8::1]:443", "[2001:db8::1]:443", 0 },
    { "[::]:65535", "[::]:65535", 0 },
    { "[fe80::1%1]:7", "[fe80::1%1]:7", 0 },
    { "[fe80::1%lo]:7", "[fe80::1%1]:7", 0 },
    { "1080", "127.0.0.1:1080", 0 },
    { "localhost:5432", "127.0.0.1:5432", 0 },
    { "unix:/run/x.sock", "unix:/run/x.sock", 0 },
    { "unix:x.sock", "unix:x.sock", 0 },
    { "/run/x:y", "unix:/run/x:y", 0 },
    { "./x", "unix:./x", 0 },
    { "", NULL, GW_ESYNTAX },
    { ":80", NULL, GW_ESYNTAX },
    { "192.0.2.1", NULL, GW_ESYNTAX },
    { "192.0.2.1:", NULL, GW_ESYNTAX },
    { "192.0.2.1:80 ", NULL, GW_ESYNTAX },
    { "192.0.2.1:+80", NULL, GW_ESYNTAX },
    { "192.0.2:80", NULL, GW_ESYNTAX },
    { "::1:80", NULL, GW_ESYNTAX },
    { "[::1]", NULL, GW_ESYNTAX },
    { "[::1]80", NULL, GW_ESYNTAX },
    { "[]:80", NULL, GW_ESYNTAX },
    { "[192.0.2.1]:80", NULL, GW_ESYNTAX },
    { "example.com:80", NULL, GW_ESYNTAX },
    { "unix:", NULL, GW_ESYNTAX },
    { "192.0.2.1:65536", NULL, GW_EINVAL },
    { "192.0.2.1:18446744073709551696", NULL, GW_EINVAL }, /* 2^64 + 80 */
    { "[fe80::1%nosuchif0]:7", NULL, GW_EINVAL },
    { PATH_50 PATH_50 PATH_50, NULL, GW_EINVAL },
};

static void test_parse_then_print(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct sockaddr_any a, again;
        char out[SOCKADDR_STR_MAX];
        print_message("  '%s'\n", texts[i].text);
        assert_int_equal(sockaddr_parse(texts[i].text, &a), texts[i].err);
        if (!texts[i].printed)
            continue;
        assert_string_equal(sockaddr_print(&a, out), texts[i].printed);
        assert_int_equal(sockaddr_parse(out, &again), 0);
        assert_true(sockaddr_eq(&a, &again));
    }
}

static struct sockaddr_any parsed(const char *text)
{
    struct sockaddr_any a;
    assert_int_equal(sockaddr_parse(text, &a), 0);
    return a;
}

static void test_eq_sees_every_part(void **state)
{
    (void)state;
    static const char *const all[] = {
        "192.0.2.1:80",   "192.0.2.1:81",   "192.0.2.2:80", "[2001:db8::1]:80", "[2001:db8::1]:81",
        "[fe80::1%1]:80", "[fe80::1%2]:80", "unix:/tmp/a",  "unix:/tmp/ab",
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        for (size_t j = 0; j < sizeof all / sizeof *all; j++) {
            struct sockaddr_any a = parsed(all[i]), b = parsed(all[j]);
            assert_int_equal(sockaddr_eq(&a, &b), i == j);
        }
}

static void test_port_and_loopback(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint16_t port;
        bool is_loopback;
    } v[] = {
        { "127.0.0.1:80", 80, true },        { "127.255.0.9:1", 1, true },
        { "128.0.0.1:80", 80, false },       { "0.0.0.0:80", 80, false },
        { "[::1]:443", 443, true },          { "[::]:443", 443, false },
        { "[::ffff:127.0.0.1]:2", 2, true }, { "[::ffff:10.0.0.1]:2", 2, false },
        { "unix:/tmp/a", 0, true },
    };
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        struct sockaddr_any a = parsed(v[i].text);
        assert_int_equal(sockaddr_port(&a), v[i].port);
        assert_int_equal(sockaddr_is_loopback(&a), v[i].is_loopback);
    }
}

static void test_ip_round_trip(void **state)
{
    (void)state;
    static const struct {
        const char *text, *back;
        uint8_t family;
    } v[] = {
        { "192.0.2.7:4001", "192.0.2.7:4001", 4 },
        { "[2001:db8::7]:4001", "[2001:db8::7]:4001", 6 },
        { "[fe80::7%1]:4001", "[fe80::7%1]:4001", 6 },
        { "[2001:db8::7%1]:4001", "[2001:db8::7]:4001",
          6 }, /* only link-local addresses have zones */
        { "[::ffff:192.0.2.7]:4001", "192.0.2.7:4001", 4 },
    };
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        struct sockaddr_any a = parsed(v[i].text), b, want = parsed(v[i].back);
        struct ipaddr ip;
        uint16_t port;
        assert_int_equal(sockaddr_to_ip(&a, &ip, &port), 0);
        assert_int_equal(ip.family, v[i].family);
        assert_int_equal(port, 4001);
        sockaddr_from_ip(&ip, port, &b);
        assert_true(sockaddr_eq(&b, &want));
        assert_int_equal(b.len, ip.family == 4 ? sizeof b.in : sizeof b.in6);
    }
}

static void test_parse_ip_reads_an_address_alone(void **state)
{
    (void)state;
    static const struct {
        const char *text, *whole; /* the same with port 1; NULL: refused */
    } v[] = {
        { "192.0.2.7", "192.0.2.7:1" },
        { "2001:db8::7", "[2001:db8::7]:1" },
        { "[2001:db8::7]", "[2001:db8::7]:1" },
        { "fe80::7%1", "[fe80::7%1]:1" },
        { "::ffff:192.0.2.7", "192.0.2.7:1" },
        { "", NULL },
        { "localhost", NULL },
        { "example.com", NULL },
        { "192.0.2", NULL },
        { "3221225991", NULL },
        { "192.0.2.7:1", NULL },
        { "[192.0.2.7]", NULL },
        { "[2001:db8::7]:1", NULL },
        { "[::1", NULL },
        { "::1]", NULL },
        { "fe80::7%nosuchif0", NULL },
        { "unix:/a", NULL },
        { "/a", NULL },
    };
    for (size_t i = 0; i < sizeof v / sizeof *v; i++) {
        struct ipaddr ip;
        int err = sockaddr_parse_ip(v[i].text, &ip);
        assert_int_equal(err, v[i].whole ? 0 : GW_ESYNTAX);
        if (err)
            continue;
        struct sockaddr_any got, want = parsed(v[i].whole);
        sockaddr_from_ip(&ip, 1, &got);
        assert_true(sockaddr_eq(&got, &want));
    }
    char longer[2 * SOCKADDR_STR_MAX] = { 0 };
    struct ipaddr ip;
    memset(longer, '1', sizeof longer - 1);
    assert_int_equal(sockaddr_parse_ip(longer, &ip), GW_ESYNTAX);
}

static void test_to_ip_refuses_unix_sockets(void **state)
{
    (void)state;
    struct sockaddr_any a = parsed("unix:/tmp/a");
    struct ipaddr ip;
    uint16_t port;
    assert_int_equal(sockaddr_to_ip(&a, &ip, &port), GW_EUNSUP);
}

static void test_print_of_an_unnamed_unix_socket_reads_no_path(void **state)
{
    (void)state;
    struct sockaddr_any a;
    char out[SOCKADDR_STR_MAX];
    memset(&a, 'x', sizeof a);
    a.un.sun_family = AF_UNIX;
    a.len = sizeof a.un.sun_family;
    assert_string_equal(sockaddr_print(&a, out), "unix:");
    a.len += 3; /* the kernel need not end the path with a NUL */
    assert_string_equal(sockaddr_print(&a, out), "unix:xxx");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse_then_print),
        cmocka_unit_test(test_eq_sees_every_part),
        cmocka_unit_test(test_port_and_loopback),
        cmocka_unit_test(test_ip_round_trip),
        cmocka_unit_test(test_parse_ip_reads_an_address_alone),
        cmocka_unit_test(test_to_ip_refuses_unix_sockets),
        cmocka_unit_test(test_print_of_an_unnamed_unix_socket_reads_no_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
