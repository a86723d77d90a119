/* test_page_status.c - the page for people. */
#include "web/page_status.h"

#include <stdio.h>

#include "status_sample.h"
#include "vec.h"

static struct strbuf out = { .max = 1 << 20 };
static json_t *status;
static const char *command = "gw";

static int load(void **state)
{
    (void)state;
    status = status_sample_load();
    return status ? 0 : -1;
}

static int unload(void **state)
{
    (void)state;
    json_decref(status);
    strbuf_free(&out);
    return 0;
}

static void make(const char *at)
{
    strbuf_free(&out);
    page_status(status, at, command, &out);
    assert_int_equal(out.err, 0);
}

static void assert_has(const char *part)
{
    if (!strstr(out.p, part))
        fail_msg("no \"%s\" in: %s", part, strstr(out.p, "<body>"));
}

static size_t count(const char *part)
{
    size_t n = 0;
    for (const char *p = out.p; (p = strstr(p, part)); p++)
        n++;
    return n;
}

static void test_status_shows_what_there_is(void **state)
{
    static const char *const parts[] = {
        "<p class=\"dim\">0.2.0 &middot; up 3h 5m &middot; 12M of memory, 2.0K of it in queues</p>",
        "<pre>12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA</pre>",
        "<code>/ip6/2001:db8::7/udp/4001/quic-v1</code>",
        ">alice</td>",
        "&hellip;tHvWk3aQ</code>", /* the last 8 */
        ">direct</span>",
        ">relayed</span>",
        ">upgrading</td>",
        "&hellip;fE4Hf5mV</code>", /* the relay */
        "<code>/ip4/203.0.113.1/udp/4001/quic-v1</code>",
        "<dd>private</dd>",
        "<dd>mapping dependent</dd>",
        ">/ip4/203.0.113.9/tcp/1/p2p-circuit</td>",
        ">denied by the peer</td>",
        "3 reservations, 2 circuits, 4.7G carried, 5.6G this month, 7 refused</dd>",
        ">12.5 ms</td>",
        ">5.0G</td>",
        ">1.5K</td>",
        ">db.alice:5432</td>",
        ">127.0.0.1:53</td>",
        ">by name</td>",
        "<p class=\"bad\">What was read before is in force: /gw/names:3: not a host name</p>",
        ">disabled</span>",
        ">5m ago</td>",
        ">peer is not reachable: last seen 2 h ago</td>",
        "<dd>3 open, 120 since the start, 4 failed</dd>",
        "<dd>2 open, 17 since the start, 5 failed, 6 denied</dd>",
    };
    (void)state;
    make("127.0.0.1:1080");
    for (size_t i = 0; i < COUNT(parts); i++)
        assert_has(parts[i]);
}

static void test_status_has_lines_to_copy(void **state)
{
    (void)state;
    make("192.0.2.7:1080");
    assert_has("<pre>http://192.0.2.7:1080/proxy.pac</pre>");
    assert_has("<pre>curl -x socks5h://192.0.2.7:1080 http://alice/</pre>");
    assert_has("<pre>ssh -o ProxyCommand='gw nc %h %p' alice</pre>");
}

static void test_status_puts_no_hostile_name_into_a_command(void **state)
{
    json_t *peer = json_array_get(json_object_get(status, "peers"), 0);
    (void)state;
    json_object_set_new(peer, "name", json_string("x;reboot"));
    make("127.0.0.1:1080");
    assert_has(" http://NAME/</pre>");
    assert_int_equal(count("x;reboot"), 1); /* in the table */
}

/* Puts a text that would do harm into every string of the status. */
static void spoil(json_t *v)
{
    const char *key;
    void *next;
    json_t *e;
    size_t i;

    json_object_foreach_safe(v, next, key, e)
    {
        spoil(e);
        if (json_is_string(e))
            json_object_set_new(v, key, json_string("<script>\"'&\x01\xc3\xa9"));
    }
    json_array_foreach(v, i, e)
    {
        spoil(e);
        if (json_is_string(e))
            json_array_set_new(v, i, json_string("<script>\"'&\x01\xc3\xa9"));
    }
}

static void test_status_escapes_everything(void **state)
{
    (void)state;
    spoil(status);
    make("<script>\"'");
    assert_int_equal(count("<script"), 0);
    assert_int_equal(count("\"'"), 0);
    assert_has("&lt;script&gt;&quot;&#39;&amp;\\x01\\xc3\\xa9");
    assert_has("<pre>http://&lt;script&gt;&quot;&#39;/proxy.pac</pre>");
}

static void test_status_says_what_to_do_when_there_is_nothing(void **state)
{
    (void)state;
    json_object_clear(status);
    make("127.0.0.1:1080");
    assert_has("Add a line to the file <code>names</code>");
    assert_has("<code>gw -L 5432:NAME:5432</code>");
    assert_has("<code>gw allow PEER ssh</code>");
    assert_has("None since the start.");
    assert_int_equal(count("<table>"), 0);
}

static void test_status_bounds_its_tables(void **state)
{
    json_t *peers = json_object_get(status, "peers");
    (void)state;
    for (size_t i = 0; i < PAGE_STATUS_ROWS_MAX + 5; i++)
        json_array_append(peers, json_array_get(peers, 0));
    make("127.0.0.1:1080");
    assert_int_equal(count("data-label=\"Received\""), PAGE_STATUS_ROWS_MAX);
    assert_has("and 7 more");
}

/* Every element that is opened is closed, in order. */
static void test_status_is_well_formed(void **state)
{
    const char *open[32];
    size_t n = 0;
    (void)state;
    make("127.0.0.1:1080");
    for (const char *p = strstr(out.p, "<body>"); (p = strchr(p, '<')); p++) {
        bool is_end = p[1] == '/';
        const char *name = p + 1 + is_end;
        size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789");
        if (len == 2 && memcmp(name, "br", 2) == 0)
            continue;
        if (is_end && n == 0) /* that of html, opened before */
            break;
        if (!is_end) {
            assert_true(n < COUNT(open));
            open[n++] = name;
            continue;
        }
        n--;
        if (strncmp(open[n], name, len) != 0)
            fail_msg("%.8s closes %.8s", p, open[n]);
    }
    assert_int_equal(n, 0);
}

static void test_commands_are_those_that_reach_this_node(void **state)
{
    (void)state;
    json_object_clear(status);
    make("127.0.0.1:1080");
    assert_has("<code>gw ping laptop</code>");
    assert_has("ProxyCommand='gw nc %h %p' NAME</pre>");
    command = "gw -d '/my gw'";
    make("127.0.0.1:1080");
    command = "gw";
    assert_has("<code>gw -d &#39;/my gw&#39; ping laptop</code>");
    assert_has("<code>gw -d &#39;/my gw&#39; -r RELAY</code>");
    assert_has(
        "ProxyCommand='gw -d &#39;&quot;&#39;&quot;&#39;/my gw&#39;&quot;&#39;&quot;&#39; nc %h "
        "%p' NAME</pre>");
    assert_int_equal(count("<code>gw "), count("<code>gw -d "));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, load, unload)
    const struct CMUnitTest tests[] = {
        TEST(test_status_shows_what_there_is),
        TEST(test_status_has_lines_to_copy),
        TEST(test_status_puts_no_hostile_name_into_a_command),
        TEST(test_status_escapes_everything),
        TEST(test_status_says_what_to_do_when_there_is_nothing),
        TEST(test_status_bounds_its_tables),
        TEST(test_commands_are_those_that_reach_this_node),
        TEST(test_status_is_well_formed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
