/* strbuf.h - text that grows, up to a bound.  A failure sticks: check once, at the end. */
#ifndef GW_BASE_STRBUF_H
#define GW_BASE_STRBUF_H

#include "base/cursor.h"

struct strbuf { /* start as { .max = ... } */
    char *p;    /* NUL-terminated once something was put; owned */
    size_t n, cap, max;
    int err; /* 0, GW_ENOMEM or GW_ELIMIT */
};

void strbuf_put(struct strbuf *b, struct bytes v);
void strbuf_puts(struct strbuf *b, const char *text);
void strbuf_printf(struct strbuf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Text for HTML: & < > " ' as references; octets outside printable ASCII as log_esc shows them. */
void strbuf_html(struct strbuf *b, struct bytes text);
void strbuf_free(struct strbuf *b); /* zeroed but for max */

static inline struct bytes strbuf_bytes(const struct strbuf *b)
{
    return (struct bytes){ (const uint8_t *)b->p, b->n };
}

#endif
