/* test_options.c - the command line: what becomes a key of the config, and what is wrong usage. */
#include "main/options.h"

#include <stdlib.h>

#include "vec.h"

#define ARGS_MAX 12

static int parse(const char *const *args, struct options *o, char err[CONF_ERR_MAX])
{
    char *argv[ARGS_MAX + 2] = { "gw" };
    int argc = 1;
    for (; *args; args++)
        argv[argc++] = (char *)*args;
    return options_parse(argc, argv, o, err);
}

/* "section[/name].key=value", one a line */
static void print_over(const struct options *o, char *out, size_t cap)
{
    size_t n = 0;
    *out = '\0';
    for (size_t i = 0; i < o->nover; i++) {
        const struct config_override *v = &o->over[i];
        n += (size_t)snprintf(out + n, cap - n, "%s%s%s.%s=%s\n", v->section, v->name ? "/" : "",
                              v->name ? v->name : "", v->key, v->value);
    }
}

static void test_options_become_keys(void **state)
{
    static const struct {
        const char *args[ARGS_MAX];
        const char *want;
    } cases[] = {
        { { "-D", "1081" }, "proxy.listen=\nproxy.listen=1081\n" },
        { { "-D", "1081", "-D", "0.0.0.0:1082" },
          "proxy.listen=\nproxy.listen=1081\nproxy.listen=0.0.0.0:1082\n" },
        { { "-D", "none" }, "proxy.listen=\n" },
        { { "-l", "/ip4/1.2.3.4/udp/1/quic-v1" },
          "node.listen=\nnode.listen=/ip4/1.2.3.4/udp/1/quic-v1\n" },
        { { "-r", "relay.alice" }, "node.relay=\nnode.relay=relay.alice\n" },
        { { "-R" }, "relay.enabled=yes\n" },
        { { "-L", "5432:db.alice:5432" },
          "forward/command-line-1.listen=5432\nforward/command-line-1.target=db.alice:5432\n" },
        { { "-L", "0.0.0.0:80:alice:web" },
          "forward/command-line-1.listen=0.0.0.0:80\nforward/command-line-1.target=alice:web\n" },
        { { "-L", "[::1]:80:[fd00::1]:8080" },
          "forward/command-line-1.listen=[::1]:80\nforward/"
          "command-line-1.target=[fd00::1]:8080\n" },
        { { "-L", "/run/x.sock:alice:22", "-L0:b:1" },
          "forward/command-line-1.listen=/run/x.sock\nforward/command-line-1.target=alice:22\n"
          "forward/command-line-2.listen=0\nforward/command-line-2.target=b:1\n" },
        { { "-U", "53:home:dns" },
          "forward/command-line-1.listen=53\nforward/command-line-1.target=home:dns\n"
          "forward/command-line-1.protocol=udp\n" },
        { { "-U", "[::1]:53:home:53" },
          "forward/command-line-1.listen=[::1]:53\nforward/command-line-1.target=home:53\n"
          "forward/command-line-1.protocol=udp\n" },
        { { "-S", "ssh:22=127.0.0.1:2222" },
          "service/ssh.target=127.0.0.1:2222\nservice/ssh.port=22\n" },
        { { "-S", "ssh=127.0.0.1:22" }, "service/ssh.target=127.0.0.1:22\nservice/ssh.port=22\n" },
        { { "-S", "db=unix:/run/a=b" }, "service/db.target=unix:/run/a=b\nservice/db.port=0\n" },
        { { "-S", "dns:53/udp=127.0.0.1:5353" },
          "service/dns.udp-target=127.0.0.1:5353\nservice/dns.port=53\n" },
        { { "-S", "dns=127.0.0.1:53", "-S", "dns/udp=127.0.0.1:5353" },
          "service/dns.target=127.0.0.1:53\nservice/dns.port=53\n"
          "service/dns.udp-target=127.0.0.1:5353\n" },
        { { "-S", "dns:53/udp=5353", "-S", "dns:53=53" },
          "service/dns.udp-target=5353\nservice/dns.port=53\nservice/dns.target=53\n" },
        { { "-v" }, "node.log-level=debug\n" },
        { { "-q" }, "node.log-level=warn\n" },
    };
    char got[1024], err[CONF_ERR_MAX];
    struct options o;
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(parse(cases[i].args, &o, err), 0);
        print_over(&o, got, sizeof got);
        assert_string_equal(got, cases[i].want);
        struct config c;
        assert_int_equal(config_load(&c, NULL, false, o.over, o.nover, err), 0);
        config_free(&c);
        options_free(&o);
    }
}

static void test_wrong_usage_says_what_is_wrong(void **state)
{
    static const struct {
        const char *args[ARGS_MAX];
        const char *says;
    } cases[] = {
        { { "-D" }, "-D needs an argument" },
        { { "-Z" }, "no option -Z" },
        { { "--frob" }, "no option --frob" },
        { { "-d", "" }, "-d needs a directory" },
        { { "-D", "1080x" }, "-D 1080x: is not " },
        { { "-l", "/ip4/1.2.3.4" }, "-l /ip4/1.2.3.4: is not " },
        { { "-L", "5432" }, "-L 5432" },
        { { "-L", "5432:alice" }, "-L 5432:alice" },
        { { "-L", "1:2:3:4:5" }, "-L 1:2:3:4:5" },
        { { "-L", ":alice:22" }, "-L :alice:22: is not [BIND:]PORT:NAME:PORT" },
        { { "-L", "x:alice:22" }, "-L x:alice:22: x is not " },
        { { "-L", "22:alice:" }, "-L 22:alice:: alice: is not NAME:PORT" },
        { { "-U", "53:home" }, "-U 53:home: is not [BIND:]PORT:NAME:PORT" },
        { { "-S", "ssh" }, "-S ssh" },
        { { "-S", "dns:53=53", "-S", "dns:54/udp=53" }, "dns has port 53 already" },
        { { "-S", "a=22", "-S", "a=23" }, "-S a=23: a leads to 22 already" },
        { { "-S", "S S=22" }, "-S S S=22" },
        { { "-r" }, "-r needs an argument" },
        { { "-r", "ip4/1.2.3.4/udp/1/quic-v1" }, "quic-v1: is neither a name nor" },
    };
    char err[CONF_ERR_MAX];
    struct options o;
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_true(parse(cases[i].args, &o, err) < 0);
        assert_non_null(strstr(err, cases[i].says));
    }
}

static void test_options_end_at_the_command(void **state)
{
    static const char *const args[] = { "-d",     "/tmp/x", "-f", "c.conf",
                                        "status", "--json", "-d", NULL };
    char err[CONF_ERR_MAX];
    struct options o;
    (void)state;
    assert_int_equal(parse(args, &o, err), 0);
    assert_string_equal(o.dir, "/tmp/x");
    assert_string_equal(o.conf, "c.conf");
    assert_int_equal(o.argc, 3);
    assert_string_equal(o.argv[0], "status");
    assert_string_equal(o.argv[1], "--json");
    options_free(&o);
}

static void test_directory_is_found_in_its_order(void **state)
{
    static const char *const none[] = { NULL }, *const given[] = { "-d", "here", NULL };
    static const char *const help[] = { "--help", NULL };
    char err[CONF_ERR_MAX];
    struct options o;
    (void)state;
    setenv("GW_HOME", "/a", 1);
    setenv("XDG_CONFIG_HOME", "/b", 1);
    setenv("HOME", "/c", 1);
    assert_int_equal(parse(given, &o, err), 0);
    assert_string_equal(o.dir, "here");
    options_free(&o);
    assert_int_equal(parse(none, &o, err), 0);
    assert_string_equal(o.dir, "/a");
    assert_int_equal(o.argc, 0);
    options_free(&o);
    unsetenv("GW_HOME");
    assert_int_equal(parse(none, &o, err), 0);
    assert_string_equal(o.dir, "/b/gw");
    options_free(&o);
    setenv("XDG_CONFIG_HOME", "", 1);
    assert_int_equal(parse(none, &o, err), 0);
    assert_string_equal(o.dir, "/c/.config/gw");
    options_free(&o);
    unsetenv("HOME");
    assert_true(parse(none, &o, err) < 0);
    assert_int_equal(parse(help, &o, err), 0);
    assert_true(o.wants_help);
    options_free(&o);
}

/* The table is what getopt is made from: each row of it is an option, and help shows it. */
static void test_help_has_every_row_of_the_table(void **state)
{
    const struct options_row *r;
    char *text = NULL, want[64], last[300];
    size_t n;
    (void)state;
    FILE *f = open_memstream(&text, &n);
    options_help(f);
    fclose(f);
    for (size_t i = 0; (r = options_row(i)) != NULL; i++) {
        if (r->letter < 256)
            snprintf(want, sizeof want, "\n  -%c%s%s", r->letter, r->arg ? " " : "",
                     r->arg ? r->arg : "");
        else
            snprintf(want, sizeof want, "\n  --%s", r->name);
        assert_non_null(strstr(text, want));
        const char *end = strrchr(r->help, '\n');
        snprintf(last, sizeof last, "%s\n", end ? end + 1 : r->help);
        assert_non_null(strstr(text, last));
    }
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        assert_true(strlen(line) <= 100);
    free(text);
}

static void test_command_names_the_directory_unless_it_is_the_usual_one(void **state)
{
    static const struct {
        const char *dir, *want; /* below the directory of the test */
    } cases[] = {
        { ".config/gw", "gw" },
        { ".config/../.config/gw/", "gw" },
        { "plain", "gw -d %s/plain" },
        { "a b'c", "gw -d '%s/a b'\"'\"'c'" },
    };
    char home[] = "/tmp/gw-test-XXXXXX", path[128], want[256];
    (void)state;

    assert_non_null(mkdtemp(home));
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("GW_HOME");
    setenv("HOME", home, 1);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct options o = { .dir = path };
        snprintf(path, sizeof path, "mkdir -p \"%s/%s\"", home, cases[i].dir);
        assert_int_equal(system(path), 0);
        snprintf(path, sizeof path, "%s/%s", home, cases[i].dir);
        snprintf(want, sizeof want, cases[i].want, home);
        char *command = options_command(&o);
        assert_string_equal(command, want);
        free(command);
    }
    snprintf(path, sizeof path, "rm -r %s", home);
    assert_int_equal(system(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options_become_keys),
        cmocka_unit_test(test_wrong_usage_says_what_is_wrong),
        cmocka_unit_test(test_options_end_at_the_command),
        cmocka_unit_test(test_help_has_every_row_of_the_table),
        cmocka_unit_test(test_command_names_the_directory_unless_it_is_the_usual_one),
        cmocka_unit_test(test_directory_is_found_in_its_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
