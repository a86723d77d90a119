/* test_confdiff.c - which keys have changed. */
#include "base/confdiff.h"

#include <stdlib.h>

#include "vec.h"

struct peer {
    char *name;
    int64_t port;
};

struct opts {
    bool flag;
    int64_t number;
    uint64_t size, idle_ms;
    char *text;
    int choice;
    struct conf_list list;
    struct conf_named peers;
};

#define IN(field) CONF_AT(struct opts, field)

static const char *const choices[] = { "one", "two", NULL };
static const struct conf_section sections[] = {
    { .name = "a" },
    { .name = "peer", CONF_NAMED(struct opts, peers, struct peer) },
    { .name = "b" },
    { 0 },
};
static const struct conf_key keys[] = {
    { "a", "flag", CONF_BOOL, IN(flag) },
    { "a", "number", CONF_INT, IN(number) },
    { "a", "size", CONF_SIZE, IN(size) },
    { "a", "idle", CONF_DURATION, IN(idle_ms) },
    { "peer", "port", CONF_INT, CONF_AT(struct peer, port) },
    { "b", "text", CONF_STRING, IN(text) },
    { "b", "choice", CONF_ENUM, IN(choice), .names = choices },
    { "b", "list", CONF_LIST, IN(list), .def = "x y" },
    { 0 },
};
static const struct conf_schema schema = { sections, keys };

static struct opts a, b;

static int setup(void **state)
{
    (void)state;
    return conf_init(&a, &schema) || conf_init(&b, &schema);
}

static int teardown(void **state)
{
    (void)state;
    conf_free(&a, &schema);
    conf_free(&b, &schema);
    return 0;
}

static void set(struct opts *o, const char *section, const char *key, const char *value)
{
    char err[CONF_ERR_MAX];
    const char *name = strcmp(section, "peer") == 0 ? "home" : NULL;
    if (conf_set(o, &schema, section, name, key, value, err) != 0)
        fail_msg("%s", err);
}

static void note(void *arg, const struct conf_key *k)
{
    strcat(strcat(arg, k->key), " ");
}

static void assert_changed(const char *want)
{
    char got[256] = "";
    confdiff(&schema, &a, &b, note, got);
    assert_string_equal(got, want);
}

static void test_every_type_is_compared(void **state)
{
    static const struct {
        const char *section, *key, *value;
    } rows[] = {
        { "a", "flag", "yes" },   { "a", "number", "7" },  { "a", "size", "1k" },
        { "a", "idle", "1s" },    { "b", "text", "word" }, { "b", "choice", "two" },
        { "b", "list", "other" },
    };
    (void)state;
    assert_changed("");
    for (size_t i = 0; i < COUNT(rows); i++) {
        char want[64];
        set(&b, rows[i].section, rows[i].key, rows[i].value);
        snprintf(want, sizeof want, "%s ", rows[i].key);
        assert_changed(want);
        set(&a, rows[i].section, rows[i].key, rows[i].value);
        assert_changed("");
    }
}

static void test_changes_come_in_the_order_of_the_table(void **state)
{
    (void)state;
    set(&b, "b", "text", "word");
    set(&b, "a", "size", "1");
    set(&b, "a", "flag", "yes");
    assert_changed("flag size text ");
}

static void test_a_list_is_the_same_when_all_of_it_is(void **state)
{
    (void)state;
    set(&b, "b", "list", "x"); /* in place of what was default */
    assert_changed("list ");
    set(&b, "b", "list", "y");
    assert_changed("");
    set(&b, "b", "list", "z");
    assert_changed("list ");
}

static void test_named_sections_are_left_out(void **state)
{
    (void)state;
    set(&b, "peer", "port", "1");
    assert_changed("");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_every_type_is_compared),
        TEST(test_changes_come_in_the_order_of_the_table),
        TEST(test_a_list_is_the_same_when_all_of_it_is),
        TEST(test_named_sections_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
