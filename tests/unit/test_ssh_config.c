/* test_ssh_config.c - Host blocks, read as ssh and the shell behind ProxyCommand read them. */
#include "main/ssh_config.h"

#include "tmpfiles.h"
#include "vec.h"

#define ID "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA"

static struct tmpfiles tmp;
static char home[64], names_path[128];

static int setup(void **state)
{
    (void)state;
    tmpfiles_init(&tmp);
    snprintf(home, sizeof home, "%s", tmp.dir);
    setenv("HOME", home, 1);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(names_path);
    tmpfiles_fini(&tmp);
    return 0;
}

/* What is printed for the directory; owned.  `names` NULL: for its names file. */
static char *print(const char *dir, char *const *names, size_t n, int want)
{
    char err[CONF_ERR_MAX] = "", *text = NULL;
    struct nodedir d;
    size_t size;

    assert_int_equal(nodedir_name(&d, dir, NULL, err), 0);
    FILE *f = open_memstream(&text, &size);
    assert_int_equal(ssh_config_print(f, &d, names, n, err), want);
    assert_int_equal(*err == '\0', want == 0);
    fclose(f);
    nodedir_close(&d);
    return text;
}

static void write_names(const char *dir, const char *text)
{
    snprintf(names_path, sizeof names_path, "%s/names", dir);
    tmpfiles_write(names_path, text);
}

/* The value of the first ProxyCommand, as `sh` splits it: one word a line. */
static void split_command(const char *config, char *out, size_t cap)
{
    const char *at = strstr(config, "ProxyCommand ");
    char line[600];
    assert_non_null(at);
    at += strlen("ProxyCommand ");
    snprintf(line, sizeof line, "printf '%%s\\n' %.*s", (int)strcspn(at, "\n"), at);
    FILE *p = popen(line, "r");
    size_t n = fread(out, 1, cap - 1, p);
    out[n] = '\0';
    assert_int_equal(pclose(p), 0);
}

static void test_every_name_of_the_file_has_a_block(void **state)
{
    (void)state;
    write_names(home, "home " ID "\n# none here\nLaptop.Grewal " ID " # two\n");
    char *text = print(home, NULL, 0, 0);
    const char *first = strstr(text, "\nHost home\n    ProxyCommand /");
    const char *second = strstr(text, "\nHost laptop.grewal\n    ProxyCommand /");
    assert_true(first && second && first < second);
    assert_non_null(strstr(second, "\nHost *.p2p\n"));
    assert_memory_equal(text, "# ", 2);
    free(text);
}

static void test_without_a_names_file_there_is_p2p_only(void **state)
{
    (void)state;
    char *text = print(home, NULL, 0, 0);
    const char *at = strstr(text, "\nHost ");
    assert_memory_equal(at, "\nHost *.p2p\n", 12);
    assert_null(strstr(at + 1, "\nHost "));
    free(text);
}

static void test_given_names_take_the_place_of_the_file(void **state)
{
    char *names[] = { "git.home", ID };
    (void)state;
    write_names(home, "home " ID "\n");
    char *text = print(home, names, COUNT(names), 0);
    assert_non_null(strstr(text, "\nHost git.home\n"));
    assert_non_null(strstr(text, "\nHost " ID "\n"));
    assert_null(strstr(text, "\nHost home\n"));
    free(text);
}

static void test_a_name_that_is_none_prints_nothing(void **state)
{
    static char *names[] = { "a b", "*", "a\nProxyCommand x", "!home", "" };
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        char *text = print(home, &names[i], 1, GW_EINVAL);
        assert_string_equal(text, "");
        free(text);
    }
}

static void test_a_bad_names_file_is_an_error(void **state)
{
    (void)state;
    write_names(home, "home 12D3\n");
    char *text = print(home, NULL, 0, GW_ESYNTAX);
    assert_string_equal(text, "");
    free(text);
}

static void test_the_usual_directory_needs_no_d(void **state)
{
    char parent[96], usual[128], *text;
    (void)state;
    snprintf(parent, sizeof parent, "%s/.config", home);
    snprintf(usual, sizeof usual, "%s/gw", parent);
    assert_int_equal(mkdir(parent, 0700), 0);
    assert_int_equal(mkdir(usual, 0700), 0);
    text = print(usual, NULL, 0, 0);
    assert_null(strstr(text, " -d "));
    free(text);
    text = print(home, NULL, 0, 0);
    assert_non_null(strstr(text, " -d "));
    free(text);
    rmdir(usual);
    rmdir(parent);
}

/* ssh makes one % of two before it hands the line to the shell (ssh_config(5), TOKENS). */
static void test_the_shell_gets_the_directory_as_it_is(void **state)
{
    static const char *const dirs[] = { "a b",  "it's", "$HOME",      "back\\slash",
                                        "q\"q", "50%h", "semi;colon", "*" };
    char dir[160], got[600], *text;
    (void)state;
    for (size_t i = 0; i < COUNT(dirs); i++) {
        snprintf(dir, sizeof dir, "%s/%s", home, dirs[i]);
        assert_int_equal(mkdir(dir, 0700), 0);
        text = print(dir, NULL, 0, 0);
        split_command(text, got, sizeof got);
        free(text);
        char want[200], *to = want;
        to += sprintf(to, "\n-d\n");
        for (const char *p = dir; *p; p++)
            to += sprintf(to, *p == '%' ? "%%%%" : "%c", *p);
        sprintf(to, "\nnc\n%%h\n%%p\n");
        assert_true(got[0] == '/'); /* this program */
        assert_string_equal(strchr(got, '\n'), want);
        rmdir(dir);
    }
}

static void test_a_directory_that_no_line_holds_is_refused(void **state)
{
    char dir[160];
    (void)state;
    snprintf(dir, sizeof dir, "%s/two\nlines", home);
    assert_int_equal(mkdir(dir, 0700), 0);
    free(print(dir, NULL, 0, GW_EINVAL));
    rmdir(dir);
    free(print("/nonexistent/gw", NULL, 0, GW_EINVAL));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_every_name_of_the_file_has_a_block),
        T(test_without_a_names_file_there_is_p2p_only),
        T(test_given_names_take_the_place_of_the_file),
        T(test_a_name_that_is_none_prints_nothing),
        T(test_a_bad_names_file_is_an_error),
        T(test_the_usual_directory_needs_no_d),
        T(test_the_shell_gets_the_directory_as_it_is),
        T(test_a_directory_that_no_line_holds_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
