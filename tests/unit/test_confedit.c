/* test_confedit.c - what changes in the text of a configuration, and what must not. */
#include "base/confedit.h"

#include <stdlib.h>

#include "base/err.h"
#include "vec.h"

static const struct confedit_section alice = { "network", "alice" };

struct edit {
    const char *what, *before, *key, *value, *after;
};

typedef int edit_fn(struct bytes text, const struct confedit_section *s, const char *key,
                    const char *value, char **out, size_t *n);

static void run(edit_fn *fn, const struct edit *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char *out = NULL;
        size_t len = 0;
        print_message("  %s\n", cases[i].what);
        assert_int_equal(
            fn(bytes_of(cases[i].before), &alice, cases[i].key, cases[i].value, &out, &len), 0);
        assert_string_equal(out, cases[i].after);
        assert_int_equal(len, strlen(out));
        free(out);
    }
}

static void test_set_changes_one_line(void **state)
{
    static const struct edit cases[] = {
        { "an empty file", "", "host", "lap", "[network alice]\nhost = lap\n" },
        { "no such section", "[node]\nperf = yes\n", "host", "lap",
          "[node]\nperf = yes\n\n[network alice]\nhost = lap\n" },
        { "no newline at the end", "# mine", "host", "lap",
          "# mine\n\n[network alice]\nhost = lap\n" },
        { "behind the last key, ahead of what is said of the next section",
          "[network alice]\nrelay = r\n\n# of the node\n[node]\n", "host", "lap",
          "[network alice]\nrelay = r\nhost = lap\n\n# of the node\n[node]\n" },
        { "a heading alone", "[network alice]\n[node]\n", "host", "lap",
          "[network alice]\nhost = lap\n[node]\n" },
        { "a heading alone without a newline", "[network alice]", "host", "lap",
          "[network alice]\nhost = lap\n" },
        { "in its place, comments around it stay",
          "[network alice] \n  # old\n\thost: pc ; the old one\n;host = x\nrelay = r\n", "host",
          "lap", "[network alice] \n  # old\nhost = lap\n;host = x\nrelay = r\n" },
        { "not in another section of that kind", "[network bob]\nhost = pc\n[network  alice ]\n",
          "host", "lap", "[network bob]\nhost = pc\n[network  alice ]\nhost = lap\n" },
        { "taken away", "[network alice]\nhost = pc\nrelay = r\n", "host", "",
          "[network alice]\nrelay = r\n" },
        { "taken away where it is not", "[network alice]\nrelay = r", "host", "",
          "[network alice]\nrelay = r" },
        { "taken away where no section is", "[node]\n", "host", "", "[node]\n" },
        { "line ends of others", "[network alice]\r\nrelay = r\r\n", "host", "lap",
          "[network alice]\r\nrelay = r\r\nhost = lap\n" },
        { "behind a byte order mark", "\xef\xbb\xbf[network alice]\nhost = pc\n", "host", "lap",
          "\xef\xbb\xbf[network alice]\nhost = lap\n" },
    };
    (void)state;
    run(confedit_set, cases, COUNT(cases));
}

static void test_add_puts_one_more_value(void **state)
{
    static const struct edit cases[] = {
        { "the first", "", "relay", "/ip4/1", "[network alice]\nrelay = /ip4/1\n" },
        { "behind the last", "[network alice]\nrelay = a\nhost = h\nrelay = b\ntrust = full\n",
          "relay", "c",
          "[network alice]\nrelay = a\nhost = h\nrelay = b\nrelay = c\ntrust = full\n" },
        { "one that is there", "[network alice]\nrelay = a ; home\nrelay = b\n", "relay", "a",
          "[network alice]\nrelay = a ; home\nrelay = b\n" },
        { "one that a comment names", "[network alice]\n# relay = a\n", "relay", "a",
          "[network alice]\nrelay = a\n# relay = a\n" },
    };
    (void)state;
    run(confedit_add, cases, COUNT(cases));
}

static int drop(struct bytes text, const struct confedit_section *s, const char *key,
                const char *value, char **out, size_t *n)
{
    (void)key;
    (void)value;
    return confedit_drop(text, s, out, n);
}

static void test_drop_takes_the_section_and_what_is_in_it(void **state)
{
    static const struct edit cases[] = {
        { "all there is", "[network alice]\nrelay = a\n", NULL, NULL, "" },
        { "what add has appended", "[node]\nperf = yes\n\n[network alice]\nrelay = a\n", NULL, NULL,
          "[node]\nperf = yes\n" },
        { "between others", "[a]\n\n[network alice]\n# in it\nrelay = a\n\n# of b\n[b]\nx = y\n",
          NULL, NULL, "[a]\n\n# of b\n[b]\nx = y\n" },
        { "others without blank lines", "[a]\n[network alice]\nrelay = a\n[b]\n", NULL, NULL,
          "[a]\n[b]\n" },
    };
    char *out;
    size_t n;
    (void)state;
    run(drop, cases, COUNT(cases));
    assert_int_equal(confedit_drop(bytes_of("[network alicia]\n"), &alice, &out, &n), GW_ENOTFOUND);
}

static void test_what_would_break_the_file_is_refused(void **state)
{
    static const char *const values[] = { "a\n[node]", " a", "a ", "a ;b", ";a", "a\tb\x7f" };
    static const struct confedit_section bad[] = {
        { "network", "a]" }, { "network", "a b" }, { "network", "" }, { "net\nwork", "a" }
    };
    char longest[256], *out;
    size_t n;
    (void)state;
    for (size_t i = 0; i < COUNT(values); i++) {
        assert_int_equal(confedit_set(bytes_of(""), &alice, "host", values[i], &out, &n),
                         GW_EINVAL);
        assert_int_equal(confedit_add(bytes_of(""), &alice, "host", values[i], &out, &n),
                         GW_EINVAL);
    }
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(confedit_set(bytes_of(""), &bad[i], "host", "lap", &out, &n), GW_EINVAL);
    memset(longest, 'x', sizeof longest);
    longest[198 - 7] = '\0'; /* "host = " and these are one too many for a line */
    assert_int_equal(confedit_set(bytes_of(""), &alice, "host", longest, &out, &n), GW_EINVAL);
    longest[197 - 7] = '\0';
    assert_int_equal(confedit_set(bytes_of(""), &alice, "host", longest, &out, &n), 0);
    free(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set_changes_one_line),
        cmocka_unit_test(test_add_puts_one_more_value),
        cmocka_unit_test(test_drop_takes_the_section_and_what_is_in_it),
        cmocka_unit_test(test_what_would_break_the_file_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
