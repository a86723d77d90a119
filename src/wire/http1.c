/* http1.c - HTTP/1.1: heads, targets, where a body ends; the status of an answer. */
#include "wire/http1.h"

#include <arpa/inet.h>

#include "base/err.h"

#define EMPTY_LINES_MAX 2   /* in front of a request line (RFC 9112 s.2.2) */
#define SIZE_DIGITS_MAX 16  /* of a chunk */
#define SIZE_LINE_MAX   256 /* octets of a chunk's size and extensions */

/* ---- characters ---- */

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static uint8_t lower(uint8_t c)
{
    return (uint8_t)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

static bool is_alnum(uint8_t c)
{
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z');
}

static bool is_tchar(uint8_t c) /* RFC 9110 s.5.6.2 */
{
    return is_alnum(c) || (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_text(uint8_t c) /* VCHAR, SP, HTAB, obs-text */
{
    return c == '\t' || (c >= ' ' && c != 0x7f);
}

static bool all(struct bytes v, bool (*is)(uint8_t))
{
    for (size_t i = 0; i < v.n; i++) {
        if (!is(v.p[i]))
            return false;
    }
    return true;
}

bool http1_is(struct bytes a, const char *b)
{
    size_t i = 0;
    while (i < a.n && b[i] && lower(a.p[i]) == lower((uint8_t)b[i]))
        i++;
    return i == a.n && !b[i];
}

bool http1_is_like(struct bytes name, const char *like)
{
    size_t i = 0;
    while (i < name.n && like[i] && (is_alnum(name.p[i]) ? lower(name.p[i]) : '-') == like[i])
        i++;
    return i == name.n && !like[i];
}

/* ---- pieces of text ---- */

static struct bytes skip(struct bytes v, size_t n)
{
    return (struct bytes){ v.p + n, v.n - n };
}

/* Splits what stands before the first `at` off *in, and drops the `at`; false when there is none.
 */
static bool split(struct bytes *in, uint8_t at, struct bytes *before)
{
    const uint8_t *p = in->n ? memchr(in->p, at, in->n) : NULL;
    if (!p)
        return false;
    *before = (struct bytes){ in->p, (size_t)(p - in->p) };
    *in = skip(*in, before->n + 1);
    return true;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static struct bytes trim(struct bytes v)
{
    while (v.n && is_blank(v.p[0]))
        v = skip(v, 1);
    while (v.n && is_blank(v.p[v.n - 1]))
        v.n--;
    return v;
}

/* Splits the next line off *in, without its end: 1; 0: it is not whole; GW_EPROTO. */
static int next_line(struct bytes *in, bool lf_will_do, struct bytes *line)
{
    if (!split(in, '\n', line))
        return 0;
    if (line->n && line->p[line->n - 1] == '\r')
        line->n--;
    else if (!lf_will_do)
        return GW_EPROTO;
    return all(*line, is_text) ? 1 : GW_EPROTO; /* another CR is no text */
}

/* ---- heads ---- */

static bool is_target_char(uint8_t c)
{
    return is_text(c) && !is_blank(c);
}

/* HTTP/1.minor.  1 or GW_E*. */
static int read_version(struct bytes text, int *minor)
{
    static const char name[] = "HTTP/";
    const size_t n = sizeof name - 1;

    if (text.n != n + 3 || memcmp(text.p, name, n) != 0)
        return GW_EPROTO;
    const uint8_t *number = text.p + n;
    if (!is_digit(number[0]) || number[1] != '.' || !is_digit(number[2]))
        return GW_EPROTO;
    if (number[0] != '1' || number[2] > '1')
        return GW_EUNSUP;
    *minor = number[2] - '0';
    return 1;
}

/* 1 or GW_E*. */
static int read_request_line(struct bytes line, struct http1_head *out)
{
    if (!split(&line, ' ', &out->method) || !split(&line, ' ', &out->target))
        return GW_EPROTO;
    if (!out->method.n || !all(out->method, is_tchar))
        return GW_EPROTO;
    if (!out->target.n || !all(out->target, is_target_char))
        return GW_EPROTO;
    return read_version(line, &out->minor);
}

/* 1 or GW_E*.  Many leave out the blank in front of a reason that is not there. */
static int read_status_line(struct bytes line, struct http1_head *out)
{
    struct bytes version, code;

    if (!split(&line, ' ', &version))
        return GW_EPROTO;
    if (!split(&line, ' ', &code)) {
        code = line;
        line.n = 0;
    }
    if (code.n != 3 || !all(code, is_digit) || code.p[0] == '0')
        return GW_EPROTO;
    out->status = (code.p[0] - '0') * 100 + (code.p[1] - '0') * 10 + code.p[2] - '0';
    out->reason = line;
    return read_version(version, &out->minor);
}

/* 1 or GW_E*. */
static int read_field(struct bytes line, struct http1_head *out)
{
    struct http1_field f;

    if (!split(&line, ':', &f.name))
        return GW_EPROTO;
    while (out->status && f.name.n && is_blank(f.name.p[f.name.n - 1]))
        f.name.n--;
    if (!f.name.n || !all(f.name, is_tchar))
        return GW_EPROTO;
    f.value = trim(line);
    if (out->nfields == HTTP1_FIELDS_MAX)
        return GW_ELIMIT;
    out->fields[out->nfields++] = f;
    return 1;
}

static int decode(struct bytes in, bool is_answer, struct http1_head *out)
{
    struct bytes rest = { in.p, in.n < HTTP1_HEAD_MAX ? in.n : HTTP1_HEAD_MAX }, line;
    int empty = 0, r;

    out->nfields = 0;
    out->status = 0;
    while ((r = next_line(&rest, is_answer, &line)) > 0 && !line.n) {
        if (++empty > EMPTY_LINES_MAX)
            return GW_EPROTO;
    }
    if (r > 0)
        r = is_answer ? read_status_line(line, out) : read_request_line(line, out);
    while (r > 0 && (r = next_line(&rest, is_answer, &line)) > 0 && line.n)
        r = read_field(line, out);
    if (r == 0 && in.n >= HTTP1_HEAD_MAX)
        return GW_ELIMIT;
    return r > 0 ? (int)(rest.p - in.p) : r;
}

int http1_decode_head(struct bytes in, struct http1_head *out)
{
    return decode(in, false, out);
}

int http1_decode_answer(struct bytes in, struct http1_head *out)
{
    return decode(in, true, out);
}

struct bytes http1_field(const struct http1_head *h, const char *name)
{
    for (size_t i = 0; i < h->nfields; i++) {
        if (http1_is(h->fields[i].name, name))
            return h->fields[i].value;
    }
    return (struct bytes){ 0 };
}

static bool list_has(struct bytes list, const char *token)
{
    struct bytes element;
    while (split(&list, ',', &element)) {
        if (http1_is(trim(element), token))
            return true;
    }
    return http1_is(trim(list), token);
}

bool http1_has_token(const struct http1_head *h, const char *name, const char *token)
{
    for (size_t i = 0; i < h->nfields; i++) {
        if (http1_is(h->fields[i].name, name) && list_has(h->fields[i].value, token))
            return true;
    }
    return false;
}

/* ---- targets ---- */

static bool is_host_char(uint8_t c) /* unreserved, RFC 3986 s.2.3 */
{
    return is_alnum(c) || (c && strchr("-._~", c));
}

static bool is_scheme_char(uint8_t c)
{
    return is_alnum(c) || (c && strchr("+-.", c));
}

static bool is_ipv6(struct bytes v)
{
    char text[INET6_ADDRSTRLEN];
    uint8_t ip[16];

    if (v.n >= sizeof text || memchr(v.p, 0, v.n))
        return false;
    memcpy(text, v.p, v.n);
    text[v.n] = '\0';
    return inet_pton(AF_INET6, text, ip) == 1;
}

/* ":" and a number, or less than that. */
static int parse_port(struct bytes text, uint16_t *port)
{
    unsigned long v = 0;

    *port = 0;
    if (!text.n)
        return 0;
    text = skip(text, 1);
    if (text.n > 5 || !all(text, is_digit))
        return GW_EPROTO;
    for (size_t i = 0; i < text.n; i++)
        v = v * 10 + (unsigned long)(text.p[i] - '0');
    if (v > UINT16_MAX || (text.n && !v))
        return GW_EPROTO;
    *port = (uint16_t)v;
    return 0;
}

int http1_parse_authority(struct bytes text, struct bytes *host, uint16_t *port)
{
    struct bytes rest = text;

    if (text.n && text.p[0] == '[') {
        rest = skip(text, 1);
        if (!split(&rest, ']', host) || !is_ipv6(*host) || (rest.n && rest.p[0] != ':'))
            return GW_EPROTO;
        return parse_port(rest, port);
    }
    const uint8_t *colon = text.n ? memchr(text.p, ':', text.n) : NULL;
    *host = (struct bytes){ text.p, colon ? (size_t)(colon - text.p) : text.n };
    if (!host->n || !all(*host, is_host_char))
        return GW_EPROTO;
    return parse_port(skip(text, host->n), port);
}

/* SCHEME://AUTHORITY and a path, a query, or nothing. */
static int parse_absolute(struct bytes text, struct http1_target *out)
{
    size_t n = 0;

    out->form = HTTP1_ABSOLUTE;
    if (!split(&text, ':', &out->scheme) || !all(out->scheme, is_scheme_char))
        return GW_EPROTO;
    if (!out->scheme.n || is_digit(out->scheme.p[0]) || !is_alnum(out->scheme.p[0]))
        return GW_EPROTO;
    if (text.n < 2 || text.p[0] != '/' || text.p[1] != '/')
        return GW_EPROTO;
    text = skip(text, 2);
    while (n < text.n && text.p[n] != '/' && text.p[n] != '?')
        n++;
    out->path = skip(text, n);
    return http1_parse_authority((struct bytes){ text.p, n }, &out->host, &out->port);
}

int http1_parse_target(const struct http1_head *h, struct http1_target *out)
{
    struct bytes t = h->target;

    *out = (struct http1_target){ .form = HTTP1_ORIGIN };
    if (bytes_eq(h->method, bytes_of("CONNECT"))) {
        out->form = HTTP1_AUTHORITY;
        int err = http1_parse_authority(t, &out->host, &out->port);
        return err || out->port ? err : GW_EPROTO; /* RFC 9110 s.9.3.6: there is no default */
    }
    if (memchr(t.p, '#', t.n))
        return GW_EPROTO;
    if (bytes_eq(t, bytes_of("*"))) {
        out->form = HTTP1_ASTERISK;
        return bytes_eq(h->method, bytes_of("OPTIONS")) ? 0 : GW_EPROTO;
    }
    if (t.p[0] != '/')
        return parse_absolute(t, out);
    out->path = t;
    return 0;
}

/* ---- bodies ---- */

/* The one field of a name, or NULL.  GW_EPROTO: there are more, or one that is only like it. */
static int find_one(const struct http1_head *h, const char *name, const struct http1_field **out)
{
    *out = NULL;
    for (size_t i = 0; i < h->nfields; i++) {
        const struct http1_field *f = &h->fields[i];
        if (!http1_is_like(f->name, name))
            continue;
        if (*out || !http1_is(f->name, name))
            return GW_EPROTO;
        *out = f;
    }
    return 0;
}

static int parse_length(struct bytes text, uint64_t *out)
{
    uint64_t v = 0;

    if (!text.n || !all(text, is_digit))
        return GW_EPROTO;
    for (size_t i = 0; i < text.n; i++) {
        uint64_t d = (uint64_t)(text.p[i] - '0');
        if (v > (INT64_MAX - d) / 10)
            return GW_EPROTO;
        v = v * 10 + d;
    }
    *out = v;
    return 0;
}

int http1_body_of(const struct http1_head *h, struct http1_body *out)
{
    const struct http1_field *coding, *length;

    *out = (struct http1_body){ .kind = HTTP1_NO_BODY };
    if (find_one(h, "transfer-encoding", &coding) != 0 ||
        find_one(h, "content-length", &length) != 0 || (coding && length))
        return GW_EPROTO;
    if (length) {
        out->kind = HTTP1_LENGTH;
        return parse_length(length->value, &out->left);
    }
    if (coding) {
        out->kind = HTTP1_CHUNKED;
        return h->minor && http1_is(coding->value, "chunked") ? 0 : GW_EPROTO;
    }
    return 0;
}

int http1_answer_body_of(const struct http1_head *h, bool to_head, struct http1_body *out)
{
    int err = http1_body_of(h, out);

    if (to_head || h->status / 100 == 1 || h->status == 204 || h->status == 304)
        *out = (struct http1_body){ .kind = HTTP1_NO_BODY };
    else if (out->kind == HTTP1_NO_BODY)
        out->kind = HTTP1_UNTIL_CLOSE;
    return err;
}

/*   SIZE_START -> SIZE [-> EXTENSION] -> SIZE_LF -> DATA -> DATA_CR -> DATA_LF -> SIZE_START
 *   of size 0:                           SIZE_LF -> LINE -> NAME -> VALUE -> LINE_LF -> LINE
 *                                                   LINE -> LAST_LF -> OVER               */
enum chunked {
    SIZE_START,
    SIZE,
    EXTENSION,
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    LINE, /* the first octet of a trailer line */
    NAME,
    VALUE,
    LINE_LF,
    LAST_LF,
    OVER,
    BAD,
};

static enum chunked step_size(struct http1_body *b, uint8_t c)
{
    uint64_t digit;

    if (is_digit(c))
        digit = (uint64_t)(c - '0');
    else if (lower(c) >= 'a' && lower(c) <= 'f')
        digit = (uint64_t)(lower(c) - 'a' + 10);
    else if (b->state == SIZE_START)
        return BAD;
    else if (c == '\r')
        return SIZE_LF;
    else
        return c == ';' ? EXTENSION : BAD;
    if (b->state == SIZE_START)
        b->count = 0;
    if (++b->count > SIZE_DIGITS_MAX || b->left > (INT64_MAX - digit) / 16)
        return BAD;
    b->left = b->left * 16 + digit;
    return SIZE;
}

static enum chunked step_trailers(struct http1_body *b, uint8_t c)
{
    if (++b->count > HTTP1_HEAD_MAX)
        return BAD;
    switch (b->state) {
    case LINE:
        if (c == '\r')
            return LAST_LF;
        return is_tchar(c) ? NAME : BAD;
    case NAME:
        if (c == ':')
            return VALUE;
        return is_tchar(c) ? NAME : BAD;
    case VALUE:
        if (c == '\r')
            return LINE_LF;
        return is_text(c) ? VALUE : BAD;
    case LINE_LF:
        return c == '\n' ? LINE : BAD;
    default: /* LAST_LF */
        return c == '\n' ? OVER : BAD;
    }
}

/* What follows the octet c, which is none of a chunk's data. */
static enum chunked step(struct http1_body *b, uint8_t c)
{
    switch (b->state) {
    case SIZE_START:
    case SIZE:
        return step_size(b, c);
    case EXTENSION:
        if (c == '\r')
            return SIZE_LF;
        return is_text(c) && ++b->count <= SIZE_LINE_MAX ? EXTENSION : BAD;
    case SIZE_LF:
        b->count = 0;
        if (c != '\n')
            return BAD;
        return b->left ? DATA : LINE;
    case DATA_CR:
        return c == '\r' ? DATA_LF : BAD;
    case DATA_LF:
        return c == '\n' ? SIZE_START : BAD;
    default:
        return step_trailers(b, c);
    }
}

static size_t take_left(struct http1_body *b, size_t n)
{
    if (n > b->left)
        n = (size_t)b->left;
    b->left -= n;
    return n;
}

static ssize_t take_chunked(struct http1_body *b, struct bytes in)
{
    size_t at = 0;

    while (at < in.n && b->state != OVER && b->state != BAD) {
        if (b->state == DATA) {
            at += take_left(b, in.n - at);
            if (!b->left)
                b->state = DATA_CR;
            continue;
        }
        bool was_size = b->state == SIZE_LF;
        b->state = (uint8_t)step(b, in.p[at++]);
        if (was_size && b->state == LINE && b->stops_at_trailers)
            break;
    }
    return b->state == BAD ? GW_EPROTO : (ssize_t)at;
}

ssize_t http1_body_take(struct http1_body *b, struct bytes in)
{
    switch (b->kind) {
    case HTTP1_LENGTH:
        return (ssize_t)take_left(b, in.n);
    case HTTP1_CHUNKED:
        return take_chunked(b, in);
    case HTTP1_UNTIL_CLOSE:
        return (ssize_t)in.n;
    default:
        return 0;
    }
}

bool http1_body_is_over(const struct http1_body *b)
{
    if (b->kind == HTTP1_CHUNKED)
        return b->state == OVER;
    return b->kind != HTTP1_UNTIL_CLOSE && b->left == 0;
}

bool http1_body_in_trailers(const struct http1_body *b)
{
    return b->kind == HTTP1_CHUNKED && b->state >= LINE && b->state <= LAST_LF;
}

/* ---- answers ---- */

static const char status_line[] = "HTTP/1.# ###"; /* #: a digit */

enum { STATUS_READ = sizeof status_line - 1, INTERIM_LF, INTERIM_LF_CR };

/* Inside an interim answer: its end is an empty line. */
static void skip_interim(struct http1_status *r, uint8_t c)
{
    if (c == '\n' && r->at != STATUS_READ)
        *r = (struct http1_status){ 0 };
    else if (c == '\n')
        r->at = INTERIM_LF;
    else
        r->at = c == '\r' && r->at == INTERIM_LF ? INTERIM_LF_CR : STATUS_READ;
}

int http1_status_take(struct http1_status *r, struct bytes in)
{
    for (size_t i = 0; i < in.n; i++) {
        uint8_t c = in.p[i];
        if (r->at >= STATUS_READ) {
            skip_interim(r, c);
            continue;
        }
        if (status_line[r->at] == '#' ? !is_digit(c) : c != (uint8_t)status_line[r->at])
            return GW_EPROTO;
        if (r->at++ >= STATUS_READ - 3)
            r->code = (uint16_t)(r->code * 10 + c - '0');
        if (r->at == STATUS_READ && (r->code == 101 || r->code / 100 != 1))
            return r->code ? r->code : GW_EPROTO;
    }
    return 0;
}
