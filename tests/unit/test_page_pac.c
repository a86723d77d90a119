/* test_page_pac.c - the text of the PAC file; the resolver is a fake. */
#include "web/page_pac.h"

#include "vec.h"

struct resolver {
    const char *domains[4];
};

void resolver_domains(struct resolver *r, void (*each)(void *arg, const char *domain), void *arg)
{
    for (size_t i = 0; i < COUNT(r->domains) && r->domains[i]; i++)
        each(arg, r->domains[i]);
}

static struct strbuf out = { .max = 65536 };
static const struct ipaddr net = { .family = 4, .b = { 198, 18 } };

static void make(struct resolver *r, const char *at)
{
    strbuf_free(&out);
    page_pac(r, &net, at, &out);
    assert_int_equal(out.err, 0);
}

static void assert_has(const char *part)
{
    if (!strstr(out.p, part))
        fail_msg("no \"%s\" in: %s", part, out.p);
}

static void test_pac_names_the_port_as_the_client_knows_it(void **state)
{
    struct resolver r = { 0 };
    (void)state;
    make(&r, "[fd00::1]:1080");
    assert_has("var gw = \"PROXY [fd00::1]:1080; SOCKS5 [fd00::1]:1080\";\n");
    assert_has("return \"DIRECT\";");
    assert_memory_equal(out.p, "function FindProxyForURL(url, host) {", 37);
}

static void test_pac_lists_every_domain(void **state)
{
    struct resolver r = { { "laptop.grewal", "alice", "p2p", "x_y-z.local" } };
    (void)state;
    make(&r, "127.0.0.1:1080");
    assert_has("\".p2p\": 1,\n        \".laptop.grewal\": 1,\n        \".alice\": 1,\n"
               "        \".x_y-z.local\": 1\n    };");
}

/* A name is a string and nothing else, whatever it holds. */
static void test_pac_keeps_hostile_names_in_their_strings(void **state)
{
    static const char hostile[] = "\";alert(1);//\\\n\xe2\x80\xa8</script>'";
    struct resolver r = { { hostile } };
    (void)state;
    make(&r, "127.0.0.1\":1080");
    assert_has(
        "\".\\x22\\x3balert\\x281\\x29\\x3b\\x2f\\x2f\\x5c\\x0a\\xe2\\x80\\xa8\\x3c\\x2fscript"
        "\\x3e\\x27\": 1\n");
    assert_has("\"PROXY 127.0.0.1\\x22:1080;");
}

/* What page_pac.h says is ours: the rules for it are in the script. */
static void test_pac_has_rules_for_addresses_and_peer_ids(void **state)
{
    struct resolver r = { 0 };
    (void)state;
    make(&r, "127.0.0.1:1080");
    assert_has("if (/^\\.198\\.18\\.\\d+\\.\\d+$/.test(name) ||");
    assert_has("/\\.k[0-9a-z]{55,62}$/.test(name)) // a peer id\n");
    assert_has("ours.hasOwnProperty(name.substring(i))");
}

static void test_pac_without_stable_addresses_has_no_rule_for_them(void **state)
{
    struct resolver r = { 0 };
    (void)state;
    strbuf_free(&out);
    page_pac(&r, NULL, "127.0.0.1:1080", &out);
    assert_has("    if (/\\.k[0-9a-z]{55,62}$/.test(name)) // a peer id\n        return gw;\n");
}

static void test_pac_says_when_it_does_not_fit(void **state)
{
    struct resolver r = { { "laptop.grewal" } };
    struct strbuf small = { .max = 200 };
    (void)state;
    page_pac(&r, NULL, "127.0.0.1:1080", &small);
    assert_int_equal(small.err, GW_ELIMIT);
    strbuf_free(&small);
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
        cmocka_unit_test(test_pac_names_the_port_as_the_client_knows_it),
        cmocka_unit_test(test_pac_lists_every_domain),
        cmocka_unit_test(test_pac_keeps_hostile_names_in_their_strings),
        cmocka_unit_test(test_pac_has_rules_for_addresses_and_peer_ids),
        cmocka_unit_test(test_pac_without_stable_addresses_has_no_rule_for_them),
        cmocka_unit_test(test_pac_says_when_it_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, stop);
}
