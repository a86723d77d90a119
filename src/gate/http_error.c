/* http_error.c - see http_error.h. */
#include "gate/http_error.h"

#include <assert.h>
#include <stdio.h>

#include "base/err.h"
#include "base/log.h"
#include "gate/html.h"

#define TEXT_PLAIN "text/plain; charset=utf-8"
#define REASON_MAX 200 /* octets with the NUL; longer ones are cut */
#define TEXT_HTML  "text/html; charset=utf-8"

enum operand { NOTHING, HOST, SELF }; /* what the command that helps is about */

/* The one place where a failure becomes a status, an error type and advice; others are the last
 * row. */
static const struct advice {
    int err, status;
    const char *type; /* RFC 9209 s.2.3 */
    const char *hint;
    const char *purpose, *command; /* of gw; NULL: none helps */
    enum operand operand;
} advices[] = {
    { GW_EDENIED, 403, "http_request_denied",
      "If it was the peer that said so, only its owner can let this node in.",
      "To be done over there:", "allow", SELF },
    { GW_ENONAME, 502, "dns_error",
      "Check the spelling. A name of your own needs a line in the file names, with the id of its "
      "peer; for names of the internet see [proxy] other in gw.conf.",
      "To see what each source says:", "resolve -v", HOST },
    { GW_ESYNTAX, 400, "http_request_error", "This cannot be the name of a host.", NULL, NULL,
      NOTHING },
    { GW_EOFFLINE, 503, "destination_unavailable",
      "The name is known, but its node does not answer. Is it switched on, with gw running, and "
      "on a network?",
      "To try it again:", "ping", HOST },
    { GW_ESELF, 502, "proxy_loop_detected",
      "The name is that of the machine that this gw runs on: what it offers is here, at 127.0.0.1.",
      "To see what it offers:", "services", NOTHING },
    { GW_EIDENTITY, 502, "tls_certificate_error",
      "Another node answers under the address of this peer, so nothing was sent. Has it a new key? "
      "Compare the id with its owner.",
      "To see the id:", "resolve", HOST },
    { GW_ENOSERVICE, 502, "destination_not_found",
      "The peer answers, but offers nothing under this port.",
      "To see what it offers to you:", "services", HOST },
    { GW_ENOPROTO, 502, "destination_not_found",
      "The peer answers, but does not speak the protocol of tunnels.",
      "To see what it offers to you:", "services", HOST },
    { GW_EREFUSED, 502, "connection_refused",
      "The other end is there, but nothing listens where the service should be. The program behind "
      "it has to be started over there.",
      NULL, NULL, NOTHING },
    { GW_EUNREACH, 502, "destination_ip_unroutable",
      "There is no way to that address at the moment.", "To try the peer itself:", "ping", HOST },
    { GW_ENETDOWN, 502, "destination_ip_unroutable", "Is this machine on a network?", NULL, NULL,
      NOTHING },
    { GW_ETIMEOUT, 504, "connection_timeout", "Nobody answered in time.",
      "To see whether the peer can be reached at all:", "ping", HOST },
    { GW_ELIMIT, 503, "connection_limit_reached",
      "A limit of gw.conf is reached. Try again in a moment.", "To see what is open:", "status",
      NOTHING },
    { GW_EUNSUP, 501, "proxy_configuration_error", "This gw cannot do what was asked for.", NULL,
      NULL, NOTHING },
    { GW_ERESET, 502, "connection_terminated", "The connection broke. Try again.", NULL, NULL,
      NOTHING },
    { GW_ECLOSED, 502, "connection_terminated", "The connection ended. Try again.", NULL, NULL,
      NOTHING },
    { 0, 500, "proxy_internal_error", "The fault is on this side.",
      "To see how gw is doing:", "status", NOTHING },
};

static const struct {
    int status;
    const char *reason;
} reasons[] = {
    { 400, "Bad Request" },
    { 401, "Unauthorized" },
    { 403, "Forbidden" },
    { 404, "Not Found" },
    { 405, "Method Not Allowed" },
    { 407, "Proxy Authentication Required" },
    { 421, "Misdirected Request" },
    { 431, "Request Header Fields Too Large" },
    { 500, "Internal Server Error" },
    { 501, "Not Implemented" },
    { 502, "Bad Gateway" },
    { 503, "Service Unavailable" },
    { 504, "Gateway Timeout" },
    { 505, "HTTP Version Not Supported" },
};

static const char *reason_of(int status)
{
    size_t i = 0;

    while (i + 1 < sizeof reasons / sizeof reasons[0] && reasons[i].status != status)
        i++;
    assert(reasons[i].status == status);
    return reasons[i].reason;
}

static const struct advice *advice_of(int err)
{
    const struct advice *a = advices;

    while (a->err && a->err != err)
        a++;
    return a;
}

/* A string of structured fields (RFC 8941 s.3.3.3): printable ASCII. */
static void put_sf_string(struct strbuf *b, const char *text)
{
    strbuf_puts(b, "\"");
    for (const char *p = text; *p; p++) {
        char c = *p >= ' ' && *p < 0x7f ? *p : '?';
        strbuf_printf(b, c == '"' || c == '\\' ? "\\%c" : "%c", c);
    }
    strbuf_puts(b, "\"");
}

/* The command that helps, ready to be copied to a shell: so only with a name that is one. */
static void put_command(struct strbuf *b, const struct advice *a, const struct http_failure *f)
{
    char id[PEERID_STR_MAX];
    struct name name;
    const char *operand = "";

    if (a->operand == HOST && name_parse(bytes_of(f->target->host), &name) == 0)
        operand = f->target->host;
    else if (a->operand == SELF && f->self)
        operand = peerid_print(f->self, id);
    if (!a->command || (a->operand != NOTHING && !*operand))
        return;
    strbuf_printf(b, "<p>%s</p>\n<pre>", a->purpose);
    strbuf_html(b,
                bytes_of(a->operand == SELF ? "gw" : f->gw)); /* SELF: typed on another machine */
    strbuf_printf(b, " %s%s", a->command, *operand ? " " : "");
    strbuf_html(b, bytes_of(operand));
    strbuf_puts(b, "</pre>\n");
}

static void put_page(struct strbuf *b, const struct advice *a, const struct http_failure *f,
                     const char *target)
{
    html_begin(b, target);
    strbuf_puts(b, "<p class=\"lead bad\">");
    strbuf_html(b, bytes_of(f->why));
    strbuf_puts(b, "</p>\n<h2>What can be done</h2>\n<p>");
    strbuf_html(b, bytes_of(a->hint));
    strbuf_puts(b, "</p>\n");
    put_command(b, a, f);
    strbuf_printf(b,
                  "<footer class=\"dim\">%d %s (%s). Said by gw on this side; nothing came from "
                  "the site itself.</footer>\n",
                  a->status, reason_of(a->status), a->type);
    html_end(b);
}

/* Of a status line (RFC 9112 s.4): printable ASCII.  It is all that some programs show. */
static const char *to_phrase(char *text)
{
    for (char *p = text; *p; p++)
        if (*p < ' ' || *p >= 0x7f)
            *p = '?';
    return text;
}

int http_error_explain(struct strbuf *out, const struct http_failure *f)
{
    char target[FRONT_TARGET_STR_MAX], reason[REASON_MAX];
    const struct advice *a = advice_of(f->err);
    struct strbuf body = { .max = HTTP_ERROR_MAX }, extra = { .max = HTTP_ERROR_MAX };

    front_target_print(f->target, target);
    if (f->is_page) {
        put_page(&body, a, f, target);
    } else {
        strbuf_printf(&body, "gw: %s: %s\n", log_esc(bytes_of(target)), f->why);
    }
    strbuf_printf(&extra, "Proxy-Status: gw; error=%s; details=", a->type);
    put_sf_string(&extra, f->why);
    strbuf_puts(&extra, "\r\n");
    snprintf(reason, sizeof reason, "%s: %s", reason_of(a->status), f->why);
    int err = body.err ? body.err : extra.err;
    if (!err)
        err = html_respond(out, a->status, to_phrase(reason), f->is_page ? TEXT_HTML : TEXT_PLAIN,
                           extra.p, strbuf_bytes(&body));
    strbuf_free(&body);
    strbuf_free(&extra);
    return err;
}

int http_error_refuse(struct strbuf *out, int status, const char *extra, const char *text,
                      bool is_page)
{
    struct strbuf body = { .max = HTTP_ERROR_MAX };

    if (is_page) {
        html_begin(&body, reason_of(status));
        strbuf_puts(&body, "<p class=\"lead\">");
        strbuf_html(&body, bytes_of(text));
        strbuf_printf(&body, "</p>\n<footer class=\"dim\">%d, said by gw</footer>\n", status);
        html_end(&body);
    } else {
        strbuf_printf(&body, "gw: %s\n", text);
    }
    int err = body.err ? body.err
                       : html_respond(out, status, reason_of(status),
                                      is_page ? TEXT_HTML : TEXT_PLAIN, extra, strbuf_bytes(&body));
    strbuf_free(&body);
    return err;
}
