/* http_rewrite.c - see http_rewrite.h. */
#include "gate/http_rewrite.h"

#define NAME_OCTETS 256 /* of a field name that Connection may list; a longer one stays */

static bool is_one_of(struct bytes name, const char *const *list)
{
    while (*list && !http1_is(name, *list))
        list++;
    return *list;
}

static bool is_listed(const struct http1_head *h, struct bytes name)
{
    char text[NAME_OCTETS];

    if (name.n >= sizeof text)
        return false;
    memcpy(text, name.p, name.n);
    text[name.n] = '\0';
    return http1_has_token(h, "Connection", text);
}

/* Is the field for the origin as it stands?  Others are ours to drop, or to write anew. */
static bool is_end_to_end(const struct http1_head *h, struct bytes name)
{
    static const char *const framing[] = { "Content-Length", "Transfer-Encoding", NULL };
    static const char *const ours[] = { "Host",    "Connection",         "Proxy-Connection",
                                        "TE",      "Keep-Alive",         "Proxy-Authorization",
                                        "Upgrade", "Proxy-Authenticate", NULL };

    return is_one_of(name, framing) || (!is_one_of(name, ours) && !is_listed(h, name));
}

static void put_field(struct strbuf *out, const struct http1_field *f)
{
    strbuf_put(out, f->name);
    strbuf_puts(out, ": ");
    strbuf_put(out, f->value);
    strbuf_puts(out, "\r\n");
}

/* Method, origin form, version (RFC 9112 s.3.2.1; OPTIONS of a whole server: s.3.2.4). */
static void put_request_line(struct strbuf *out, const struct http1_head *h, struct bytes path)
{
    strbuf_put(out, h->method);
    strbuf_puts(out, " ");
    if (path.n == 0 && bytes_eq(h->method, bytes_of("OPTIONS")))
        strbuf_puts(out, "*");
    else if (path.n == 0 || path.p[0] != '/')
        strbuf_puts(out, "/");
    strbuf_put(out, path);
    strbuf_printf(out, " HTTP/1.%d\r\n", h->minor);
}

/* The authority of the target, whatever Host said (s.3.2.2). */
static void put_host(struct strbuf *out, const struct http1_target *t)
{
    bool is_v6 = memchr(t->host.p, ':', t->host.n) != NULL;

    strbuf_puts(out, is_v6 ? "Host: [" : "Host: ");
    strbuf_put(out, t->host);
    strbuf_puts(out, is_v6 ? "]" : "");
    if (t->port)
        strbuf_printf(out, ":%u", t->port);
    strbuf_puts(out, "\r\n");
}

/* Upgrade is of this hop, but here of the next one, too. */
static void put_fields(struct strbuf *out, const struct http1_head *h, bool upgrades)
{
    for (size_t i = 0; i < h->nfields; i++) {
        bool is_upgrade = upgrades && http1_is(h->fields[i].name, "Upgrade");
        if (is_upgrade || is_end_to_end(h, h->fields[i].name))
            put_field(out, &h->fields[i]);
    }
}

bool http_rewrite_is_upgrade(const struct http1_head *h)
{
    return h->minor && http1_has_token(h, "Connection", "upgrade") && http1_field(h, "Upgrade").n;
}

int http_rewrite_head(const struct http1_head *h, const struct http1_target *t, struct strbuf *out)
{
    bool upgrades = http_rewrite_is_upgrade(h);
    bool has_trailers = http1_has_token(h, "TE", "trailers");

    put_request_line(out, h, t->path);
    put_host(out, t);
    put_fields(out, h, upgrades);
    if (has_trailers)
        strbuf_puts(out, "TE: trailers\r\n");
    strbuf_printf(out, "Connection: close%s%s\r\n", upgrades ? ", upgrade" : "",
                  has_trailers ? ", TE" : "");
    strbuf_printf(out, "Via: 1.%d gw\r\n\r\n", h->minor);
    return out->err;
}

int http_rewrite_answer(const struct http1_head *h, struct strbuf *out)
{
    bool upgrades = h->status == 101 || http_rewrite_is_upgrade(h);
    bool is_final = h->status / 100 != 1;

    strbuf_printf(out, "HTTP/1.1 %d ", h->status);
    strbuf_put(out, h->reason);
    strbuf_puts(out, "\r\n");
    put_fields(out, h, upgrades);
    if (is_final || upgrades)
        strbuf_printf(out, "Connection: %s%s%s\r\n", is_final ? "close" : "",
                      is_final && upgrades ? ", " : "", upgrades ? "upgrade" : "");
    strbuf_printf(out, "Via: 1.%d gw\r\n\r\n", h->minor);
    return out->err;
}
