/* test_http_rewrite.c - what of a proxy request reaches the origin, and of the answer the client.
 */
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

static void rewrite_answer(const char *head)
{
    struct http1_head h;

    assert_int_equal(http1_decode_answer(bytes_of(head), &h), strlen(head));
    strbuf_free(&out);
    out.max = 65536;
    assert_int_equal(http_rewrite_answer(&h, &out), 0);
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

/* RFC 9110 s.7.8 */
static void test_upgrade_takes_a_version_and_a_protocol(void **state)
{
    (void)state;
    rewrite("GET http://a/ HTTP/1.0\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n");
    assert_null(strstr(out.p, "pgrade"));
    rewrite("GET http://a/ HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\n\r\n");
    assert_null(strstr(out.p, "pgrade"));
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

/* RFC 9110 s.7.6.1, s.7.6.3; RFC 9112 s.2.3 (our version), s.9.6 (close) */
static void test_answer_says_close_and_nothing_of_its_hop(void **state)
{
    (void)state;
    rewrite_answer("HTTP/1.0 404 Not Here\n"
                   "Connection: keep-alive, X-Mine, Content-Length\r\n"
                   "connection: keep-alive\r\n"
                   "Keep-Alive: timeout=5\r\n"
                   "Proxy-Connection: keep-alive\r\n"
                   "Proxy-Authenticate: Basic realm=\"give me yours\"\r\n"
                   "Upgrade: h2c\r\n"
                   "X-Mine: 1\r\n"
                   "X-Mine-Not : 2\r\n"
                   "Via: 1.1 other\r\n"
                   "Content-Length: 5\r\n\r\n");
    assert_string_equal(out.p, "HTTP/1.1 404 Not Here\r\n"
                               "X-Mine-Not: 2\r\n"
                               "Via: 1.1 other\r\n"
                               "Content-Length: 5\r\n"
                               "Connection: close\r\n"
                               "Via: 1.0 gw\r\n\r\n");
}

/* RFC 9110 s.15.2, s.15.5.22 (426), s.7.8 */
static void test_answer_keeps_an_upgrade(void **state)
{
    (void)state;
    rewrite_answer("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
                   "Upgrade: websocket\r\n\r\n");
    assert_string_equal(out.p, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                               "Connection: upgrade\r\nVia: 1.1 gw\r\n\r\n");
    rewrite_answer("HTTP/1.1 101 Sloppy\r\nUpgrade: websocket\r\n\r\n"); /* names it nowhere */
    assert_string_equal(out.p, "HTTP/1.1 101 Sloppy\r\nUpgrade: websocket\r\n"
                               "Connection: upgrade\r\nVia: 1.1 gw\r\n\r\n");
    rewrite_answer("HTTP/1.1 426 Upgrade Required\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
    assert_string_equal(out.p, "HTTP/1.1 426 Upgrade Required\r\nUpgrade: x\r\n"
                               "Connection: close, upgrade\r\nVia: 1.1 gw\r\n\r\n");
    rewrite_answer("HTTP/1.1 100 Continue\r\nConnection: close\r\n\r\n");
    assert_string_equal(out.p, "HTTP/1.1 100 Continue\r\nVia: 1.1 gw\r\n\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_request_line_and_host_come_from_the_target),
        cmocka_unit_test(test_fields_of_this_hop_are_dropped),
        cmocka_unit_test(test_connection_cannot_take_the_framing_away),
        cmocka_unit_test(test_upgrade_stays_one),
        cmocka_unit_test(test_upgrade_takes_a_version_and_a_protocol),
        cmocka_unit_test(test_trailers_stay_wanted),
        cmocka_unit_test(test_via_is_added),
        cmocka_unit_test(test_answer_says_close_and_nothing_of_its_hop),
        cmocka_unit_test(test_answer_keeps_an_upgrade),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    strbuf_free(&out);
    return failed;
}
