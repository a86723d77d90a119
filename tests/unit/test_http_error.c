/* test_http_error.c - what a client is told when there is no service for it. */
#include "gate/http_error.h"

#include <stdio.h>

#include "vec.h"

/* The Ed25519 example of the libp2p peer-id specification. */
#define SELF "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA"

static struct strbuf out = { .max = HTTP_ERROR_MAX };
static struct front_target target;
static struct peerid self;

static struct http_failure failure(const char *text, int err, const char *why, bool is_page)
{
    assert_int_equal(front_target_parse(text, &target), 0);
    return (struct http_failure){ &target, err, why, &self, "gw", is_page };
}

static void explain(const char *text, int err, const char *why, bool is_page)
{
    const struct http_failure f = failure(text, err, why, is_page);
    strbuf_free(&out);
    assert_int_equal(http_error_explain(&out, &f), 0);
}

static void assert_has(const char *part)
{
    if (!strstr(out.p, part))
        fail_msg("no \"%s\" in: %s", part, out.p);
}

static void assert_has_not(const char *part)
{
    if (strstr(out.p, part))
        fail_msg("\"%s\" in: %s", part, out.p);
}

/* Types: RFC 9209 s.2.3; statuses as http_error.h says. */
static void test_explain_has_a_status_and_a_type_for_every_error(void **state)
{
    static const struct {
        int err, status;
        const char *type;
    } table[] = {
        { GW_EDENIED, 403, "http_request_denied" },
        { GW_ENONAME, 502, "dns_error" },
        { GW_ESYNTAX, 400, "http_request_error" },
        { GW_EOFFLINE, 503, "destination_unavailable" },
        { GW_EIDENTITY, 502, "tls_certificate_error" },
        { GW_ENOSERVICE, 502, "destination_not_found" },
        { GW_ENOPROTO, 502, "destination_not_found" },
        { GW_EREFUSED, 502, "connection_refused" },
        { GW_EUNREACH, 502, "destination_ip_unroutable" },
        { GW_ENETDOWN, 502, "destination_ip_unroutable" },
        { GW_ETIMEOUT, 504, "connection_timeout" },
        { GW_ELIMIT, 503, "connection_limit_reached" },
        { GW_EUNSUP, 501, "proxy_configuration_error" },
        { GW_ERESET, 502, "connection_terminated" },
        { GW_ECLOSED, 502, "connection_terminated" },
        { GW_ENOMEM, 500, "proxy_internal_error" },
        { -1, 500, "proxy_internal_error" },
    };
    char want[128];
    (void)state;
    for (size_t i = 0; i < 2 * COUNT(table); i++) {
        explain("db.alice:22", table[i / 2].err, "so it is", i % 2);
        int n = snprintf(want, sizeof want, "HTTP/1.1 %d ", table[i / 2].status);
        assert_memory_equal(out.p, want, (size_t)n);
        snprintf(want, sizeof want, "\r\nProxy-Status: gw; error=%s; details=\"so it is\"\r\n",
                 table[i / 2].type);
        assert_has(want);
    }
}

/* RFC 8941 s.3.3.3, and no second line in the head. */
static void test_explain_keeps_details_a_string(void **state)
{
    (void)state;
    explain("db.alice:22", GW_EDENIED, "a \"b\" \\c\r\nSet-Cookie: x\x7f\xff", false);
    assert_has("; details=\"a \\\"b\\\" \\\\c??Set-Cookie: x??\"\r\n");
}

static void test_explain_says_it_in_one_line(void **state)
{
    (void)state;
    explain("[fd00::1]:443", GW_EREFUSED, "connection refused", false);
    assert_has("\r\nContent-Type: text/plain; charset=utf-8\r\n");
    assert_string_equal(strstr(out.p, "\r\n\r\n"),
                        "\r\n\r\ngw: [fd00::1]:443: connection refused\n");
}

/* wget, aria2 and apt show no more than this. */
static void test_explain_says_it_in_the_status_line(void **state)
{
    (void)state;
    explain("x:80", GW_ENONAME, "no line\r\nX: y\x01", false);
    assert_has("HTTP/1.1 502 Bad Gateway: no line??X: y?\r\n");
}

static void test_explain_tells_what_can_be_done(void **state)
{
    (void)state;
    explain("db.alice:22", GW_ENONAME, "unknown", true);
    assert_has("<pre>gw resolve -v db.alice</pre>");
    explain("db.alice:22", GW_EOFFLINE, "last seen 2 minutes ago", true);
    assert_has("<pre>gw ping db.alice</pre>");
    assert_has(">last seen 2 minutes ago</p>");
    explain("db.alice:22", GW_ENOSERVICE, "none", true);
    assert_has("<pre>gw services db.alice</pre>");
    explain("db.alice:22", GW_EDENIED, "denied", true);
    assert_has("<pre>gw allow " SELF "</pre>");
    explain("db.alice:22", GW_ENOMEM, "out of memory", true);
    assert_has("<pre>gw status</pre>");
}

static void test_explain_allows_nobody_when_it_does_not_know_us(void **state)
{
    struct http_failure f = failure("db.alice:22", GW_EDENIED, "denied", true);
    (void)state;
    f.self = NULL;
    strbuf_free(&out);
    assert_int_equal(http_error_explain(&out, &f), 0);
    assert_has_not("<pre>");
    assert_has_not("gw allow");
}

/* A link can name any host, and a command is there to be copied. */
static void test_explain_puts_no_hostile_name_into_a_command_or_the_page(void **state)
{
    static const char *const hosts[] = { "x;reboot",
                                         "$(reboot)",
                                         "a b",
                                         "<script>alert(1)</script>",
                                         "\"><img src=x onerror=alert(1)>",
                                         "a'b",
                                         "a&b" };
    (void)state;
    for (size_t i = 0; i < COUNT(hosts); i++) {
        struct http_failure f = failure("x:80", GW_EOFFLINE, hosts[i], true);
        snprintf(target.host, sizeof target.host, "%s", hosts[i]);
        strbuf_free(&out);
        assert_int_equal(http_error_explain(&out, &f), 0);
        assert_has_not("<pre>");
        const char *page = strstr(out.p, "<!doctype");
        assert_non_null(page);
        assert_null(strstr(page, "<script"));
        assert_null(strstr(page, "<img"));
        assert_null(strstr(page, "a'b"));
        assert_null(strstr(page, "a&b"));
    }
}

static void test_commands_are_those_that_reach_this_node(void **state)
{
    struct http_failure f = failure("db.alice:22", GW_EOFFLINE, "offline", true);
    (void)state;
    f.gw = "gw -d '/a&b'";
    strbuf_free(&out);
    assert_int_equal(http_error_explain(&out, &f), 0);
    assert_has("<pre>gw -d &#39;/a&amp;b&#39; ping db.alice</pre>");
    f.err = GW_EDENIED; /* what is done on another machine */
    strbuf_free(&out);
    assert_int_equal(http_error_explain(&out, &f), 0);
    assert_has("<pre>gw allow " SELF "</pre>");
}

static void test_refuse_is_a_page_or_a_line(void **state)
{
    (void)state;
    strbuf_free(&out);
    assert_int_equal(http_error_refuse(&out, 407, "Proxy-Authenticate: Basic\r\n", "<who?>", false),
                     0);
    assert_memory_equal(out.p, "HTTP/1.1 407 Proxy Authentication Required\r\n", 44);
    assert_has("\r\nProxy-Authenticate: Basic\r\n");
    assert_string_equal(strstr(out.p, "\r\n\r\n"), "\r\n\r\ngw: <who?>\n");
    strbuf_free(&out);
    assert_int_equal(http_error_refuse(&out, 421, "", "<who?>", true), 0);
    assert_has("<h1>Misdirected Request</h1>");
    assert_has("&lt;who?&gt;");
}

static void test_answers_say_when_they_do_not_fit(void **state)
{
    const struct http_failure f = failure("db.alice:22", GW_EDENIED, "denied", true);
    struct strbuf small = { .max = 512 };
    (void)state;
    assert_int_equal(http_error_explain(&small, &f), GW_ELIMIT);
    strbuf_free(&small);
    assert_int_equal(http_error_refuse(&small, 400, "", "no", true), GW_ELIMIT);
    strbuf_free(&small);
}

static int start(void **state)
{
    (void)state;
    return peerid_parse(bytes_of(SELF), &self);
}

static int stop(void **state)
{
    (void)state;
    strbuf_free(&out);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_explain_has_a_status_and_a_type_for_every_error),
        cmocka_unit_test(test_explain_keeps_details_a_string),
        cmocka_unit_test(test_explain_says_it_in_one_line),
        cmocka_unit_test(test_explain_says_it_in_the_status_line),
        cmocka_unit_test(test_explain_tells_what_can_be_done),
        cmocka_unit_test(test_explain_allows_nobody_when_it_does_not_know_us),
        cmocka_unit_test(test_explain_puts_no_hostile_name_into_a_command_or_the_page),
        cmocka_unit_test(test_commands_are_those_that_reach_this_node),
        cmocka_unit_test(test_refuse_is_a_page_or_a_line),
        cmocka_unit_test(test_answers_say_when_they_do_not_fit),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
