/* html.c - see html.h. */
#include "gate/html.h"

#include <time.h>

#include "base/clock.h"

/* One column of at most 62rem; on a phone every row of a table is a card of labelled lines. */
static const char style[] =
    ":root{color-scheme:light dark;--fg:#1d2327;--dim:#5d6972;--bg:#f7f7f5;--card:#fff;"
    "--line:#e2e4e3;--good:#0a7d55;--bad:#b4281e}"
    "@media(prefers-color-scheme:dark){:root{--fg:#e3e6e8;--dim:#98a3ab;--bg:#131517;"
    "--card:#1b1e21;--line:#2c3135;--good:#54c795;--bad:#ff8d80}}"
    "*{box-sizing:border-box}"
    "body{margin:0;background:var(--bg);color:var(--fg);font:16px/1.55 system-ui,sans-serif}"
    "main{max-width:62rem;margin:0 auto;padding:2.5rem 1.25rem 4rem}"
    "h1{font-size:1.6rem;line-height:1.25;margin:0;overflow-wrap:anywhere}"
    "h2{font-size:1.05rem;margin:2.25rem 0 .6rem}"
    "p{margin:.4rem 0;max-width:44rem}a{color:inherit;text-underline-offset:.2em}"
    ".dim,dt,th{color:var(--dim)}.good{color:var(--good)}.bad{color:var(--bad)}"
    ".lead{font-size:1.15rem;margin:.6rem 0 0;overflow-wrap:anywhere}"
    ".lead::first-letter{text-transform:uppercase}"
    "code,pre{font:.875rem/1.5 ui-monospace,monospace}"
    "pre{margin:.3rem 0 .8rem;padding:.55rem .8rem;background:var(--card);"
    "border:1px solid var(--line);border-radius:.5rem;white-space:pre-wrap;"
    "overflow-wrap:anywhere;user-select:all}"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1.25rem;margin:.4rem 0}"
    "dd{margin:0;overflow-wrap:anywhere}"
    ".scroll{overflow-x:auto;background:var(--card);border:1px solid var(--line);"
    "border-radius:.5rem}"
    "table{border-collapse:collapse;width:100%}"
    "th,td{padding:.5rem .9rem;text-align:left;vertical-align:top;white-space:nowrap}"
    "th{font-weight:500;font-size:.85rem;border-bottom:1px solid var(--line)}"
    "tr+tr td{border-top:1px solid var(--line)}"
    ".n{text-align:right;font-variant-numeric:tabular-nums}"
    ".w{white-space:normal;min-width:16rem;overflow-wrap:anywhere}"
    "footer{margin-top:3rem;font-size:.9rem}footer a{margin-right:1.25rem}"
    "@media(max-width:44rem){main{padding-top:1.5rem}dl{display:block}dt{margin-top:.4rem}"
    "thead{display:none}"
    "table,tbody,tr,td{display:block}tr{padding:.5rem .9rem}"
    "tr+tr{border-top:1px solid var(--line)}tr+tr td{border:0}"
    "td{display:flex;justify-content:space-between;gap:1.5rem;padding:.1rem 0;"
    "white-space:normal;overflow-wrap:anywhere;min-width:0;text-align:right}"
    "td::before{content:attr(data-label);color:var(--dim);flex:none}"
    "td.w{display:block;text-align:left}td.w::before{display:block}}";

/* Nothing is fetched and nothing runs, whatever a peer managed to get onto a page. */
static const char common_head[] =
    "Cache-Control: no-store\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Connection: close\r\n";

void html_begin(struct strbuf *b, const char *title)
{
    strbuf_puts(b, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                   "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
                   "<title>");
    strbuf_html(b, bytes_of(title));
    strbuf_puts(b, "</title>\n<style>");
    strbuf_puts(b, style);
    strbuf_puts(b, "</style>\n</head>\n<body>\n<main>\n<h1>");
    strbuf_html(b, bytes_of(title));
    strbuf_puts(b, "</h1>\n");
}

void html_end(struct strbuf *b)
{
    strbuf_puts(b, "</main>\n</body>\n</html>\n");
}

/* RFC 9110 s.6.6.1 and s.5.6.7 */
static void put_date(struct strbuf *out)
{
    char date[64];
    time_t now = (time_t)clock_wall_s();
    struct tm tm;

    if (gmtime_r(&now, &tm) && strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &tm))
        strbuf_printf(out, "Date: %s\r\n", date);
}

int html_respond(struct strbuf *out, int status, const char *reason, const char *type,
                 const char *extra, struct bytes body)
{
    strbuf_printf(out, "HTTP/1.1 %d %s\r\n", status, reason);
    put_date(out);
    strbuf_printf(out, "Content-Type: %s\r\nContent-Length: %zu\r\n", type, body.n);
    strbuf_puts(out, common_head);
    strbuf_puts(out, extra);
    strbuf_puts(out, "\r\n");
    strbuf_put(out, body);
    return out->err;
}

struct bytes html_response(const struct strbuf *out, bool to_head)
{
    struct bytes v = out->err ? (struct bytes){ 0 } : strbuf_bytes(out);
    const uint8_t *end = to_head && v.n ? memmem(v.p, v.n, "\r\n\r\n", 4) : NULL;

    if (end)
        v.n = (size_t)(end - v.p) + 4;
    return v;
}
