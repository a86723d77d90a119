/* test_conf.c - base/conf.h: a small schema with every type, good files, bad files, printing. */
#include "base/conf.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fileio.h"

#include "vec.h"

enum policy { POLICY_REFUSE, POLICY_DIRECT };
static const char *const policies[] = { "refuse", "direct", NULL };

struct opts {
    bool relay;
    int other; /* enum policy */
    int64_t port;
    uint64_t idle_ms, quota;
    char *agent, *token;
    struct conf_list listen, relays;
    struct conf_named forwards;
};

struct forward {
    char *name;
    char *target;
    int64_t port;
    struct conf_list tags;
};

static const char *check_target(const char *value)
{
    return strchr(value, ':') || strchr(value, ';') ? NULL : "must be NAME:PORT";
}

static const struct conf_section sections[] = {
    { .name = "node", .help = "this node" },
    { .name = "proxy" },
    { .name = "forward",
      .help = "a local port",
      CONF_NAMED(struct opts, forwards, struct forward) },
    { 0 },
};

static const struct conf_key keys[] = {
    { "node", "relay", CONF_BOOL, CONF_AT(struct opts, relay), .help = "serve as a relay" },
    { "node", "listen", CONF_LIST, CONF_AT(struct opts, listen), .def = "/ip4/0 /ip6/0" },
    { "node", "use-relay", CONF_LIST, CONF_AT(struct opts, relays) },
    { "node", "idle", CONF_DURATION, CONF_AT(struct opts, idle_ms), .def = "30s", .min = 5000,
      .max = 600000 },
    { "node", "quota", CONF_SIZE, CONF_AT(struct opts, quota), .def = "64k", .min = 1 },
    { "node", "agent", CONF_STRING, CONF_AT(struct opts, agent), .def = "gw" },
    { "proxy", "other", CONF_ENUM, CONF_AT(struct opts, other), .names = policies },
    { "proxy", "port", CONF_INT, CONF_AT(struct opts, port), .def = "1080", .max = 65535 },
    { "proxy", "token", CONF_STRING, CONF_AT(struct opts, token), .check = check_target,
      .is_secret = true },
    { "forward", "target", CONF_STRING, CONF_AT(struct forward, target), .check = check_target },
    { "forward", "port", CONF_INT, CONF_AT(struct forward, port), .def = "-1", .min = -1,
      .max = 65535 },
    { "forward", "tag", CONF_LIST, CONF_AT(struct forward, tags), .def = "all" },
    { 0 },
};

static const struct conf_schema schema = { sections, keys };

static char path[64];

static int make_path(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "/tmp/test_conf.XXXXXX");
    int fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_path(void **state)
{
    (void)state;
    return unlink(path);
}

/* Reads `text` as a file into `o`; the message goes to `err` without the file's name. */
static int read_text(struct opts *o, struct bytes text, char err[CONF_ERR_MAX])
{
    char msg[CONF_ERR_MAX] = "";
    assert_int_equal(fileio_replace(path, text, 0600), 0);
    assert_int_equal(conf_init(o, &schema), 0);
    int rc = conf_read(o, &schema, path, msg);
    assert_int_equal(rc == 0, msg[0] == '\0');
    if (rc)
        assert_memory_equal(msg, path, strlen(path));
    snprintf(err, CONF_ERR_MAX, "%s", rc ? msg + strlen(path) : "");
    return rc;
}

static void read_good(struct opts *o, const char *text)
{
    char err[CONF_ERR_MAX];
    if (read_text(o, bytes_of(text), err) != 0)
        fail_msg("%s", err);
}

static struct forward *forward_at(const struct opts *o, size_t i)
{
    assert_true(i < o->forwards.n);
    return o->forwards.v[i];
}

static void test_init_fills_in_defaults(void **state)
{
    struct opts o;
    (void)state;
    memset(&o, 0xaa, sizeof o);
    assert_int_equal(conf_init(&o, &schema), 0);
    assert_false(o.relay);
    assert_int_equal(o.other, POLICY_REFUSE);
    assert_int_equal(o.port, 1080);
    assert_int_equal(o.idle_ms, 30000);
    assert_int_equal(o.quota, 65536);
    assert_string_equal(o.agent, "gw");
    assert_int_equal(o.listen.n, 2);
    assert_string_equal(o.listen.v[1], "/ip6/0");
    assert_int_equal(o.relays.n, 0);
    assert_int_equal(o.forwards.n, 0);
    conf_free(&o, &schema);
    assert_null(o.agent);
    assert_int_equal(o.listen.n, 0);
}

static void test_read_sets_every_type(void **state)
{
    struct opts o;
    (void)state;
    read_good(&o, "\xef\xbb\xbf# a comment\n; another\n[node]\n"
                  "  relay = Yes ; the rest is a comment\n"
                  "idle=2m\r\n\n"
                  " \tquota = 1G\nagent = a b;c\n"
                  "use-relay = one\nuse-relay = two\nlisten = /ip4/1\n"
                  "[forward a]\ntarget = db:5432\ntag = x\ntag = y\n"
                  "[forward b]\nport = 7\ntarget = web:80\n"
                  "[proxy]\nother = direct\nport : 9\n");
    assert_true(o.relay);
    assert_int_equal(o.idle_ms, 120000);
    assert_int_equal(o.quota, 1u << 30);
    assert_string_equal(o.agent, "a b;c");
    assert_int_equal(o.relays.n, 2);
    assert_string_equal(o.relays.v[1], "two");
    assert_int_equal(o.listen.n, 1); /* the defaults are gone */
    assert_string_equal(o.listen.v[0], "/ip4/1");
    assert_int_equal(o.other, POLICY_DIRECT);
    assert_int_equal(o.port, 9);
    assert_int_equal(o.forwards.n, 2);
    assert_string_equal(forward_at(&o, 0)->name, "a");
    assert_string_equal(forward_at(&o, 0)->target, "db:5432");
    assert_int_equal(forward_at(&o, 0)->port, -1);
    assert_int_equal(forward_at(&o, 0)->tags.n, 2);
    assert_int_equal(forward_at(&o, 1)->port, 7);
    assert_string_equal(forward_at(&o, 1)->tags.v[0], "all");
    conf_free(&o, &schema);
}

static void test_read_accepts_an_empty_file_and_empty_sections(void **state)
{
    struct opts o;
    (void)state;
    read_good(&o, "");
    conf_free(&o, &schema);
    read_good(&o, "[node]\n[forward x]\n[node]\nrelay = no");
    assert_int_equal(o.forwards.n, 1);
    conf_free(&o, &schema);
}

static void test_an_empty_value_unsets(void **state)
{
    struct opts o;
    (void)state;
    read_good(&o, "[node]\nagent =\nlisten =\n");
    assert_null(o.agent);
    assert_int_equal(o.listen.n, 0);
    conf_free(&o, &schema);
}

#define X10  "xxxxxxxxxx"
#define X60  X10 X10 X10 X10 X10 X10
#define X190 X60 X60 X60 X10
#define X200 X190 X10

static const struct {
    const char *text;
    int err;
    const char *msg; /* from the line number on */
} bad[] = {
    { "[elsewhere]\n", GW_ESYNTAX, ":1: unknown section [elsewhere]" },
    { "\n[node]\n\nrely = yes\n", GW_ESYNTAX,
      ":4: [node] has no key 'rely'; did you mean 'relay'?" },
    { "[node]\nbogus = yes\n", GW_ESYNTAX, ":2: [node] has no key 'bogus'" },
    { "[nod]\n", GW_ESYNTAX, ":1: unknown section [nod]; did you mean [node]?" },
    { "[node]\nrelay = yes # mine\n", GW_ESYNTAX,
      ":2: relay = yes # mine: is not yes or no; behind a value a comment begins with ';'" },
    { "[node]\nport = 1\n", GW_ESYNTAX, ":2: [node] has no key 'port'; [proxy] has" },
    { "relay = yes\n", GW_ESYNTAX, ":1: 'relay' stands before the first [section]" },
    { "[node]\nrelay = maybe\n", GW_ESYNTAX, ":2: relay = maybe: is not yes or no" },
    { "[node]\nidle = soon\n", GW_ESYNTAX,
      ":2: idle = soon: is not a duration such as 250ms, 30s, 5m, 2h" },
    { "[node]\nquota = -1\n", GW_ESYNTAX, ":2: quota = -1: is not a size such as 512, 64k, 16M" },
    { "[proxy]\nport = 1x\n", GW_ESYNTAX, ":2: port = 1x: is not a number" },
    { "[proxy]\nport =\n", GW_ESYNTAX, ":2: port = : is not a number" },
    { "[proxy]\nother = open\n", GW_ESYNTAX, ":2: other = open: is not one of refuse, direct" },
    { "[node]\nidle = 4s\n", GW_EINVAL, ":2: idle = 4s: must lie between 5s and 10m" },
    { "[node]\nidle = 601\n", GW_EINVAL, ":2: idle = 601: must lie between 5s and 10m" },
    { "[node]\nquota = 0\n", GW_EINVAL,
      ":2: quota = 0: must lie between 1 and 9223372036854775807" },
    { "[proxy]\nport = 65536\n", GW_EINVAL, ":2: port = 65536: must lie between 0 and 65535" },
    { "[proxy]\nport = -1\n", GW_EINVAL, ":2: port = -1: must lie between 0 and 65535" },
    { "[proxy]\nport = 99999999999999999999\n", GW_EINVAL,
      ":2: port = 99999999999999999999: must lie between 0 and 65535" },
    { "[proxy]\nport = 1\n[node]\n[proxy]\nport = 1\n", GW_EEXISTS,
      ":5: 'port' is set already on line 2" },
    { "[forward a]\ntarget = db\n", GW_EINVAL, ":2: target = db: must be NAME:PORT" },
    { "[forward a]\n[forward b]\n[forward a]\n", GW_EEXISTS, ":3: [forward a] is there already" },
    { "[forward a]\nport = 1\n[forward b]\nport = 2\nport = 3\n", GW_EEXISTS,
      ":5: 'port' is set already on line 4" },
    { "[forward]\n", GW_ESYNTAX,
      ":1: [forward NAME]: the name must be 1 to 63 printable characters without ']'" },
    { "[forward " X60 "abcd]\n", GW_ESYNTAX,
      ":1: [forward NAME]: the name must be 1 to 63 printable characters without ']'" },
    { "[node x]\n", GW_ESYNTAX, ":1: [node] takes no name" },
    { "[]\n", GW_ESYNTAX, ":1: a heading is [section] or [section NAME], alone on its line" },
    { "[node\n", GW_ESYNTAX, ":1: a heading is [section] or [section NAME], alone on its line" },
    { "[forward a b]\n", GW_ESYNTAX,
      ":1: a heading is [section] or [section NAME], alone on its line" },
    { "[node] relay = yes\n", GW_ESYNTAX,
      ":1: a heading is [section] or [section NAME], alone on its line" },
    { "[node]\nrelay\n[proxy]\n", GW_ESYNTAX, ":2: neither a [section] nor key = value" },
    { "[node]\nrelay\nidle = never\n", GW_ESYNTAX, ":2: neither a [section] nor key = value" },
    { "[node]\nidle = never\nrelay\n", GW_ESYNTAX,
      ":2: idle = never: is not a duration such as 250ms, 30s, 5m, 2h" },
    { "[node]\nagent = " X200 "\n", GW_ELIMIT, ":2: the line is longer than" },
    { "[node]\nagent=" X190 "\n", GW_ELIMIT, ":2: agent: the value is too long" },
    { "[node]\nagent = a\x01"
      "b\n",
      GW_ESYNTAX,
      ":2: agent: a value holds no control characters, no blank at its ends and no ';' after one" },
};

static void test_read_names_the_line_of_the_first_error(void **state)
{
    struct opts o;
    char err[CONF_ERR_MAX];
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_int_equal(read_text(&o, bytes_of(bad[i].text), err), bad[i].err);
        if (bad[i].err == GW_ELIMIT)
            err[strlen(bad[i].msg)] = '\0'; /* the length is inih's */
        assert_string_equal(err, bad[i].msg);
        conf_free(&o, &schema);
    }
}

static void test_read_refuses_what_is_no_text_file(void **state)
{
    struct opts o;
    char err[CONF_ERR_MAX];
    (void)state;
    struct bytes nul = { (const uint8_t *)"[node]\n\0relay = yes\n", 20 };
    assert_int_equal(read_text(&o, nul, err), GW_ESYNTAX);
    conf_free(&o, &schema);
    assert_int_equal(conf_init(&o, &schema), 0);
    assert_int_equal(conf_read(&o, &schema, "/nonexistent/gw.conf", err), GW_ENOTFOUND);
    assert_string_equal(err, "/nonexistent/gw.conf: not found");
    conf_free(&o, &schema);
}

static void test_set_overrides_scalars_and_extends_lists(void **state)
{
    struct opts o;
    char err[CONF_ERR_MAX];
    (void)state;
    read_good(&o, "[proxy]\nport = 9\n[node]\nuse-relay = one\n[forward a]\nport = 5\n");
    assert_int_equal(conf_set(&o, &schema, "proxy", NULL, "port", "10", err), 0);
    assert_int_equal(o.port, 10);
    assert_int_equal(conf_set(&o, &schema, "node", NULL, "use-relay", "two", err), 0);
    assert_int_equal(o.relays.n, 2);
    assert_int_equal(conf_set(&o, &schema, "node", NULL, "listen", "/ip4/2", err), 0);
    assert_int_equal(o.listen.n, 1);
    assert_int_equal(conf_set(&o, &schema, "forward", "a", "port", "6", err), 0);
    assert_int_equal(conf_set(&o, &schema, "forward", "b", NULL, NULL, err), 0);
    assert_int_equal(o.forwards.n, 2);
    assert_int_equal(forward_at(&o, 0)->port, 6);
    assert_ptr_equal(conf_find(&o, &schema, "forward", "b"), forward_at(&o, 1));
    assert_null(conf_find(&o, &schema, "forward", "c"));
    assert_null(conf_find(&o, &schema, "proxy", "c"));
    conf_free(&o, &schema);
}

static void test_set_refuses_and_changes_nothing(void **state)
{
    struct opts o;
    char err[CONF_ERR_MAX];
    (void)state;
    assert_int_equal(conf_init(&o, &schema), 0);
    assert_int_equal(conf_set(&o, &schema, "proxy", NULL, "port", "65536", err), GW_EINVAL);
    assert_string_equal(err, "port = 65536: must lie between 0 and 65535");
    assert_int_equal(o.port, 1080);
    static const char *const unwritable[] = { "a\nb", " a", "a ", "a ;b", ";", "\x7f" };
    for (size_t i = 0; i < COUNT(unwritable); i++)
        assert_int_equal(conf_set(&o, &schema, "node", NULL, "agent", unwritable[i], err),
                         GW_ESYNTAX);
    assert_string_equal(o.agent, "gw");
    assert_int_equal(conf_set(&o, &schema, "forward", "a b", NULL, NULL, err), GW_ESYNTAX);
    assert_int_equal(conf_set(&o, &schema, "forward", "a]", NULL, NULL, err), GW_ESYNTAX);
    assert_int_equal(conf_set(&o, &schema, "forward", "", NULL, NULL, err), GW_ESYNTAX);
    assert_int_equal(o.forwards.n, 0);
    conf_free(&o, &schema);
}

static char *print(const struct opts *o)
{
    char *text = NULL;
    size_t n;
    FILE *f = open_memstream(&text, &n);
    assert_non_null(f);
    assert_int_equal(conf_print(f, &schema, o), 0);
    fclose(f);
    return text;
}

static void test_print_of_defaults_is_all_comments_and_headings(void **state)
{
    char *text = print(NULL);
    (void)state;
    assert_non_null(strstr(text, "\n[node]\n# serve as a relay; default no\n#relay = no\n"));
    assert_non_null(strstr(text, "; 5s to 10m; default 30s\n#idle = 30s\n"));
    assert_non_null(strstr(text, "#listen = /ip4/0\n#listen = /ip6/0\n"));
    assert_non_null(strstr(text, "#use-relay =\n"));
    assert_non_null(strstr(text, "other: refuse | direct; default refuse\n#other = refuse\n"));
    assert_non_null(strstr(text, "# a local port\n#[forward NAME]\n"));
    for (const char *line = text; *line; line = strchr(line, '\n') + 1)
        assert_true(*line == '#' || *line == '[' || *line == '\n');
    free(text);
}

static void test_print_reads_back_as_the_same_values(void **state)
{
    struct opts o, again;
    (void)state;
    read_good(&o,
              "[node]\nrelay = on\nidle = 90s\nquota = 3M\nagent =\nlisten =\nuse-relay = "
              "a\nuse-relay = b\n"
              "[proxy]\nother = direct\n[forward x]\ntarget = t;u\ntag =\n[forward y]\nport = 0\n");
    char *text = print(&o);
    assert_non_null(strstr(text, "\nidle = 90s\n"));
    assert_non_null(strstr(text, "\nagent =\n"));
    read_good(&again, text);
    char *text2 = print(&again);
    assert_string_equal(text, text2);
    assert_true(again.relay);
    assert_int_equal(again.idle_ms, 90000);
    assert_int_equal(again.quota, 3 << 20);
    assert_null(again.agent);
    assert_int_equal(again.listen.n, 0);
    assert_int_equal(again.relays.n, 2);
    assert_int_equal(again.other, POLICY_DIRECT);
    assert_int_equal(again.port, 1080);
    assert_int_equal(again.forwards.n, 2);
    assert_string_equal(forward_at(&again, 0)->target, "t;u");
    assert_int_equal(forward_at(&again, 0)->tags.n, 0);
    assert_int_equal(forward_at(&again, 1)->port, 0);
    assert_int_equal(forward_at(&again, 1)->tags.n, 1);
    free(text);
    free(text2);
    conf_free(&o, &schema);
    conf_free(&again, &schema);
}

static void test_secret_is_neither_printed_nor_echoed(void **state)
{
    static const char *const leaky[] = {
        "[proxy]\ntoken = hunter2\n",       "[proxy]\ntoken = hunter:2\ntoken = hunter:2\n",
        "[proxy]\ntoken = hunter:2 \x01\n", "[proxy]\ntoken hunter\n",
        "[proxy]\ntoke = hunter2\n",
    };
    struct opts o;
    char err[CONF_ERR_MAX];
    (void)state;
    for (size_t i = 0; i < COUNT(leaky); i++) {
        assert_int_not_equal(read_text(&o, bytes_of(leaky[i]), err), 0);
        assert_null(strstr(err, "hunter"));
        conf_free(&o, &schema);
    }
    read_good(&o, "[proxy]\ntoken = hunter:2\n");
    assert_string_equal(o.token, "hunter:2");
    char *text = print(&o);
    assert_null(strstr(text, "hunter"));
    assert_non_null(strstr(text, "\n#token = (set)\n"));
    free(text);
    conf_free(&o, &schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_init_fills_in_defaults),
        cmocka_unit_test(test_read_sets_every_type),
        cmocka_unit_test(test_read_accepts_an_empty_file_and_empty_sections),
        cmocka_unit_test(test_an_empty_value_unsets),
        cmocka_unit_test(test_read_names_the_line_of_the_first_error),
        cmocka_unit_test(test_read_refuses_what_is_no_text_file),
        cmocka_unit_test(test_set_overrides_scalars_and_extends_lists),
        cmocka_unit_test(test_set_refuses_and_changes_nothing),
        cmocka_unit_test(test_print_of_defaults_is_all_comments_and_headings),
        cmocka_unit_test(test_print_reads_back_as_the_same_values),
        cmocka_unit_test(test_secret_is_neither_printed_nor_echoed),
    };
    return cmocka_run_group_tests(tests, make_path, remove_path);
}
