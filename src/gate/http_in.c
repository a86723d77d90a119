/* http_in.c - see http_in.h. */
#include "gate/http_in.h"

#include <stdlib.h>

#include "base/base64.h"
#include "base/err.h"
#include "base/log.h"
#include "gate/html.h"
#include "gate/http_error.h"
#include "gate/http_exchange.h"
#include "gate/http_rewrite.h"
#include "gate/proxy_auth.h"
#include "id/ipaddr.h"

#define CREDENTIALS_MAX 512  /* octets of user:password */
#define HOST_MAX        64   /* octets of an address, or `localhost` */
#define END_MS          2000 /* what both ends have to end behind the answer */
#define REALM           "Basic realm=\"gw\", charset=\"UTF-8\"\r\n"

struct request { /* lives for one call of read; views into the input */
    struct proxy_client *c;
    int used; /* octets of the head */
    struct http1_head head;
    struct http1_target target;
    struct http1_body body;
    bool is_head, is_page; /* HEAD: no body.  A browser: it takes HTML */
};

struct asked { /* what is needed once the service is open, or is not */
    struct front_target target;
    bool is_connect;
    struct http_request request;
    size_t nahead;
    uint8_t ahead[]; /* the head for the origin */
};

struct credentials {
    uint8_t text[CREDENTIALS_MAX];
    struct bytes user, password; /* views into text; empty: none were given */
};

_Static_assert(PROXY_IN_MAX >= HTTP1_HEAD_MAX, "a head that is too long is seen to be");

/* ---- answers ---- */

/* The last answer, or if it could not be made the end.  Frees `out`. */
static void part_with(struct proxy_client *c, struct strbuf *out, bool is_head)
{
    proxy_client_part(c, html_response(out, is_head));
    strbuf_free(out);
}

/* Returns what read returns then. */
static int refuse(const struct request *q, int status, const char *extra, const char *text)
{
    struct strbuf out = { .max = HTTP_ERROR_MAX };

    log_info("%s refused: %d %s", proxy_client_label(q->c), status, text);
    http_error_refuse(&out, status, extra, text, q->is_page);
    part_with(q->c, &out, q->is_head);
    return 0;
}

static int refuse_head(struct proxy_client *c, int err)
{
    struct request q = { .c = c };

    if (err == GW_ELIMIT)
        return refuse(&q, 431, "", "the head of the request is too long");
    if (err == GW_EUNSUP)
        return refuse(&q, 505, "", "only HTTP/1.0 and HTTP/1.1 are spoken here");
    return refuse(&q, 400, "", "this is not a valid HTTP request");
}

/* Joins the client for one exchange.  Behind a request for an upgrade its octets could be either
 * protocol's. */
static void join_exchange(struct proxy_client *c, struct asked *a)
{
    struct bytes behind = proxy_client_behind(c);
    struct request q = { .c = c, .is_head = a->request.is_head, .is_page = a->request.is_page };
    ssize_t n = http1_body_take(&a->request.body, behind);

    if (n < 0) {
        refuse(&q, 400, "", "the body of the request is malformed");
        return;
    }
    if (a->request.is_upgrade && (size_t)n < behind.n) {
        refuse(&q, 400, "", "a request for an upgrade has to wait for its answer");
        return;
    }
    struct stream *s = http_exchange_new(proxy_client_loop(c), proxy_client_stream(c), &a->request,
                                         END_MS);
    if (!s) {
        proxy_client_drop(c, GW_ENOMEM);
        return;
    }
    proxy_client_wrap(c, s, (size_t)n);
    proxy_client_join(c, (struct bytes){ 0 }, (struct bytes){ a->ahead, a->nahead });
}

static void http_opened(struct proxy_client *c, int err, const char *why)
{
    struct asked *a = proxy_client_kept(c);

    if (!err && a->is_connect) {
        proxy_client_join(c, bytes_of("HTTP/1.1 200 Connection established\r\n\r\n"),
                          (struct bytes){ 0 });
        return;
    }
    if (!err) {
        join_exchange(c, a);
        return;
    }
    struct strbuf out = { .max = HTTP_ERROR_MAX };
    const struct http_failure f = { .target = &a->target,
                                    .err = err,
                                    .why = why,
                                    .self = proxy_client_config(c)->self,
                                    .gw = proxy_client_config(c)->command,
                                    .is_page = a->request.is_page };
    http_error_explain(&out, &f);
    part_with(c, &out, a->request.is_head);
}

/* ---- who asks ---- */

/* Reads Basic credentials (RFC 7617 s.2); others are as good as none. */
static void read_credentials(const struct http1_head *h, const char *field, struct credentials *out)
{
    static const char scheme[] = "basic ";
    struct bytes v = http1_field(h, field), start = { v.p, sizeof scheme - 1 };

    out->user = out->password = (struct bytes){ 0 };
    if (v.n < start.n || !http1_is(start, scheme))
        return;
    for (v.p += start.n, v.n -= start.n; v.n && *v.p == ' '; v.p++)
        v.n--;
    int n = base64_decode(v, out->text, sizeof out->text);
    const uint8_t *colon = n > 0 ? memchr(out->text, ':', (size_t)n) : NULL;
    if (!colon)
        return;
    out->user = (struct bytes){ out->text, (size_t)(colon - out->text) };
    out->password = (struct bytes){ colon + 1, (size_t)n - out->user.n - 1 };
}

/* Checks the user and reads the tags of its name.  Returns 0, or the status to refuse with. */
static int read_user(const struct request *q, struct front_target *t)
{
    struct credentials cr;
    int status = 0;

    read_credentials(&q->head, "Proxy-Authorization", &cr);
    if (!proxy_auth_ok(q->c, cr.user, cr.password))
        status = 407;
    else if (proxy_auth_read_tag(q->c, cr.user, t) != 0)
        status = 400;
    explicit_bzero(&cr, sizeof cr);
    return status;
}

/* ---- requests to services ---- */

static int connect_to(const struct request *q, uint16_t port, struct bytes ahead)
{
    struct asked *a = calloc(1, sizeof *a + ahead.n);
    struct bytes host = q->target.host;

    if (!a)
        return GW_ENOMEM;
    *a = (struct asked){ .target.port = port,
                         .is_connect = q->target.form == HTTP1_AUTHORITY,
                         .request = { .body = q->body,
                                      .minor = q->head.minor,
                                      .is_head = q->is_head,
                                      .is_upgrade = http_rewrite_is_upgrade(&q->head),
                                      .is_page = q->is_page },
                         .nahead = ahead.n };
    memcpy(a->target.host, host.p, host.n);
    if (ahead.n)
        memcpy(a->ahead, ahead.p, ahead.n);
    int status = read_user(q, &a->target);
    if (status) {
        free(a);
        return status == 407 ? refuse(q, status, "Proxy-Authenticate: " REALM,
                                      "this proxy needs a user name and a password")
                             : refuse(q, status, "", "the user name carries an unknown option");
    }
    proxy_client_keep(q->c, a);
    proxy_client_connect(q->c, &a->target);
    return q->used;
}

static int serve_connect(const struct request *q)
{
    if (!http1_body_is_over(&q->body)) /* RFC 9110 s.9.3.6 */
        return refuse(q, 400, "", "CONNECT has no body");
    return connect_to(q, q->target.port, (struct bytes){ 0 });
}

static int serve_absolute(const struct request *q)
{
    struct strbuf ahead = { .max = 2 * HTTP1_HEAD_MAX };
    uint16_t port = q->target.port ? q->target.port : 80;

    if (!http1_is(q->target.scheme, "http"))
        return refuse(q, 400, "", "only http:// is served this way; others need CONNECT");
    int rc = http_rewrite_head(&q->head, &q->target, &ahead);
    if (!rc)
        rc = connect_to(q, port, strbuf_bytes(&ahead));
    strbuf_free(&ahead);
    return rc;
}

/* Two of them could be read in two ways; HTTP/1.1 has one (RFC 9112 s.3.2).  Old programs leave it
 * out of CONNECT, which says it all by itself. */
static bool is_host_clear(const struct request *q)
{
    size_t n = 0;

    for (size_t i = 0; i < q->head.nfields; i++)
        n += http1_is(q->head.fields[i].name, "Host");
    return n == 1 || (n == 0 && (q->head.minor == 0 || q->target.form == HTTP1_AUTHORITY));
}

/* ---- requests to the port itself ---- */

/* Is it an address under which only this port can be meant? */
static bool is_own_host(const struct request *q, struct bytes text)
{
    struct bytes host;
    struct sockaddr_any at;
    struct ipaddr named, local;
    uint16_t port;
    char literal[HOST_MAX];

    if (!text.p || http1_parse_authority(text, &host, &port) != 0 || host.n >= sizeof literal)
        return false;
    if (http1_is(host, "localhost"))
        return true;
    memcpy(literal, host.p, host.n);
    literal[host.n] = '\0';
    if (sockaddr_parse_ip(literal, &named) != 0)
        return false;
    if (ipaddr_is_loopback(&named))
        return true;
    proxy_client_local(q->c, &at);
    return sockaddr_to_ip(&at, &local, &port) == 0 && ipaddr_eq(&named, &local);
}

static bool has_login(const struct request *q)
{
    struct credentials cr;

    read_credentials(&q->head, "Authorization", &cr);
    bool is_ok = proxy_auth_ok(q->c, cr.user, cr.password);
    explicit_bzero(&cr, sizeof cr);
    return is_ok;
}

static int send_page(const struct request *q, struct bytes path, struct bytes host)
{
    const struct proxy_in_config *cfg = proxy_client_config(q->c);
    struct strbuf out = { .max = HTTP_IN_PAGE_MAX };
    int err = cfg->page ? cfg->page(cfg->page_arg, path, host, &out) : GW_ENOTFOUND;

    if (!err) {
        part_with(q->c, &out, q->is_head);
        return 0;
    }
    strbuf_free(&out);
    return err == GW_ENOTFOUND ? refuse(q, 404, "", "there is no such page")
                               : refuse(q, 500, "", gw_strerror(err));
}

static int serve_own(const struct request *q)
{
    struct bytes host = http1_field(&q->head, "Host"), path = q->target.path;
    const uint8_t *query = path.n ? memchr(path.p, '?', path.n) : NULL;

    if (query)
        path.n = (size_t)(query - path.p);
    bool is_pac = bytes_eq(path, bytes_of(HTTP_IN_PAC_PATH));
    if (!is_own_host(q, host))
        return refuse(q, 421, "",
                      "this is the proxy port of gw: set it as a proxy, or open it as localhost or "
                      "by its address");
    if (!sockaddr_is_loopback(proxy_client_from(q->c)) && !proxy_client_config(q->c)->password)
        return refuse(q, 403, "",
                      "other machines see these pages only when a password is configured "
                      "(gw.conf: [proxy] user, password)");
    if (!is_pac && http1_is(http1_field(&q->head, "Sec-Fetch-Site"), "cross-site"))
        return refuse(q, 403, "", "another site asked for this page: type its address instead");
    if (!q->is_head && !bytes_eq(q->head.method, bytes_of("GET")))
        return refuse(q, 405, "Allow: GET, HEAD\r\n", "these pages can only be read");
    if (!has_login(q))
        return refuse(q, 401, "WWW-Authenticate: " REALM, "the pages need the proxy's password");
    return send_page(q, path, host);
}

/* ---- the face ---- */

static bool takes_html(const struct http1_head *h)
{
    static const char html[] = "text/html";

    for (size_t i = 0; i < h->nfields; i++) {
        struct bytes v = h->fields[i].value;
        if (v.n && http1_is(h->fields[i].name, "Accept") && memmem(v.p, v.n, html, sizeof html - 1))
            return true;
    }
    return false;
}

static int http_read(struct proxy_client *c, struct bytes in)
{
    struct request q = { .c = c };

    q.used = http1_decode_head(in, &q.head);
    if (q.used == 0)
        return 0;
    if (q.used < 0)
        return refuse_head(c, q.used);
    q.is_head = bytes_eq(q.head.method, bytes_of("HEAD"));
    q.is_page = takes_html(&q.head);
    if (http1_parse_target(&q.head, &q.target) != 0)
        return refuse(&q, 400, "", "the target of the request is not valid");
    if (http1_body_of(&q.head, &q.body) != 0)
        return refuse(&q, 400, "", "the length of the body is in doubt");
    if (q.target.host.n > NAME_MAX_OCTETS)
        return refuse(&q, 400, "", "the host name is too long");
    if (!is_host_clear(&q))
        return refuse(&q, 400, "", "a request has exactly one Host");
    if (q.target.form == HTTP1_AUTHORITY)
        return serve_connect(&q);
    return q.target.form == HTTP1_ABSOLUTE ? serve_absolute(&q) : serve_own(&q);
}

const struct proxy_proto http_proto = {
    .name = "http",
    .read = http_read,
    .opened = http_opened,
};
