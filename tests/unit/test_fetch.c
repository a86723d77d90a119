/* test_fetch.c - curl of this machine against an HTTP server of the same loop. */
#include "net/fetch.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "httprig.h"
#include "tmpfiles.h"

static struct fixture {
    struct ev_loop *loop;
    struct tmpfiles tmp;
    struct httprig http;
    unsigned calls;
    int err;
    char body[65536];
} x;

static int setup(void **state)
{
    (void)state;
    x = (struct fixture){ .loop = ev_loop_new(EVFLAG_AUTO) };
    tmpfiles_init(&x.tmp);
    httprig_init(&x.http, x.loop);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    httprig_fini(&x.http);
    ev_run(x.loop, 0); /* returns: nothing is watched any more */
    ev_loop_destroy(x.loop);
    tmpfiles_fini(&x.tmp);
    return 0;
}

static void on_done(void *arg, int err, struct bytes body)
{
    assert_ptr_equal(arg, &x);
    assert_true(body.n < sizeof x.body);
    x.calls++;
    x.err = err;
    if (body.n)
        memcpy(x.body, body.p, body.n);
    x.body[body.n] = '\0';
    ev_break(x.loop, EVBREAK_ONE);
}

static int fetch(const char *url, struct bytes body, const char *answer)
{
    const struct fetch_req req = { url, body, .max = 1000, .timeout_ms = 15000 };
    x.http.answer = answer;
    x.calls = 0;
    assert_non_null(fetch_start(x.loop, &req, on_done, &x));
    assert_int_equal(x.calls, 0);
    ev_run(x.loop, 0);
    assert_int_equal(x.calls, 1);
    return x.err;
}

#define GET(path, answer) fetch(httprig_url(&x.http, path), (struct bytes){ 0 }, answer)

static void test_url_ok_takes_http_only(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        bool ok;
    } cases[] = { { "http://h/", true },           { "https://h:1/?a=b", true },
                  { "file:///etc/passwd", false }, { "http:/h", false },
                  { "http://h/ x", false },        { "http://h/\n", false },
                  { "http://h/\x80", false },      { "", false } };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(fetch_url_ok(cases[i].url), cases[i].ok);
}

static void test_get_brings_the_body(void **state)
{
    (void)state;
    assert_int_equal(GET("/list?a={b}&c=[1]\\\"", HTTP_OK "line one\nline two\n"), 0);
    assert_string_equal(x.body, "line one\nline two\n");
    assert_int_equal(strncmp(x.http.request, "GET /list?a={b}&c=[1]\\\" HTTP/1.", 30), 0);
}

static void test_post_sends_the_body_as_it_is(void **state)
{
    (void)state;
    static const char body[] = "{\"a\": \"b\\\\ \\n @-\",\n\t'%s' \xc3\xa9\r}";
    assert_int_equal(fetch(httprig_url(&x.http, "/rpc"), bytes_of(body), HTTP_OK "{}"), 0);
    assert_string_equal(x.body, "{}");
    assert_int_equal(strncmp(x.http.request, "POST /rpc HTTP/1.", 17), 0);
    assert_non_null(strstr(x.http.request, "\r\nContent-Type: application/json\r\n"));
    assert_string_equal(httprig_body(&x.http), body);
}

static void test_a_large_body_is_sent_whole(void **state)
{
    (void)state;
    static char body[FETCH_BODY_MAX + 1];
    memset(body, '"', FETCH_BODY_MAX);
    assert_int_equal(fetch(httprig_url(&x.http, "/"), bytes_of(body), HTTP_OK), 0);
    assert_string_equal(httprig_body(&x.http), body);
}

static void test_what_cannot_be_sent_does_not_start(void **state)
{
    (void)state;
    static const uint8_t large[FETCH_BODY_MAX + 1], nul[] = { '{', 0, '}' };
    struct fetch_req req = { "http://h/", { large, sizeof large }, .max = 1, .timeout_ms = 1 };
    assert_null(fetch_start(x.loop, &req, on_done, &x));
    req.body = (struct bytes){ nul, sizeof nul };
    assert_null(fetch_start(x.loop, &req, on_done, &x));
}

static void test_redirections_are_followed_for_get_alone(void **state)
{
    (void)state;
    char moved[256];
    snprintf(moved, sizeof moved,
             "HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0\r\nLocation: %s\r\n\r\n",
             httprig_url(&x.http, "/again"));
    assert_int_equal(GET("/", moved), GW_EIO);
    assert_int_equal(x.http.served, 4); /* the first one, and three redirections */
    assert_int_equal(fetch(httprig_url(&x.http, "/"), (struct bytes)B("{}"), moved), 0);
    assert_int_equal(x.http.served, 5);
    assert_string_equal(x.body, "");
}

static void test_a_redirection_leads_to_no_file(void **state)
{
    (void)state;
    tmpfiles_write(x.tmp.path, "secret");
    char moved[256];
    snprintf(moved, sizeof moved,
             "HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0\r\n"
             "Location: file://%s\r\n\r\n",
             x.tmp.path);
    assert_int_equal(GET("/", moved), GW_EIO);
    assert_string_equal(x.body, "");
}

static void test_failures_say_what_failed(void **state)
{
    (void)state;
    assert_int_equal(GET("/", "HTTP/1.1 404 No\r\nConnection: close\r\n\r\nnothing"), GW_EDENIED);
    assert_string_equal(x.body, "");
    assert_int_equal(GET("/", "no HTTP at all\r\n\r\n"), GW_EIO);
    assert_int_equal(fetch("http://127.0.0.1:1/", (struct bytes){ 0 }, NULL), GW_EREFUSED);
    x.calls = 0;
    const struct fetch_req req = { httprig_url(&x.http, "/"), .max = 10, .timeout_ms = 700 };
    x.http.answer = NULL;
    assert_non_null(fetch_start(x.loop, &req, on_done, &x));
    ev_run(x.loop, 0);
    assert_int_equal(x.err, GW_ETIMEOUT);
}

static void test_too_long_an_answer_is_refused(void **state)
{
    (void)state;
    static char answer[8192] = HTTP_OK;
    size_t head = strlen(HTTP_OK);
    memset(answer + head, 'x', 1000);
    assert_int_equal(GET("/", answer), 0);
    assert_int_equal(strlen(x.body), 1000);
    answer[head + 1000] = 'x';
    assert_int_equal(GET("/", answer), GW_ELIMIT);
}

static void test_the_users_curlrc_is_not_read(void **state)
{
    (void)state;
    char rc[128], home[] = "/tmp/gw-test-home-XXXXXX";
    assert_non_null(mkdtemp(home));
    snprintf(rc, sizeof rc, "%s/.curlrc", home);
    tmpfiles_write(rc, "user-agent = \"from-curlrc\"\n");
    const char *old = getenv("HOME");
    char *kept = old ? strdup(old) : NULL;
    assert_int_equal(setenv("HOME", home, 1), 0);
    assert_int_equal(GET("/", HTTP_OK), 0);
    assert_null(strstr(x.http.request, "from-curlrc"));
    if (kept)
        assert_int_equal(setenv("HOME", kept, 1), 0);
    free(kept);
    unlink(rc);
    rmdir(home);
}

static void test_without_curl_it_says_so(void **state)
{
    (void)state;
    char *path = strdup(getenv("PATH"));
    assert_int_equal(setenv("PATH", "/nowhere", 1), 0);
    int err = fetch("http://127.0.0.1:1/", (struct bytes){ 0 }, NULL);
    assert_int_equal(setenv("PATH", path, 1), 0);
    free(path);
    assert_int_equal(err, GW_ENOTFOUND);
}

static void test_cancel_calls_nobody(void **state)
{
    (void)state;
    const struct fetch_req req = { httprig_url(&x.http, "/"), .max = 10, .timeout_ms = 20000 };
    struct fetch *f = fetch_start(x.loop, &req, on_done, &x);
    assert_non_null(f);
    while (x.http.client < 0 || x.http.n == 0)
        ev_run(x.loop, EVRUN_ONCE);
    fetch_cancel(f);
    fetch_cancel(NULL);
    while (x.http.client >= 0)
        ev_run(x.loop, EVRUN_ONCE); /* curl is gone: the server reads the end */
    assert_int_equal(x.calls, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(url_ok_takes_http_only),
        TEST(get_brings_the_body),
        TEST(post_sends_the_body_as_it_is),
        TEST(a_large_body_is_sent_whole),
        TEST(what_cannot_be_sent_does_not_start),
        TEST(redirections_are_followed_for_get_alone),
        TEST(a_redirection_leads_to_no_file),
        TEST(failures_say_what_failed),
        TEST(too_long_an_answer_is_refused),
        TEST(the_users_curlrc_is_not_read),
        TEST(without_curl_it_says_so),
        TEST(cancel_calls_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
