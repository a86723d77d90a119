/* test_html.c - the frame of pages, and the head that goes before every answer of gw's own. */
#include "gate/html.h"

#include <stdio.h>

#include "vec.h"

static size_t count(const char *text, const char *part)
{
    size_t n = 0;
    for (const char *p = text; (p = strstr(p, part)); p++)
        n++;
    return n;
}

static void test_begin_escapes_the_title(void **state)
{
    struct strbuf b = { .max = 65536 };
    (void)state;
    html_begin(&b, "</title><script>alert('&\"')</script>\xc3\xa9");
    html_end(&b);
    assert_int_equal(b.err, 0);
    assert_null(strstr(b.p, "<script"));
    assert_non_null(strstr(
        b.p, "<h1>&lt;/title&gt;&lt;script&gt;alert(&#39;&amp;&quot;&#39;)&lt;/script&gt;\\xc3\\xa9"
             "</h1>"));
    strbuf_free(&b);
}

static void test_frame_is_one_whole_document_without_anything_from_elsewhere(void **state)
{
    static const char *const once[] = { "<!doctype html>",
                                        "<html ",
                                        "</html>",
                                        "<head>",
                                        "</head>",
                                        "<style>",
                                        "</style>",
                                        "<body>",
                                        "</body>",
                                        "<main>",
                                        "</main>",
                                        "name=\"viewport\"",
                                        "prefers-color-scheme:dark" };
    static const char *const never[] = { "<script", "http:", "https:", "//",   "url(",
                                         "@import", "<link", "<img",   " src=" };
    struct strbuf b = { .max = 65536 };
    int open = 0;
    (void)state;
    html_begin(&b, "gw");
    html_end(&b);
    for (size_t i = 0; i < COUNT(once); i++)
        assert_int_equal(count(b.p, once[i]), 1);
    for (size_t i = 0; i < COUNT(never); i++)
        assert_int_equal(count(b.p, never[i]), 0);
    for (const char *p = b.p; *p; p++) { /* the style has no other braces */
        open += (*p == '{') - (*p == '}');
        assert_in_range(open, 0, 3);
    }
    assert_int_equal(open, 0);
    strbuf_free(&b);
}

static void test_respond_is_a_whole_response(void **state)
{
    static const char *const fields[] = {
        "\r\nDate: ",
        "\r\nContent-Type: text/plain\r\n",
        "\r\nContent-Length: 5\r\n",
        "\r\nCache-Control: no-store\r\n",
        "\r\nX-Content-Type-Options: nosniff\r\n",
        "\r\nContent-Security-Policy: default-src 'none'; style-src 'unsafe-inline'",
        "\r\nReferrer-Policy: no-referrer\r\n",
        "\r\nConnection: close\r\n",
        "\r\nAllow: GET\r\n",
    };
    struct strbuf b = { .max = 4096 };
    (void)state;
    assert_int_equal(html_respond(&b, 405, "Method Not Allowed", "text/plain", "Allow: GET\r\n",
                                  (struct bytes)B("a\r\n\r\n")),
                     0);
    assert_memory_equal(b.p, "HTTP/1.1 405 Method Not Allowed\r\n", 33);
    for (size_t i = 0; i < COUNT(fields); i++)
        assert_int_equal(count(b.p, fields[i]), 1);
    assert_string_equal(strstr(b.p, "\r\n\r\n"), "\r\n\r\na\r\n\r\n");
    strbuf_free(&b);
}

/* RFC 9110 s.5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT" */
static void test_respond_dates_its_answer(void **state)
{
    static const char form[] = "Aaa, 00 Aaa 0000 00:00:00 GMT\r\n";
    struct strbuf b = { .max = 4096 };
    (void)state;
    html_respond(&b, 200, "OK", "text/plain", "", (struct bytes){ 0 });
    const char *date = strstr(b.p, "Date: ");
    assert_non_null(date);
    date += strlen("Date: ");
    for (size_t i = 0; form[i]; i++) {
        if (form[i] == '0')
            assert_in_range(date[i], '0', '9');
        else if (form[i] == 'A')
            assert_in_range(date[i], 'A', 'Z');
        else if (form[i] == 'a')
            assert_in_range(date[i], 'a', 'z');
        else
            assert_int_equal(date[i], form[i]);
    }
    strbuf_free(&b);
}

static void test_respond_says_when_it_does_not_fit(void **state)
{
    struct strbuf b = { .max = 100 };
    (void)state;
    assert_int_equal(html_respond(&b, 200, "OK", "text/plain", "", (struct bytes)B("body")),
                     GW_ELIMIT);
    strbuf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_begin_escapes_the_title),
        cmocka_unit_test(test_frame_is_one_whole_document_without_anything_from_elsewhere),
        cmocka_unit_test(test_respond_is_a_whole_response),
        cmocka_unit_test(test_respond_dates_its_answer),
        cmocka_unit_test(test_respond_says_when_it_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
