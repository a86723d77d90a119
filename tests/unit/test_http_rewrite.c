/* test_http_rewrite.c - what of a proxy request reaches the origin. */
#include "gate/http_rewrite.h"

#include <stdio.h>

#include "vec.h"

static struct strbuf out;

static void rewrite(const char *head)
{
    struct http1_head h;
    struct http1_target t;
    struct http1_body body;

    assert_int_equal(http1_decode_head(bytes_of(head), &h), strlen(head));
    assert_int_equal(http1_parse_target(&h, &t), 0);
    assert_int_equal(t.form, HTTP1_ABSOLUTE);
    assert_int_equal(http1_body_of(&h, &body), 0);
    strbuf_free(&out);
    out.max = 65536;
    assert_int_equal(http_rewrite_head(&h, &t, &out), 0);
}

/* RFC 9112 s.3.2.1 (path), s.3.2.2 (Host), s.3.2.4 (OPTIONS), s.2.3 (version) */
static void test_request_line_and_host_come_from_the_target(void **state)
{
    static const struct {
        const char *line, *want;
    } table[] = {
        { "GET http://a/ HTTP/1.1", "GET / HTTP/1.1\r\nHost: a\r\n" },
        { "GET http://a HTTP/1.1", "GET / HTTP/1.1\r\nHost: a\r\n" },
        { "GET http://a?q=/ HTTP/1.1", "GET /?q=/ HTTP/1.1\r\nHost: a\r\n" },
        { "GET http://a//b?c HTTP/1.1", "GET //b?c HTTP/1.1\r\nHost: a\r\n" },
        { "GET http://a:80/ HTTP/1.1", "GET / HTTP/1.1\r\nHost: a:80\r\n" },
        { "GET http://a:/ HTTP/1.1", "GET / HTTP/1.1\r\nHost: a\r\n" },
        { "GET http://[::1]:8080/ HTTP/1.1", "GET / HTTP/1.1\r\nHost: [::1]:8080\r\n" },
        { "GET http://a/ HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\n" },
        { "OPTIONS http://a HTTP/1.1", "OPTIONS * HTTP/1.1\r\nHost: a\r\n" },
        { "OPTIONS http://a/ HTTP/1.1", "OPTIONS / HTTP/1.1\r\nHost: a\r\n" },
        { "PATCH http://a/ HTTP/1.1", "PATCH / HTTP/1.1\r\nHost: a\r\n" },
    };
    char head[256];
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        snprintf(head, sizeof head, "%s\r\nHost: evil.example\r\n\r\n", table[i].line);
        rewrite(head);
        assert_memory_equal(out.p, table[i].want, strlen(table[i].want));
        assert_null(strstr(out.p, "evil"));
    }
}

/* RFC 9110 s.7.6.1, s.11.7.2; RFC 9112 appendix C.2.2 */
static void test_fields_of_this_hop_are_dropped(void **state)
{
    (void)state;
    rewrite("GET http://a/ HTTP/1.1\r\n"
            "Host: a\r\n"
            "Connection: keep-alive, X-Mine,close\r\n"
            "connection: x-also\r\n"
            "Proxy-Connection: keep-alive\r\n"
            "Proxy-Authorization: Basic YTpi\r\n"
            "Keep-Alive: timeout=5\r\n"
            "TE: gzip\r\n"
            "Upgrade: h2c\r\n"
            "X-Mine: 1\r\n"
            "X-ALSO: 2\r\n"
            "X-Mine-Not: 3\r\n"
            "Authorization: Basic Yzpk\r\n"
            "Accept:text/html\r\n"
            "Expect: 100-continue\r\n"
            "Cookie: a=b; c=d\r\n\r\n");
    assert_string_equal(out.p, "GET / HTTP/1.1\r\n"
                               "Host: a\r\n"
                               "X-Mine-Not: 3\r\n"
                               "Authorization: Basic Yzpk\r\n"
                               "Accept: text/html\r\n"
                               "Expect: 100-continue\r\n"
                               "Cookie: a=b; c=d\r\n"
                               "Connection: close\r\n"
                               "Via: 1.1 gw\r\n\r\n");
}

/* Else the proxy and the origin would disagree about the end of the request. */
static void test_connection_cannot_take_the_framing_away(void **state)
{
    (void)state;
    rewrite("POST http://a/ HTTP/1.1\r\nHost: a\r\nConnection: Content-Length, Host\r\n"
            "Content-Length: 5\r\n\r\n");
    assert_non_null(strstr(out.p, "\r\nHost: a\r\n"));
    assert_non_null(strstr(out.p, "\r\nContent-Length: 5\r\n"));
    rewrite("POST http://a/ HTTP/1.1\r\nHost: a\r\nConnection: transfer-encoding\r\n"
            "Transfer-Encoding: chunked\r\n\r\n");
    assert_non_null(strstr(out.p, "\r\nTransfer-Encoding: chunked\r\n"));
}

/* RFC 6455 s.4.1: `Connection` includes the token. */
static void test_upgrade_stays_one(void **state)
{
    (void)state;
    rewrite("GET http://a/chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
            "Connection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n\r\n");
    assert_string_equal(out.p, "GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
                               "Sec-WebSocket-Version: 13\r\n"
                               "Connection: close, upgrade\r\nVia: 1.1 gw\r\n\r\n");
}

/* RFC 9110 s.10.1.4 */
static void test_trailers_stay_wanted(void **state)
{
    (void)state;
    rewrite("GET http://a/ HTTP/1.1\r\nHost: a\r\nTE: gzip;q=0.5, trailers\r\n"
            "Connection: TE\r\n\r\n");
    assert_string_equal(out.p, "GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n"
                               "Connection: close, TE\r\nVia: 1.1 gw\r\n\r\n");
}

/* RFC 9110 s.7.6.3: the version received; earlier ones are kept. */
static void test_via_is_added(void **state)
{
    (void)state;
    rewrite("GET http://a/ HTTP/1.0\r\nVia: 1.1 other\r\n\r\n");
    assert_string_equal(out.p, "GET / HTTP/1.0\r\nHost: a\r\nVia: 1.1 other\r\n"
                               "Connection: close\r\nVia: 1.0 gw\r\n\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_line_and_host_come_from_the_target),
        cmocka_unit_test(test_fields_of_this_hop_are_dropped),
        cmocka_unit_test(test_connection_cannot_take_the_framing_away),
        cmocka_unit_test(test_upgrade_stays_one),
        cmocka_unit_test(test_trailers_stay_wanted),
        cmocka_unit_test(test_via_is_added),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    strbuf_free(&out);
    return failed;
}
