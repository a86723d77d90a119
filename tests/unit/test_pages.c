/* test_pages.c - which page a path is; status, resolver and front are fakes. */
#include "web/pages.h"

#include "ctl/ctl_status.h"
#include "status_sample.h"
#include "vec.h"

static bool is_out_of_memory;

json_t *ctl_status_make(const struct ctl_deps *d)
{
    (void)d;
    return is_out_of_memory ? NULL : status_sample_load();
}

void resolver_domains(struct resolver *r, void (*each)(void *arg, const char *domain), void *arg)
{
    (void)r;
    each(arg, "laptop.grewal");
}

bool front_stable_net(const struct front *f, struct ipaddr *out)
{
    (void)f;
    *out = (struct ipaddr){ .family = 4, .b = { 198, 18 } };
    return true;
}

static struct ctl_deps deps = { .command = "gw" };
static struct strbuf out;

static int get(const char *path, const char *host)
{
    strbuf_free(&out);
    out.max = 1 << 20;
    return pages_get(&deps, bytes_of(path), bytes_of(host), &out);
}

static void assert_has(const char *part)
{
    if (!strstr(out.p, part))
        fail_msg("no \"%s\" in: %s", part, out.p);
}

static void test_every_page_is_a_response_of_its_type(void **state)
{
    static const struct {
        const char *path, *type, *part;
    } table[] = {
        { "/", "text/html; charset=utf-8", "<h1>gw</h1>" },
        { "/proxy.pac", "application/x-ns-proxy-autoconfig", "\".laptop.grewal\": 1" },
        { "/metrics", "text/plain; version=0.0.4; charset=utf-8", "\ngw_peers 2\n" },
        { "/status.json", "application/json", "\"peer_id\": \"12D3KooWD3" },
    };
    char line[96];
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        assert_int_equal(get(table[i].path, "127.0.0.1:1080"), 0);
        assert_memory_equal(out.p, "HTTP/1.1 200 OK\r\n", 17);
        snprintf(line, sizeof line, "\r\nContent-Type: %s\r\n", table[i].type);
        assert_has(line);
        assert_has("\r\nX-Content-Type-Options: nosniff\r\n");
        assert_has(table[i].part);
    }
}

static void test_pac_has_the_network_of_the_front(void **state)
{
    (void)state;
    assert_int_equal(get("/proxy.pac", "127.0.0.1:1080"), 0);
    assert_has("/^\\.198\\.18\\.");
}

static void test_status_json_is_the_status(void **state)
{
    json_t *want = status_sample_load();
    (void)state;
    assert_int_equal(get("/status.json", "127.0.0.1:1080"), 0);
    json_t *got = json_loads(strstr(out.p, "\r\n\r\n"), 0, NULL);
    assert_true(json_equal(got, want));
    json_decref(got);
    json_decref(want);
}

/* RFC 9110 s.4.2.1: 80 when the URI has none. */
static void test_pages_name_the_port_in_full(void **state)
{
    static const struct {
        const char *host, *part;
    } table[] = {
        { "127.0.0.1:1080", "\"PROXY 127.0.0.1:1080; SOCKS5 127.0.0.1:1080\"" },
        { "localhost", "\"PROXY localhost:80; SOCKS5 localhost:80\"" },
        { "localhost:", "\"PROXY localhost:80; SOCKS5 localhost:80\"" },
        { "[::1]", "\"PROXY [::1]:80; SOCKS5 [::1]:80\"" },
        { "[::1]:1080", "\"PROXY [::1]:1080; SOCKS5 [::1]:1080\"" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(table); i++) {
        assert_int_equal(get("/proxy.pac", table[i].host), 0);
        assert_has(table[i].part);
    }
}

static void test_other_paths_are_no_pages(void **state)
{
    static const char *const paths[] = { "",         "/x",      "/metrics/", "//", "/proxy.pacx",
                                         "/Metrics", "/status", "*" };
    (void)state;
    for (size_t i = 0; i < COUNT(paths); i++)
        assert_int_equal(get(paths[i], "127.0.0.1:1080"), GW_ENOTFOUND);
}

static void test_pages_pass_faults_on(void **state)
{
    static const char *const paths[] = { "/", "/metrics", "/status.json" };
    (void)state;
    is_out_of_memory = true;
    for (size_t i = 0; i < COUNT(paths); i++)
        assert_int_equal(get(paths[i], "127.0.0.1:1080"), GW_ENOMEM);
    is_out_of_memory = false;
    strbuf_free(&out);
    out.max = 1024;
    assert_int_equal(pages_get(&deps, bytes_of("/"), bytes_of("localhost"), &out), GW_ELIMIT);
    assert_int_equal(get("/", "not a host"), GW_EINVAL);
}

static int stop(void **state)
{
    (void)state;
    strbuf_free(&out);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_page_is_a_response_of_its_type),
        cmocka_unit_test(test_pac_has_the_network_of_the_front),
        cmocka_unit_test(test_status_json_is_the_status),
        cmocka_unit_test(test_pages_name_the_port_in_full),
        cmocka_unit_test(test_other_paths_are_no_pages),
        cmocka_unit_test(test_pages_pass_faults_on),
    };
    return cmocka_run_group_tests(tests, NULL, stop);
}
