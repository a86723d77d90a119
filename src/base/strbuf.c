/* strbuf.c - see strbuf.h. */
#include "base/strbuf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"

#define FIRST_CAP 256

/* Makes room for n more octets and the NUL; false once there was none. */
static bool grow(struct strbuf *b, size_t n)
{
    if (b->err)
        return false;
    if (n > b->max - b->n) {
        b->err = GW_ELIMIT;
        return false;
    }
    if (b->cap - b->n > n)
        return true;
    size_t need = b->n + n + 1, cap = b->cap ? b->cap : FIRST_CAP;
    while (cap < need)
        cap *= 2;
    char *p = realloc(b->p, cap);
    if (!p) {
        b->err = GW_ENOMEM;
        return false;
    }
    b->p = p;
    b->cap = cap;
    return true;
}

void strbuf_put(struct strbuf *b, struct bytes v)
{
    if (!grow(b, v.n))
        return;
    if (v.n)
        memcpy(b->p + b->n, v.p, v.n);
    b->n += v.n;
    b->p[b->n] = '\0';
}

void strbuf_puts(struct strbuf *b, const char *text)
{
    strbuf_put(b, bytes_of(text));
}

void strbuf_printf(struct strbuf *b, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0 || !grow(b, (size_t)n))
        return;
    va_start(ap, fmt);
    vsnprintf(b->p + b->n, (size_t)n + 1, fmt, ap);
    va_end(ap);
    b->n += (size_t)n;
}

static const char *html_reference(uint8_t c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void strbuf_html(struct strbuf *b, struct bytes text)
{
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        const char *ref = html_reference(c);
        if (ref)
            strbuf_puts(b, ref);
        else if (c >= ' ' && c < 0x7f && c != '\\')
            strbuf_put(b, (struct bytes){ &c, 1 });
        else
            strbuf_printf(b, "\\x%02x", c);
    }
}

void strbuf_free(struct strbuf *b)
{
    free(b->p);
    *b = (struct strbuf){ .max = b->max };
}
