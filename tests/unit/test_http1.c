/* test_http1.c - HTTP/1.1 heads and bodies.  Sections without a name are those of RFC 9112;
 * "smuggling" marks what is known to be read differently by two programs in a row. */
#include "wire/http1.h"

#include <stdio.h>

#include "vec.h"

#define GET "GET / HTTP/1.1\r\n"

/* ---- heads ---- */

static int decode(struct bytes in)
{
    struct http1_head h;
    return http1_decode_head(in, &h);
}

static void test_decode_head_views_line_and_fields(void **state)
{
    (void)state;
    struct bytes in = B("GET /where?q=now HTTP/1.1\r\n" /* s.3.2.1 */
                        "Host: www.example.com\r\n"
                        "Empty:\r\n"
                        "X-Blanks: \t a \t b\t \r\n"
                        "obs: caf\xe9 \xc3\xa9:;\r\n\r\nBODY");
    struct http1_head h;
    assert_int_equal(http1_decode_head(in, &h), in.n - 4);
    assert_bytes(h.method, (struct bytes)B("GET"));
    assert_bytes(h.target, (struct bytes)B("/where?q=now"));
    assert_int_equal(h.minor, 1);
    assert_int_equal(h.nfields, 4);
    assert_bytes(http1_field(&h, "HOST"), (struct bytes)B("www.example.com"));
    assert_bytes(http1_field(&h, "x-blanks"), (struct bytes)B("a \t b"));
    assert_bytes(http1_field(&h, "obs"), (struct bytes)B("caf\xe9 \xc3\xa9:;"));
    assert_int_equal(http1_field(&h, "empty").n, 0);
    assert_non_null(http1_field(&h, "empty").p);
    assert_null(http1_field(&h, "hos").p);
    assert_null(http1_field(&h, "hostt").p);
}

static const struct bytes heads[] = {
    B(GET "\r\n"),
    B("OPTIONS * HTTP/1.0\r\nA:b\r\n\r\n"),
    B("\r\n" GET "Host: a\r\n\r\n"),     /* s.2.2 */
    B("\r\n\r\n" GET "Host: a\r\n\r\n"), /* one more than a client may send */
    B("M!#$%&'*+-.^_`|~9 /\xc3\xbc HTTP/1.1\r\n!#$%&'*+-.^_`|~9: \xff\r\n\r\n"),
};

static void test_decode_head_every_prefix_waits(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(heads); i++)
        assert_every_prefix_waits(heads[i], decode);
}

static void test_decode_head_refuses(void **state)
{
    (void)state;
    static const struct {
        const char *why;
        struct bytes wire;
        int err;
    } vectors[] = {
        { "three empty lines", B("\r\n\r\n\r\n" GET "\r\n"), GW_EPROTO },
        { "smuggling: LF alone behind the request line", B("GET / HTTP/1.1\nHost: a\r\n\r\n"),
          GW_EPROTO },
        { "smuggling: LF alone behind a field", B(GET "Host: a\n\r\n\r\n"), GW_EPROTO },
        { "smuggling: LF alone as the end", B(GET "Host: a\r\n\n"), GW_EPROTO },
        { "smuggling: LF alone at the start", B("\n"), GW_EPROTO },
        { "smuggling: CR alone in a value", B(GET "Host: a\rX: b\r\n\r\n"), GW_EPROTO },
        { "smuggling: CR CR LF", B(GET "Host: a\r\r\n\r\n"), GW_EPROTO },
        { "smuggling: CR in a target", B("GET /\r HTTP/1.1\r\n\r\n"), GW_EPROTO },
        { "smuggling: a fold (s.5.2)", B(GET "Host: a\r\n b\r\n\r\n"), GW_EPROTO },
        { "smuggling: a fold with a tab", B(GET "Host: a\r\n\tb: c\r\n\r\n"), GW_EPROTO },
        { "smuggling: a blank before the first field (s.2.2)", B(GET " Host: a\r\n\r\n"),
          GW_EPROTO },
        { "smuggling: a blank before the colon (s.5.1)", B(GET "Host : a\r\n\r\n"), GW_EPROTO },
        { "smuggling: a tab before the colon", B(GET "Host\t: a\r\n\r\n"), GW_EPROTO },
        { "smuggling: NUL in a value", B(GET "Host: a\0b\r\n\r\n"), GW_EPROTO },
        { "smuggling: NUL in a name", B(GET "Ho\0st: a\r\n\r\n"), GW_EPROTO },
        { "smuggling: vertical tab before a value",
          B(GET "Host:\x0b"
                "a\r\n\r\n"),
          GW_EPROTO },
        { "DEL in a value", B(GET "Host: a\x7f\r\n\r\n"), GW_EPROTO },
        { "smuggling: an octet above 127 in a name", B(GET "Host\xa0: a\r\n\r\n"), GW_EPROTO },
        { "no colon", B(GET "Host\r\n\r\n"), GW_EPROTO },
        { "no name", B(GET ": a\r\n\r\n"), GW_EPROTO },
        { "a name in quotes", B(GET "\"Host\": a\r\n\r\n"), GW_EPROTO },
        { "no version: HTTP/0.9", B("GET /\r\n"), GW_EPROTO },
        { "no target", B("GET HTTP/1.1\r\n\r\n"), GW_EPROTO },
        { "two blanks before the target", B("GET  / HTTP/1.1\r\n\r\n"), GW_EPROTO },
        { "two blanks behind the target", B("GET /  HTTP/1.1\r\n\r\n"), GW_EPROTO },
        { "a blank in the target", B("GET /a b HTTP/1.1\r\n\r\n"), GW_EPROTO },
        { "a blank behind the version", B("GET / HTTP/1.1 \r\n\r\n"), GW_EPROTO },
        { "a tab for a blank", B("GET\t/\tHTTP/1.1\r\n\r\n"), GW_EPROTO },
        { "a tab in the target", B("GET /\t HTTP/1.1\r\n\r\n"), GW_EPROTO },
        { "a blank first", B(" GET / HTTP/1.1\r\n\r\n"), GW_EPROTO },
        { "a method that is no token", B("G@T / HTTP/1.1\r\n\r\n"), GW_EPROTO },
        { "a version in lower case", B("GET / http/1.1\r\n\r\n"), GW_EPROTO },
        { "a version of three digits", B("GET / HTTP/1.10\r\n\r\n"), GW_EPROTO },
        { "a version without a dot", B("GET / HTTP/101\r\n\r\n"), GW_EPROTO },
        { "another protocol", B("GET / RTSP/1.1\r\n\r\n"), GW_EPROTO },
        { "HTTP/2 preface, RFC 9113 s.3.4", B("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), GW_EUNSUP },
        { "HTTP/1.2", B("GET / HTTP/1.2\r\n\r\n"), GW_EUNSUP },
        { "HTTP/0.9 with a version", B("GET / HTTP/0.9\r\n\r\n"), GW_EUNSUP },
    };
    for (size_t i = 0; i < COUNT(vectors); i++) {
        int err = decode(vectors[i].wire);
        if (err != vectors[i].err)
            fail_msg("%s: %d", vectors[i].why, err);
    }
}

static void test_decode_head_bounds_octets_and_fields(void **state)
{
    (void)state;
    static char head[HTTP1_HEAD_MAX + 1];
    size_t n = sizeof GET "A: " - 1;

    memset(head, 'x', sizeof head);
    memcpy(head, GET "A: ", n);
    struct bytes in = { (const uint8_t *)head, HTTP1_HEAD_MAX - 1 };
    assert_int_equal(decode(in), 0);
    in.n++;
    assert_int_equal(decode(in), GW_ELIMIT);
    memcpy(head + HTTP1_HEAD_MAX - 4, "\r\n\r\n", 4);
    assert_int_equal(decode(in), HTTP1_HEAD_MAX);
    memcpy(head + HTTP1_HEAD_MAX - 4, "x\r\n\r\n", 5);
    in.n++;
    assert_int_equal(decode(in), GW_ELIMIT);

    n = sizeof GET - 1;
    for (size_t i = 0; i < HTTP1_FIELDS_MAX; i++, n += 4)
        memcpy(head + n, "a:\r\n", 4);
    memcpy(head + n, "\r\n", 2);
    assert_int_equal(decode((struct bytes){ (const uint8_t *)head, n + 2 }), n + 2);
    memcpy(head + n, "a:\r\n\r\n", 6);
    assert_int_equal(decode((struct bytes){ (const uint8_t *)head, n + 6 }), GW_ELIMIT);
}

static void test_has_token_looks_at_whole_elements_of_all_fields(void **state)
{
    (void)state;
    struct http1_head h;
    struct bytes in = B(GET "Connection: keep-alive ,\tUpgrade\r\n"
                            "X: close\r\n"
                            "connection:,,TE\r\n\r\n");
    assert_int_equal(http1_decode_head(in, &h), in.n);
    assert_true(http1_has_token(&h, "Connection", "Keep-Alive"));
    assert_true(http1_has_token(&h, "Connection", "upgrade"));
    assert_true(http1_has_token(&h, "Connection", "te"));
    assert_false(http1_has_token(&h, "Connection", "close"));
    assert_false(http1_has_token(&h, "Connection", "keep"));
    assert_false(http1_has_token(&h, "Connection", "upgraded"));
    assert_false(http1_has_token(&h, "Upgrade", "upgrade"));
}

static void test_is_like_folds_as_cgi_does(void **state)
{
    (void)state;
    assert_true(http1_is_like((struct bytes)B("X-Gw-Peer"), "x-gw-peer"));
    assert_true(http1_is_like((struct bytes)B("x_gW_PEER"), "x-gw-peer"));
    assert_true(http1_is_like((struct bytes)B("X.Gw~Peer"), "x-gw-peer"));
    assert_false(http1_is_like((struct bytes)B("XGw-Peer"), "x-gw-peer"));
    assert_false(http1_is_like((struct bytes)B("X-Gw-Pee"), "x-gw-peer"));
    assert_false(http1_is_like((struct bytes)B("X-Gw-Peer-"), "x-gw-peer"));
    assert_false(http1_is_like((struct bytes)B("X-Gw-Peer2"), "x-gw-peer"));
    assert_false(http1_is_like((struct bytes)B("XaGw-Peer"), "x-gw-peer"));
}

/* ---- targets ---- */

static int parse_target(const char *method, const char *target, struct http1_target *out)
{
    struct http1_head h = { .method = bytes_of(method), .target = bytes_of(target) };
    return http1_parse_target(&h, out);
}

static void test_parse_target_tells_the_four_forms(void **state)
{
    (void)state;
    static const struct {
        const char *method, *target;
        enum http1_form form;
        struct bytes scheme, host;
        uint16_t port;
        struct bytes path;
    } vectors[] = {
        { "GET", "/where?q=now", HTTP1_ORIGIN, B(""), B(""), 0, B("/where?q=now") }, /* s.3.2.1 */
        { "GET", "//a:b@c", HTTP1_ORIGIN, B(""), B(""), 0, B("//a:b@c") },
        { "GET", "http://www.example.org/pub/WWW/TheProject.html", HTTP1_ABSOLUTE, B("http"),
          B("www.example.org"), 0, B("/pub/WWW/TheProject.html") }, /* s.3.2.2 */
        { "OPTIONS", "http://www.example.org:8001", HTTP1_ABSOLUTE, B("http"), B("www.example.org"),
          8001, B("") }, /* s.3.2.4 */
        { "GET", "HTTP://web.alice:?a=b/c", HTTP1_ABSOLUTE, B("HTTP"), B("web.alice"), 0,
          B("?a=b/c") },
        { "GET", "http://[fd00::1]:80/@", HTTP1_ABSOLUTE, B("http"), B("fd00::1"), 80, B("/@") },
        { "CONNECT", "www.example.com:80", HTTP1_AUTHORITY, B(""), B("www.example.com"), 80,
          B("") }, /* s.3.2.3 */
        { "CONNECT", "[::1]:65535", HTTP1_AUTHORITY, B(""), B("::1"), 65535, B("") },
        { "OPTIONS", "*", HTTP1_ASTERISK, B(""), B(""), 0, B("") }, /* s.3.2.4 */
    };
    for (size_t i = 0; i < COUNT(vectors); i++) {
        struct http1_target t;
        assert_int_equal(parse_target(vectors[i].method, vectors[i].target, &t), 0);
        assert_int_equal(t.form, vectors[i].form);
        assert_bytes(t.scheme, vectors[i].scheme);
        assert_bytes(t.host, vectors[i].host);
        assert_int_equal(t.port, vectors[i].port);
        assert_bytes(t.path, vectors[i].path);
    }
}

static void test_parse_target_refuses(void **state)
{
    (void)state;
    static const struct {
        const char *method, *target;
    } vectors[] = {
        { "CONNECT", "a" },
        { "CONNECT", "a:" },
        { "CONNECT", "a:0" },
        { "CONNECT", "/" },
        { "CONNECT", "http://a:80/" },
        { "CONNECT", "u@a:80" },
        { "CONNECT", "a:80/" },
        { "CONNECT", "::1:80" },
        { "CONNECT", ":80" },
        { "GET", "*" },
        { "GET", "a:80" },
        { "GET", "a" },
        { "GET", "http:/a" },
        { "GET", "http:a" },
        { "GET", "http:///a" },
        { "GET", "http://u@a/" },
        { "GET", "http://u:p@a/" },
        { "GET", "://a/" },
        { "GET", "1http://a/" },
        { "GET", "h_p://a/" },
        { "GET", "http://a#b" },
        { "GET", "/a#b" },
        { "GET", "http://a\\b/" },
        { "GET", "http://a%00/" },
        { "GET", "http://a:1:2/" },
        { "GET", "http://a:x/" },
        { "GET", "http://a:65536/" },
        { "GET", "http://[::1]x/" },
    };
    for (size_t i = 0; i < COUNT(vectors); i++) {
        struct http1_target t;
        if (parse_target(vectors[i].method, vectors[i].target, &t) != GW_EPROTO)
            fail_msg("%s %s", vectors[i].method, vectors[i].target);
    }
}

static void test_parse_authority_reads_host_and_port(void **state)
{
    (void)state;
    static const struct {
        struct bytes text, host;
        int port; /* -1: refused */
    } vectors[] = {
        { B("www.example.com"), B("www.example.com"), 0 },
        { B("a_b~c-d:8080"), B("a_b~c-d"), 8080 },
        { B("a:"), B("a"), 0 },
        { B("a:00080"), B("a"), 80 },
        { B("[::ffff:192.0.2.1]"), B("::ffff:192.0.2.1"), 0 },
        { B("[::1]:"), B("::1"), 0 },
        { B(""), B(""), -1 },
        { B(":80"), B(""), -1 },
        { B("a:0"), B(""), -1 },
        { B("a:65536"), B(""), -1 },
        { B("a:+80"), B(""), -1 },
        { B("a:-1"), B(""), -1 },
        { B("a: 80"), B(""), -1 },
        { B("a:000080"), B(""), -1 },
        { B("a b"), B(""), -1 },
        { B("a,b"), B(""), -1 },
        { B("a\0b"), B(""), -1 },
        { B("b\xc3\xbc"), B(""), -1 },
        { B("::1"), B(""), -1 },
        { B("[::1"), B(""), -1 },
        { B("[]"), B(""), -1 },
        { B("[1.2.3.4]"), B(""), -1 },
        { B("[::1%lo]"), B(""), -1 },
        { B("[::1\0]"), B(""), -1 },
        { B("[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]"), B(""), -1 },
    };
    for (size_t i = 0; i < COUNT(vectors); i++) {
        struct bytes host;
        uint16_t port;
        int err = http1_parse_authority(vectors[i].text, &host, &port);
        assert_int_equal(err, vectors[i].port < 0 ? GW_EPROTO : 0);
        if (err)
            continue;
        assert_bytes(host, vectors[i].host);
        assert_int_equal(port, vectors[i].port);
    }
}

/* ---- bodies ---- */

static int body_of(const char *line, const char *fields, struct http1_body *b)
{
    char text[512];
    struct http1_head h;
    snprintf(text, sizeof text, "POST / HTTP/1.%s\r\n%s\r\n", line, fields);
    assert_int_equal(http1_decode_head(bytes_of(text), &h), strlen(text));
    return http1_body_of(&h, b);
}

static void test_body_of_tells_how_it_ends(void **state)
{
    (void)state;
    struct http1_body b;
    assert_int_equal(body_of("1", "", &b), 0);
    assert_int_equal(b.kind, HTTP1_NO_BODY);
    assert_true(http1_body_is_over(&b));
    assert_int_equal(body_of("0", "content-length:42\r\n", &b), 0);
    assert_int_equal(b.kind, HTTP1_LENGTH);
    assert_int_equal(b.left, 42);
    assert_false(http1_body_is_over(&b));
    assert_int_equal(body_of("1", "Content-Length: 9223372036854775807\r\n", &b), 0);
    assert_int_equal(b.left, INT64_MAX);
    assert_int_equal(body_of("1", "Content-Length: 0\r\n", &b), 0);
    assert_true(http1_body_is_over(&b));
    assert_int_equal(body_of("1", "Transfer-Encoding: \tChunked \r\n", &b), 0);
    assert_int_equal(b.kind, HTTP1_CHUNKED);
    assert_false(http1_body_is_over(&b));
}

static void test_body_of_refuses_two_readings(void **state)
{
    (void)state;
    static const char *const fields[] = {
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", /* CL.TE, s.6.1 */
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", /* TE.CL */
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-encoding: cow\r\n", /* TE.TE */
        "Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: chunked;q=1\r\n",
        "Transfer-Encoding: \"chunked\"\r\n",
        "Transfer-Encoding: ,chunked\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding:\r\n",
        "Transfer_Encoding: chunked\r\n",
        "Content_Length: 5\r\n",
        "Content-Length: 5\r\nContent.Length: 6\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5\r\nContent-Length: 5\r\n",
        "Content-Length: 5, 5\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: -5\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length: 5 5\r\n",
        "Content-Length: 5.0\r\n",
        "Content-Length: 5e1\r\n",
        "Content-Length: \"5\"\r\n",
        "Content-Length:\r\n",
        "Content-Length: 9223372036854775808\r\n",
        "Content-Length: 18446744073709551621\r\n",
        "Content-Length: 99999999999999999999999999\r\n",
    };
    struct http1_body b;
    for (size_t i = 0; i < COUNT(fields); i++) {
        if (body_of("1", fields[i], &b) != GW_EPROTO)
            fail_msg("%s", fields[i]);
    }
    assert_int_equal(body_of("0", "Transfer-Encoding: chunked\r\n", &b), GW_EPROTO); /* s.6.1 */
}

static void test_body_take_counts_a_length(void **state)
{
    (void)state;
    struct http1_body b = { .kind = HTTP1_LENGTH, .left = 10 };
    assert_int_equal(http1_body_take(&b, (struct bytes)B("12345678")), 8);
    assert_false(http1_body_is_over(&b));
    assert_int_equal(http1_body_take(&b, (struct bytes)B("90GET /")), 2);
    assert_true(http1_body_is_over(&b));
    assert_int_equal(http1_body_take(&b, (struct bytes)B("GET /")), 0);
    b = (struct http1_body){ .kind = HTTP1_NO_BODY };
    assert_int_equal(http1_body_take(&b, (struct bytes)B("GET /")), 0);
}

static const struct {
    const char *source;
    struct bytes wire; /* a whole body, in front of TAIL */
} chunked[] = {
    { "empty", B("0\r\n\r\n") },
    { "s.7.1", B("4\r\nWiki\r\n5\r\npedia\r\n0\r\n\r\n") },
    { "hexadecimal, both cases",
      B("a\r\n0123456789\r\n0A\r\n\r\n\r\n\r\n\r\n\r\n\r\n000\r\n\r\n") },
    { "extensions, s.7.1.1", B("1;a=b;c=\"d\" ; e\r\nx\r\n0;last\r\n\r\n") },
    { "trailers, s.7.1.2", B("0\r\nExpires: now\r\nX:\r\n\r\n") },
};
#define TAIL "GET / HTTP/1.1"

static void test_body_take_reads_chunks_split_anywhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(chunked); i++) {
        struct bytes wire = chunked[i].wire;
        uint8_t in[128];
        memcpy(in, wire.p, wire.n);
        memcpy(in + wire.n, TAIL, sizeof TAIL);
        for (size_t cut = 0; cut <= wire.n; cut++) {
            struct http1_body b = { .kind = HTTP1_CHUNKED };
            assert_int_equal(http1_body_take(&b, (struct bytes){ in, cut }), cut);
            assert_int_equal(http1_body_is_over(&b), cut == wire.n);
            assert_int_equal(
                http1_body_take(&b, (struct bytes){ in + cut, wire.n - cut + sizeof TAIL }),
                wire.n - cut);
            assert_true(http1_body_is_over(&b));
        }
    }
}

static void test_body_take_refuses_and_goes_on_refusing(void **state)
{
    (void)state;
    static const struct bytes bad[] = {
        B("\r\n"),
        B(";a\r\n"),
        B("g\r\n"),
        B("0x5\r\n"),
        B("+5\r\n"),
        B("-5\r\n"),
        B(" 5\r\n"),
        B("5 \r\n"),
        B("5\t;a\r\n"),
        B("5,\r\n"),
        B("5\n"),
        B("5\r\r\n"),
        B("5\rx"),
        B("5;a\n"),
        B("5;a\0\r\n"),
        B("5;a\rb\r\n"),
        B("10000000000000000\r\n"), /* 2^64 */
        B("ffffffffffffffff\r\n"),  /* -1, to some */
        B("8000000000000000\r\n"),
        B("00000000000000001\r\n"),
        B("1\r\nxy"),
        B("1\r\nx\n"),
        B("1\r\nx\rx"),
        B("1\r\nx0\r\n"),
        B("0\r\n\n"),
        B("0\r\nA: b\n"),
        B("0\r\nA : b\r\n"),
        B("0\r\n A: b\r\n"),
        B("0\r\nA\r\n"),
        B("0\r\n: b\r\n"),
        B("0\r\nA: b\r\n c\r\n"),
        B("0\r\nA: \0\r\n"),
        B("0\r\n\rx"),
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct http1_body b = { .kind = HTTP1_CHUNKED };
        if (http1_body_take(&b, bad[i]) != GW_EPROTO)
            fail_msg("%.*s", (int)bad[i].n, bad[i].p);
        assert_int_equal(http1_body_take(&b, (struct bytes)B("0\r\n\r\n")), GW_EPROTO);
        assert_false(http1_body_is_over(&b));
    }
}

/* How many octets of a line of 'x' behind `before` are taken. */
static size_t taken_of_line(struct bytes before)
{
    struct http1_body b = { .kind = HTTP1_CHUNKED };
    size_t n = 0;
    assert_int_equal(http1_body_take(&b, before), before.n);
    while (n < 100000 && http1_body_take(&b, (struct bytes)B("x")) == 1)
        n++;
    return n;
}

static void test_body_take_bounds_lines(void **state)
{
    (void)state;
    assert_int_equal(taken_of_line((struct bytes)B("5;")), 255);
    assert_int_equal(taken_of_line((struct bytes)B("0\r\nA:")), HTTP1_HEAD_MAX - 2);
    struct http1_body b = { .kind = HTTP1_CHUNKED };
    assert_int_equal(http1_body_take(&b, (struct bytes)B("7fffffffffffffff\r\n")), 18);
    assert_int_equal(b.left, INT64_MAX);
}

static void test_body_take_stops_once_in_front_of_trailers(void **state)
{
    (void)state;
    struct bytes in = B("1\r\nx\r\n0\r\nA: b\r\n\r\n" TAIL);
    struct http1_body b = { .kind = HTTP1_CHUNKED, .stops_at_trailers = true };
    assert_int_equal(http1_body_take(&b, in), 9);
    assert_true(http1_body_in_trailers(&b));
    assert_false(http1_body_is_over(&b));
    assert_int_equal(http1_body_take(&b, (struct bytes){ in.p + 9, in.n - 9 }), 8);
    assert_false(http1_body_in_trailers(&b));
    assert_true(http1_body_is_over(&b));
}

/* ---- answers ---- */

static int decode_answer(struct bytes in)
{
    struct http1_head h;
    return http1_decode_answer(in, &h);
}

static void test_decode_answer_views_line_and_fields(void **state)
{
    static const struct {
        struct bytes wire;
        int status, minor;
        struct bytes reason;
    } table[] = {
        { B("HTTP/1.1 200 OK\r\nA: b\r\n\r\n"), 200, 1, B("OK") },
        { B("HTTP/1.0 404 Not  \xfcound\r\nA: b\r\n\r\n"), 404, 0, B("Not  \xfcound") },
        { B("HTTP/1.1 999 \r\nA: b\r\n\r\n"), 999, 1, B("") }, /* s.4: reason-phrase is optional */
        { B("HTTP/1.1 100\r\nA: b\r\n\r\n"), 100, 1, B("") },
        { B("HTTP/1.1 200 OK\nA: b\n\n"), 200, 1, B("OK") },          /* s.2.2: LF alone */
        { B("HTTP/1.1 200 OK\r\nA \t: b\r\n\r\n"), 200, 1, B("OK") }, /* s.5.1 */
    };
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct http1_head h;
        assert_int_equal(http1_decode_answer(table[i].wire, &h), table[i].wire.n);
        assert_int_equal(h.status, table[i].status);
        assert_int_equal(h.minor, table[i].minor);
        assert_bytes(h.reason, table[i].reason);
        assert_int_equal(h.nfields, 1);
        assert_bytes(h.fields[0].name, (struct bytes)B("A"));
        assert_bytes(h.fields[0].value, (struct bytes)B("b"));
        assert_every_prefix_waits(table[i].wire, decode_answer);
    }
}

static void test_decode_answer_refuses(void **state)
{
    static const struct {
        struct bytes wire;
        int err;
    } table[] = {
        { B("HTTP/1.2 200 OK\r\n\r\n"), GW_EUNSUP },
        { B("HTTP/2 200\r\n\r\n"), GW_EPROTO },
        { B("http/1.1 200 OK\r\n\r\n"), GW_EPROTO },
        { B("ICY 200 OK\r\n\r\n"), GW_EPROTO },
        { B("HTTP/1.1\r\n\r\n"), GW_EPROTO },
        { B("HTTP/1.1  200 OK\r\n\r\n"), GW_EPROTO },
        { B("HTTP/1.1 20 OK\r\n\r\n"), GW_EPROTO },
        { B("HTTP/1.1 2000 OK\r\n\r\n"), GW_EPROTO },
        { B("HTTP/1.1 2x0 OK\r\n\r\n"), GW_EPROTO },
        { B("HTTP/1.1 099 OK\r\n\r\n"), GW_EPROTO },
        { B("HTTP/1.1 200 O\rK\r\n\r\n"), GW_EPROTO },
        { B("HTTP/1.1 200 O\0K\r\n\r\n"), GW_EPROTO },
        { B("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n"), GW_EPROTO }, /* s.5.2: a fold */
        { B("HTTP/1.1 200 OK\r\n A: b\r\n\r\n"), GW_EPROTO },
        { B("HTTP/1.1 200 OK\r\nA b: c\r\n\r\n"), GW_EPROTO },
        { B("HTTP/1.1 200 OK\r\n : b\r\n\r\n"), GW_EPROTO },
        { B("HTTP/1.1 200 OK\r\nA\r\n\r\n"), GW_EPROTO },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++)
        assert_int_equal(decode_answer(table[i].wire), table[i].err);
}

/* s.6.3 */
static void test_answer_body_of_tells_how_it_ends(void **state)
{
    static const struct {
        const char *wire;
        bool to_head;
        int kind;
        bool is_over;
    } table[] = {
        { "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", false, HTTP1_LENGTH, false },
        { "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false, HTTP1_LENGTH, true },
        { "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", true, HTTP1_NO_BODY, true },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", false, HTTP1_CHUNKED, false },
        { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", true, HTTP1_NO_BODY, true },
        { "HTTP/1.1 200 OK\r\n\r\n", false, HTTP1_UNTIL_CLOSE, false },
        { "HTTP/1.1 200 OK\r\n\r\n", true, HTTP1_NO_BODY, true },
        { "HTTP/1.1 103 Early Hints\r\n\r\n", false, HTTP1_NO_BODY, true },
        { "HTTP/1.1 204 No Content\r\n\r\n", false, HTTP1_NO_BODY, true },
        { "HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n", false, HTTP1_NO_BODY, true },
        { "HTTP/1.1 205 Reset Content\r\n\r\n", false, HTTP1_UNTIL_CLOSE, false },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        struct http1_head h;
        struct http1_body b;
        assert_true(http1_decode_answer(bytes_of(table[i].wire), &h) > 0);
        assert_int_equal(http1_answer_body_of(&h, table[i].to_head, &b), 0);
        assert_int_equal(b.kind, table[i].kind);
        assert_int_equal(http1_body_is_over(&b), table[i].is_over);
        ssize_t all = table[i].kind == HTTP1_UNTIL_CLOSE ? 5
                      : b.kind == HTTP1_LENGTH           ? (ssize_t)b.left
                                                         : 0;
        if (b.kind != HTTP1_CHUNKED)
            assert_int_equal(http1_body_take(&b, (struct bytes)B("12345")), all);
        assert_int_equal(http1_body_is_over(&b), table[i].kind < HTTP1_CHUNKED);
    }
}

static void test_status_take_tells_the_final_code(void **state)
{
    (void)state;
    static const struct {
        struct bytes wire;
        size_t needs; /* octets */
        int code;
    } vectors[] = {
        { B("HTTP/1.1 200 OK\r\n"), 12, 200 },
        { B("HTTP/1.0 404 Not Found\r\n"), 12, 404 },
        { B("HTTP/1.1 101 Switching Protocols\r\n"), 12, 101 },
        { B("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 101 S"), 37, 101 },
        { B("HTTP/1.1 103 Early\r\nLink: HTTP/1.1 101\r\n\r\nHTTP/1.1 401"), 54, 401 },
        { B("HTTP/1.1 100\n\nHTTP/1.1 200"), 26, 200 },
        { B("HTTP/1.1 100\r\n\r\r\n\nHTTP/1.1 200"), 30, 200 },
        { B("HTTP/2 101"), 6, GW_EPROTO },
        { B("HTTP/1.1  101"), 10, GW_EPROTO },
        { B("HTTP/1.1 1x1"), 11, GW_EPROTO },
        { B("HTTP/1.1 000"), 12, GW_EPROTO },
        { B("SSH-2.0"), 1, GW_EPROTO },
    };
    for (size_t i = 0; i < COUNT(vectors); i++) {
        struct http1_status r = { 0 };
        for (size_t n = 0; n + 1 < vectors[i].needs; n++)
            assert_int_equal(http1_status_take(&r, (struct bytes){ vectors[i].wire.p + n, 1 }), 0);
        struct bytes rest = { vectors[i].wire.p + vectors[i].needs - 1,
                              vectors[i].wire.n - vectors[i].needs + 1 };
        assert_int_equal(http1_status_take(&r, rest), vectors[i].code);
        r = (struct http1_status){ 0 };
        assert_int_equal(http1_status_take(&r, vectors[i].wire), vectors[i].code);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decode_head_views_line_and_fields),
        cmocka_unit_test(test_decode_head_every_prefix_waits),
        cmocka_unit_test(test_decode_head_refuses),
        cmocka_unit_test(test_decode_head_bounds_octets_and_fields),
        cmocka_unit_test(test_has_token_looks_at_whole_elements_of_all_fields),
        cmocka_unit_test(test_is_like_folds_as_cgi_does),
        cmocka_unit_test(test_parse_target_tells_the_four_forms),
        cmocka_unit_test(test_parse_target_refuses),
        cmocka_unit_test(test_parse_authority_reads_host_and_port),
        cmocka_unit_test(test_body_of_tells_how_it_ends),
        cmocka_unit_test(test_body_of_refuses_two_readings),
        cmocka_unit_test(test_body_take_counts_a_length),
        cmocka_unit_test(test_body_take_reads_chunks_split_anywhere),
        cmocka_unit_test(test_body_take_refuses_and_goes_on_refusing),
        cmocka_unit_test(test_body_take_bounds_lines),
        cmocka_unit_test(test_body_take_stops_once_in_front_of_trailers),
        cmocka_unit_test(test_decode_answer_views_line_and_fields),
        cmocka_unit_test(test_decode_answer_refuses),
        cmocka_unit_test(test_answer_body_of_tells_how_it_ends),
        cmocka_unit_test(test_status_take_tells_the_final_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
