/* fuzz_http1.c - a head, of a request or an answer, uses no more than there is, waits until it is
 * whole, and holds no octet that ends a line early; a body is as long however it is cut, and take
 * claims no more than it is given. */
#include "fuzz.h"
#include "wire/http1.h"

static int decode_head(struct bytes in)
{
    struct http1_head h;
    return http1_decode_head(in, &h);
}

static int decode_answer(struct bytes in)
{
    struct http1_head h;
    return http1_decode_answer(in, &h);
}

static void check_text(struct bytes v, struct bytes in)
{
    check_inside(v, in);
    for (size_t i = 0; i < v.n; i++)
        assert(v.p[i] == '\t' || (v.p[i] >= ' ' && v.p[i] != 0x7f));
}

/* Names hold no blank and no colon; values have no blanks around them. */
static void check_fields(const struct http1_head *h, struct bytes in)
{
    for (size_t i = 0; i < h->nfields; i++) {
        struct bytes name = h->fields[i].name, value = h->fields[i].value;
        check_text(name, in);
        check_text(value, in);
        assert(name.n && !memchr(name.p, ' ', name.n) && !memchr(name.p, ':', name.n));
        assert(!value.n || (value.p[0] > ' ' && value.p[value.n - 1] > ' '));
    }
}

static void check_target(const struct http1_head *h)
{
    struct http1_target t;
    if (http1_parse_target(h, &t) != 0)
        return;
    check_inside(t.scheme, h->target);
    check_inside(t.host, h->target);
    check_inside(t.path, h->target);
    assert((t.form == HTTP1_ABSOLUTE || t.form == HTTP1_AUTHORITY) == (t.host.n > 0));
    assert(t.form != HTTP1_AUTHORITY || t.port);
    assert(!t.host.n || !memchr(t.host.p, '@', t.host.n));
}

/* Octets of a body, given `piece` at a time, or -1. */
static ssize_t body_length(struct http1_body b, struct bytes in, size_t piece)
{
    size_t at = 0;
    while (at < in.n && !http1_body_is_over(&b)) {
        size_t n = in.n - at < piece ? in.n - at : piece;
        ssize_t taken = http1_body_take(&b, (struct bytes){ in.p + at, n });
        if (taken < 0)
            return -1;
        assert(taken > 0 && (size_t)taken <= n);
        assert((size_t)taken == n || http1_body_is_over(&b) || http1_body_in_trailers(&b));
        at += (size_t)taken;
    }
    return (ssize_t)at;
}

static void check_body(const struct http1_body *b, struct bytes in)
{
    struct http1_body stopping = *b;
    ssize_t n = body_length(*b, in, SIZE_MAX);

    for (size_t piece = 1; piece <= 7; piece += 3)
        assert(body_length(*b, in, piece) == n);
    stopping.stops_at_trailers = true;
    assert(body_length(stopping, in, SIZE_MAX) == n);
    assert(body_length(stopping, in, 1) == n);
}

static void check_answer(struct bytes in)
{
    struct http1_head h;
    struct http1_body b;
    int used = http1_decode_answer(in, &h);

    check_used(used, in, decode_answer);
    if (used <= 0)
        return;
    assert(used <= HTTP1_HEAD_MAX && h.nfields <= HTTP1_FIELDS_MAX);
    assert(h.status >= 100 && h.status <= 999);
    check_text(h.reason, in);
    check_fields(&h, in);
    for (int to_head = 0; to_head < 2; to_head++) {
        if (http1_answer_body_of(&h, to_head, &b) == 0)
            check_body(&b, (struct bytes){ in.p + used, in.n - (size_t)used });
    }
}

static void check_status(struct bytes in)
{
    struct http1_status whole = { 0 }, octets = { 0 };
    int code = http1_status_take(&whole, in), got = 0;

    for (size_t i = 0; i < in.n && !got; i++)
        got = http1_status_take(&octets, (struct bytes){ in.p + i, 1 });
    assert(got == code);
    assert(code <= 0 || code == 101 || (code < 1000 && code / 100 != 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes in = { data, size };
    struct http1_head h;
    struct http1_body b;
    int used = http1_decode_head(in, &h);

    check_used(used, in, decode_head);
    if (used > 0) {
        struct bytes rest = { data + used, size - (size_t)used };
        assert(used <= HTTP1_HEAD_MAX && h.nfields <= HTTP1_FIELDS_MAX);
        check_text(h.method, in);
        check_text(h.target, in);
        check_fields(&h, in);
        check_target(&h);
        if (http1_body_of(&h, &b) == 0)
            check_body(&b, rest);
    }
    check_body(&(struct http1_body){ .kind = HTTP1_CHUNKED }, in);
    check_answer(in);
    check_status(in);
    return 0;
}
