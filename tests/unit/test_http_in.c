/* test_http_in.c - HTTP on the proxy port; the client is a fake: what is said to it is kept. */
#include "gate/http_in.h"

#include <stdio.h>

#include "base/log.h"
#include "base/strbuf.h"
#include "vec.h"
#include "wire/http1.h"

#define OWN "Host: 127.0.0.1:1080\r\n"

struct proxy_client {
    struct proxy_in_config cfg;
    struct sockaddr_any from, local;
    void *kept;
    struct front_target target; /* of connect */
    bool is_connecting, is_joined, is_parted;
    char said[65536]; /* the last answer, or that of join */
    size_t nsaid;
    char ahead[65536];
    struct bytes behind;   /* what came behind the request, */
    size_t nbehind;        /* what of it is for the service, */
    struct stream *around; /* and the stream it comes through; NULL: the client's own */
    char page_path[64], page_host[64];
};

static struct proxy_client c;

void proxy_client_keep(struct proxy_client *p, void *state)
{
    free(p->kept);
    p->kept = state;
}

void *proxy_client_kept(const struct proxy_client *p)
{
    return p->kept;
}

const struct proxy_in_config *proxy_client_config(const struct proxy_client *p)
{
    return &p->cfg;
}

const struct sockaddr_any *proxy_client_from(const struct proxy_client *p)
{
    return &p->from;
}

void proxy_client_local(const struct proxy_client *p, struct sockaddr_any *out)
{
    *out = p->local;
}

const char *proxy_client_label(const struct proxy_client *p)
{
    (void)p;
    return "http c=1";
}

static void keep_said(struct proxy_client *p, struct bytes v)
{
    assert_false(p->is_parted || p->is_joined);
    assert_true(v.n < sizeof p->said);
    if (v.n)
        memcpy(p->said, v.p, v.n);
    p->said[v.n] = '\0';
    p->nsaid = v.n;
}

void proxy_client_part(struct proxy_client *p, struct bytes v)
{
    keep_said(p, v);
    p->is_parted = true;
}

void proxy_client_connect(struct proxy_client *p, const struct front_target *t)
{
    assert_false(p->is_parted || p->is_connecting);
    p->target = *t;
    p->is_connecting = true;
}

void proxy_client_join(struct proxy_client *p, struct bytes answer, struct bytes ahead)
{
    assert_true(p->is_connecting);
    keep_said(p, answer);
    assert_true(ahead.n < sizeof p->ahead);
    if (ahead.n)
        memcpy(p->ahead, ahead.p, ahead.n);
    p->ahead[ahead.n] = '\0';
    p->is_joined = true;
}

struct bytes proxy_client_behind(const struct proxy_client *p)
{
    return p->behind;
}

/* Its end is all that a test asks of the client's stream. */
static void ignore_reset(struct stream *s, int err)
{
    s->ev->on_close(s, err);
}

static const struct stream_ops client_ops = { .reset = ignore_reset };
static struct stream client_stream = { .ops = &client_ops };

struct stream *proxy_client_stream(const struct proxy_client *p)
{
    (void)p;
    return &client_stream;
}

struct ev_loop *proxy_client_loop(const struct proxy_client *p)
{
    (void)p;
    return ev_default_loop(0);
}

void proxy_client_wrap(struct proxy_client *p, struct stream *around, size_t n)
{
    assert_false(p->is_joined);
    p->around = around;
    p->nbehind = n;
}

void proxy_client_drop(struct proxy_client *p, int err)
{
    (void)p;
    fail_msg("dropped: %d", err);
}

/* A client on this machine, at a port without a password. */
static void fresh(void)
{
    proxy_client_keep(&c, NULL);
    if (c.around)
        stream_drop(c.around, GW_ECANCELED);
    memset(&c, 0, sizeof c);
    assert_int_equal(sockaddr_parse("127.0.0.1:40000", &c.from), 0);
    assert_int_equal(sockaddr_parse("127.0.0.1:1080", &c.local), 0);
}

/* Reads from a heap block of its own size, so that AddressSanitizer sees a read beyond it. */
static int ask_n(const char *text, size_t n)
{
    uint8_t *p = malloc(n ? n : 1);
    assert_non_null(p);
    memcpy(p, text, n);
    int used = http_proto.read(&c, (struct bytes){ p, n });
    free(p);
    return used;
}

static int ask(const char *text)
{
    return ask_n(text, strlen(text));
}

static void assert_status(int status)
{
    char line[32];
    int n = snprintf(line, sizeof line, "HTTP/1.1 %d ", status);

    assert_true(c.is_parted);
    c.said[c.nsaid] = '\0';
    if (strncmp(c.said, line, (size_t)n) != 0)
        fail_msg("want %d, got: %.80s", status, c.said);
    assert_non_null(strstr(c.said, "\r\nConnection: close\r\n"));
}

/* A fresh client is refused, and no service is asked for. */
static void assert_refused(const char *text, int status)
{
    assert_int_equal(ask(text), 0);
    assert_status(status);
    assert_false(c.is_connecting);
}

static void assert_said(const char *part)
{
    if (!strstr(c.said, part))
        fail_msg("no \"%s\" in: %s", part, c.said);
}

static void assert_target(const char *host, uint16_t port, enum host_path path)
{
    assert_true(c.is_connecting);
    assert_string_equal(c.target.host, host);
    assert_string_equal(c.target.service, "");
    assert_int_equal(c.target.port, port);
    assert_int_equal(c.target.path, path);
    assert_false(c.target.is_udp);
}

/* ---- CONNECT ---- */

static void test_connect_every_prefix_waits(void **state)
{
    static const char text[] = "CONNECT db.alice:5432 HTTP/1.1\r\nHost: db.alice:5432\r\n\r\n";
    (void)state;
    fresh();
    for (size_t n = 0; n < sizeof text - 1; n++)
        assert_int_equal(ask_n(text, n), 0);
    assert_false(c.is_parted || c.is_connecting);
    assert_int_equal(ask(text), sizeof text - 1);
    assert_target("db.alice", 5432, HOST_PATH_ANY);
    assert_false(c.is_parted); /* nothing is said before the service is open */
    http_proto.opened(&c, 0, "");
    assert_true(c.is_joined);
    assert_string_equal(c.said, "HTTP/1.1 200 Connection established\r\n\r\n");
    assert_string_equal(c.ahead, "");
    assert_null(c.around);
}

static void test_connect_leaves_early_octets(void **state)
{
    static const char head[] = "CONNECT [fd00::1]:443 HTTP/1.0\r\n\r\n";
    (void)state;
    fresh();
    assert_int_equal(ask("CONNECT [fd00::1]:443 HTTP/1.0\r\n\r\n\x16\x03\x01"), sizeof head - 1);
    assert_target("fd00::1", 443, HOST_PATH_ANY);
}

static void test_connect_refuses_what_is_no_target(void **state)
{
    static const char *const bad[] = {
        "CONNECT db.alice HTTP/1.1\r\nHost: db.alice\r\n\r\n",
        "CONNECT db.alice: HTTP/1.1\r\nHost: db.alice\r\n\r\n",
        "CONNECT db.alice:0 HTTP/1.1\r\nHost: db.alice\r\n\r\n",
        "CONNECT db.alice:65536 HTTP/1.1\r\nHost: db.alice\r\n\r\n",
        "CONNECT :443 HTTP/1.1\r\nHost: x\r\n\r\n",
        "CONNECT http://db.alice:80/ HTTP/1.1\r\nHost: db.alice\r\n\r\n",
        "CONNECT user@db.alice:80 HTTP/1.1\r\nHost: db.alice\r\n\r\n",
        "CONNECT db.alice:80 HTTP/1.1\r\nHost: db.alice\r\nContent-Length: 3\r\n\r\nabc",
        "CONNECT db.alice:80 HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        fresh();
        assert_refused(bad[i], 400);
    }
}

static void test_names_fit_or_are_refused(void **state)
{
    char text[512], host[NAME_MAX_OCTETS + 2];
    (void)state;
    memset(host, 'a', sizeof host);
    for (int n = NAME_MAX_OCTETS; n <= NAME_MAX_OCTETS + 1; n++) {
        fresh();
        snprintf(text, sizeof text, "CONNECT %.*s:1 HTTP/1.0\r\n\r\n", n, host);
        if (n <= NAME_MAX_OCTETS) {
            assert_int_equal(ask(text), strlen(text));
            assert_int_equal(strlen(c.target.host), n);
        } else {
            assert_refused(text, 400);
        }
    }
}

/* ---- absolute form ---- */

static void test_absolute_reaches_the_origin_rewritten(void **state)
{
    static const char head[] = "POST http://web.alice/form?x=1 HTTP/1.1\r\nHost: web.alice\r\n"
                               "Content-Length: 3\r\nProxy-Connection: keep-alive\r\n\r\n";
    char text[sizeof head + 3];
    (void)state;
    fresh();
    snprintf(text, sizeof text, "%sabc", head);
    assert_int_equal(ask(text), sizeof head - 1); /* the body follows by itself */
    assert_target("web.alice", 80, HOST_PATH_ANY);
    http_proto.opened(&c, 0, "");
    assert_int_equal(c.nsaid, 0); /* the answer is the origin's */
    assert_string_equal(c.ahead,
                        "POST /form?x=1 HTTP/1.1\r\nHost: web.alice\r\nContent-Length: 3\r\n"
                        "Connection: close\r\nVia: 1.1 gw\r\n\r\n");
}

/* What comes next may be for another host. */
static void test_absolute_takes_its_own_body_and_no_more(void **state)
{
#define NEXT "GET http://other/ HTTP/1.1\r\nHost: other\r\n\r\n"
    static const struct {
        const char *fields, *behind;
        size_t n;
    } table[] = {
        { "", NEXT, 0 },
        { "Content-Length: 3\r\n", "abc" NEXT, 3 },
        { "Content-Length: 3\r\n", "ab", 2 },
        { "Transfer-Encoding: chunked\r\n", "1\r\na\r\n0\r\n\r\n" NEXT, 11 },
    };
    char text[256];
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        fresh();
        snprintf(text, sizeof text, "POST http://web/ HTTP/1.1\r\nHost: web\r\n%s\r\n",
                 table[i].fields);
        assert_int_equal(ask(text), strlen(text));
        c.behind = bytes_of(table[i].behind);
        http_proto.opened(&c, 0, "");
        assert_true(c.is_joined);
        assert_non_null(c.around);
        assert_int_equal(c.nbehind, table[i].n);
    }
#undef NEXT
}

static void test_absolute_refuses_what_is_behind_and_unclear(void **state)
{
    static const struct {
        const char *fields, *behind;
    } table[] = {
        { "Transfer-Encoding: chunked\r\n", "x" },
        { "Connection: upgrade\r\nUpgrade: websocket\r\n", "\x81" },
    };
    char text[256];
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        fresh();
        snprintf(text, sizeof text, "GET http://web/ HTTP/1.1\r\nHost: web\r\n%s\r\n",
                 table[i].fields);
        assert_int_equal(ask(text), strlen(text));
        c.behind = bytes_of(table[i].behind);
        http_proto.opened(&c, 0, "");
        assert_status(400);
        assert_false(c.is_joined);
    }
}

static void test_absolute_takes_port_and_address_of_the_target(void **state)
{
    (void)state;
    fresh();
    assert_true(ask("GET http://[fd00::2]:8080 HTTP/1.1\r\nHost: other.example\r\n\r\n") > 0);
    assert_target("fd00::2", 8080, HOST_PATH_ANY);
    http_proto.opened(&c, 0, "");
    assert_string_equal(c.ahead, "GET / HTTP/1.1\r\nHost: [fd00::2]:8080\r\n"
                                 "Connection: close\r\nVia: 1.1 gw\r\n\r\n");
}

static void test_absolute_refuses_other_schemes(void **state)
{
    (void)state;
    fresh();
    assert_refused("GET https://web.alice/ HTTP/1.1\r\nHost: web.alice\r\n\r\n", 400);
    fresh();
    assert_refused("GET ftp://web.alice/ HTTP/1.1\r\nHost: web.alice\r\n\r\n", 400);
}

/* RFC 9112 s.2.2, s.3.2, s.5.1, s.5.2, s.6.1, s.6.3 and s.11.2: what two programs read in two ways.
 */
static void test_requests_of_two_readings_are_refused(void **state)
{
#define G "GET http://web.alice/ HTTP/1.1\r\nHost: web.alice\r\n"
    static const char *const bad[] = {
        G "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
        G "Content-Length: 3\r\nContent-Length: 4\r\n\r\n",
        G "Content-Length: +3\r\n\r\n",
        G "Content-Length: 3, 4\r\n\r\n",
        G "Content-Length : 3\r\n\r\n",
        G "Transfer-Encoding: chunked, identity\r\n\r\n",
        G "Transfer-Encoding: xchunked\r\n\r\n",
        G "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n",
        G "X: a\r\n folded\r\n\r\n",
        G "X: a\nContent-Length: 3\r\n\r\n",
        G "Host: db.alice\r\n\r\n",
        "GET http://web.alice/ HTTP/1.1\r\n\r\n",
        "GET http://web.alice/ HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
        "GET  http://web.alice/ HTTP/1.1\r\nHost: web.alice\r\n\r\n",
        "GET http://user:secret@web.alice/ HTTP/1.1\r\nHost: web.alice\r\n\r\n",
        "GET http:///path HTTP/1.1\r\nHost: web.alice\r\n\r\n",
        "nonsense\r\n\r\n",
    };
#undef G
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        fresh();
        assert_refused(bad[i], 400);
    }
}

static void test_other_versions_are_refused(void **state)
{
    (void)state;
    fresh();
    assert_refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505);
}

static void test_a_head_without_end_is_refused(void **state)
{
    static char text[HTTP1_HEAD_MAX + 1];
    int n = snprintf(text, sizeof text, "GET / HTTP/1.1\r\n" OWN "X: ");
    (void)state;
    memset(text + n, 'x', sizeof text - 1 - (size_t)n);
    fresh();
    assert_int_equal(ask_n(text, HTTP1_HEAD_MAX - 1), 0);
    assert_false(c.is_parted);
    assert_refused(text, 431);
}

/* ---- failures ---- */

static void fail_open(const char *request, int err, const char *why)
{
    fresh();
    assert_true(ask(request) > 0);
    http_proto.opened(&c, err, why);
    assert_true(c.is_parted);
}

static void test_failure_says_why_in_one_line(void **state)
{
    (void)state;
    fail_open("CONNECT db.alice:5432 HTTP/1.1\r\nHost: db.alice:5432\r\n\r\n", GW_ENONAME,
              "nobody who was asked knows the name (names file: no line)");
    assert_status(502);
    assert_said("\r\nProxy-Status: gw; error=dns_error; details=\"nobody who was asked knows");
    assert_said("\r\nContent-Type: text/plain; charset=utf-8\r\n");
    assert_said(
        "\r\n\r\ngw: db.alice:5432: nobody who was asked knows the name (names file: no line)\n");
}

static void test_failure_is_a_page_for_a_browser(void **state)
{
    (void)state;
    fail_open("GET http://web.alice/ HTTP/1.1\r\nHost: web.alice\r\n"
              "Accept: text/html,application/xhtml+xml;q=0.9\r\n\r\n",
              GW_EDENIED, "denied by the peer");
    assert_status(403);
    assert_said("\r\nContent-Type: text/html; charset=utf-8\r\n");
    assert_said("<h1>web.alice:80</h1>");
    assert_said("denied by the peer");
}

static void test_failure_of_head_has_no_body(void **state)
{
    (void)state;
    fail_open("HEAD http://web.alice/ HTTP/1.1\r\nHost: web.alice\r\n\r\n", GW_ETIMEOUT, "late");
    assert_status(504);
    assert_string_equal(c.said + c.nsaid - 4, "\r\n\r\n");
    assert_null(strstr(c.said, "\r\n\r\ngw"));
    assert_null(strstr(c.said, "Content-Length: 0\r\n")); /* that of a GET, RFC 9110 s.8.6 */
}

/* ---- users ---- */

/* base64, by coreutils: alice:secret, alice:Secret, alice+path=relay:secret, path=direct:x,
 * path=sideways:x, bob:x */
#define ALICE       "YWxpY2U6c2VjcmV0"
#define ALICE_WRONG "YWxpY2U6U2VjcmV0"
#define ALICE_RELAY "YWxpY2UrcGF0aD1yZWxheTpzZWNyZXQ="
#define TAG_DIRECT  "cGF0aD1kaXJlY3Q6eA=="
#define TAG_BAD     "cGF0aD1zaWRld2F5czp4"
#define BOB         "Ym9iOng="
#define CONNECT_AS(credentials)                                                                    \
    "CONNECT db.alice:22 HTTP/1.1\r\nHost: db.alice\r\nProxy-Authorization: " credentials "\r\n\r" \
    "\n"
#define STATUS_AS(credentials) "GET / HTTP/1.1\r\n" OWN "Authorization: " credentials "\r\n\r\n"

static int one_page(void *arg, struct bytes path, struct bytes host, struct strbuf *out)
{
    struct proxy_client *p = arg;

    snprintf(p->page_path, sizeof p->page_path, "%.*s", (int)path.n, (const char *)path.p);
    snprintf(p->page_host, sizeof p->page_host, "%.*s", (int)host.n, (const char *)host.p);
    if (!bytes_eq(path, bytes_of("/")) && !bytes_eq(path, bytes_of("/proxy.pac")))
        return GW_ENOTFOUND;
    strbuf_puts(out, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nthe page");
    return out->err;
}

static void fresh_with_pages(void)
{
    fresh();
    c.cfg.page = one_page;
    c.cfg.page_arg = &c;
}

static void fresh_with_password(void)
{
    fresh_with_pages();
    c.cfg.user = "alice";
    c.cfg.password = "secret";
}

static void test_proxying_needs_the_password(void **state)
{
    static const char *const bad[] = {
        "CONNECT db.alice:22 HTTP/1.1\r\nHost: db.alice\r\n\r\n",
        "CONNECT db.alice:22 HTTP/1.1\r\nHost: db.alice\r\nAuthorization: Basic " ALICE "\r\n\r\n",
        "GET http://web.alice/ HTTP/1.1\r\nHost: web.alice\r\n\r\n",
        CONNECT_AS("Basic " ALICE_WRONG),
        CONNECT_AS("Basic " BOB),
        CONNECT_AS("Basic"),
        CONNECT_AS("Basic " ALICE "="),
        CONNECT_AS("Bearer " ALICE),
        CONNECT_AS("Basic Og=="),     /* ":" */
        CONNECT_AS("Basic YWxpY2U="), /* "alice" */
    };
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        fresh_with_password();
        assert_refused(bad[i], 407);
        assert_said("\r\nProxy-Authenticate: Basic realm=\"gw\"");
    }
    fresh_with_password();
    assert_true(ask(CONNECT_AS("Basic " ALICE)) > 0);
    assert_target("db.alice", 22, HOST_PATH_ANY);
    fresh_with_password();
    assert_true(ask(CONNECT_AS("bASIC   " ALICE)) > 0);
}

static void test_pages_need_the_password(void **state)
{
    static const char *const bad[] = {
        "GET / HTTP/1.1\r\n" OWN "\r\n",
        "GET / HTTP/1.1\r\n" OWN "Proxy-Authorization: Basic " ALICE "\r\n\r\n",
        STATUS_AS("Basic " ALICE_WRONG),
    };
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        fresh_with_password();
        assert_refused(bad[i], 401);
        assert_said("\r\nWWW-Authenticate: Basic realm=\"gw\"");
        assert_string_equal(c.page_path, "");
    }
    fresh_with_password();
    assert_int_equal(ask(STATUS_AS("Basic " ALICE)), 0);
    assert_status(200);
}

static void test_option_tags_choose_the_path(void **state)
{
    (void)state;
    fresh();
    assert_true(ask(CONNECT_AS("Basic " TAG_DIRECT)) > 0);
    assert_target("db.alice", 22, HOST_PATH_DIRECT);
    fresh();
    assert_refused(CONNECT_AS("Basic " TAG_BAD), 400);
    fresh();
    assert_true(ask(CONNECT_AS("Basic " BOB)) > 0); /* no tag: nobody's business */
    fresh_with_password();
    assert_true(ask(CONNECT_AS("Basic " ALICE_RELAY)) > 0);
    assert_target("db.alice", 22, HOST_PATH_RELAY);
    fresh_with_password();
    assert_refused(CONNECT_AS("Basic " TAG_DIRECT), 407);
}

/* ---- the port's own pages ---- */

static void test_pages_are_served_under_own_names(void **state)
{
    static const char *const hosts[] = {
        "127.0.0.1:1080", "127.0.0.1",      "127.1.2.3:9", "localhost:1080",
        "LocalHost",      "[::1]:1080",     "[::1]",       "[::ffff:127.0.0.1]:1080",
        "192.0.2.7:1080", "192.0.2.7:8080",
    };
    char text[128];
    (void)state;
    for (size_t i = 0; i < COUNT(hosts); i++) {
        fresh_with_pages();
        assert_int_equal(sockaddr_parse("192.0.2.7:1080", &c.local), 0);
        snprintf(text, sizeof text, "GET /?x=/y HTTP/1.1\r\nHost: %s\r\n\r\n", hosts[i]);
        assert_int_equal(ask(text), 0);
        assert_status(200);
        assert_string_equal(c.page_path, "/");
        assert_string_equal(c.page_host, hosts[i]);
    }
}

static void test_pages_are_refused_under_foreign_names(void **state)
{
    static const char *const hosts[] = {
        "evil.example",
        "evil.example:1080",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "localhost.",
        "192.0.2.8:1080",
        "0.0.0.0:1080",
        "[::]:1080",
        "127.1:1080",
        "2130706433:1080",
        "0177.0.0.1",
        "0x7f.0.0.1",
        "127.0.0.1@evil.example",
        "[fe80::1]:1080",
        "[::2]",
        "127.0.0.1, evil.example",
        "",
        "unix",
        "[127.0.0.1]:1080",
        "127.0.0.1:1080:1",
    };
    char text[128];
    (void)state;
    for (size_t i = 0; i < COUNT(hosts); i++) {
        fresh_with_pages();
        assert_int_equal(sockaddr_parse("192.0.2.7:1080", &c.local), 0);
        snprintf(text, sizeof text, "GET / HTTP/1.1\r\nHost: %s\r\n\r\n", hosts[i]);
        assert_refused(text, 421);
        assert_string_equal(c.page_path, "");
    }
    fresh_with_pages();
    assert_refused("GET / HTTP/1.0\r\n\r\n", 421);
    fresh_with_pages();
    assert_refused("GET / HTTP/1.1\r\n\r\n", 400);
    fresh_with_pages();
    assert_refused("GET / HTTP/1.1\r\n" OWN "Host: evil.example\r\n\r\n", 400);
}

static void test_pages_are_for_this_machine_without_a_password(void **state)
{
    (void)state;
    for (int with_password = 0; with_password < 2; with_password++) {
        if (with_password)
            fresh_with_password();
        else
            fresh_with_pages();
        assert_int_equal(sockaddr_parse("192.0.2.7:1080", &c.local), 0);
        assert_int_equal(sockaddr_parse("192.0.2.99:40000", &c.from), 0);
        assert_int_equal(ask("GET / HTTP/1.1\r\nHost: 192.0.2.7:1080\r\n"
                             "Authorization: Basic " ALICE "\r\n\r\n"),
                         0);
        assert_status(with_password ? 200 : 403);
    }
}

static void test_pages_are_not_for_other_sites(void **state)
{
    (void)state;
    fresh_with_pages();
    assert_refused("GET / HTTP/1.1\r\n" OWN "Sec-Fetch-Site: cross-site\r\n\r\n", 403);
    fresh_with_pages();
    assert_refused("GET /metrics HTTP/1.1\r\n" OWN "Sec-Fetch-Site: cross-site\r\n\r\n", 403);
    fresh_with_pages();
    assert_int_equal(ask("GET /proxy.pac HTTP/1.1\r\n" OWN "Sec-Fetch-Site: cross-site\r\n\r\n"),
                     0);
    assert_status(200);
    fresh_with_pages();
    assert_int_equal(ask("GET / HTTP/1.1\r\n" OWN "Sec-Fetch-Site: none\r\n\r\n"), 0);
    assert_status(200);
}

static void test_pages_can_only_be_read(void **state)
{
    static const char *const methods[] = { "POST", "PUT", "DELETE", "get", "TRACE", "OPTIONS" };
    char text[128];
    (void)state;
    for (size_t i = 0; i < COUNT(methods); i++) {
        fresh_with_pages();
        snprintf(text, sizeof text, "%s / HTTP/1.1\r\n" OWN "\r\n", methods[i]);
        assert_refused(text, 405);
        assert_said("\r\nAllow: GET, HEAD\r\n");
    }
    fresh_with_pages();
    assert_refused("OPTIONS * HTTP/1.1\r\n" OWN "\r\n", 405);
}

static void test_head_of_a_page_has_no_body(void **state)
{
    (void)state;
    fresh_with_pages();
    assert_int_equal(ask("HEAD / HTTP/1.1\r\n" OWN "\r\n"), 0);
    assert_string_equal(c.said, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
}

static void test_unknown_pages_are_not_found(void **state)
{
    (void)state;
    fresh_with_pages();
    assert_refused("GET /nothing HTTP/1.1\r\n" OWN "\r\n", 404);
    fresh();
    assert_refused("GET / HTTP/1.1\r\n" OWN "\r\n", 404);
}

static int forget(void **state)
{
    (void)state;
    fresh();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_connect_every_prefix_waits),
        cmocka_unit_test(test_connect_leaves_early_octets),
        cmocka_unit_test(test_connect_refuses_what_is_no_target),
        cmocka_unit_test(test_names_fit_or_are_refused),
        cmocka_unit_test(test_absolute_reaches_the_origin_rewritten),
        cmocka_unit_test(test_absolute_takes_its_own_body_and_no_more),
        cmocka_unit_test(test_absolute_refuses_what_is_behind_and_unclear),
        cmocka_unit_test(test_absolute_takes_port_and_address_of_the_target),
        cmocka_unit_test(test_absolute_refuses_other_schemes),
        cmocka_unit_test(test_requests_of_two_readings_are_refused),
        cmocka_unit_test(test_other_versions_are_refused),
        cmocka_unit_test(test_a_head_without_end_is_refused),
        cmocka_unit_test(test_failure_says_why_in_one_line),
        cmocka_unit_test(test_failure_is_a_page_for_a_browser),
        cmocka_unit_test(test_failure_of_head_has_no_body),
        cmocka_unit_test(test_proxying_needs_the_password),
        cmocka_unit_test(test_pages_need_the_password),
        cmocka_unit_test(test_option_tags_choose_the_path),
        cmocka_unit_test(test_pages_are_served_under_own_names),
        cmocka_unit_test(test_pages_are_refused_under_foreign_names),
        cmocka_unit_test(test_pages_are_for_this_machine_without_a_password),
        cmocka_unit_test(test_pages_are_not_for_other_sites),
        cmocka_unit_test(test_pages_can_only_be_read),
        cmocka_unit_test(test_head_of_a_page_has_no_body),
        cmocka_unit_test(test_unknown_pages_are_not_found),
    };
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, forget);
}
